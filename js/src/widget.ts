// The entry point that anywidget calls: one store for each model, one view for each place it shows.
import "./style.css"; // first: the views' own styles go on from it
import { labServices } from "./bridge";
import { Handle } from "./handle";
import { Store } from "./store";
import type { Model } from "./traits";
import { View } from "./view";

/** Milliseconds that a view whose place went away waits for a new one. */
const PATIENCE = 2000;

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
  let handle: Handle | null = null;
  const views = new Set<View>();
  /** What was rendered where. */
  const places = new Map<HTMLElement, View>();

  function makeView(): View {
    if (!store) throw new Error("the explorer was rendered before it was initialized");
    const view = new View(store, () => {
      if (handle) labServices().peek()?.openTab(handle.id);
    });
    views.add(view);
    return view;
  }

  function initialize({ model }: Pick<Props, "model">): () => void {
    store = new Store(model);
    handle = new Handle(model, store, views, makeView);
    return () => {
      handle?.destroy();
      for (const view of views) view.lose();
      views.clear();
      places.clear();
      store?.destroy();
      store = handle = null;
    };
  }

  /**
   * Shows the model in `el`. JupyterLab renders an output again whenever its data change (the
   * static picture does): then the view whose place went away moves over with its camera, scroll
   * position and focus, instead of a new one being built.
   */
  function render({ el }: Pick<Props, "el">): () => void {
    const view = [...views].find(({ orphaned }) => orphaned) ?? makeView();
    view.moveTo(el);
    places.set(el, view);
    return () => {
      const view = places.get(el);
      places.delete(el);
      if (!view || !el.contains(view.marker)) return; // it has moved
      view.release();
      if (view.away) takeOver(view);
      setTimeout(() => {
        if (!view.released) return;
        views.delete(view);
        view.lose();
      }, PATIENCE);
    };
  }

  /**
   * JupyterLab may render an output again before it gives the old one up, and then a view was made
   * for it. One that is in a tab of its own takes that place: it is the one that people see.
   */
  function takeOver(view: View): void {
    for (const [el, other] of places) {
      if (other === view || other.away || other.age > PATIENCE) continue;
      views.delete(other);
      other.destroy();
      view.moveTo(el);
      places.set(el, view);
      return;
    }
  }

  return { initialize, render };
}
