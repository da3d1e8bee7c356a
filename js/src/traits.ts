// The state that Python and the browser share as synced traits of one anywidget model.
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** What is used of anywidget's model; the development page and the tests have their own. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  // biome-ignore lint/suspicious/noExplicitAny: the model's events have arguments of every type.
  on(event: string, callback: (...args: any[]) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  off(event: string, callback: (...args: any[]) => void): void;
}

/** Whether two JSON values are the same. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The traits of a model as signals; `destroy` unties them. */
export class Traits {
  private readonly undo: (() => void)[] = [];

  constructor(private readonly model: Model) {}

  /** A trait that only Python writes; fields that an object has not yet are the fallback's. */
  read<T>(name: string, fallback: T): ReadonlySignal<T> {
    const value = this.follow(name, fallback);
    const isObject = typeof fallback === "object" && !Array.isArray(fallback);
    return isObject ? computed(() => ({ ...fallback, ...value.value })) : value;
  }

  /**
   * A trait that both sides write: setting the signal sends the value to Python; `heard` is called
   * before it takes a value from there.
   */
  both<T>(name: string, fallback: T, heard?: (next: T, before: T) => void): Signal<T> {
    const value = this.follow(name, fallback, heard);
    this.undo.push(
      effect(() => {
        const next = value.value;
        if (sameJson(next, this.model.get(name) ?? fallback)) return;
        this.model.set(name, next);
        try {
          this.model.save_changes();
        } catch {
          // there is no kernel any more, as Connection says: what needs none goes on
        }
      }),
    );
    return value;
  }

  destroy(): void {
    for (const stop of this.undo.splice(0)) stop();
  }

  private follow<T>(name: string, fallback: T, heard?: (next: T, before: T) => void): Signal<T> {
    const current = () => (this.model.get(name) as T | null | undefined) ?? fallback;
    const value = signal(current());
    const update = () => {
      const next = current();
      if (sameJson(next, value.peek())) return;
      heard?.(next, value.peek());
      value.value = next;
    };
    this.model.on(`change:${name}`, update);
    this.undo.push(() => this.model.off(`change:${name}`, update));
    return value;
  }
}
