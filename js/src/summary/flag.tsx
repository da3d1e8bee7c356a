// A column of yes and no in one line: how many rows have it. A click shows them alone.
import { useComputed } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { Button } from "../button";
import { type Expr, type Name, not } from "../expressions";
import { compact, integer, plain, share } from "../format";
import type { CodeColumn, ColumnInfo } from "../protocol";
import { conjuncts, equals, join } from "../selection";
import type { Store } from "../store";
import { sameJson } from "../traits";
import { totals, useSwatches } from "./bars";
import { useColumn } from "./block";
import { useOnScreen, useWhile } from "./onscreen";
import { missingCodes, tally } from "./statistics";

const YES = 1; // the code of true

export function Flag({ store, column }: { store: Store; column: ColumnInfo }) {
  const ref = useRef<HTMLElement>(null);
  const { seen: active } = useOnScreen(ref);
  const selected = useWhile(active, store.selected);
  const visible = useWhile(active, store.visible);
  const { data: here } = useColumn(store, column, active.value);
  const data = here?.encoding === "code" ? here : null;
  const counts = useMemo(() => data && count(data, visible, selected), [data, visible, selected]);
  const last = useRef(counts); // for the time that it is off the screen
  last.current = counts ?? last.current;
  const { all, some, chosen, missing, of } = last.current ?? NOTHING;
  const hovered = useComputed(() => data?.codes[store.hover.value] === YES).value;
  const swatch = useSwatches(store, column)?.get("true");
  const { text, rule } = column;
  const kept = keptFlag(store.filter.value, column.name);
  const width = (n: number) => ({ width: `${(100 * n) / Math.max(of, 1)}%` });
  const words = [
    `${text}: ${integer(all)} of ${integer(of)} (${share(all, of)})`,
    missing > 0 ? `${integer(missing)} missing` : "",
    rule ? plain(rule) : "",
    "Click: show only these · Alt: only the others · Shift: select them",
  ];
  const click = (event: MouseEvent) => {
    const yes = equals(column.name, true);
    if (event.shiftKey || event.ctrlKey || event.metaKey) store.select(yes, "add");
    else store.setFilter(toggleFlag(store.filter.peek(), column.name, !event.altKey));
  };
  const coloring = sameJson(store.colorBy.value?.col, column.name);
  return (
    <section class="dataview-flag" ref={ref} data-kind="boolean" aria-label={text}>
      <button
        type="button"
        class="dataview-bar-row"
        data-label={text}
        data-empty={last.current !== null && all === 0}
        data-hovered={hovered}
        aria-pressed={kept !== null}
        title={words.filter(Boolean).join("\n")}
        onClick={click}
      >
        <span class="dataview-bar-label">
          {swatch && <i style={{ background: swatch }} />}
          {kept === false && "not "}
          {text}
        </span>
        <span class="dataview-bar-count">
          {chosen > 0 && <b class="dataview-accent">{compact(chosen)}</b>}
          {last.current && compact(some)}
          <small>{last.current && (visible ? `of ${compact(all)}` : share(all, of))}</small>
        </span>
        <i class="dataview-layer-all" data-filtered="true" style={width(all)} />
        <i class="dataview-layer-selected" style={width(chosen)} />
      </button>
      <Button
        icon="color"
        title={`Color by ${text}`}
        pressed={coloring}
        onClick={() => store.colorByColumn(coloring ? null : column)}
      />
      {rule && kept !== null && <code class="dataview-rule">{plain(rule)}</code>}
    </section>
  );
}

const NOTHING = { all: 0, some: 0, chosen: 0, missing: 0, of: 0 };

function count(data: CodeColumn, visible: Uint8Array | null, selected: Uint8Array | null) {
  const of = (mask: Uint8Array) => tally(data.codes, data.categories.length, mask)[YES];
  const all = totals(data)[YES];
  return {
    all,
    some: visible ? of(visible) : all,
    chosen: selected ? of(selected) : 0,
    missing: missingCodes(data.codes, data.missing, null),
    of: data.codes.length,
  };
}

/** Whether the filter keeps the rows that have a flag, or those without it; null: it says neither. */
export function keptFlag(filter: Expr | null, flag: Name): boolean | null {
  const yes = equals(flag, true);
  const terms = conjuncts(filter);
  if (terms.some((term) => sameJson(term, yes))) return true;
  return terms.some((term) => sameJson(term, not(yes))) ? false : null;
}

/** The filter after a click: it keeps the rows with (or without) the flag, or again all of them. */
export function toggleFlag(filter: Expr | null, flag: Name, wanted: boolean): Expr | null {
  const yes = equals(flag, true);
  const terms = conjuncts(filter).filter((e) => !sameJson(e, yes) && !sameJson(e, not(yes)));
  if (keptFlag(filter, flag) !== wanted) terms.push(wanted ? yes : not(yes));
  return terms.length > 0 ? join("and", terms) : null;
}
