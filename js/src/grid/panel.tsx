// The pane of the grid: a line of controls over the images.
import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { integer } from "../format";
import { settings } from "../settings";
import type { Arrangement, Store } from "../store";
import { Grid } from "./grid";
import "./grid.css";

const ARRANGEMENTS: { value: Arrangement; text: string; title: string }[] = [
  { value: "all", text: "All", title: "Every image in its place" },
  { value: "first", text: "Selected first", title: "The selected images first, then the others" },
  { value: "only", text: "Only selected", title: "Only the selected images" },
];

const SIZES = { min: 28, max: 256 };

interface Props {
  store: Store;
  /** Counts the moves on the page, which make an element forget where it was scrolled to. */
  moves: ReadonlySignal<number>;
}

export function GridPanel({ store, moves }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const grid = useRef<Grid | null>(null);
  const usual = useComputed(() => settings().value.thumbnailSize);
  const size = useSignal(usual.peek());
  useEffect(() => {
    const made = new Grid(place.current!, store, { size: size.peek() });
    grid.current = made;
    return () => made.destroy();
  }, [store, size]);
  useSignalEffect(() => {
    size.value = usual.value;
    grid.current?.update({ size: size.peek() });
  });
  useSignalEffect(() => {
    void moves.value;
    grid.current?.update();
  });
  const resize = (event: Event) => {
    size.value = Number((event.currentTarget as HTMLInputElement).value);
    grid.current?.update({ size: size.value });
  };
  const shown = store.order.value.length;
  return (
    <section class="dataview-pane dataview-grid-pane" aria-label="Images">
      <div class="dataview-pane-bar">
        <fieldset class="dataview-segments" aria-label="Order around the selection">
          {ARRANGEMENTS.map(({ value, text, title }) => (
            <button
              key={value}
              type="button"
              title={title}
              data-testid={`arrange-${value}`}
              aria-pressed={store.arrangement.value === value}
              onClick={() => store.arrange(value)}
            >
              {text}
            </button>
          ))}
        </fieldset>
        <span class="dataview-space" />
        <input
          class="dataview-slider"
          type="range"
          title="Size of the images"
          aria-label="Size of the images"
          data-testid="size"
          min={SIZES.min}
          max={SIZES.max}
          value={size.value}
          onInput={resize}
        />
      </div>
      <div class="dataview-grid-place" ref={place}>
        {shown === 0 && <Empty store={store} />}
      </div>
    </section>
  );
}

function Empty({ store }: { store: Store }) {
  const words = () => {
    if (store.schema.value.generation < 0) return "Loading …";
    if (store.n.value === 0) return "This dataset has no images.";
    if (store.visibleCount.value > 0) return "Nothing is selected.";
    return `The filter leaves none of ${integer(store.n.value)} images.`;
  };
  return <p class="dataview-empty">{words()}</p>;
}
