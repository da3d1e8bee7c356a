// What is on screen as code says it: everything that is not as `explore` would show it by itself.
import { computed, type ReadonlySignal } from "@preact/signals";
import type { Expr } from "../expressions";
import type { Store } from "../store";
import { sameJson, type Traits } from "../traits";
import { NO_SOURCE, type Source, type View, viewCode, viewParts } from "./viewcode";

export class Shown {
  /** What is explored, as code. */
  readonly source: ReadonlySignal<Source>;
  readonly view: ReadonlySignal<View>;

  constructor(
    traits: Traits,
    private readonly store: Store,
    map: ReadonlySignal<string | null>,
  ) {
    this.source = traits.read("_source", NO_SOURCE);
    this.view = computed(() => {
      const { columns, projections } = store.schema.value;
      const label = columns.find(({ role }) => role === "label")?.name ?? null;
      const color = store.colorBy.value?.col ?? null;
      return {
        filter: store.filter.value,
        selection: store.selection.value,
        colorBy: sameJson(color, label) ? undefined : color,
        sortBy: store.sortBy.value,
        map: map.value === projections.at(-1)?.name ? null : map.value,
        arrangement: store.arrangement.value,
        panes: store.panes.value,
      };
    });
  }

  /** The code of it, as Python's `ex.code()`; null where Python, which knows the index, does not answer. */
  async code(): Promise<string | null> {
    const view = this.view.peek();
    const codes = new Map<Expr, string>();
    for (const expr of [view.filter, view.selection]) {
      if (!expr) continue;
      const code = await this.store.code(expr);
      if (code === null) return null;
      codes.set(expr, code);
    }
    return viewCode(
      this.source.peek(),
      viewParts(view, (expr) => codes.get(expr)!),
    );
  }
}
