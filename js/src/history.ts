// Undo and redo.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { sameJson } from "./traits";

const DEPTH = 200;

/** The states that were, the one that is, and those that were undone. */
export class History<T> {
  readonly canUndo: ReadonlySignal<boolean>;
  readonly canRedo: ReadonlySignal<boolean>;
  private readonly states = signal<{ past: T[]; present: T; future: T[] }>(undefined as never);

  constructor(present: T) {
    this.states.value = { past: [], present, future: [] };
    this.canUndo = computed(() => this.states.value.past.length > 0);
    this.canRedo = computed(() => this.states.value.future.length > 0);
  }

  /** Remembers a state, if it differs from the present one. */
  push(next: T): void {
    const { past, present } = this.states.peek();
    if (sameJson(next, present)) return;
    this.states.value = { past: [...past, present].slice(-DEPTH), present: next, future: [] };
  }

  /** Puts a state in the place of the present one. */
  amend(next: T): void {
    this.states.value = { ...this.states.peek(), present: next };
  }

  /** Goes back one state and returns it; undefined at the beginning. */
  undo(): T | undefined {
    const { past, present, future } = this.states.peek();
    if (past.length === 0) return undefined;
    const previous = past[past.length - 1];
    this.states.value = {
      past: past.slice(0, -1),
      present: previous,
      future: [present, ...future],
    };
    return previous;
  }

  /** Goes back one state as if the present one had never been. */
  drop(): T | undefined {
    const previous = this.undo();
    this.states.value = { ...this.states.peek(), future: [] };
    return previous;
  }

  redo(): T | undefined {
    const { past, present, future } = this.states.peek();
    if (future.length === 0) return undefined;
    const [next, ...rest] = future;
    this.states.value = { past: [...past, present], present: next, future: rest };
    return next;
  }
}
