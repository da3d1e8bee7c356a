// The statistics of every column: a short block each, with the selection drawn over the whole.
import type { ReadonlySignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Icon } from "../icons";
import type { ColumnData, ColumnInfo } from "../protocol";
import type { Store } from "../store";
import { sameJson } from "../traits";
import { CategoryBars } from "./bars";
import { NumberHistogram } from "./histogram";
import { useOnScreen } from "./onscreen";
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
  const coloring = sameJson(store.colorBy.value?.col, column.name);
  const { text, kind, role, shipped } = column;
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
        <span class="dataview-muted">{role && role !== text ? `${role} · ${kind}` : kind}</span>
      </header>
      <Body store={store} column={column} active={active} />
    </section>
  );
}

function Body(props: BlockProps) {
  const text = !props.column.shipped || props.column.kind === "text";
  return text ? <TextColumn {...props} /> : <Values {...props} />;
}

function Values(props: BlockProps) {
  const { store, column, active } = props;
  const last = useRef<ColumnData | null>(null);
  const data = active.value ? store.column(column) : null;
  if (data) last.current = data;
  if (!last.current) {
    return <p class="dataview-column-wait">{store.columnError(column) ?? ""}</p>;
  }
  return last.current.encoding === "number" ? (
    <NumberHistogram {...props} data={last.current} />
  ) : (
    <CategoryBars {...props} data={last.current} />
  );
}
