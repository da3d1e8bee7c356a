// A column of colours ("#1a2b3c"): similar ones as one swatch each, the most frequent first.
import { useMemo } from "preact/hooks";
import { fromRows } from "../bitset";
import { type Expr, rowsExpr } from "../expressions";
import { integer, share } from "../format";
import type { CodeColumn, ColumnData } from "../protocol";
import { totals } from "./bars";
import type { BlockProps } from "./block";
import { useWhile } from "./onscreen";
import { remembered, tally } from "./statistics";

const MOST = 36;
/** Up to so many colours a selection names; beyond, it is a list of rows. */
const NAMED = 8;

interface Swatch {
  css: string;
  codes: number[];
  count: number;
}

export function Swatches(props: BlockProps & { data: CodeColumn }) {
  const { store, column, active, data } = props;
  const selected = useWhile(active, store.selected);
  const swatches = colorsOf(data) ?? [];
  const chosen = useMemo(
    () => selected && tally(data.codes, data.categories.length, selected),
    [data, selected],
  );
  const n = data.codes.length;
  const choose = (codes: number[], event: MouseEvent) => {
    const add = event.shiftKey || event.ctrlKey || event.metaKey;
    store.select(meaning(props, codes), add ? "add" : undefined);
  };
  return (
    <div class="dataview-swatches" role="group" aria-label={`Colors of ${column.text}`}>
      {swatches.slice(0, MOST).map(({ css, codes, count }) => (
        <button
          key={css}
          type="button"
          aria-pressed={chosen !== null && codes.some((code) => chosen[code] > 0)}
          aria-label={`${css}, ${integer(count)} images`}
          title={`about ${css}: ${integer(count)} (${share(count, n)})`}
          style={{ background: css, flexGrow: count }}
          onClick={(event) => choose(codes, event)}
        />
      ))}
    </div>
  );
}

/** The rows with one of these colours. */
function meaning({ column, data }: BlockProps & { data: CodeColumn }, codes: number[]): Expr {
  const values = codes.map((code) => data.values[code]);
  if (values.length <= NAMED) return { op: "isin", col: column.name, values };
  const wanted = new Set(codes);
  const rows: number[] = [];
  for (let row = 0; row < data.codes.length; row++) {
    if (wanted.has(data.codes[row])) rows.push(row);
  }
  return rowsExpr(fromRows(data.codes.length, rows));
}

const HEX = /^#[0-9a-f]{6}$/i;

/** The swatches of a column where all its values are colours, else null. */
export const colorsOf = remembered((data: ColumnData): Swatch[] | null => {
  if (data.encoding !== "code" || data.categories.length === 0) return null;
  if (!data.categories.every((text) => HEX.test(text))) return null;
  const counts = totals(data);
  const cells = new Map<number, { sums: [number, number, number]; swatch: Swatch }>();
  data.categories.forEach((text, code) => {
    if (counts[code] === 0) return;
    const rgb = Number.parseInt(text.slice(1), 16);
    const [r, g, b] = [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
    const key = ((r >> 6) << 4) | ((g >> 6) << 2) | (b >> 6);
    const cell = cells.get(key) ?? { sums: [0, 0, 0], swatch: { css: "", codes: [], count: 0 } };
    cells.set(key, cell);
    [r, g, b].forEach((value, i) => {
      cell.sums[i] += counts[code] * value;
    });
    cell.swatch.codes.push(code);
    cell.swatch.count += counts[code];
  });
  return [...cells.values()]
    .map(({ sums, swatch }) => ({ ...swatch, css: hex(sums.map((sum) => sum / swatch.count)) }))
    .sort((a, b) => b.count - a.count);
});

function hex(rgb: number[]): string {
  return `#${rgb.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
}
