// The points on a canvas: the renderer and its painter, the transition from one map to the next, and
// what happens when the browser takes the graphics context away.

import { type Signal, signal } from "@preact/signals";
import { and, type Bitset } from "../bitset";
import type { ColorScale } from "../color";
import type { CameraUniforms } from "./camera";
import type { Cloud } from "./cloud";
import { drawLists } from "./draworder";
import { rgb } from "./look";
import type { MapMessage } from "./message";
import { Painter } from "./painter";
import { type Color, Renderer } from "./renderer";

/** How the points look in a frame; the size in CSS pixels. */
export interface View {
  camera: CameraUniforms;
  size: number;
  alpha: number;
  highlight: number;
}

const MAX_RATIO = 2; // device pixels per CSS pixel that are worth drawing

export class Scene {
  /** Why nothing can be drawn. */
  readonly trouble: Signal<MapMessage | null> = signal(null);
  private canvas = document.createElement("canvas");
  private renderer: Renderer | null = null;
  private painter: Painter | null = null;
  private ratio = 1;
  private background: Color = [1, 1, 1];
  private muted: Color = [0.6, 0.6, 0.6];
  private transition: { from: CameraUniforms; start: number; duration: number } | null = null;

  /** `refill` is called for all data when there is a new context; `start` makes the first. */
  constructor(
    private readonly el: HTMLElement,
    private readonly refill: () => void,
  ) {}

  start(): void {
    const canvas = document.createElement("canvas");
    this.canvas.remove();
    this.canvas = canvas;
    this.el.prepend(canvas);
    canvas.addEventListener("webglcontextlost", (event) => {
      if (canvas !== this.canvas) return;
      event.preventDefault(); // so that it may be restored
      this.renderer = this.painter = null;
      this.trouble.value = {
        title: "The browser took the map's graphics memory away",
        detail: "Click here to draw it again.",
      };
    });
    canvas.addEventListener("webglcontextrestored", () => canvas === this.canvas && this.start());
    try {
      this.renderer = new Renderer(canvas);
      this.painter = new Painter(this.renderer);
      this.trouble.value = null;
    } catch (error) {
      const detail = `${(error as Error).message}. Everything else works without it.`;
      this.trouble.value = { title: "The map cannot be drawn", detail };
      return;
    }
    this.refill();
  }

  /** Is a map on its way into the next one? */
  get travelling(): boolean {
    return this.transition !== null;
  }

  /** New points; `before` and the camera it was seen with where they travel for `duration` ms. */
  setCloud(
    cloud: Cloud,
    camera: CameraUniforms,
    travel?: { before: Cloud; from: CameraUniforms; duration: number },
  ): void {
    const origins = travel ? cloud.origins(travel.before, travel.from, camera) : null;
    this.renderer?.setPoints(cloud.points, origins, cloud.order);
    this.transition = travel ? { start: 0, ...travel } : null;
  }

  setColors({ index, palette }: ColorScale, { order }: Cloud): void {
    if (index.length !== order.length) return;
    this.renderer?.setColors(index, order);
    this.renderer?.setPalette(palette);
  }

  setRows(cloud: Cloud | null, visible: Bitset | null, selected: Bitset | null): void {
    if (!cloud) {
      this.renderer?.setLists(0, { base: null, top: null });
      return;
    }
    const { order, placed } = cloud;
    const shown = visible && placed ? and(visible, placed) : (visible ?? placed);
    this.renderer?.setLists(order.length, drawLists(order, shown, selected));
  }

  /** Draws a frame's share of the view; true where the next frame has to go on. */
  draw(now: number, view: View, changed: boolean, moving: boolean): boolean {
    const { painter } = this;
    if (!painter) return false;
    const { transition } = this;
    if (transition) transition.start ||= now;
    const part = transition ? Math.min((now - transition.start) / transition.duration, 1) : 1;
    if (changed || transition) {
      const look = {
        ...view,
        size: view.size * this.ratio,
        before: transition?.from ?? view.camera,
        time: part * part * (3 - 2 * part),
        muted: this.muted,
        background: this.background,
      };
      painter.restart(look, now, moving || part < 1);
    }
    if (transition && part === 1) {
      this.transition = null;
      this.renderer?.dropBefore();
    }
    return painter.step(now) || part < 1;
  }

  /** Follows the element's size and the colours that its CSS gives. */
  resize(width: number, height: number): void {
    this.ratio = Math.min(window.devicePixelRatio || 1, MAX_RATIO);
    this.renderer?.resize(Math.round(width * this.ratio), Math.round(height * this.ratio));
    this.readTheme();
  }

  readTheme(): void {
    const style = getComputedStyle(this.el);
    this.background = rgb(style.backgroundColor);
    this.muted = rgb(style.color);
  }

  destroy(): void {
    this.renderer?.destroy();
    this.canvas.remove();
  }
}
