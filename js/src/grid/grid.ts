// The image grid: as many DOM tiles as are in view, used again while a strip of any length scrolls.
import { effect, untracked } from "@preact/signals";
import { has } from "../bitset";
import type { Store } from "../store";
import { sameJson } from "../traits";
import {
  type Box,
  GAP,
  type Geometry,
  geometry,
  moved,
  positionsBetween,
  tileAt,
} from "./geometry";
import { Gestures, type Keys } from "./gestures";
import { Scroller } from "./scroller";
import { Tile } from "./tile";

export interface GridOptions {
  /** The side of a tile in px, about. */
  size: number;
  /** Pages above and below the viewport whose pictures are fetched in advance. */
  ahead: number;
}

const DEFAULTS: GridOptions = { size: 72, ahead: 1 };
/** Tiles are placed relative to a base that moves in such steps, so that numbers stay small. */
const STEP = 8192;
/** Milliseconds between two statements of what is wanted while the grid scrolls. */
const CALM = 80;
/** Milliseconds within which a second click belongs to the first. */
const DOUBLE = 600;

let grids = 0;

export class Grid {
  private readonly options: GridOptions;
  private readonly owner = `grid-${++grids}`;
  private readonly viewport = document.createElement("div");
  private readonly layer = document.createElement("div");
  private readonly marquee = document.createElement("div");
  private readonly scroller: Scroller;
  private readonly gestures: Gestures;
  private readonly observer: ResizeObserver;
  private readonly stops: (() => void)[];
  private tiles = new Map<number, Tile>();
  private spare: Tile[] = [];
  private tileCount = 0;
  private layout: Geometry = geometry(0, 0, 1);
  private frame = 0;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private marked: Set<number> = new Set();
  /** The position that the keyboard is at. */
  private focused = -1;
  /** When the last click was, and whether it changed the selection. */
  private clicked = Number.NEGATIVE_INFINITY;
  private clickChanged = false;
  /** The position that a shift-click ranges from. */
  private anchor = -1;

  constructor(
    el: HTMLElement,
    private readonly store: Store,
    options: Partial<GridOptions> = {},
  ) {
    this.options = { ...DEFAULTS, ...options };
    const { viewport, layer, marquee } = this;
    viewport.className = "dataview-grid";
    viewport.tabIndex = 0;
    viewport.setAttribute("role", "listbox");
    viewport.setAttribute("aria-multiselectable", "true");
    viewport.setAttribute("aria-label", "images");
    viewport.dataset.testid = "grid";
    const spacer = document.createElement("div");
    spacer.className = "dataview-grid-spacer";
    layer.className = "dataview-grid-layer";
    marquee.className = "dataview-marquee";
    marquee.hidden = true;
    layer.append(marquee);
    spacer.append(layer);
    viewport.append(spacer);
    el.append(viewport);

    this.scroller = new Scroller(viewport, spacer, this.schedule);
    this.gestures = new Gestures(viewport, {
      point: (x, y) => this.point(x, y),
      layout: () => this.layout,
      scrollBy: (dy) => this.scroller.scrollTo(this.scroller.offset + dy),
      click: (position, keys) => this.click(position, keys),
      open: (position) => this.doubled(position),
      hover: (position) => {
        store.hover.value = position < 0 ? -1 : (store.order.peek()[position] ?? -1);
      },
      mark: (positions, box) => this.mark(positions, box),
      take: (positions, keys) => this.take(positions, keys),
    });
    viewport.addEventListener("keydown", this.keyed);
    this.observer = new ResizeObserver(() => this.update());
    this.observer.observe(viewport);
    this.stops = [
      effect(() => {
        void store.order.value;
        untracked(() => this.reorder());
      }),
      effect(() => {
        for (const changing of [store.selected, store.hover, store.color, store.schema]) {
          void changing.value;
        }
        void store.thumbnails.changed.value;
        this.schedule();
      }),
      // Labels come with a column; reading one here fetches it and runs this again.
      effect(() => {
        store.label(0);
        this.schedule();
      }),
    ];
  }

  /** Takes new options, or looks at the size of its place again. */
  update(options: Partial<GridOptions> = {}): void {
    Object.assign(this.options, options);
    if (this.viewport.clientWidth === 0) return; // it is hidden
    const top = positionsBetween(this.layout, this.scroller.offset, this.scroller.offset + 1)[0];
    this.relayout();
    // What was at the top stays there.
    this.scroller.scrollTo(top === 0 ? 0 : tileAt(this.layout, top).y - this.layout.padding);
  }

  destroy(): void {
    for (const stop of this.stops) stop();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.observer.disconnect();
    this.scroller.destroy();
    this.gestures.destroy();
    this.store.thumbnails.request([], this.owner);
    this.viewport.remove();
  }

  // --------------------------------------------------------------- drawing

  private relayout(): void {
    const count = this.store.order.peek().length;
    this.layout = geometry(this.viewport.clientWidth, count, this.options.size);
    this.scroller.setHeight(this.layout.height);
  }

  private reorder(): void {
    this.focused = this.anchor = -1;
    this.marked.clear();
    this.relayout();
    this.scroller.scrollTo(0);
  }

  private readonly schedule = (): void => {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  };

  private draw(): void {
    const { offset, page } = this.scroller;
    const base = Math.floor(offset / STEP) * STEP;
    const shift = base - offset + this.viewport.scrollTop;
    this.layer.style.transform = `translateY(${shift}px)`;
    const [from, to] = positionsBetween(this.layout, offset - page / 2, offset + 1.5 * page);
    for (const [position, tile] of this.tiles) {
      if (position >= from && position < to) continue;
      this.tiles.delete(position);
      this.spare.push(tile);
    }
    for (let position = from; position < to; position++) this.drawTile(position, base);
    for (const tile of this.spare) tile.element.remove();
    const active = this.tiles.get(this.focused);
    if (active) this.viewport.setAttribute("aria-activedescendant", active.element.id);
    else this.viewport.removeAttribute("aria-activedescendant");
    this.requestSoon();
  }

  private drawTile(position: number, base: number): void {
    const { store, layout } = this;
    let tile = this.tiles.get(position);
    if (!tile) {
      tile = this.spare.pop() ?? new Tile(`${this.owner}-${this.tileCount++}`);
      this.tiles.set(position, tile);
    }
    if (!tile.element.isConnected) this.layer.append(tile.element);
    const row = store.order.peek()[position];
    const size = layout.pitch - GAP;
    const { x, y } = tileAt(layout, position);
    tile.move(x, y - base, size);
    const selected = store.selected.peek();
    tile.update(
      {
        row,
        position,
        count: layout.count,
        label: untracked(() => store.label(row)),
        selected: selected !== null && has(selected, row),
        hovered: store.hover.peek() === row,
        focused: position === this.focused,
        marked: this.marked.has(position),
        color: this.colorOf(row),
      },
      store.thumbnails.get(row),
      size,
    );
  }

  private colorOf(row: number): string | null {
    const { kind, index, palette } = this.store.color.peek();
    if (kind === "none") return null;
    const at = 3 * index[row];
    return `rgb(${palette[at]}, ${palette[at + 1]}, ${palette[at + 2]})`;
  }

  /** States what is wanted: what is in view, then the pages after and before it. */
  private requestSoon(): void {
    const wait = this.asked + CALM - performance.now();
    clearTimeout(this.timer);
    if (wait > 0) {
      this.timer = setTimeout(() => this.requestSoon(), wait);
      return;
    }
    this.asked = performance.now();
    const { offset, page } = this.scroller;
    const order = this.store.order.peek();
    const more = this.options.ahead * page;
    const slice = (top: number, bottom: number) =>
      order.subarray(...positionsBetween(this.layout, top, bottom));
    const rows = [
      ...slice(offset, offset + page),
      ...slice(offset + page, offset + page + more),
      ...slice(Math.max(0, offset - more), offset),
    ];
    this.store.thumbnails.request(rows, this.owner, this.layout.pitch - GAP);
  }

  // ----------------------------------------------------------------- input

  /** From the page's coordinates to the strip's. */
  private point(x: number, y: number): { x: number; y: number } {
    const box = this.viewport.getBoundingClientRect();
    return { x: x - box.left, y: y - box.top + this.scroller.offset };
  }

  private click(position: number, keys: Keys): void {
    const before = this.store.selection.peek();
    const second = performance.now() - this.clicked < DOUBLE;
    this.choose(position, keys);
    this.clicked = performance.now();
    if (!second) this.clickChanged = !sameJson(this.store.selection.peek(), before);
  }

  private choose(position: number, keys: Keys): void {
    const { store } = this;
    const row = store.order.peek()[position];
    this.focused = position;
    if (keys.shift && this.anchor >= 0) {
      const [from, to] = [Math.min(this.anchor, position), Math.max(this.anchor, position)];
      store.pick(store.order.peek().subarray(from, to + 1), keys.toggle ? "add" : undefined);
      return;
    }
    this.anchor = position;
    if (keys.toggle) {
      store.toggle(row);
    } else {
      store.pick([row], keys.shift ? "add" : undefined);
    }
  }

  /** Opens an image; the selection becomes again what it was before the double click's first. */
  private doubled(position: number): void {
    if (this.clickChanged) this.store.unpick();
    this.clickChanged = false;
    this.open(position);
  }

  private open(position: number): void {
    const row = this.store.order.peek()[position];
    if (row !== undefined) this.store.open(row);
  }

  /** Shows the rectangle that is being drawn; null takes it away. */
  private mark(positions: number[], box: Box | null): void {
    this.marked = new Set(positions);
    this.marquee.hidden = box === null;
    if (box) {
      const base = Math.floor(this.scroller.offset / STEP) * STEP;
      const { style } = this.marquee;
      style.transform = `translate(${box.left}px, ${box.top - base}px)`;
      style.width = `${box.right - box.left}px`;
      style.height = `${box.bottom - box.top}px`;
    }
    this.schedule();
  }

  private take(positions: number[], keys: Keys): void {
    const order = this.store.order.peek();
    const rows = positions.map((position) => order[position]);
    if (rows.length > 0) this.store.pick(rows, keys.shift || keys.toggle ? "add" : undefined);
  }

  private readonly keyed = (event: KeyboardEvent): void => {
    const { store, layout } = this;
    if (event.altKey) return;
    if (event.key === "Enter" && this.focused >= 0) this.open(this.focused);
    else if (event.key === " " && this.focused >= 0) {
      this.choose(this.focused, { shift: event.shiftKey, toggle: !event.shiftKey });
    } else {
      const to = moved(layout, this.focused, event.key, this.scroller.page);
      if (to === null) return;
      const from = this.focused;
      this.focused = to;
      if (event.shiftKey) {
        if (this.anchor < 0) this.anchor = Math.max(0, from);
        this.choose(to, { shift: true, toggle: false });
      } else this.anchor = -1;
      store.hover.value = store.order.peek()[to];
      const { y } = tileAt(layout, to);
      this.scroller.reveal(y - layout.padding, y + layout.pitch);
    }
    event.preventDefault();
    this.schedule();
  };
}
