// The mouse in the grid: click, double click, hover, and a rectangle drawn over the tiles.
import { type Box, type Geometry, positionsIn } from "./geometry";

export interface Keys {
  shift: boolean;
  /** Ctrl or Cmd. */
  toggle: boolean;
}

/** What the gestures need of the grid and tell it. */
export interface GestureTarget {
  /** From the page's coordinates to the strip's. */
  point(x: number, y: number): { x: number; y: number };
  layout(): Geometry;
  scrollBy(dy: number): void;
  click(position: number, keys: Keys): void;
  open(position: number): void;
  hover(position: number): void;
  mark(positions: number[], box: Box | null): void;
  take(positions: number[], keys: Keys): void;
}

/** Pixels after which a press is a rectangle and no click. */
const DRAG = 5;
/** Pixels from the edge where a rectangle makes the grid scroll. */
const EDGE = 24;

const keysOf = (event: MouseEvent): Keys => ({
  shift: event.shiftKey,
  toggle: event.ctrlKey || event.metaKey,
});

export class Gestures {
  private start: { x: number; y: number } | null = null;
  private last: PointerEvent | null = null;
  private drawing = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly el: HTMLElement,
    private readonly target: GestureTarget,
  ) {
    el.addEventListener("pointerdown", this.pressed);
    el.addEventListener("pointermove", this.moved);
    el.addEventListener("pointerup", this.released);
    el.addEventListener("pointercancel", this.cancelled);
    el.addEventListener("pointerleave", this.left);
    el.addEventListener("dblclick", this.doubled);
    el.addEventListener("keydown", this.keyed);
  }

  destroy(): void {
    clearInterval(this.timer);
    const { el } = this;
    el.removeEventListener("pointerdown", this.pressed);
    el.removeEventListener("pointermove", this.moved);
    el.removeEventListener("pointerup", this.released);
    el.removeEventListener("pointercancel", this.cancelled);
    el.removeEventListener("pointerleave", this.left);
    el.removeEventListener("dblclick", this.doubled);
    el.removeEventListener("keydown", this.keyed);
  }

  /** The tile under the pointer; -1: none. */
  private at(event: MouseEvent): number {
    const { x, y } = this.target.point(event.clientX, event.clientY);
    return positionsIn(this.target.layout(), { left: x, right: x, top: y, bottom: y })[0] ?? -1;
  }

  private readonly pressed = (event: PointerEvent): void => {
    const onScrollBar = event.offsetX > this.el.clientWidth && event.target === this.el;
    if (event.button !== 0 || onScrollBar) return;
    this.start = this.target.point(event.clientX, event.clientY);
    if (event.pointerType === "mouse") this.el.setPointerCapture(event.pointerId);
  };

  private readonly moved = (event: PointerEvent): void => {
    this.last = event;
    if (!this.start) {
      this.target.hover(this.at(event));
      return;
    }
    if (event.pointerType !== "mouse") return; // a finger scrolls
    const { x, y } = this.target.point(event.clientX, event.clientY);
    if (!this.drawing && Math.hypot(x - this.start.x, y - this.start.y) < DRAG) return;
    if (!this.drawing) this.timer = setInterval(this.creep, 16);
    this.drawing = true;
    this.target.hover(-1);
    this.mark();
  };

  private readonly released = (event: PointerEvent): void => {
    const position = this.at(event);
    if (this.drawing) this.target.take(this.inside(), keysOf(event));
    else if (this.start && position >= 0) this.target.click(position, keysOf(event));
    this.cancelled();
  };

  private readonly cancelled = (): void => {
    clearInterval(this.timer);
    if (this.drawing) this.target.mark([], null);
    this.start = null;
    this.drawing = false;
  };

  private readonly left = (): void => {
    if (!this.start) this.target.hover(-1);
  };

  private readonly doubled = (event: MouseEvent): void => {
    const position = this.at(event);
    if (position >= 0) this.target.open(position);
  };

  private readonly keyed = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.drawing) return;
    event.preventDefault();
    this.cancelled();
  };

  private box(): Box {
    const a = this.start!;
    const b = this.target.point(this.last!.clientX, this.last!.clientY);
    return {
      left: Math.min(a.x, b.x),
      right: Math.max(a.x, b.x),
      top: Math.min(a.y, b.y),
      bottom: Math.max(a.y, b.y),
    };
  }

  private inside(): number[] {
    return positionsIn(this.target.layout(), this.box());
  }

  private mark(): void {
    this.target.mark(this.inside(), this.box());
  }

  /** Scrolls while the rectangle is held at an edge. */
  private readonly creep = (): void => {
    if (!this.last || !this.drawing) return;
    const { top, bottom } = this.el.getBoundingClientRect();
    const above = top + EDGE - this.last.clientY;
    const below = this.last.clientY - (bottom - EDGE);
    const dy = above > 0 ? -above : Math.max(0, below);
    if (dy === 0) return;
    this.target.scrollBy(dy);
    this.mark();
  };
}
