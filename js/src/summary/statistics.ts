// The numbers behind the summary: bins, counts and moments, for all rows or for those of a mask.
import type { Bitset } from "../bitset";
import { extremes, robustDomain } from "../domain";
import type { ColumnData } from "../protocol";

/** A function of a column that is computed once for it, and forgotten with it. */
export function remembered<D extends object, T>(compute: (data: D) => T): (data: D) => T {
  const results = new WeakMap<D, { result: T }>();
  return (data) => {
    const known = results.get(data) ?? { result: compute(data) };
    results.set(data, known);
    return known.result;
  };
}

/** A column of numbers cut into bins of equal width. */
export interface Binning {
  /** The edges; the first and the last bin also take what lies beyond them. */
  low: number;
  high: number;
  /** The least and the greatest value. */
  min: number;
  max: number;
  bins: number;
  /** Every value is whole, and the bins' edges lie between whole numbers. */
  whole: boolean;
  /** Per row its bin; `NONE` where there is no number. */
  index: Uint8Array;
}

const NONE = 255;
const MOST = 32;

export function binning(values: ArrayLike<number>): Binning | null {
  const { min, max, whole } = extremes(values);
  if (min > max) return null;
  let [low, high] = robustDomain(values);
  let bins = MOST;
  if (whole) {
    const step = Math.ceil((high - low + 1) / MOST);
    bins = Math.ceil((high - low + 1) / step);
    low -= 0.5;
    high = low + bins * step;
  } else if (low === high) {
    bins = 1;
    const margin = Math.abs(low) * 0.01 || 0.5;
    low -= margin;
    high += margin;
  }
  const index = new Uint8Array(values.length);
  const scale = bins / (high - low);
  const last = bins - 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const bin = (value - low) * scale;
    index[i] = value - value !== 0 ? NONE : bin <= 0 ? 0 : bin >= last ? last : bin | 0;
  }
  return { low, high, min, max, bins, whole, index };
}

/** Calls `visit` for the rows of a mask; null: for all n. */
function eachRow(n: number, mask: Bitset | null, visit: (row: number) => void): void {
  if (!mask) {
    for (let row = 0; row < n; row++) visit(row);
    return;
  }
  for (let i = 0; i < mask.length; i++) {
    for (let byte = mask[i]; byte; byte &= byte - 1) visit(8 * i + 31 - Math.clz32(byte & -byte));
  }
}

/** How often each code below `codes` occurs among the rows of a mask. */
export function tally(index: ArrayLike<number>, codes: number, mask: Bitset | null): Uint32Array {
  const counts = new Uint32Array(codes);
  if (!mask) {
    for (let row = 0; row < index.length; row++) if (index[row] < codes) counts[index[row]]++;
    return counts;
  }
  eachRow(index.length, mask, (row) => {
    if (index[row] < codes) counts[index[row]]++;
  });
  return counts;
}

export interface Moments {
  count: number;
  missing: number;
  min: number;
  mean: number;
  max: number;
}

/** Count, range and mean of the values of a mask's rows; missing values (NaN) left out. */
export function moments(values: ArrayLike<number>, mask: Bitset | null): Moments {
  let [count, missing, sum] = [0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const bytes = mask?.length ?? Math.ceil(values.length / 8);
  for (let i = 0; i < bytes; i++) {
    const byte = mask ? mask[i] : 255;
    const end = Math.min(8 * i + 8, values.length);
    if (byte === 0) continue;
    for (let row = 8 * i, bits = byte; row < end; row++, bits >>= 1) {
      if ((bits & 1) === 0) continue;
      const value = values[row];
      if (Number.isNaN(value)) {
        missing++;
        continue;
      }
      count++;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return { count, missing, min, mean: sum / count, max };
}

/**
 * The value that every row has: its code, or its number; null where they differ, `NaN` where all
 * are missing.
 */
export function constantOf(data: ColumnData): number | null {
  const of = data.encoding === "number" ? data.values : data.codes;
  const missing = data.encoding === "number" ? Number.NaN : data.missing;
  const first = of[0];
  for (let i = 1; i < of.length; i++) {
    if (of[i] !== first && !(Number.isNaN(of[i]) && Number.isNaN(first))) return null;
  }
  return Object.is(first, missing) || first === undefined ? Number.NaN : first;
}

/** How many rows of a mask have the code that means missing. */
export function missingCodes(
  codes: ArrayLike<number>,
  missing: number | null,
  mask: Bitset | null,
): number {
  let count = 0;
  eachRow(codes.length, mask, (row) => {
    if (codes[row] === missing) count++;
  });
  return count;
}

/**
 * The range of values that a hand has drawn: rounded to what a pixel can mean, so that its code
 * reads well, and to the very ends where the drawing reaches the ends. Null: no value in it.
 */
export function drawnRange(
  { low, high, min, max, whole }: Binning,
  from: number,
  to: number,
  pixel: number,
): [number, number] | null {
  let [a, b] = from < to ? [from, to] : [to, from];
  const digits = Math.max(0, Math.min(20, -Math.floor(Math.log10(pixel))));
  const round = (value: number) => Number(value.toFixed(digits));
  [a, b] = whole ? [Math.ceil(a), Math.floor(b)] : [round(a), round(b)];
  if (Math.min(from, to) <= low + pixel) a = Math.min(a, min);
  if (Math.max(from, to) >= high - pixel) b = Math.max(b, max);
  return a <= b ? [a, b] : null;
}
