// An explorer as the JupyterLab extension knows it: what it shows, and where it can be shown.
import { computed, effect, type ReadonlySignal } from "@preact/signals";
import { bridge, type ExplorerHandle, type ExplorerInfo, type Place } from "./bridge";
import type { Store } from "./store";
import type { Model } from "./traits";
import type { View } from "./view";

let unnamed = 0;

/** An id that no explorer of this page has: two kernels' pages may share a model. */
function freeId(model: string): string {
  let id = model;
  for (let n = 2; bridge().explorers.get(id); n++) id = `${model}#${n}`;
  return id;
}

export class Handle implements ExplorerHandle {
  readonly id: string;
  readonly model: string;
  readonly info: ReadonlySignal<ExplorerInfo>;
  private readonly remove: () => void;

  constructor(
    model: Model,
    private readonly store: Store,
    private readonly views: Set<View>,
    private readonly makeView: () => View,
  ) {
    this.model = String(model.get("_id") || `explorer-${++unnamed}`);
    this.id = freeId(this.model);
    this.info = computed(() => ({
      title: store.schema.value.title || "dataset",
      n: store.n.value,
      selected: store.selectedCount.value,
      slices: store.curation.slices.value.map(({ name, count }) => ({ name, count })),
      progress: store.progress.value,
    }));
    this.remove = bridge().explorers.add(this);
  }

  subscribe(listener: () => void): () => void {
    let first = true;
    return effect(() => {
      void this.info.value;
      if (!first) listener();
      first = false;
    });
  }

  showIn(el: HTMLElement, place: Partial<Place> = {}): () => void {
    const placed = [...this.views];
    const view = placed.find(({ away }) => away) ?? placed.at(-1) ?? this.makeView();
    return view.leaveFor(el, place);
  }

  home(): HTMLElement | null {
    const markers = [...this.views].map(({ marker }) => marker);
    return markers.find(({ parentNode }) => parentNode) ?? null;
  }

  select(name: string): void {
    const slice = this.store.curation.slices.peek().find((each) => each.name === name);
    if (slice) this.store.select(slice.expr, "replace");
  }

  close(): void {
    this.store.connection.tell("close");
  }

  destroy(): void {
    this.remove();
  }
}
