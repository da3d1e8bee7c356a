// The statistics of every column: a short block each, with the selection drawn over the whole.
import type { ReadonlySignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { moment, short } from "../format";
import { Icon } from "../icons";
import type { ColumnData, ColumnInfo } from "../protocol";
import type { Store } from "../store";
import { sameJson } from "../traits";
import { CategoryBars } from "./bars";
import { NumberHistogram } from "./histogram";
import { useOnScreen } from "./onscreen";
import { constantOf } from "./statistics";
import { TextColumn } from "./text";

export interface BlockProps {
  store: Store;
  column: ColumnInfo;
  /** Whether the block is in view. */
  active: ReadonlySignal<boolean>;
}

export function Summary({ store }: { store: Store }) {
  const { columns } = store.schema.value;
  return (
    <section class="dataview-pane dataview-summary" data-testid="summary" aria-label="Columns">
      {columns.length === 0 && <p class="dataview-empty">No columns yet.</p>}
      {columns.map((column) => (
        <Block key={column.id} store={store} column={column} />
      ))}
    </section>
  );
}

function Block({ store, column }: { store: Store; column: ColumnInfo }) {
  const ref = useRef<HTMLElement>(null);
  const active = useOnScreen(ref);
  const data = useColumn(store, column, active);
  const same = useMemo(() => data && constantOf(data), [data]);
  const coloring = sameJson(store.colorBy.value?.col, column.name);
  const { text, kind, role, shipped } = column;
  const note = role && role !== text ? `${role} · ${kind}` : kind;
  return (
    <section class="dataview-column" ref={ref} data-kind={kind} aria-label={text}>
      <header>
        <button
          type="button"
          class="dataview-column-name"
          title={shipped ? `Color by ${text}` : text}
          aria-pressed={shipped ? coloring : undefined}
          disabled={!shipped}
          onClick={() => store.colorByColumn(coloring ? null : column)}
        >
          <span>{text}</span>
          {shipped && <Icon name="color" />}
        </button>
        {data && same !== null ? (
          <span class="dataview-constant" title="the same in every row">
            {constantText(data, same)}
          </span>
        ) : (
          <span class="dataview-muted">{note}</span>
        )}
      </header>
      {same === null && <Body store={store} column={column} active={active} data={data} />}
    </section>
  );
}

/** A column's values once it has been on screen; null before. */
function useColumn(
  store: Store,
  column: ColumnInfo,
  active: ReadonlySignal<boolean>,
): ColumnData | null {
  const last = useRef<ColumnData | null>(null);
  const data = column.shipped && active.value ? store.column(column) : null;
  if (data) last.current = data;
  return last.current;
}

function constantText(data: ColumnData, same: number): string {
  if (Number.isNaN(same)) return "none";
  if (data.encoding === "code") return data.categories[same] || "(empty)";
  return data.kind === "datetime" ? moment(same, 0) : short(same);
}

function Body(props: BlockProps & { data: ColumnData | null }) {
  const { store, column, data } = props;
  if (!column.shipped || column.kind === "text") {
    return <TextColumn {...props} data={data?.encoding === "code" ? data : null} />;
  }
  if (!data) return <p class="dataview-column-wait">{store.columnError(column) ?? ""}</p>;
  return data.encoding === "number" ? (
    <NumberHistogram {...props} data={data} />
  ) : (
    <CategoryBars {...props} data={data} />
  );
}
