// Arrays that Python holds and the browser fetches when something first looks at them.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { CancelledError, TimeoutError } from "./protocol";

interface Entry<T> {
  data: Signal<T | null>;
  error: Signal<string | null>;
  /** The data; reading them fetches them where they are not the newest. */
  current: ReadonlySignal<T | null>;
  /** The version of `data`, and the one that is on its way. */
  version: unknown;
  pending: unknown;
  /** The failed version and how often Python had been revived by then. */
  failed: { version: unknown; revived: number; late: boolean } | null;
}

export interface ArraysOptions<K, T> {
  fetch: (key: K) => Promise<T>;
  /** The version that Python has now; undefined where it has none. Read reactively. */
  version: (key: K) => unknown;
  /** Counts up when Python answers again after a timeout. */
  revived: ReadonlySignal<number>;
}

/**
 * A lazy, versioned cache. Reading with `get` inside a computed, an effect or a component starts
 * the fetch and runs the reader again when the data comes; the last data stay until newer are
 * here. What timed out is asked for again as soon as Python is heard.
 */
export class Arrays<K, T> {
  private readonly entries = new Map<K, Entry<T>>();

  constructor(private readonly options: ArraysOptions<K, T>) {}

  get(key: K): T | null {
    return this.entry(key).current.value;
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
      current: computed(() => {
        this.refresh(key, entry);
        return entry.data.value;
      }),
      version: undefined,
      pending: undefined,
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
    if (version === undefined || entry.version === version || entry.pending === version) return;
    if (again) void this.load(key, entry, version);
  }

  private async load(key: K, entry: Entry<T>, version: unknown): Promise<void> {
    entry.pending = version;
    try {
      const data = await this.options.fetch(key);
      if (entry.pending !== version) return;
      entry.version = version;
      entry.pending = undefined;
      entry.failed = null;
      entry.error.value = null;
      entry.data.value = data;
    } catch (error) {
      if (entry.pending !== version || error instanceof CancelledError) return;
      entry.pending = undefined;
      entry.failed = {
        version,
        revived: this.options.revived.peek(),
        late: error instanceof TimeoutError,
      };
      entry.error.value = (error as Error).message;
    }
  }
}
