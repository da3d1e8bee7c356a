// Colour scales: from a column to one palette index per row.
import { robustDomain } from "./domain";
import type { ColumnData, ColumnInfo } from "./protocol";

export interface ColorEntry {
  index: number;
  label: string;
  count: number;
  /** The value that expressions compare with: null is missing, undefined is "other". */
  value: unknown;
}

export interface ColorScale {
  kind: "category" | "number" | "none";
  column: ColumnInfo | null;
  /** Per row an index into the palette; 255 is missing. */
  index: Uint8Array;
  /** 256 x 3 RGB. */
  palette: Uint8Array;
  /** The legend of a categorical scale. */
  entries: ColorEntry[];
  /** The values at both ends of a numeric scale. */
  domain: [number, number] | null;
}

export const MISSING = 255;

/** Tableau's ten and their lighter partners, in the order that keeps neighbours apart. */
const CATEGORIES = [
  "4e79a7 f28e2b 59a14f e15759 b07aa1 9c755f ff9da7 edc948 76b7b2 6b5bd2",
  "a0cbe8 ffbe7d 8cd17d d4a6c8 d37295 b6992d 499894 fabfd2 d7b5a6",
]
  .join(" ")
  .split(" ");

const VIRIDIS =
  "440154 481467 482576 453781 404688 39558c 33638d 2d718e 287d8e 238a8d 1f968b 20a386 29af7f 3dbc74 56c667 75d054 95d840 bade28 dde318 fde725".split(
    " ",
  );

/** Categories beyond this many share one colour. */
const SHOWN = CATEGORIES.length;
const OTHER = SHOWN;

const channel = (hex: string, i: number) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);

function put(palette: Uint8Array, index: number, hex: string): void {
  for (let i = 0; i < 3; i++) palette[3 * index + i] = channel(hex, i);
}

function emptyPalette(dark: boolean): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  put(palette, MISSING, dark ? "6b6b6b" : "b5b5b5");
  return palette;
}

/** Every row in one colour. */
export function plainScale(n: number, dark: boolean): ColorScale {
  const palette = emptyPalette(dark);
  put(palette, 0, dark ? "6ea8dc" : "3f78b3");
  const index = new Uint8Array(n);
  return { kind: "none", column: null, index, palette, entries: [], domain: null };
}

export function colorScale(column: ColumnInfo, data: ColumnData, dark: boolean): ColorScale {
  return data.encoding === "code"
    ? categoryScale(column, data, dark)
    : numberScale(column, data.values, dark);
}

function categoryScale(
  column: ColumnInfo,
  { codes, categories, values, missing }: Extract<ColumnData, { encoding: "code" }>,
  dark: boolean,
): ColorScale {
  const counts = countCodes(codes, categories.length);
  // The most frequent get a colour of their own; colours and legend go in the column's order.
  const present = [...categories.keys()].filter((code) => counts[code] > 0 && code !== missing);
  const frequent = [...present].sort((a, b) => counts[b] - counts[a] || a - b).slice(0, SHOWN);
  const own = frequent.sort((a, b) => a - b);
  const palette = emptyPalette(dark);
  const colorOf = new Uint8Array(Math.max(categories.length, 1)).fill(OTHER);
  const entries: ColorEntry[] = own.map((code, index) => {
    colorOf[code] = index;
    put(palette, index, CATEGORIES[index]);
    return { index, label: categories[code], count: counts[code], value: values[code] };
  });
  put(palette, OTHER, dark ? "8f8f8f" : "8a8a8a");
  const index = new Uint8Array(codes.length);
  let gaps = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === missing || code >= categories.length) {
      index[i] = MISSING;
      gaps++;
    } else index[i] = colorOf[code];
  }
  const rest = codes.length - gaps - entries.reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) {
    const label = `${(present.length - own.length).toLocaleString("en-US")} others`;
    entries.push({ index: OTHER, label, count: rest, value: undefined });
  }
  if (gaps > 0) entries.push({ index: MISSING, label: "missing", count: gaps, value: null });
  return { kind: "category", column, index, palette, entries, domain: null };
}

export function countCodes(codes: ArrayLike<number>, categories: number): Uint32Array {
  const counts = new Uint32Array(categories + 1);
  for (let i = 0; i < codes.length; i++) counts[Math.min(codes[i], categories)]++;
  return counts;
}

function numberScale(column: ColumnInfo, values: ArrayLike<number>, dark: boolean): ColorScale {
  const [low, high] = robustDomain(values);
  const palette = emptyPalette(dark);
  for (let i = 0; i < MISSING; i++) {
    const at = (i / (MISSING - 1)) * (VIRIDIS.length - 1);
    const left = Math.min(Math.floor(at), VIRIDIS.length - 2);
    for (let c = 0; c < 3; c++) {
      const [a, b] = [channel(VIRIDIS[left], c), channel(VIRIDIS[left + 1], c)];
      palette[3 * i + c] = Math.round(a + (b - a) * (at - left));
    }
  }
  const index = new Uint8Array(values.length);
  const scale = high > low ? (MISSING - 1) / (high - low) : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const at = Math.round((value - low) * scale);
    index[i] = Number.isNaN(value) ? MISSING : Math.max(0, Math.min(MISSING - 1, at || 0));
  }
  return { kind: "number", column, index, palette, entries: [], domain: [low, high] };
}
