// The map: one point a row, at its place in a projection.
//
// This class ties the store's signals to the parts: camera and scene (the points), gestures (input),
// overlay, labels, pictures and hover card (what lies over the points), legend and controls. A signal
// or a gesture marks what is out of date; one animation frame brings it up to date.

import { effect, signal } from "@preact/signals";
import { h, render } from "preact";
import { has } from "../bitset";
import type { Mode, Store } from "../store";
import { Camera } from "./camera";
import { HoverCard } from "./card";
import { Cloud } from "./cloud";
import { Controls } from "./controls";
import { Gestures, type GestureTarget } from "./gestures";
import { Hits } from "./hits";
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
  /** Milliseconds in which one map turns into the next; 0: at once. */
  transition: number;
  /** Factor on the size of the points. */
  size: number;
}

const defaults: ScatterOptions = {
  names: true,
  pictures: 200,
  transition: 600,
  size: 1,
};

const FILLED = 0.6; // share of the view that the fitted box around the points has
const REST = 120; // ms without movement before pictures are looked for
const LEG = { least: 400, most: 1500 }; // ms in which one version of a map turns into the next

export class Scatter {
  private readonly options: ScatterOptions;
  private readonly root = div("dataview-map");
  private readonly surface = div("dataview-map-surface");
  private readonly panel = div("dataview-map-panel");
  private readonly notice = div("dataview-map-message");
  private readonly formingMark = div("dataview-map-forming");
  private readonly camera = new Camera();
  private readonly scene: Scene;
  private readonly pictures: Pictures;
  private readonly overlay: Overlay;
  private readonly labels: Labels;
  private readonly hits: Hits;
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
  /** The map that the points are of, and when they came. */
  private last: { map: string | null; at: number } = { map: null, at: 0 };

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
    this.hits = new Hits(store, this.camera, this.cloud, this.pictures);
    this.overlay = new Overlay(surface);
    this.labels = new Labels(surface);
    this.card = new HoverCard(root, store);
    this.formingMark.textContent = "forming";
    this.formingMark.title =
      "This map is still being computed, and the points move. A lasso keeps the rows that it was drawn around.";
    root.append(this.panel, this.formingMark, this.notice);
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
    this.store.maps.held.value = false;
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
    on(() => this.setPoints(store.maps.points.value, store.maps.name.peek()));
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
      this.formingMark.hidden = !store.maps.forming.value;
      void store.maps.unsettled.value;
      this.schedule();
    });
    on(() => {
      const trouble = this.scene.trouble.value;
      this.panel.hidden = !cloud.value?.bounds;
      const state = {
        n: store.n.value,
        placed: store.maps.points.value && (cloud.value?.count ?? 0),
        forming: store.maps.forming.value,
        visible: store.visibleCount.value,
        progress: store.progress.value,
      };
      showMessage(this.notice, trouble ?? mapMessage(state), trouble && (() => this.scene.start()));
    });
  }

  /** Shows other points: of another map, or of a better version of the same one. */
  private setPoints(points: Float32Array | null, map: string | null): void {
    const { camera } = this;
    const before = this.cloud.peek();
    const cloud = points && new Cloud(points, before);
    const from = camera.uniforms();
    const now = performance.now();
    const steady = before !== null && map === this.last.map;
    const leg = Math.min(Math.max(now - this.last.at, LEG.least), LEG.most);
    this.last = { map, at: now };
    const duration = steady ? leg : this.options.transition;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const travels = before?.bounds && cloud?.n === before.n && camera.width > 0;
    this.cloud.value = cloud;
    // whoever has looked closer at a map goes on looking there when it changes
    if (steady && !camera.untouched && cloud?.bounds) camera.keep(cloud.bounds);
    else this.fit();
    const trip = travels && !still && this.options.transition > 0;
    if (cloud) {
      const way = trip ? { before, from, duration, steady } : undefined;
      this.scene.setCloud(cloud, camera.uniforms(), way);
    }
    this.surface.classList.toggle("dataview-map-gliding", steady);
    this.surface.style.setProperty("--dataview-leg", `${duration}ms`);
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
      drag: (dragging) => {
        store.maps.held.value = dragging;
      },
      draw: (path) => this.overlay.lasso(path),
      select: (path, mode) => {
        const on = store.maps.name.peek();
        const polygon = camera.polygon(path);
        if (on !== null && polygon) store.selectLasso(on, polygon, mode);
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

  private rowAt(x: number, y: number): number {
    return this.hits.at(x, y, this.look().size);
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
      this.overlay.outline(store.selection.peek(), store.maps.name.peek(), camera);
    }
    stale.view = stale.moved = false;
    if (stale.hover) this.findHover();
    this.showHover();
    if (stale.pictures && !scene.travelling && now - this.movedAt > REST) this.findPictures();
    if (now === this.movedAt) this.surface.classList.remove("dataview-map-gliding");
    this.surface.classList.toggle("dataview-map-travelling", scene.travelling);
    const busy = scene.travelling || store.maps.unsettled.peek();
    this.surface.setAttribute("aria-busy", String(busy));
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
    this.stale.hover = this.pointer !== null && !this.hits.prepare();
    if (!this.pointer || this.stale.hover) return;
    const row = this.rowAt(...this.pointer);
    this.store.hover.value = row;
    this.surface.classList.toggle("dataview-map-over", row >= 0);
  }

  /** The ring around the hovered row, wherever it is hovered; the card only at the map's pointer. */
  private showHover(): void {
    const row = this.store.hover.peek();
    const place = this.scene.travelling ? null : this.hits.placeOf(row);
    const pictured = this.pictures.mark(place ? row : -1);
    const [x, y] = place ?? [0, 0];
    this.overlay.ring(x, y, place && !pictured ? this.look().size / 2 + 3 : 0);
    if (place && this.pointer) this.card.show(row, x, y);
    else this.card.hide();
  }

  private findPictures(): void {
    const { camera, options } = this;
    const n = Math.min(this.cloud.peek()?.count ?? 0, this.store.visibleCount.peek());
    // looking through the whole of a large map would be for nothing
    const near = n / camera.zoom ** 2 < 100 * options.pictures;
    this.stale.pictures = near && !this.hits.prepare();
    if (this.stale.pictures) return;
    const rows = near ? this.hits.inView(options.pictures) : null;
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
