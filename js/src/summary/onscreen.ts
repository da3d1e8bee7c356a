// Work only for what is on screen.
import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Milliseconds that an element stays in view before it counts: not what is scrolled past. */
const STAY = 60;

/** Whether an element is in view, or nearly, and how high it was when it left. */
export function useOnScreen(ref: RefObject<HTMLElement>) {
  const seen = useSignal(false);
  const height = useRef(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        const { isIntersecting, boundingClientRect } = entries.at(-1)!;
        clearTimeout(timer);
        if (isIntersecting) {
          timer = setTimeout(() => {
            seen.value = true;
          }, STAY);
          return;
        }
        // a hidden pane has no height
        if (seen.peek() && boundingClientRect.height > 0)
          height.current = boundingClientRect.height;
        seen.value = false;
      },
      { root: ref.current!.closest(".dataview-summary"), rootMargin: "200px" },
    );
    observer.observe(ref.current!);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [ref, seen]);
  return { seen, height };
}

/**
 * The value of a signal, followed while `active`; else the last one that was seen. Blocks take a new
 * value one after the other, so that a selection shows in the map before all of them have counted.
 */
export function useWhile<T>(active: ReadonlySignal<boolean>, source: ReadonlySignal<T>): T {
  const held = useSignal(source.peek());
  useSignalEffect(() => {
    const next = active.value ? source.value : held.peek();
    if (next === held.peek()) return;
    return inTurn(() => {
      held.value = next;
    });
  });
  return held.value;
}

const waiting = new Set<() => void>();
let running = false;

/** Calls a function in a task of its own, after those that came before; returns what withdraws it. */
function inTurn(take: () => void): () => void {
  waiting.add(take);
  if (!running) setTimeout(next);
  running = true;
  return () => waiting.delete(take);
}

function next(): void {
  const [take] = waiting;
  running = take !== undefined;
  if (!take) return;
  waiting.delete(take);
  setTimeout(next);
  take();
}
