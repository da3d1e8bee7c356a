// What the colours mean. A category is a switch: a click keeps only it, further clicks add others;
// pointing at it brings its points out.

import { type Signal, useSignal } from "@preact/signals";
import type { ColorScale } from "../color";
import type { Scalar } from "../expressions";
import { integer, moment, short } from "../format";
import type { Store } from "../store";
import { sameJson } from "../traits";
import { keptValues, toggleValue } from "./legendfilter";
import { swatch } from "./look";

export function Legend({ store, highlight }: { store: Store; highlight: Signal<number> }) {
  const folded = useSignal(false);
  const color = store.color.value;
  if (!color.column || !store.maps.points.value) return null;
  return (
    <section class="dataview-map-legend" aria-label={`Colours: ${color.column.text}`}>
      <button
        type="button"
        class="dataview-map-legend-title"
        aria-expanded={!folded.value}
        onClick={() => {
          folded.value = !folded.value;
        }}
      >
        <span>{color.column.text}</span>
        <i aria-hidden="true">{folded.value ? "▸" : "▾"}</i>
      </button>
      {!folded.value &&
        (color.kind === "number" ? (
          <Gradient color={color} />
        ) : (
          <Categories store={store} color={color} highlight={highlight} />
        ))}
    </section>
  );
}

function Categories(props: { store: Store; color: ColorScale; highlight: Signal<number> }) {
  const { store, color, highlight } = props;
  const column = color.column?.name ?? null;
  const kept = keptValues(store.filter.value, column);
  const isKept = (value: unknown) => !kept || kept.some((other) => sameJson(other, value));
  return (
    <ul onPointerLeave={() => point(highlight, -1)}>
      {color.entries.map(({ index, label, count, value }) => (
        <li key={index}>
          <button
            type="button"
            disabled={value === undefined}
            aria-pressed={kept !== null && isKept(value)}
            class={isKept(value) ? "" : "dataview-muted"}
            title={value === undefined ? label : `${label}: click to filter by it`}
            onPointerEnter={() => point(highlight, index)}
            onClick={() =>
              store.setFilter(toggleValue(store.filter.peek(), column, value as Scalar))
            }
          >
            <i style={{ background: swatch(color.palette, index) }} />
            <span>{label}</span>
            <small>{integer(count)}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Gradient({ color }: { color: ColorScale }) {
  const stops = Array.from({ length: 17 }, (_, i) =>
    swatch(color.palette, Math.round((i / 16) * 254)),
  );
  const [low, high] = color.domain ?? [0, 1];
  const text = (value: number) =>
    color.column?.kind === "datetime" ? moment(value, high - low) : short(value);
  return (
    <div class="dataview-map-gradient">
      <div style={{ background: `linear-gradient(to right, ${stops.join(", ")})` }} />
      <small>{text(low)}</small>
      <small>{text(high)}</small>
    </div>
  );
}

function point(highlight: Signal<number>, index: number): void {
  highlight.value = index;
}
