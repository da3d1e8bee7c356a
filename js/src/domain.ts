// The range of values that a scale is made for.

/**
 * The range that a scale of colours or bins spans: the finite values' own, or that of their middle
 * 98 % where a few far-off values would leave one colour or bin to all the others. [0, 1] where
 * there are no values.
 */
export function robustDomain(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const sample: number[] = [];
  const step = Math.max(1, Math.floor(values.length / 10_000));
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    if (i % step === 0) sample.push(value);
  }
  if (low > high) return [0, 1];
  sample.sort((a, b) => a - b);
  const inner = [
    sample[Math.floor(sample.length * 0.01)],
    sample[Math.floor(sample.length * 0.99)],
  ];
  const far = inner[1] > inner[0] && high - low > 4 * (inner[1] - inner[0]);
  return far ? [inner[0], inner[1]] : [low, high];
}
