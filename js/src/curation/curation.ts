// Slices and decisions: what Python has told of them, and the requests that make new ones.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Expr, Scalar } from "../expressions";
import type { Answer } from "../protocol";
import { lassosIn, type Mode } from "../selection";
import { sameJson, type Traits } from "../traits";

/** A saved slice, or the name of a slicing function, which no act has made (`id` is ""). */
export interface Slice {
  id: string;
  name: string;
  expr: Expr;
  code: string;
  frozen: boolean;
  count: number | null;
  problem: string;
  why: string;
}

export type Verb = "slice" | "tag" | "exclude" | "relabel" | "note";

/** A decision as it is listed. */
export interface Decision {
  id: string;
  when: string;
  what: Verb;
  name: string;
  text: string;
  code: string;
  frozen: boolean;
  count: number;
  /** How many rows it means now; null: it does not apply. */
  now: number | null;
  why: string;
  who: string;
  problem: string;
  undone: boolean;
}

export interface Log {
  path: string;
  /** Why it is in memory and in no file; "": it is in one. */
  memory: string;
  total: number;
  tags: string[];
  undoable: string | null;
  redoable: boolean;
  /** The newest, newest first. */
  acts: Decision[];
}

const NO_LOG: Log = {
  path: "",
  memory: "",
  total: 0,
  tags: [],
  undoable: null,
  redoable: false,
  acts: [],
};

export type Panel = Verb | "slices" | "decisions";

export interface Wish {
  name?: string;
  value?: Scalar;
  frozen?: boolean;
  why?: string;
}

/** What was done last, to be said. */
export interface Said {
  text: string;
  /** The act that can be taken back. */
  act: string | null;
}

/** A decision, what was selected before it, and the view after it. */
interface Step {
  act: string;
  what: Verb;
  before: Expr | null;
  view: unknown;
}

/** What is needed of the store. */
export interface Host {
  readonly selection: ReadonlySignal<Expr | null>;
  readonly filter: ReadonlySignal<Expr | null>;
  readonly selectedCount: ReadonlySignal<number>;
  readonly connection: {
    request(type: string, fields: object, options?: { timeout?: number }): Promise<Answer>;
  };
  select(expr: Expr, mode?: Mode): void;
  setFilter(expr: Expr | null): void;
  clear(): void;
}

/** Milliseconds for an act: a slicer is a function of the user's and may take its time. */
const TIMEOUT = 60_000;

export class Curation {
  readonly slices: ReadonlySignal<Slice[]>;
  readonly log: ReadonlySignal<Log>;
  /** What is open. */
  readonly panel: Signal<Panel | null> = signal(null);
  readonly busy: ReadonlySignal<boolean>;
  readonly said: Signal<Said | null> = signal(null);
  /** Whether the last thing that was done here is a decision: undo is then about it. */
  readonly fresh: ReadonlySignal<boolean>;
  /** Whether the last thing that was done here is that a decision was taken back. */
  readonly turned: ReadonlySignal<boolean>;

  private readonly working = signal(0);
  private readonly last = signal<Step | null>(null);
  private readonly undone = signal<Step | null>(null);

  constructor(
    private readonly host: Host,
    traits: Traits,
  ) {
    this.slices = traits.read<Slice[]>("_slices", []);
    this.log = traits.read<Log>("_log", NO_LOG);
    this.busy = computed(() => this.working.value > 0);
    const now = (step: Step | null) => step !== null && sameJson(step.view, this.view());
    this.fresh = computed(() => now(this.last.value));
    this.turned = computed(() => now(this.undone.value));
  }

  /** Opens a panel, if there is something that it can be about. */
  open(panel: Panel): boolean {
    const about = panel === "slices" || panel === "decisions";
    if (!about && this.host.selectedCount.peek() === 0) return false;
    this.panel.value = panel;
    return true;
  }

  close(): void {
    this.panel.value = null;
  }

  /** Decides about what is selected; done when it is saved. Fails with Python's words. */
  async act(what: Verb, wish: Wish): Promise<void> {
    const before = this.host.selection.peek();
    const { content } = await this.ask("act", { what, expr: before, ...wish });
    if (what === "exclude" && wish.value !== false) this.host.clear();
    this.last.value = { act: content.act, what, before, view: this.view() };
    this.undone.value = null;
    const images = `${content.count.toLocaleString("en-US")} image${content.count === 1 ? "" : "s"}`;
    const kept = content.saved ? "saved" : "kept in memory";
    this.said.value = { text: `${DONE[what](wish, images)} · ${kept}`, act: content.act };
  }

  /** Takes a decision back, the last one if none is named. */
  async undo(act: string | null = null): Promise<void> {
    const { value } = this.last;
    const last = value && act === value.act && this.fresh.peek() ? value : null;
    await this.ask("undo_act", act === null ? {} : { act });
    if (last?.before) this.host.select(last.before, "replace"); // an exclusion has cleared it
    this.last.value = null;
    this.undone.value = last && { ...last, view: this.view() };
    this.said.value = { text: "The decision is taken back; the log keeps both", act: null };
  }

  /** Takes back what was decided here last. */
  undoLast(): Promise<void> {
    return this.undo(this.last.peek()?.act ?? null);
  }

  async redo(): Promise<void> {
    const step = this.turned.peek() ? this.undone.peek() : null;
    await this.ask("redo_act", {});
    if (step?.what === "exclude") this.host.clear();
    this.last.value = step && { ...step, view: this.view() };
    this.undone.value = null;
    this.said.value = { text: "The decision holds again", act: null };
  }

  async rename(slice: Slice, name: string): Promise<void> {
    await this.ask("rename_slice", { act: slice.id, name });
  }

  /** Reads what other kernels have appended to the log. */
  refresh(): void {
    this.ask("refresh_log", {}).catch(() => undefined);
  }

  /** What is kept of a selection if nothing else is said: rows, where a rule would mean others. */
  rowsByDefault(expr: Expr | null): boolean {
    return lassosIn(expr).length > 0 || hasPicks(expr);
  }

  private async ask(type: string, fields: object): Promise<Answer> {
    this.working.value += 1;
    try {
      return await this.host.connection.request(type, fields, { timeout: TIMEOUT });
    } finally {
      this.working.value -= 1;
    }
  }

  private view(): unknown {
    return [this.host.selection.value, this.host.filter.value];
  }
}

const DONE: Record<Verb, (wish: Wish, images: string) => string> = {
  slice: ({ name }, images) => `Slice “${name}” of ${images}`,
  tag: ({ name, value }, images) =>
    value === false ? `Tag “${name}” taken off ${images}` : `${images} tagged “${name}”`,
  exclude: ({ value }, images) =>
    value === false ? `${images} brought back` : `${images} excluded`,
  relabel: ({ value }, images) => `${images} labelled “${String(value)}”`,
  note: (_, images) => `Noted on ${images}`,
};

function hasPicks(expr: Expr | null): boolean {
  if (expr?.op === "rows") return true;
  if (expr?.op === "not") return hasPicks(expr.term);
  return expr?.op === "and" || expr?.op === "or" ? expr.terms.some(hasPicks) : false;
}

/** Only picks: there is no rule that they could be kept as. */
export const onlyPicks = (expr: Expr | null): boolean => expr?.op === "rows";
