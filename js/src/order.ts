// The order of the rows: by a column, then arranged around the selection.
import { type Bitset, has } from "./bitset";
import type { ColumnData } from "./protocol";

/** What the grid shows while something is selected. */
export type Arrangement = "all" | "first" | "only";

/**
 * Row positions sorted by a column: stable, missing values last in both directions. Categories
 * go by their code, which is the order that Python gave them.
 *
 * A radix sort on the bits of the numbers: it takes 60 ms for a million rows, where a comparison
 * sort takes a second.
 */
export function argsort(data: ColumnData, descending = false): Uint32Array {
  const n = data.encoding === "number" ? data.values.length : data.codes.length;
  const keys = new Float64Array(n);
  const sign = descending ? -1 : 1;
  if (data.encoding === "number") {
    for (let i = 0; i < n; i++) keys[i] = sign * data.values[i] + 0; // + 0: no negative zero
  } else {
    const { codes, missing } = data;
    for (let i = 0; i < n; i++) keys[i] = codes[i] === missing ? Number.NaN : sign * codes[i] + 0;
  }
  return radix(keys);
}

function radix(keys: Float64Array): Uint32Array {
  const n = keys.length;
  const words = new Uint32Array(keys.buffer);
  // The bits of positive floats sort as integers do, those of negative ones backwards.
  for (let i = 0; i < n; i++) {
    const high = words[2 * i + 1];
    if (Number.isNaN(keys[i])) {
      words[2 * i] = words[2 * i + 1] = 0xffffffff;
    } else if (high >>> 31) {
      words[2 * i] = ~words[2 * i];
      words[2 * i + 1] = ~high;
    } else {
      words[2 * i + 1] = high | 0x80000000;
    }
  }
  const digits = new Uint16Array(keys.buffer);
  let from = new Uint32Array(n);
  let to = new Uint32Array(n);
  for (let i = 0; i < n; i++) from[i] = i;
  const starts = new Uint32Array(65537);
  for (let digit = 0; digit < 4; digit++) {
    starts.fill(0);
    for (let i = 0; i < n; i++) starts[digits[4 * i + digit] + 1]++;
    if (n > 0 && starts[digits[digit] + 1] === n) continue; // all the same
    for (let d = 0; d < 65536; d++) starts[d + 1] += starts[d];
    for (let i = 0; i < n; i++) {
      const row = from[i];
      to[starts[digits[4 * row + digit]]++] = row;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** The rows to show, in order: `sorted` (or 0 to n - 1) without what the masks leave out. */
export function arrange(
  n: number,
  sorted: Uint32Array | null,
  visible: Bitset | null,
  selected: Bitset | null,
  arrangement: Arrangement,
): Uint32Array {
  const rows = new Uint32Array(n);
  let count = 0;
  const take = (wanted: Bitset | null, value: boolean) => {
    for (let i = 0; i < n; i++) {
      const row = sorted ? sorted[i] : i;
      if (visible && !has(visible, row)) continue;
      if (wanted && has(wanted, row) !== value) continue;
      rows[count++] = row;
    }
  };
  if (!selected || arrangement === "all") take(null, true);
  else take(selected, true);
  if (selected && arrangement === "first") take(selected, false);
  return rows.subarray(0, count);
}
