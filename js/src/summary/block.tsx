// The block of a column: its name, which colours by it, and what it holds, with the selection drawn
// over the whole. Off the screen it is an empty box of the same height.
import type { ReadonlySignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { moment, plain, short } from "../format";
import { Icon } from "../icons";
import type { ColumnData, ColumnInfo } from "../protocol";
import type { Store } from "../store";
import { sameJson } from "../traits";
import { CategoryBars } from "./bars";
import { NumberHistogram } from "./histogram";
import { useOnScreen } from "./onscreen";
import { constantOf, remembered } from "./statistics";
import { colorsOf, Swatches } from "./swatches";
import { TextColumn } from "./text";
import "./block.css";

export interface BlockProps {
  store: Store;
  column: ColumnInfo;
  /** Whether the block is in view. */
  active: ReadonlySignal<boolean>;
}

export function Block({ store, column }: { store: Store; column: ColumnInfo }) {
  const ref = useRef<HTMLElement>(null);
  const { seen: active, height } = useOnScreen(ref);
  const { data, constant } = useColumn(store, column, active.value);
  const coloring = sameJson(store.colorBy.value?.col, column.name);
  const { text, kind, role, shipped, rule } = column;
  const note = role && role !== text ? `${role} · ${kind}` : kind;
  const style = active.value || !height.current ? undefined : { height: `${height.current}px` };
  return (
    <section
      class="dataview-column"
      ref={ref}
      data-kind={kind}
      data-blank={!active.value && !height.current}
      aria-label={text}
      style={style}
    >
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
        {constant === null ? (
          <span class="dataview-muted">{note}</span>
        ) : (
          <span class="dataview-constant" title="the same in every row">
            {constant}
          </span>
        )}
      </header>
      {rule && (
        <code class="dataview-rule" title={rule}>
          {plain(rule)}
        </code>
      )}
      {active.value && constant === null && (
        <Body store={store} column={column} active={active} data={data} />
      )}
    </section>
  );
}

/** A column's values while it is on screen; and what all rows have in it, as text, if they do. */
export function useColumn(store: Store, column: ColumnInfo, active: boolean) {
  const constant = useRef<string | null>(null);
  const data = column.shipped && active ? store.column(column) : null;
  if (data) constant.current = constantText(data);
  return { data, constant: constant.current };
}

const constantText = remembered((data: ColumnData): string | null => {
  const same = constantOf(data);
  if (same === null) return null;
  if (Number.isNaN(same)) return "none";
  if (data.encoding === "code") return data.categories[same] || "(empty)";
  return data.kind === "datetime" ? moment(same, 0) : short(same);
});

function Body(props: BlockProps & { data: ColumnData | null }) {
  const { store, column, data } = props;
  if (data?.encoding === "code" && colorsOf(data)) return <Swatches {...props} data={data} />;
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
