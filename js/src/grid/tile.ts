// One image in the grid: a DOM element that is used again for other rows as they scroll by.
import type { ThumbnailEntry } from "../store";

export interface TileState {
  row: number;
  position: number;
  count: number;
  label: string;
  selected: boolean;
  hovered: boolean;
  focused: boolean;
  /** Inside the rectangle that is being drawn. */
  marked: boolean;
  /** The row's colour on the map; null: the map has no colours. */
  color: string | null;
}

export class Tile {
  readonly element = document.createElement("div");
  position = -1;
  row = -1;
  private readonly image = document.createElement("img");
  private readonly error = document.createElement("span");
  private entry: ThumbnailEntry | null | undefined = null;
  private place = "";
  private look = "";
  private label = "";

  constructor(id: string) {
    const { element, image, error } = this;
    element.className = "dataview-tile";
    element.id = id;
    element.setAttribute("role", "option");
    image.draggable = false;
    image.decoding = "async";
    error.className = "dataview-tile-error";
  }

  move(x: number, y: number, size: number): void {
    const place = `${x},${y},${size}`;
    if (place === this.place) return;
    this.place = place;
    const { style } = this.element;
    style.transform = `translate(${x}px, ${y}px)`;
    style.width = style.height = `${size}px`;
  }

  update(state: TileState, entry: ThumbnailEntry | undefined, size: number): void {
    this.row = state.row;
    this.position = state.position;
    this.paint(state);
    if (state.label !== this.label) {
      this.label = state.label;
      this.image.alt = state.label;
      this.element.title = state.label;
      this.element.setAttribute("aria-label", state.label);
    }
    this.image.classList.toggle(
      "dataview-pixels",
      !!entry && Math.max(entry.width, entry.height) < size,
    );
    if (entry !== this.entry) this.show(entry);
  }

  private show(entry: ThumbnailEntry | undefined): void {
    this.entry = entry;
    const { element, image, error } = this;
    element.classList.toggle("dataview-broken", !!entry?.error);
    if (entry?.url) {
      image.src = entry.url;
      element.replaceChildren(image);
    } else if (entry?.error) {
      error.textContent = entry.error;
      element.title = entry.error;
      element.setAttribute("aria-label", `${this.label}: ${entry.error}`);
      element.replaceChildren(error);
    } else {
      element.replaceChildren();
    }
  }

  private paint(state: TileState): void {
    const { selected, hovered, focused, marked, color, position, count } = state;
    const look = `${selected}${hovered}${focused}${marked}${color}${position}/${count}`;
    if (look === this.look) return;
    this.look = look;
    const { classList, style } = this.element;
    classList.toggle("dataview-selected", selected);
    classList.toggle("dataview-hovered", hovered);
    classList.toggle("dataview-focused", focused);
    classList.toggle("dataview-marked", marked);
    style.setProperty("--dataview-tile-color", color ?? "transparent");
    this.element.setAttribute("aria-selected", String(selected));
    this.element.setAttribute("aria-posinset", String(position + 1));
    this.element.setAttribute("aria-setsize", String(count));
  }
}
