// What is to be said to the user in place: failed stages, messages from Python, errors from here.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Message, Progress } from "./protocol";

export interface Notice {
  key: string;
  level: Message["level"];
  text: string;
  detail: string;
}

const MOST = 10;

export class Notices {
  /** Those that were not dismissed. */
  readonly shown: ReadonlySignal<Notice[]>;
  private readonly complaints = signal<Notice[]>([]);
  private readonly dismissed = signal<ReadonlySet<string>>(new Set());

  constructor(progress: ReadonlySignal<Progress>, messages: ReadonlySignal<Message[]>) {
    this.shown = computed(() =>
      [
        ...stageNotices(progress.value),
        ...messages.value.map((message) => ({ ...message, key: `python-${message.id}` })),
        ...this.complaints.value,
      ].filter(({ key }) => !this.dismissed.value.has(key)),
    );
  }

  /** Says what arose here, once, however often it arises. */
  say(level: Notice["level"], text: string, detail = ""): void {
    const key = `here-${text}`;
    const others = this.complaints.peek().filter((notice) => notice.key !== key);
    this.complaints.value = [...others.slice(1 - MOST), { key, level, text, detail }];
    const dismissed = [...this.dismissed.peek()].filter((other) => other !== key);
    if (dismissed.length < this.dismissed.peek().size) this.dismissed.value = new Set(dismissed);
  }

  dismiss(key: string): void {
    this.dismissed.value = new Set(this.dismissed.peek()).add(key);
  }
}

/** What is to be said about stages that did not end well. */
function stageNotices({ stages }: Progress): Notice[] {
  const notices: Notice[] = stages
    .filter(({ state }) => state === "failed")
    .map(({ name, message, traceback }) => ({
      key: `failed-${name}-${message}`,
      level: "error",
      text: `${name} failed: ${message || "no reason was given"}`,
      detail: traceback,
    }));
  const cancelled = stages.filter(({ state }) => state === "cancelled").map(({ name }) => name);
  // After a failure these are only the stages that needed the failed one.
  if (cancelled.length > 0 && notices.length === 0) {
    const text = `cancelled: ${cancelled.join(", ")}`;
    notices.push({ key: text, level: "info", text, detail: "" });
  }
  return notices;
}
