// The order in which points are drawn, and which of them.
//
// Points are drawn in a random order, so that any prefix of it is a fair sample of the whole: while
// the view moves, a prefix is what fits into a frame. The order is fixed for a row count.

import { and, type Bitset, count, has } from "../bitset";

/** A random permutation of 0..n-1 (Fisher and Yates, mulberry32), the same for the same n. */
export function drawOrder(n: number): Uint32Array {
  const order = new Uint32Array(n);
  let state = 0x9e3779b9 ^ n;
  for (let i = 0; i < n; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    const j = Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * (i + 1));
    order[i] = order[j];
    order[j] = i;
  }
  return order;
}

/** Places in the drawing order: what is drawn behind (null: all rows) and on top (null: nothing). */
export interface DrawLists {
  base: Uint32Array | null;
  top: Uint32Array | null;
}

/** The rows of `shown` (null: all), those of `selected` on top; both in drawing order. */
export function drawLists(
  order: Uint32Array,
  shown: Bitset | null,
  selected: Bitset | null,
): DrawLists {
  if (!shown && !selected) return { base: null, top: null };
  const picked = selected && shown ? and(selected, shown) : selected;
  const picks = picked ? count(picked) : 0;
  const top = new Uint32Array(picks);
  const base = new Uint32Array((shown ? count(shown) : order.length) - picks);
  for (let i = 0, b = 0, t = 0; i < order.length; i++) {
    const row = order[i];
    if (picked && has(picked, row)) top[t++] = i;
    else if (!shown || has(shown, row)) base[b++] = i;
  }
  return { base, top: selected && top };
}
