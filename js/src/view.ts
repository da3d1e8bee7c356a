// What is mounted in a place of the page: it can move to another, or leave for a tab of its own.
import { type ReadonlySignal, signal } from "@preact/signals";
import { h, render as mount } from "preact";
import { App } from "./app";
import { labServices, type Place } from "./bridge";
import { settings } from "./settings";
import type { Store } from "./store";
import { watchTheme } from "./theme";

/** What the panels know of the view that they are in. */
export interface ViewState {
  /** Counts how often the view was put in a place of the page. */
  readonly moves: ReadonlySignal<number>;
  /** Whether it is in a tab of its own, which it fills. */
  readonly fills: ReadonlySignal<boolean>;
  /** Moves the view to a tab of its own, in JupyterLab. */
  openTab(): void;
}

interface Tab {
  el: HTMLElement;
  place: Partial<Place>;
}

export class View {
  readonly root = document.createElement("div");
  /** True when the cleanup of its place was called: it waits for a new one. */
  released = false;
  private readonly born = performance.now();
  /** The tab that it is in instead of its place, where `stand` is meanwhile. */
  private tab: Tab | null = null;
  private readonly stand = document.createElement("div");
  private seen = false;
  private readonly moves = signal(0);
  private readonly fills = signal(false);
  private readonly unwatch: () => void;
  private readonly stops: (() => void)[];
  private readonly observer = new ResizeObserver(() => {
    this.seen ||= this.marker.isConnected;
  });

  constructor(store: Store, openTab: () => void) {
    const { root, moves, fills } = this;
    root.className = "dataview";
    root.dataset.testid = "dataview";
    root.tabIndex = -1;
    // JupyterLab's shortcuts must not take the keys that are pressed in here.
    root.dataset.lmSuppressShortcuts = "true";
    this.stops = [
      settings().subscribe(({ theme }) => {
        root.dataset.theme = this.stand.dataset.theme = theme;
      }),
    ];
    mount(h(App, { store, root, view: { moves, fills, openTab } }), root);
    this.unwatch = watchTheme(root);
    this.observer.observe(root);
    this.observer.observe(this.stand);
    document.addEventListener("pointerdown", this.pressed, true);
  }

  /** Its element in the place that it was rendered in. */
  get marker(): HTMLElement {
    return this.tab ? this.stand : this.root;
  }

  /** It is in a tab of its own. */
  get away(): boolean {
    return this.tab !== null;
  }

  /** It has lost its place, or never had one. A new view that is not on the page yet is no orphan. */
  get orphaned(): boolean {
    if (this.tab && !this.stand.parentNode) return true; // its tab was restored before its cell
    return this.released || (this.seen && !this.marker.isConnected);
  }

  /** Milliseconds since it was made. */
  get age(): number {
    return performance.now() - this.born;
  }

  /** Gives its place up, and waits for another. */
  release(): void {
    this.marker.remove();
    this.released = true;
  }

  /** Takes a place in the page; while the view is in a tab, what stands for it does. */
  moveTo(el: HTMLElement): void {
    this.released = false;
    el.append(this.marker);
    if (!this.tab) this.moves.value++;
  }

  /** Leaves its place for a tab. The returned function brings it back, where it has a place. */
  leaveFor(el: HTMLElement, place: Partial<Place>): () => void {
    const tab = { el, place };
    this.describe();
    if (!this.tab && this.root.parentNode) this.root.replaceWith(this.stand);
    this.tab = tab;
    el.append(this.root);
    this.fills.value = true;
    this.moves.value++;
    return () => {
      if (this.tab !== tab) return; // it is in another one
      this.tab = null;
      this.fills.value = false;
      if (this.stand.parentNode) this.stand.replaceWith(this.root);
      else this.root.remove();
      this.moves.value++;
    };
  }

  /** Its place is gone for good. */
  lose(): void {
    const { tab } = this;
    this.destroy();
    tab?.place.lost?.();
  }

  /** Says in the cell where the view is, with a button that brings it back. */
  private describe(): void {
    const trans = (text: string) => labServices().peek()?.trans(text) ?? text;
    const text = document.createElement("span");
    text.textContent = trans("Shown in its own tab");
    const back = document.createElement("button");
    back.type = "button";
    back.className = "dataview-button dataview-text-button";
    back.dataset.testid = "bring-back";
    back.textContent = trans("Bring back");
    back.addEventListener("click", () => this.tab?.place.leave?.());
    this.stand.className = "dataview dataview-away";
    this.stand.dataset.testid = "away";
    this.stand.replaceChildren(text, back);
  }

  /**
   * A press anywhere else gives the keys away. JupyterLab leaves the focus in an output when a cell
   * is clicked, and its shortcuts would then not work.
   */
  private readonly pressed = (event: PointerEvent): void => {
    const { root } = this;
    const focused = document.activeElement;
    if (root.contains(event.target as Node) || !root.contains(focused)) return;
    if (focused instanceof HTMLElement || focused instanceof SVGElement) focused.blur();
  };

  destroy(): void {
    document.removeEventListener("pointerdown", this.pressed, true);
    this.observer.disconnect();
    this.unwatch();
    for (const stop of this.stops) stop();
    mount(null, this.root);
    this.root.remove();
    this.stand.remove();
    this.tab = null;
  }
}
