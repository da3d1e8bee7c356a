// A column of categories: a bar for each, to click.
import { useComputed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Scalar } from "../expressions";
import { compact, integer } from "../format";
import type { CodeColumn, ColumnInfo } from "../protocol";
import { equals } from "../selection";
import type { Store } from "../store";
import { sameJson } from "../traits";
import type { BlockProps } from "./block";
import { useWhile } from "./onscreen";
import { missingCodes, remembered, tally } from "./statistics";

const FIRST = 10;
const MORE = 40;

interface Bar {
  code: number;
  label: string;
  value: Scalar;
  all: number;
  visible: number;
  selected: number;
}

export function CategoryBars(props: BlockProps & { data: CodeColumn; first?: number }) {
  const { store, column, active, data, first = FIRST } = props;
  const selected = useWhile(active, store.selected);
  const visible = useWhile(active, store.visible);
  const limit = useSignal(first);
  const order = useMemo(() => displayOrder(data, totals(data), first), [data, first]);
  const bars = useMemo<Bar[]>(() => {
    const of = (mask: Uint8Array | null) => tally(data.codes, data.categories.length, mask);
    const gaps = (mask: Uint8Array | null) => missingCodes(data.codes, data.missing, mask);
    const [all, some, chosen] = [totals(data), visible && of(visible), selected && of(selected)];
    const rows = order.map((code) => ({
      code,
      label: data.categories[code],
      value: data.values[code],
      all: all[code],
      visible: some ? some[code] : all[code],
      selected: chosen ? chosen[code] : 0,
    }));
    const missing = gaps(null);
    if (missing === 0) return rows;
    const gap = {
      code: data.missing ?? -1,
      label: "missing",
      value: null,
      all: missing,
      visible: visible ? gaps(visible) : missing,
      selected: selected ? gaps(selected) : 0,
    };
    return [...rows, gap];
  }, [data, order, visible, selected]);
  const hovered = useComputed(() => data.codes[store.hover.value] ?? -1).value;
  const most = bars.reduce((a, { all }) => Math.max(a, all), 1);
  const rest = bars.length - limit.value;
  const swatches = useSwatches(store, column);
  // As wide in every row, so that the bars can be compared.
  const digits = (selected ? 2 : 1) * compact(most).length + (selected ? 2 : 1);
  return (
    <div class="dataview-bars" style={{ "--dataview-count-width": `${digits * 6.6}px` }}>
      {bars.slice(0, limit.value).map((bar) => (
        <BarRow
          key={bar.code}
          {...props}
          bar={bar}
          most={most}
          hovered={bar.code === hovered}
          selecting={selected !== null}
          swatch={swatches?.get(JSON.stringify(bar.value)) ?? null}
        />
      ))}
      {rest > 0 && (
        <button
          type="button"
          class="dataview-more"
          onClick={() => {
            limit.value += MORE;
          }}
        >
          {integer(rest)} more
        </button>
      )}
      {limit.value > first && (
        <button
          type="button"
          class="dataview-more"
          onClick={() => {
            limit.value = first;
          }}
        >
          fewer
        </button>
      )}
    </div>
  );
}

interface BarRowProps extends BlockProps {
  bar: Bar;
  most: number;
  hovered: boolean;
  selecting: boolean;
  swatch: string | null;
}

function BarRow({ store, column, bar, most, hovered, selecting, swatch }: BarRowProps) {
  const share = (count: number) => `${(100 * count) / most}%`;
  const click = (event: MouseEvent) => {
    const expr = equals(column.name, bar.value);
    if (event.ctrlKey || event.metaKey) {
      store.select(expr, bar.selected > 0 && bar.selected >= bar.visible ? "subtract" : "add");
    } else if (event.shiftKey) store.select(expr, "add");
    else if (store.mode.peek() === "replace" && sameJson(store.selection.peek(), expr))
      store.clear();
    else store.select(expr);
  };
  const counts = selecting
    ? `${integer(bar.selected)} of ${integer(bar.all)}`
    : integer(bar.visible);
  return (
    <button
      type="button"
      class="dataview-bar-row"
      data-label={bar.label}
      data-hovered={hovered}
      title={`${bar.label}: ${counts}`}
      onClick={click}
    >
      <span class="dataview-bar-label">
        {swatch && <i style={{ background: swatch }} />}
        {bar.label === "" ? "(empty)" : bar.label}
      </span>
      <span class="dataview-bar-track">
        <i
          class="dataview-layer-all"
          data-filtered={bar.visible < bar.all}
          style={{ width: share(bar.all) }}
        />
        <i class="dataview-layer-visible" style={{ width: share(bar.visible) }} />
        <i class="dataview-layer-selected" style={{ width: share(bar.selected) }} />
      </span>
      <span class="dataview-bar-count">
        {selecting && bar.selected > 0 && <b class="dataview-accent">{compact(bar.selected)}</b>}
        {compact(bar.visible)}
      </span>
    </button>
  );
}

/** How often each category occurs at all. */
export const totals = remembered(({ codes, categories }: CodeColumn) =>
  tally(codes, categories.length, null),
);

/** Few categories in their own order, many by how frequent they are. */
function displayOrder(data: CodeColumn, counts: Uint32Array, first: number): number[] {
  const codes = [...counts.keys()].filter((code) => counts[code] > 0);
  if (data.ordered || codes.length <= first + 2) return codes;
  return codes.sort((a, b) => counts[b] - counts[a] || a - b);
}

/** The colours of the map by value, where they are this column's. */
export function useSwatches(store: Store, column: ColumnInfo): Map<string, string> | null {
  const color = store.color.value;
  if (color.kind !== "category" || color.column?.id !== column.id) return null;
  const rgb = (index: number) => `rgb(${color.palette.slice(3 * index, 3 * index + 3).join()})`;
  return new Map(color.entries.map(({ value, index }) => [JSON.stringify(value), rgb(index)]));
}
