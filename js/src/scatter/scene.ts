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
import { standing, Travel } from "./travel";

/** How the points look in a frame; the size in CSS pixels. */
export interface View {
  camera: CameraUniforms;
  size: number;
  alpha: number;
  highlight: number;
}

/** How points come from the cloud before, as the camera `from` saw it, in so many milliseconds. */
export interface Trip {
  before: Cloud;
  from: CameraUniforms;
  duration: number;
  steady: boolean;
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
  private travel: Travel | null = null;

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
    return this.travel !== null;
  }

  /** New points, seen by `camera`; `trip` where they travel from their places in the cloud before. */
  setCloud(cloud: Cloud, camera: CameraUniforms, trip?: Trip): void {
    const last = this.travel;
    this.travel = null;
    if (trip) {
      const { before, from, duration, steady } = trip;
      const origins = standing(before, from, last, cloud, camera);
      this.travel = new Travel(origins, from, duration, steady);
    }
    this.renderer?.setPoints(cloud.points, cloud.order, this.travel?.origins ?? null);
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
    const { painter, renderer, travel } = this;
    if (!painter || !renderer) return false;
    const filled = renderer.fill();
    const part = travel?.advance(now) ?? 1;
    if (travel && part === 1) {
      this.travel = null;
      renderer.arrive();
    }
    if (changed || travel || filled) {
      const look = {
        ...view,
        size: view.size * this.ratio,
        before: travel?.from ?? view.camera,
        time: part,
        muted: this.muted,
        background: this.background,
      };
      painter.restart(look, now, moving || part < 1);
    }
    return painter.step(now) || part < 1 || renderer.filling;
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
