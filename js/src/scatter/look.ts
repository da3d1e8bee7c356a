// How large and how opaque points are: the more there are in view, the smaller and the fainter.

/**
 * Diameter in CSS pixels and opacity of one of `n` points that cover `area` square pixels, seen at
 * `zoom` times the scale at which they do.
 */
export function pointLook(n: number, area: number, zoom: number): { size: number; alpha: number } {
  const spacing = Math.sqrt(area / Math.max(n, 1)); // between neighbours
  // Few points in tight clusters overlap, and are still large enough to be seen and hit.
  const least = clamp(1.4 * (1e5 / Math.max(n, 1)) ** 0.23, 1.4, 5);
  const size = Math.min(clamp(0.75 * spacing, least, 9) * zoom ** 0.45, 14);
  // how many points lie on each other
  const layers = (size / (spacing * zoom)) ** 2;
  return { size, alpha: clamp(0.9 / Math.sqrt(Math.max(layers, 1)), 0.25, 0.9) };
}

/** Red, green and blue, 0..1, of a computed CSS colour, `rgb(…)` or `color(srgb …)`. */
export function rgb(css: string): [number, number, number] {
  const [r, g, b, a = 1] = css.match(/[\d.]+/g)?.map(Number) ?? [];
  if (b === undefined || a === 0) return [1, 1, 1];
  const top = css.startsWith("color(") ? 1 : 255;
  return [r / top, g / top, b / top];
}

/** One colour of a palette as CSS. */
export function swatch(palette: Uint8Array, index: number): string {
  return `rgb(${palette.subarray(3 * index, 3 * index + 3).join(" ")})`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
