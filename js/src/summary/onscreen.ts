// Work only for what is on screen.
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
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

/** The value of a signal, followed while `active`; else the last one that was seen. */
export function useWhile<T>(active: ReadonlySignal<boolean>, source: ReadonlySignal<T>): T {
  const held = useRef(source.peek());
  return useComputed(() => {
    if (active.value) held.current = source.value;
    return held.current;
  }).value;
}
