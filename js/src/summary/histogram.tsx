// A column of numbers or moments: a histogram to draw a range in.
import { useComputed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { datetimeScalar } from "../datetimes";
import type { Scalar } from "../expressions";
import { integer, moment, short } from "../format";
import type { NumberColumn } from "../protocol";
import { rangeOf } from "../selection";
import type { BlockProps } from "./block";
import { useWhile } from "./onscreen";
import {
  type Binning,
  binning,
  drawnRange,
  type Moments,
  moments,
  remembered,
  tally,
} from "./statistics";

export function NumberHistogram(props: BlockProps & { data: NumberColumn }) {
  const { store, active, data } = props;
  const selected = useWhile(active, store.selected);
  const visible = useWhile(active, store.visible);
  const { bins, all, total } = whole(data);
  const some = useMemo(() => selected && moments(data.values, selected), [data, selected]);
  const counts = useMemo(() => {
    if (!bins) return null;
    const of = (mask: Uint8Array | null) => tally(bins.index, bins.bins, mask);
    return { all: total, visible: visible && of(visible), selected: selected && of(selected) };
  }, [bins, total, visible, selected]);
  if (!bins || !counts) return <p class="dataview-column-wait">no values</p>;
  return (
    <>
      <Plot {...props} bins={bins} counts={counts} />
      <Figures of={all} span={bins.high - bins.low} kind={data.kind} />
      {some && <Figures of={some} accent span={bins.high - bins.low} kind={data.kind} />}
    </>
  );
}

/** What does not depend on a mask. */
const whole = remembered(({ values }: NumberColumn) => {
  const bins = binning(values);
  const total = bins ? tally(bins.index, bins.bins, null) : new Uint32Array(0);
  return { bins, total, all: moments(values, null) };
});

interface Counts {
  all: Uint32Array;
  visible: Uint32Array | null;
  selected: Uint32Array | null;
}

function Plot(props: BlockProps & { data: NumberColumn; bins: Binning; counts: Counts }) {
  const { store, column, data, bins, counts } = props;
  const { low, high } = bins;
  const span = high - low;
  const most = counts.all.reduce((a, b) => Math.max(a, b), 1);
  const step = span / bins.bins;
  const brush = useSignal<{ from: number; to: number } | null>(null);
  /** The bins between which the keyboard has drawn. */
  const keys = useSignal<{ anchor: number; head: number } | null>(null);
  const drawn = brush.value ?? selectedRange(props);

  const choose = (from: number, to: number, pixel: number, event: PointerEvent | KeyboardEvent) => {
    const range = drawnRange(bins, from, to, pixel);
    if (!range) return;
    store.select(
      { op: "between", col: column.name, ...scalars(range, data) },
      event.shiftKey || event.ctrlKey || event.metaKey ? "add" : undefined,
    );
  };
  const forget = () => {
    brush.value = keys.value = null;
  };

  const valueAt = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return { value: low + Math.min(1, Math.max(0, share)) * span, pixel: span / box.width };
  };
  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const { value } = valueAt(event);
    brush.value = { from: value, to: value };
  };
  const move = (event: PointerEvent) => {
    if (brush.value) brush.value = { from: brush.value.from, to: valueAt(event).value };
  };
  const release = (event: PointerEvent) => {
    const { value: to, pixel } = valueAt(event);
    const from = brush.value?.from;
    forget();
    if (from === undefined) return;
    const bin = Math.min(bins.bins - 1, Math.floor((to - low) / step));
    // A click takes the bin that it hits.
    const drag = Math.abs(to - from) > 3 * pixel;
    const ends = drag ? [from, to] : [low + bin * step, low + (bin + 1) * step];
    choose(ends[0], ends[1], pixel, event);
  };
  const keyed = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) {
      const head = Math.min(bins.bins - 1, Math.max(0, (keys.value?.head ?? -1) + by));
      const anchor = event.shiftKey ? (keys.value?.anchor ?? head) : head;
      keys.value = { anchor, head };
      const [first, last] = [Math.min(anchor, head), Math.max(anchor, head)];
      brush.value = { from: low + first * step, to: low + (last + 1) * step };
    } else if (event.key === "Enter" && brush.value) {
      choose(brush.value.from, brush.value.to, step / 20, event);
      forget();
    } else if (event.key === "Escape" && brush.value) forget();
    else return;
    event.preventDefault();
  };

  const words = (value: number) => label(value, data.kind, span);
  const path = (layer: Uint32Array | null) => bars(layer, most);
  return (
    <div
      class="dataview-histogram"
      role="slider"
      tabIndex={0}
      aria-label={`Histogram of ${column.text}: drag, or arrow keys (Shift: a range) and Enter`}
      aria-valuemin={low}
      aria-valuemax={high}
      aria-valuenow={drawn?.to ?? low}
      aria-valuetext={drawn ? `${words(drawn.from)} to ${words(drawn.to)}` : "no range"}
      onKeyDown={keyed}
      onBlur={forget}
    >
      <svg
        viewBox={`0 0 ${bins.bins} 1`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerDown={press}
        onPointerMove={move}
        onPointerUp={release}
        onPointerCancel={forget}
      >
        <path
          class="dataview-layer-all"
          data-filtered={counts.visible !== null}
          d={path(counts.all)}
        />
        <path class="dataview-layer-visible" d={path(counts.visible)} />
        <path class="dataview-layer-selected" d={path(counts.selected)} />
        <Whisker {...props} />
        {drawn && (
          <rect
            class="dataview-brush"
            x={((Math.min(drawn.from, drawn.to) - low) / span) * bins.bins}
            width={(Math.abs(drawn.to - drawn.from) / span) * bins.bins}
            y={0}
            height={1}
          />
        )}
      </svg>
      {drawn && (
        <p class="dataview-figures-row dataview-accent">
          <span>{words(Math.min(drawn.from, drawn.to))}</span>
          <span>{keys.value ? "Enter selects" : brush.value ? "select" : "selected range"}</span>
          <span>{words(Math.max(drawn.from, drawn.to))}</span>
        </p>
      )}
    </div>
  );
}

/** The ends of a range as values of the column; moments by the full second. */
function scalars([low, high]: [number, number], { kind, tz }: NumberColumn) {
  if (kind !== "datetime") return { low, high };
  return {
    low: datetimeScalar(Math.floor(low / 1000) * 1000, tz),
    high: datetimeScalar(Math.ceil(high / 1000) * 1000, tz),
  };
}

/** Where the hovered image is. */
function Whisker({ store, data, bins }: BlockProps & { data: NumberColumn; bins: Binning }) {
  const value = useComputed(() => data.values[store.hover.value] ?? Number.NaN).value;
  if (!Number.isFinite(value)) return null;
  const x = ((value - bins.low) / (bins.high - bins.low)) * bins.bins;
  return <line class="dataview-whisker" x1={x} x2={x} y1={0} y2={1} />;
}

/** The range that the selection sets on this column, in its own numbers. */
function selectedRange({ store, column }: BlockProps): { from: number; to: number } | null {
  const range = rangeOf(store.selection.value, column.name);
  const number = (value: Scalar) => {
    if (typeof value === "number") return value;
    if (value === null || typeof value !== "object" || !("datetime" in value)) return Number.NaN;
    return Date.parse(
      /[+Z]|-\d\d:\d\d$/.test(value.datetime) ? value.datetime : `${value.datetime}Z`,
    );
  };
  if (!range) return null;
  const [from, to] = [number(range.low), number(range.high)];
  return Number.isFinite(from) && Number.isFinite(to) ? { from, to } : null;
}

/** One path for all the bars of a layer; what is there at all is at least a hairline high. */
function bars(counts: Uint32Array | null, most: number): string {
  if (!counts) return "";
  let path = "";
  counts.forEach((count, i) => {
    if (count === 0) return;
    const top = 1 - Math.max(0.04, count / most);
    path += `M${i + 0.06} 1V${top.toFixed(4)}h.88V1z`;
  });
  return path;
}

function label(value: number, kind: string, span: number): string {
  return kind === "datetime" ? moment(value, span) : short(value);
}

interface FiguresProps {
  of: Moments;
  /** Of the selection. */
  accent?: boolean;
  span: number;
  kind: string;
}

/** Lowest, mean and highest value. */
function Figures({ of, accent, span, kind }: FiguresProps) {
  const words = (value: number) => (Number.isFinite(value) ? label(value, kind, span) : "–");
  return (
    <p
      class={`dataview-figures-row ${accent ? "dataview-accent" : ""}`}
      title={`lowest, mean and highest of ${accent ? "the selection" : "all"}`}
    >
      <span>{words(of.min)}</span>
      <span>
        mean {words(of.mean)}
        {of.missing > 0 && ` · ${integer(of.missing)} missing`}
      </span>
      <span>{words(of.max)}</span>
    </p>
  );
}
