// The handle between two panes (or below the widget): drag it, or focus it and use the arrow keys.

interface Props {
  /** The direction in which it moves. */
  axis: "x" | "y";
  label: string;
  /** Called with the pixels moved since the last call. */
  onMove(delta: number): void;
}

const STEP = 16;

export function Splitter({ axis, label, onMove }: Props) {
  const along = (event: PointerEvent) => (axis === "x" ? event.clientX : event.clientY);
  const press = (event: PointerEvent) => {
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    let last = along(event);
    const move = (next: PointerEvent) => {
      onMove(along(next) - last);
      last = along(next);
    };
    const stop = () => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", stop);
      handle.removeEventListener("pointercancel", stop);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", stop);
    handle.addEventListener("pointercancel", stop);
    event.preventDefault();
  };
  const keyed = (event: KeyboardEvent) => {
    const [less, more] = axis === "x" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key !== less && event.key !== more) return;
    onMove(event.key === more ? STEP : -STEP);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class={`dataview-splitter dataview-splitter-${axis}`}
      role="separator"
      aria-orientation={axis === "x" ? "vertical" : "horizontal"}
      aria-label={label}
      aria-valuenow={0}
      tabIndex={0}
      onPointerDown={press}
      onKeyDown={keyed}
    />
  );
}
