// Turns mouse, pen, touch, wheel and keys into what they mean on a map.
//
//   drag                 the current tool: lasso, rectangle or pan
//   Shift / Alt + drag   lasso (or rectangle) that adds / subtracts; both keys: intersects
//   middle drag, Space + drag, two fingers   pan (and pinch)
//   wheel                zoom at the pointer
//   click                pick the point; Shift adds, Alt subtracts, Ctrl or Cmd toggles
//   double click         open the image of the point; on empty ground show the whole map
//   arrows, + and -, 0   pan, zoom, whole map;  Enter opens the point under the pointer
//   Escape               drops an unfinished lasso (else it is left to the widget)

import type { Mode } from "../store";

export type Tool = "pan" | "lasso" | "rectangle";

/** What the gestures act on. Pixels are CSS pixels from the top left of the map. */
export interface GestureTarget {
  tool(): Tool;
  pan(dx: number, dy: number): void;
  zoom(factor: number, x: number, y: number): void;
  fit(): void;
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number, mode: Mode | "toggle" | undefined): void;
  doubleClick(x: number, y: number): void;
  openHovered(): void;
  /** A drag has begun or ended. */
  drag(dragging: boolean): void;
  /** An outline in the making, as x0 y0 x1 y1 ...; null when it is finished or dropped. */
  draw(path: number[] | null): void;
  select(path: number[], mode: Mode | undefined): void;
}

const CLICK_SLOP = 4; // px that a pointer may move in a click
const STEP = 2; // px between two points of a lasso
const KEY_PAN = 48; // px
const KEY_ZOOM = 1.4;
const PAGE_SCROLL = 250; // ms after which a wheel turned elsewhere no longer counts as page scrolling

interface Drag {
  action: "pan" | "lasso" | "rectangle";
  x: number; // where the pointer went down
  y: number;
  lastX: number;
  lastY: number;
  moved: boolean;
  button: number;
  path: number[];
  mode: Mode | undefined;
}

export class Gestures {
  private readonly el: HTMLElement;
  private readonly target: GestureTarget;
  private readonly abort = new AbortController();
  private readonly fingers = new Map<number, [number, number]>();
  private drag: Drag | null = null;
  private space = false;
  private scrolledAt = Number.NEGATIVE_INFINITY;

  constructor(el: HTMLElement, target: GestureTarget) {
    this.el = el;
    this.target = target;
    const { signal } = this.abort;
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      listener: (event: HTMLElementEventMap[K]) => void,
      options: AddEventListenerOptions = {},
    ) => el.addEventListener(type, listener, { signal, ...options });
    // no automatic scrolling with the middle button
    on("mousedown", (event) => event.button === 1 && event.preventDefault());
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.cancel(event));
    on("pointerleave", () => {
      if (!this.drag) target.leave();
    });
    on("dblclick", (event) => target.doubleClick(...this.at(event)));
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("keydown", (event) => this.key(event));
    on("keyup", (event) => event.code === "Space" && this.hold(false));
    on("blur", () => this.hold(false));
    document.addEventListener("wheel", (event) => this.pageWheel(event), {
      capture: true,
      passive: true,
      signal,
    });
  }

  destroy(): void {
    this.abort.abort();
  }

  private at(event: MouseEvent): [number, number] {
    const { left, top } = this.el.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  private down(event: PointerEvent): void {
    if (event.button > 1) return;
    this.el.setPointerCapture?.(event.pointerId);
    const [x, y] = this.at(event);
    if (event.pointerType === "touch") this.fingers.set(event.pointerId, [x, y]);
    if (this.fingers.size > 1) {
      this.drop();
      return;
    }
    const mode = modeOf(event);
    const tool = this.target.tool();
    const panning = event.button === 1 || this.space || (tool === "pan" && !mode);
    const action = panning ? "pan" : tool === "rectangle" ? "rectangle" : "lasso";
    this.drag = {
      action,
      mode,
      button: event.button,
      x,
      y,
      lastX: x,
      lastY: y,
      moved: false,
      path: [x, y],
    };
    if (panning) this.el.dataset.panning = "";
  }

  private move(event: PointerEvent): void {
    const [x, y] = this.at(event);
    const { drag } = this;
    if (this.fingers.size > 1) this.pinch(event.pointerId, x, y);
    else if (drag) this.pull(drag, event, x, y);
    else this.target.hover(x, y);
  }

  private pull(drag: Drag, event: PointerEvent, x: number, y: number): void {
    if (!drag.moved && Math.hypot(x - drag.x, y - drag.y) < CLICK_SLOP) return;
    if (!drag.moved) {
      this.target.leave();
      this.target.drag(true);
    }
    drag.moved = true;
    if (drag.action === "pan") {
      this.target.pan(x - drag.lastX, y - drag.lastY);
      [drag.lastX, drag.lastY] = [x, y];
      return;
    }
    if (drag.action === "rectangle") {
      drag.path = [drag.x, drag.y, x, drag.y, x, y, drag.x, y];
    } else {
      // all places since the last frame; none are told of an event that a script made
      const parts = event.getCoalescedEvents?.() ?? [];
      for (const part of parts.length > 0 ? parts : [event]) {
        const [px, py] = this.at(part);
        if (Math.hypot(px - drag.lastX, py - drag.lastY) < STEP) continue;
        drag.path.push(px, py);
        [drag.lastX, drag.lastY] = [px, py];
      }
    }
    this.target.draw(drag.path);
  }

  private up(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
    const drag = this.drag;
    if (drag && !drag.moved && drag.button === 0) {
      const toggle = event.ctrlKey || event.metaKey;
      this.target.click(drag.x, drag.y, toggle ? "toggle" : drag.mode);
    } else if (drag?.moved && drag.action !== "pan" && drag.path.length >= 6) {
      this.target.select(drag.path, drag.mode);
    }
    this.drop();
  }

  private cancel(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
    this.drop();
  }

  /** Ends whatever drag there is without an effect. */
  private drop(): void {
    if (this.drag && this.drag.action !== "pan") this.target.draw(null);
    if (this.drag?.moved) this.target.drag(false);
    this.drag = null;
    if (!this.space) delete this.el.dataset.panning;
  }

  private pinch(id: number, x: number, y: number): void {
    const before = this.fingers.get(id);
    const other = [...this.fingers].find(([finger]) => finger !== id)?.[1];
    if (!before || !other) return;
    const [ox, oy] = other;
    const factor =
      Math.hypot(x - ox, y - oy) / Math.max(Math.hypot(before[0] - ox, before[1] - oy), 1);
    this.target.pan((x - before[0]) / 2, (y - before[1]) / 2);
    this.target.zoom(factor, (x + ox) / 2, (y + oy) / 2);
    this.fingers.set(id, [x, y]);
  }

  private wheel(event: WheelEvent): void {
    if (event.timeStamp - this.scrolledAt < PAGE_SCROLL) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // a pinch on a track pad arrives as a wheel with Ctrl and small steps
    const speed = event.ctrlKey ? 0.01 : 0.002;
    const delta = Math.max(-240, Math.min(240, event.deltaY * unit));
    this.target.zoom(Math.exp(-delta * speed), ...this.at(event));
  }

  /** A notebook that is being scrolled goes on scrolling when a map comes under the pointer. */
  private pageWheel(event: WheelEvent): void {
    const elsewhere = !this.el.contains(event.target as Node);
    const goingOn = event.timeStamp - this.scrolledAt < PAGE_SCROLL;
    if (elsewhere || goingOn) this.scrolledAt = event.timeStamp;
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.el || event.ctrlKey || event.metaKey || event.altKey) return;
    const middle = [this.el.clientWidth / 2, this.el.clientHeight / 2] as const;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.target.pan(KEY_PAN, 0),
      ArrowRight: () => this.target.pan(-KEY_PAN, 0),
      ArrowUp: () => this.target.pan(0, KEY_PAN),
      ArrowDown: () => this.target.pan(0, -KEY_PAN),
      "+": () => this.target.zoom(KEY_ZOOM, ...middle),
      "=": () => this.target.zoom(KEY_ZOOM, ...middle),
      "-": () => this.target.zoom(1 / KEY_ZOOM, ...middle),
      "0": () => this.target.fit(),
      Home: () => this.target.fit(),
      Enter: () => this.target.openHovered(),
      " ": () => this.hold(true),
    };
    if (this.drag && event.key === "Escape") this.drop();
    else if (Object.hasOwn(actions, event.key)) actions[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private hold(space: boolean): void {
    this.space = space;
    if (space) this.el.dataset.panning = "";
    else if (this.drag?.action !== "pan") delete this.el.dataset.panning;
  }
}

/** How held keys combine a new selection with the old one; undefined: as the toolbar says. */
function modeOf(event: MouseEvent): Mode | undefined {
  if (event.shiftKey) return event.altKey ? "intersect" : "add";
  return event.altKey ? "subtract" : undefined;
}
