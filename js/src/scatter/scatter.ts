// The map: one point a row, at its place in a projection.
//
// This class ties the store's signals to the parts: camera and scene (the points), gestures (input),
// overlay, labels, pictures and hover card (what lies over the points), legend and controls. A signal
// or a gesture marks what is out of date; one animation frame brings it up to date.

import { effect, signal } from "@preact/signals";
import { h, render } from "preact";
import { has } from "../bitset";
import type { Expr } from "../expressions";
import type { Polygon } from "../lasso";
import type { Mode, Store } from "../store";
import { Camera } from "./camera";
import { HoverCard } from "./card";
import { Cloud } from "./cloud";
import { Controls } from "./controls";
import { Gestures, type GestureTarget } from "./gestures";
import { categoryPlaces, Labels } from "./labels";
import { Legend } from "./legend";
import { pointLook } from "./look";
import { mapMessage, showMessage } from "./message";
import { Overlay } from "./overlay";
import { Pictures } from "./pictures";
import { Scene } from "./scene";
import "./scatter.css";

export interface ScatterOptions {
  /** Show the names of the categories. */
  names: boolean;
  /** Points become pictures when no more than this many are in view. */
  pictures: number;
  /** Milliseconds in which one map turns into the next, for this many rows at most. */
  transition: number;
  transitionRows: number;
  /** Factor on the size of the points. */
  size: number;
}

const defaults: ScatterOptions = {
  names: true,
  pictures: 200,
  transition: 600,
  transitionRows: 200_000,
  size: 1,
};

const REACH = 9; // px from a point in which the pointer finds it
const FILLED = 0.6; // share of the view that the fitted box around the points has
const REST = 120; // ms without movement before pictures are looked for

export class Scatter {
  private readonly options: ScatterOptions;
  private readonly root = div("dataview-map");
  private readonly surface = div("dataview-map-surface");
  private readonly panel = div("dataview-map-panel");
  private readonly notice = div("dataview-map-message");
  private readonly camera = new Camera();
  private readonly scene: Scene;
  private readonly pictures: Pictures;
  private readonly overlay: Overlay;
  private readonly labels: Labels;
  private readonly card: HoverCard;
  private readonly gestures: Gestures;
  private readonly observer: ResizeObserver;
  private readonly stops: (() => void)[] = [];

  /** The palette index that the legend brings out, -1: none. */
  private readonly highlight = signal(-1);
  private readonly names = signal(true);
  private readonly cloud = signal<Cloud | null>(null);

  private pointer: [number, number] | null = null;
  private request = 0;
  private stale = { view: false, moved: false, hover: false, pictures: false };
  private movedAt = 0;

  constructor(
    el: HTMLElement,
    private readonly store: Store,
    options: Partial<ScatterOptions> = {},
  ) {
    this.options = { ...defaults, ...options };
    this.names.value = this.options.names;
    const { root, surface } = this;
    surface.tabIndex = 0;
    surface.setAttribute("role", "application");
    surface.setAttribute("aria-label", "Map of the images: drag to select, wheel to zoom");
    root.append(surface);
    this.scene = new Scene(surface, () => this.refill());
    this.pictures = new Pictures(surface, store);
    this.overlay = new Overlay(surface);
    this.labels = new Labels(surface);
    this.card = new HoverCard(root, store);
    root.append(this.panel, this.notice);
    el.append(root);
    this.gestures = new Gestures(surface, this.target());
    this.renderPanel();
    this.scene.start();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(root);
    this.observer.observe(this.panel);
    this.follow();
  }

  /** Brings everything up to date with the store, in the next frame. */
  update(): void {
    this.stale.view = this.stale.pictures = true;
    this.schedule();
  }

  destroy(): void {
    cancelAnimationFrame(this.request);
    for (const stop of this.stops) stop();
    this.observer.disconnect();
    render(null, this.panel);
    const { gestures, pictures, overlay, labels, card, scene } = this;
    for (const part of [gestures, pictures, overlay, labels, card, scene]) part.destroy();
    this.root.remove();
  }

  // --------------------------------------------------------------- signals

  private follow(): void {
    const { store, cloud } = this;
    const on = (fn: () => void) => this.stops.push(effect(fn));
    on(() => this.setPoints(store.maps.points.value));
    on(() => {
      if (cloud.value) this.scene.setColors(store.color.value, cloud.value);
      this.update();
    });
    on(() => {
      this.scene.setRows(cloud.value, store.visible.value, store.selected.value);
      this.update();
    });
    on(() => {
      const shown = this.names.value ? cloud.value : null;
      this.labels.set(shown ? categoryPlaces(shown, store.color.value, store.visible.value) : []);
      this.update();
    });
    on(() => {
      void [store.dark.value, this.highlight.value, store.selection.value, store.maps.name.value];
      this.scene.readTheme();
      this.update();
    });
    on(() => {
      void store.hover.value;
      this.schedule();
    });
    on(() => {
      void store.thumbnails.changed.value;
      this.card.refresh();
      this.pictures.refresh(this.camera);
    });
    on(() => {
      this.surface.dataset.tool = store.tool.value;
    });
    on(() => {
      const trouble = this.scene.trouble.value;
      this.panel.hidden = !cloud.value?.bounds;
      const state = {
        n: store.n.value,
        placed: store.maps.points.value && (cloud.value?.count ?? 0),
        visible: store.visibleCount.value,
        progress: store.progress.value,
      };
      showMessage(this.notice, trouble ?? mapMessage(state), trouble && (() => this.scene.start()));
    });
  }

  private setPoints(points: Float32Array | null): void {
    const before = this.cloud.peek();
    const cloud = points && new Cloud(points, before);
    const from = this.camera.uniforms();
    const { transition: duration, transitionRows } = this.options;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || duration <= 0;
    const travels = before?.bounds && cloud?.n === before.n && cloud.n <= transitionRows && !still;
    this.cloud.value = cloud;
    this.fit();
    const travel = travels ? { before, from, duration } : undefined;
    if (cloud) this.scene.setCloud(cloud, this.camera.uniforms(), travel);
  }

  /** Gives a new graphics context everything that the last one had. */
  private refill(): void {
    const { store } = this;
    const cloud = this.cloud.peek();
    if (!cloud) return;
    this.scene.setCloud(cloud, this.camera.uniforms());
    this.scene.setColors(store.color.peek(), cloud);
    this.scene.setRows(cloud, store.visible.peek(), store.selected.peek());
    this.resize();
  }

  private renderPanel(): void {
    const { store, highlight, names, camera } = this;
    const onZoom = (factor: number) => this.zoom(factor, camera.width / 2, camera.height / 2);
    const onFit = () => this.wholeMap();
    render([h(Legend, { store, highlight }), h(Controls, { names, onZoom, onFit })], this.panel);
  }

  // ----------------------------------------------------------------- input

  private target(): GestureTarget {
    const { store, camera } = this;
    return {
      tool: () => store.tool.peek(),
      pan: (dx, dy) => {
        camera.pan(dx, dy);
        this.moved();
      },
      zoom: (factor, x, y) => this.zoom(factor, x, y),
      fit: () => this.wholeMap(),
      hover: (x, y) => {
        this.pointer = [x, y];
        this.stale.hover = true;
        this.schedule();
      },
      leave: () => {
        this.pointer = null;
        store.hover.value = -1;
      },
      click: (x, y, mode) => {
        const row = this.rowAt(x, y);
        if (row < 0) return;
        const selected = store.selected.peek();
        const toggled: Mode = selected && has(selected, row) ? "subtract" : "add";
        store.select({ op: "rows", at: [row] }, mode === "toggle" ? toggled : mode);
      },
      doubleClick: (x, y) => {
        const row = this.rowAt(x, y);
        if (row >= 0) store.open(row);
        else this.wholeMap();
      },
      openHovered: () => {
        const row = store.hover.peek();
        if (row >= 0) store.open(row);
      },
      draw: (path) => this.overlay.lasso(path),
      select: (path, mode) => {
        const on = store.maps.name.peek();
        const polygon = camera.polygon(path);
        if (on !== null && polygon) store.select({ op: "lasso", on, polygon }, mode);
      },
    };
  }

  private zoom(factor: number, x: number, y: number): void {
    this.camera.zoomAt(factor, x, y);
    this.moved();
  }

  private wholeMap(): void {
    this.fit();
    this.moved();
  }

  private fit(): void {
    const { camera } = this;
    const bounds = this.cloud.peek()?.bounds;
    // a large legend gets room of its own where there is enough
    const legend = this.panel.querySelector<HTMLElement>(".dataview-map-legend");
    const { offsetWidth: width = 0, offsetHeight: height = 0 } = legend ?? {};
    const right = height > camera.height / 4 && width < camera.width / 2.5 ? width : 0;
    if (bounds && camera.width > 0) camera.fit(bounds, 24, right);
  }

  /** The row whose picture or point is at a pixel, or -1. */
  private rowAt(x: number, y: number): number {
    const { camera } = this;
    const pictured = this.pictures.at(x, y, camera);
    if (pictured >= 0) return pictured;
    const reach = Math.max(REACH, this.look().size / 2 + 2);
    const [dx, dy] = camera.toData(x, y);
    const [rx, ry] = [reach / camera.sx, reach / camera.sy];
    return this.cloud.peek()?.index.nearest(dx, dy, rx, ry, (row) => this.isVisible(row)) ?? -1;
  }

  /** Goes on with the index; true when it is there (or there is nothing to find). */
  private indexReady(): boolean {
    return this.cloud.peek()?.index.prepare() ?? true;
  }

  private isVisible(row: number): boolean {
    const visible = this.store.visible.peek();
    return !visible || has(visible, row);
  }

  // ---------------------------------------------------------------- frames

  private schedule(): void {
    this.request ||= requestAnimationFrame((now) => this.frame(now));
  }

  /** The camera has moved. */
  private moved(): void {
    this.stale.moved = this.stale.hover = true;
    this.update();
  }

  private frame(now: number): void {
    this.request = 0;
    const { stale, camera, scene, store } = this;
    if (camera.width === 0) return;
    if (stale.moved) this.movedAt = now;
    const view = {
      camera: camera.uniforms(),
      ...this.look(),
      highlight: this.highlight.peek(),
    };
    const unfinished = scene.draw(now, view, stale.view, stale.moved);
    if (stale.view) {
      this.labels.update(camera);
      this.pictures.update(camera);
      this.overlay.outline(lassos(store.selection.peek(), store.maps.name.peek()), camera);
    }
    stale.view = stale.moved = false;
    if (stale.hover) this.findHover();
    this.showHover();
    if (stale.pictures && !scene.travelling && now - this.movedAt > REST) this.findPictures();
    this.surface.classList.toggle("dataview-map-travelling", scene.travelling);
    this.surface.setAttribute("aria-busy", String(scene.travelling));
    this.surface.dataset.map = store.maps.name.peek() ?? "";
    if (unfinished || stale.pictures || stale.hover) this.schedule();
  }

  private look(): { size: number; alpha: number } {
    const { camera, store, options } = this;
    const cloud = this.cloud.peek();
    const n = Math.min(cloud?.count ?? 0, store.visibleCount.peek());
    const area = camera.width * camera.height * FILLED * (cloud?.cover ?? 1);
    const { size, alpha } = pointLook(n, area, camera.zoom);
    return { size: size * options.size, alpha };
  }

  private findHover(): void {
    this.stale.hover = this.pointer !== null && !this.indexReady();
    if (!this.pointer || this.stale.hover) return;
    const row = this.rowAt(...this.pointer);
    this.store.hover.value = row;
    this.surface.classList.toggle("dataview-map-over", row >= 0);
  }

  /** The ring around the hovered row, wherever it is hovered; the card only at the map's pointer. */
  private showHover(): void {
    const row = this.store.hover.peek();
    const points = this.cloud.peek()?.points;
    const [px, py] = points ? points.subarray(2 * row, 2 * row + 2) : [];
    const shown = row >= 0 && Number.isFinite(px + py) && this.isVisible(row);
    const pictured = this.pictures.mark(shown ? row : -1);
    const [x, y] = shown ? this.camera.toScreen(px, py) : [0, 0];
    this.overlay.ring(x, y, shown && !pictured ? this.look().size / 2 + 3 : 0);
    if (shown && this.pointer) this.card.show(row, x, y);
    else this.card.hide();
  }

  private findPictures(): void {
    const { camera, options } = this;
    const cloud = this.cloud.peek();
    const n = Math.min(cloud?.count ?? 0, this.store.visibleCount.peek());
    // looking through the whole of a large map would be for nothing
    const near = n / camera.zoom ** 2 < 100 * options.pictures;
    this.stale.pictures = near && !this.indexReady();
    if (this.stale.pictures) return;
    const found = near
      ? cloud?.index.within(camera.view(20), options.pictures, (row) => this.isVisible(row))
      : null;
    const rows = found ?? null;
    this.pictures.set(rows, camera);
    this.surface.classList.toggle("dataview-map-near", rows !== null && rows.length > 0);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (width === 0 || height === 0) return; // in a hidden tab
    const { camera } = this;
    const fitted = camera.width === 0 || camera.untouched;
    camera.resize(width, height);
    if (fitted) this.fit();
    this.scene.resize(width, height);
    this.moved();
  }
}

function div(name: string): HTMLDivElement {
  const el = document.createElement("div");
  el.className = name;
  return el;
}

/** The outlines in a selection that belong to a map. */
function lassos(expr: Expr | null, map: string | null): Polygon[] {
  if (expr?.op === "lasso") return expr.on === map ? [expr.polygon] : [];
  if (expr?.op === "and" || expr?.op === "or") return expr.terms.flatMap((e) => lassos(e, map));
  return expr?.op === "not" ? lassos(expr.term, map) : [];
}
