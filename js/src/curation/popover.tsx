// A small panel below the tools: it takes the focus, Escape closes it, and the focus goes back.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface PopoverProps {
  label: string;
  testid: string;
  onClose(): void;
  children: ComponentChildren;
}

export function Popover({ label, testid, onClose, children }: PopoverProps) {
  const place = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  // Before the next key: whoever presses T and goes on to type writes into the field.
  useLayoutEffect(() => {
    const panel = place.current!;
    const before = document.activeElement;
    const root = panel.closest<HTMLElement>(".dataview");
    panel.querySelector<HTMLElement>("input, textarea, button:not([aria-disabled=true])")?.focus();
    let left = false; // for the page around the view: its keys are the page's again
    const pressed = (event: PointerEvent) => {
      const target = event.target as Element;
      left = !root?.contains(target);
      if (!panel.contains(target) && !target.closest?.("[data-opens]")) close.current();
    };
    document.addEventListener("pointerdown", pressed, true);
    return () => {
      document.removeEventListener("pointerdown", pressed, true);
      const focused = document.activeElement;
      if (left) return;
      if (focused && focused !== document.body && !panel.contains(focused)) return;
      const back = before instanceof HTMLElement && before.isConnected ? before : root;
      back?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <div
      ref={place}
      class="dataview-popover"
      role="dialog"
      aria-label={label}
      data-testid={testid}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault(); // it would also clear the selection
        onClose();
      }}
    >
      {children}
    </div>
  );
}
