// The entry point that anywidget calls: one store for each model, one view for each place it shows.
import "./style.css"; // first: the views' own styles go on from it
import { signal } from "@preact/signals";
import { h, render as mount } from "preact";
import { App } from "./app";
import { Store } from "./store";
import { watchTheme } from "./theme";
import type { Model } from "./traits";

/** Milliseconds that a view whose place went away waits for a new one. */
const PATIENCE = 2000;

/** What is mounted in a place of the page, and can move to another. */
class View {
  readonly root = document.createElement("div");
  /** True when its cleanup was called: it waits for a new place. */
  released = false;
  private seen = false;
  private readonly moves = signal(0);
  private readonly unwatch: () => void;
  private readonly observer = new ResizeObserver(() => {
    this.seen ||= this.root.isConnected;
  });

  constructor(private readonly store: Store) {
    const { root } = this;
    root.className = "dataview";
    root.dataset.testid = "dataview";
    root.tabIndex = -1;
    // JupyterLab's shortcuts must not take the keys that are pressed in here.
    root.dataset.lmSuppressShortcuts = "true";
    mount(h(App, { store: this.store, root, moves: this.moves }), root);
    this.unwatch = watchTheme(root);
    this.observer.observe(root);
    document.addEventListener("pointerdown", this.pressed, true);
  }

  /** It has lost its place. A new view that is not on the page yet is no orphan. */
  get orphaned(): boolean {
    return this.released || (this.seen && !this.root.isConnected);
  }

  moveTo(el: HTMLElement): void {
    this.released = false;
    el.append(this.root);
    this.moves.value++;
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
    mount(null, this.root);
    this.root.remove();
  }
}

interface Props {
  model: Model;
  el: HTMLElement;
}

/**
 * One explorer. anywidget calls this once for each model, and hands another proxy of the model to
 * every render: so what the renders share lives here.
 */
export default function explorer() {
  let store: Store | null = null;
  const views = new Set<View>();

  function initialize({ model }: Pick<Props, "model">): () => void {
    store = new Store(model);
    return () => {
      for (const view of views) view.destroy();
      views.clear();
      store?.destroy();
      store = null;
    };
  }

  /**
   * Shows the model in `el`. JupyterLab renders an output again whenever its data change (the
   * static picture does): then the view whose place went away moves over with its camera, scroll
   * position and focus, instead of a new one being built.
   */
  function render({ el }: Pick<Props, "el">): () => void {
    if (!store) throw new Error("the explorer was rendered before it was initialized");
    const view = [...views].find(({ orphaned }) => orphaned) ?? new View(store);
    views.add(view);
    view.moveTo(el);
    return () => {
      if (!el.contains(view.root)) return; // it has moved
      view.root.remove();
      view.released = true;
      setTimeout(() => {
        if (!view.released) return;
        views.delete(view);
        view.destroy();
      }, PATIENCE);
    };
  }

  return { initialize, render };
}
