/**
 * Sets of rows as bits, as they travel on the wire: row i is bit i & 7 of byte i >> 3.
 * Bits beyond the last row are zero, so that counting and comparing need no special case.
 */
export type Bitset = Uint8Array;

/** The empty set of n rows. */
export function bitset(n: number): Bitset {
  return new Uint8Array((n + 7) >> 3);
}

/** All of n rows. */
export function full(n: number): Bitset {
  return clip(bitset(n).fill(255), n);
}

/** The given row positions; those outside 0..n-1 are ignored. */
export function fromRows(n: number, rows: Iterable<number>): Bitset {
  const bits = bitset(n);
  for (const row of rows) if (row >= 0 && row < n) bits[row >> 3] |= 1 << (row & 7);
  return bits;
}

export function has(bits: Bitset, row: number): boolean {
  return (bits[row >> 3] & (1 << (row & 7))) !== 0;
}

/** How many rows are in the set. */
export function count(bits: Bitset): number {
  let total = 0;
  for (let i = 0; i < bits.length; i++) total += BITS_IN_BYTE[bits[i]];
  return total;
}

/** The positions in ascending order, `limit` at most. */
export function toRows(bits: Bitset, limit = Infinity): Uint32Array {
  const rows = new Uint32Array(Math.min(limit, count(bits)));
  for (let i = 0, k = 0; k < rows.length; i++) {
    // the lowest set bit is taken off until none is left
    for (let byte = bits[i]; byte && k < rows.length; byte &= byte - 1)
      rows[k++] = 8 * i + (31 - Math.clz32(byte & -byte));
  }
  return rows;
}

export function and(a: Bitset, b: Bitset): Bitset {
  return a.map((byte, i) => byte & b[i]);
}

export function or(a: Bitset, b: Bitset): Bitset {
  return a.map((byte, i) => byte | b[i]);
}

/** The rows of `a` that are not in `b`. */
export function andNot(a: Bitset, b: Bitset): Bitset {
  return a.map((byte, i) => byte & ~b[i]);
}

/** The rows among n that are not in the set. */
export function not(bits: Bitset, n: number): Bitset {
  return clip(
    bits.map((byte) => ~byte),
    n,
  );
}

/** As base64 text, the form in JSON. */
export function toBase64(bits: Bitset): string {
  let text = "";
  for (let i = 0; i < bits.length; i += 8192)
    text += String.fromCharCode(...bits.subarray(i, i + 8192));
  return btoa(text);
}

/** The set of a base64 text; null for any other text. */
export function fromBase64(text: string): Bitset | null {
  try {
    const bits = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    return toBase64(bits) === text ? bits : null;
  } catch {
    return null;
  }
}

export function equal(a: Bitset, b: Bitset): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function clip(bits: Bitset, n: number): Bitset {
  if (n & 7) bits[bits.length - 1] &= (1 << (n & 7)) - 1;
  return bits;
}

const BITS_IN_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest; rest &= rest - 1) bits++;
  return bits;
});
