// The range of values that a scale is made for.

/**
 * The range that a scale of colours or bins spans: the finite values' own, or that of their middle
 * 98 % where a few far-off values would leave one colour or bin to all the others. [0, 1] where
 * there are no values.
 */
export function robustDomain(values: ArrayLike<number>): [number, number] {
  const { min: low, max: high } = extremes(values);
  if (low > high) return [0, 1];
  const some: number[] = [];
  const step = Math.max(1, Math.floor(values.length / 10_000));
  for (let i = 0; i < values.length; i += step) {
    if (Number.isFinite(values[i])) some.push(values[i]);
  }
  const sample = Float64Array.from(some).sort();
  const inner = [
    sample[Math.floor(sample.length * 0.01)],
    sample[Math.floor(sample.length * 0.99)],
  ];
  const far = inner[1] > inner[0] && high - low > 4 * (inner[1] - inner[0]);
  return far ? [inner[0], inner[1]] : [low, high];
}

/** The least and the greatest finite value, and whether all of them are whole. */
export function extremes(values: ArrayLike<number>): { min: number; max: number; whole: boolean } {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let whole = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value - value !== 0) continue; // NaN and both infinities
    if (value < min) min = value;
    if (value > max) max = value;
    if (whole && value !== Math.floor(value)) whole = false;
  }
  return { min, max, whole };
}
