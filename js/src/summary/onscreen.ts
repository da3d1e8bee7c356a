// Work only for what is on screen.
import { type ReadonlySignal, type Signal, useComputed, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Whether an element is in view, or nearly. */
export function useOnScreen(ref: RefObject<HTMLElement>): Signal<boolean> {
  const seen = useSignal(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        seen.value = entries.at(-1)?.isIntersecting ?? false;
      },
      { root: ref.current!.closest(".dataview-summary"), rootMargin: "120px" },
    );
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, [ref, seen]);
  return seen;
}

/** The value of a signal, followed while `active`; else the last one that was seen. */
export function useWhile<T>(active: ReadonlySignal<boolean>, source: ReadonlySignal<T>): T {
  const held = useRef(source.peek());
  return useComputed(() => {
    if (active.value) held.current = source.value;
    return held.current;
  }).value;
}
