// Arrays that Python holds and the browser fetches when something first looks at them.
import { computed, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { CancelledError, TimeoutError } from "./protocol";

interface Entry<T> {
  data: Signal<T | null>;
  error: Signal<string | null>;
  /** The data; reading them fetches them where they are not the newest. */
  current: ReadonlySignal<T | null>;
  /** The version of `data`; -1 where there are none. */
  version: number;
  fetching: boolean;
  /** Something follows it. */
  watched: boolean;
  /** The failed version and how often Python had been revived by then. */
  failed: { version: number; revived: number; late: boolean } | null;
}

/** Data, and their version where the answer says it: it may be newer than the one asked for. */
export interface Fetched<T> {
  data: T;
  version?: number;
}

export interface ArraysOptions<K, T> {
  fetch: (key: K) => Promise<Fetched<T>>;
  /** The version that Python has now; it counts up. Undefined: none. Read reactively. */
  version: (key: K) => number | undefined;
  /** Counts up when Python answers again after a timeout. */
  revived: ReadonlySignal<number>;
  /** Bytes of an array; and how many may be kept of arrays that nothing follows. */
  size?: (data: T) => number;
  budget?: number;
}

/**
 * A lazy, versioned cache. Reading with `get` inside a computed, an effect or a component starts
 * the fetch and runs the reader again when the data comes; the last data stay until newer are
 * here. One fetch is under way for a key, and takes whatever is the newest when it is answered, so
 * that a version that changes faster than it travels still arrives now and then. What timed out is
 * asked for again as soon as Python is heard.
 */
export class Arrays<K, T> {
  /** Those that were read last are at the end. */
  private readonly entries = new Map<K, Entry<T>>();

  constructor(private readonly options: ArraysOptions<K, T>) {}

  get(key: K): T | null {
    return this.entry(key).current.value;
  }

  /** Whether Python has none that is newer. */
  isNewest(key: K): boolean {
    const entry = this.entry(key);
    void entry.current.value;
    return entry.version >= (this.options.version(key) ?? -1);
  }

  /** Why the newest version could not be had, in Python's words. */
  error(key: K): string | null {
    return this.entry(key).error.value;
  }

  private entry(key: K): Entry<T> {
    const known = this.entries.get(key);
    if (known) return known;
    const entry: Entry<T> = {
      data: signal<T | null>(null),
      error: signal<string | null>(null),
      current: computed(
        () => {
          this.refresh(key, entry);
          return entry.data.value;
        },
        {
          watched: () => {
            entry.watched = true;
          },
          unwatched: () => {
            entry.watched = false;
            this.entries.delete(key);
            this.entries.set(key, entry); // it was of use until now
            this.tidy();
          },
        },
      ),
      version: -1,
      fetching: false,
      watched: false,
      failed: null,
    };
    this.entries.set(key, entry);
    return entry;
  }

  private refresh(key: K, entry: Entry<T>): void {
    const version = this.options.version(key);
    const revived = this.options.revived.value;
    const { failed } = entry;
    const again =
      !failed || failed.version !== version || (failed.late && failed.revived < revived);
    if (version === undefined || entry.version >= version || entry.fetching) return;
    if (again) void this.load(key, entry, version);
  }

  private async load(key: K, entry: Entry<T>, version: number): Promise<void> {
    entry.fetching = true;
    try {
      const { data, version: answered = version } = await this.options.fetch(key);
      entry.fetching = false;
      entry.version = Math.max(answered, version);
      entry.failed = null;
      entry.error.value = null;
      entry.data.value = data; // whoever follows it reads it now, which asks for what is newer
      this.tidy();
    } catch (error) {
      entry.fetching = false;
      if (error instanceof CancelledError) return;
      const late = error instanceof TimeoutError;
      entry.failed = { version, revived: this.options.revived.peek(), late };
      entry.error.value = (error as Error).message;
      if (entry.watched) untracked(() => this.refresh(key, entry));
    }
  }

  /** Forgets what nothing follows, the oldest first, until the rest fits into the budget. */
  private tidy(): void {
    const { size, budget = Number.POSITIVE_INFINITY } = this.options;
    if (!size) return;
    let spare = budget;
    for (const [key, { data, watched }] of [...this.entries].reverse()) {
      const here = data.peek();
      if (here === null || watched) continue;
      spare -= size(here);
      if (spare < 0) this.entries.delete(key);
    }
  }
}
