// The card at a hovered point: its picture, its label, and which row it is.

import { integer } from "../format";
import type { Store } from "../store";

const SIDE = 128; // px of the picture, as in scatter.css
const OFFSET = 14; // px from the point

let cards = 0;

export class HoverCard {
  private readonly owner = `map-hover-${++cards}`;
  private readonly root = document.createElement("div");
  private readonly image = document.createElement("img");
  private readonly label = document.createElement("b");
  private readonly detail = document.createElement("span");
  private row = -1;

  constructor(
    private readonly el: HTMLElement,
    private readonly store: Store,
  ) {
    this.root.className = "dataview-map-card";
    this.root.append(this.image, this.label, this.detail);
    this.image.alt = "";
    this.hide();
    el.append(this.root);
  }

  /** Shows a row next to the pixel (x, y), on the side where there is room. */
  show(row: number, x: number, y: number): void {
    if (row !== this.row) {
      this.row = row;
      this.label.textContent = this.store.label(row);
      this.store.thumbnails.request([row], this.owner, SIDE);
      this.refresh();
    }
    this.root.hidden = false;
    const { offsetWidth, offsetHeight } = this.root;
    const left =
      x + OFFSET + offsetWidth > this.el.clientWidth ? x - OFFSET - offsetWidth : x + OFFSET;
    const top = Math.min(
      Math.max(y - offsetHeight / 2, 4),
      this.el.clientHeight - offsetHeight - 4,
    );
    this.root.style.transform = `translate(${Math.max(left, 4)}px, ${Math.max(top, 4)}px)`;
  }

  /** Puts in the picture when it has arrived. */
  refresh(): void {
    if (this.row < 0) return;
    const entry = this.store.thumbnails.get(this.row);
    this.image.hidden = !entry?.url;
    if (entry?.url) {
      this.image.src = entry.url;
      this.image.classList.toggle("dataview-pixelated", Math.max(entry.width, entry.height) <= 64);
    }
    const name = this.store.fileName(this.row);
    const place = name && name !== this.label.textContent ? name : `row ${integer(this.row)}`;
    this.detail.textContent = entry?.error ? `${place} · ${entry.error}` : place;
  }

  hide(): void {
    if (this.row >= 0) this.store.thumbnails.request([], this.owner);
    this.row = -1;
    this.root.hidden = true;
  }

  destroy(): void {
    this.hide();
    this.root.remove();
  }
}
