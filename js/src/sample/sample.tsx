// The detail view: one image with its row, over the panes.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { has } from "../bitset";
import { Button } from "../button";
import { integer } from "../format";
import {
  type Choice,
  TransformChoice,
  type Transformed,
  useTransformed,
} from "../plugins/transform";
import { CancelledError, decodeSample, type Sample } from "../protocol";
import type { Store } from "../store";
import { Fields } from "./fields";
import { Picture } from "./picture";
import type { Size } from "./zoom";
import "./sample.css";

interface Loaded {
  row: number;
  sample: Sample | null;
  /** A blob: URL of the large picture, and the picture's size. */
  url: string | null;
  size: Size;
  error: string | null;
}

export function Detail({ store }: { store: Store }) {
  const row = store.opened.value;
  if (row < 0 || row >= store.n.value) return null;
  return <Opened store={store} row={row} />;
}

function Opened({ store, row }: { store: Store; row: number }) {
  const loaded = useSample(store);
  const choice = useSignal<Choice>({ name: null, before: false });
  const transformed = useTransformed(store, choice).value;
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    root.current?.focus();
    return () => (before instanceof HTMLElement ? before.focus() : undefined);
  }, []);

  const order = store.order.value;
  const position = order.indexOf(row);
  const step = (by: number) => {
    const next = order[position + by];
    if (next !== undefined) store.open(next);
  };
  const close = () => store.open(-1);
  const keyed = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft" || event.key === "ArrowUp") step(-1);
    else if (event.key === "ArrowRight" || event.key === "ArrowDown") step(1);
    else if (event.key === "Home") step(-position);
    else if (event.key === "End") step(order.length - 1 - position);
    else if (event.key === " ") store.toggle(row);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const selected = store.selected.value !== null && has(store.selected.value, row);
  const label = store.label(row);
  return (
    <div
      class="dataview-detail"
      data-testid="detail"
      role="dialog"
      aria-label={`Image ${label}`}
      tabIndex={-1}
      ref={root}
      onKeyDown={keyed}
    >
      <header class="dataview-pane-bar">
        <Button
          icon="left"
          title="Previous image (←)"
          testid="previous"
          disabled={position <= 0}
          onClick={() => step(-1)}
        />
        <Button
          icon="right"
          title="Next image (→)"
          testid="next"
          disabled={position >= order.length - 1}
          onClick={() => step(1)}
        />
        <strong>{label}</strong>
        <span class="dataview-muted">
          {position >= 0 && `${integer(position + 1)} of ${integer(order.length)}`}
        </span>
        <span class="dataview-space" />
        <TransformChoice store={store} choice={choice} />
        <Button
          pressed={selected}
          title="Select this image or take it out of the selection (space)"
          onClick={() => store.toggle(row)}
        >
          {selected ? "Selected" : "Select"}
        </Button>
        <Button icon="close" title="Close (Escape)" testid="close-detail" onClick={close} />
      </header>
      <div class="dataview-detail-body">
        <Large
          store={store}
          row={row}
          label={label}
          loaded={loaded}
          after={choice.value.before ? null : transformed}
        />
        <Fields sample={loaded?.row === row ? loaded.sample : null} />
      </div>
    </div>
  );
}

interface LargeProps {
  store: Store;
  row: number;
  label: string;
  loaded: Loaded | null;
  /** The picture through a transform, where that is to be seen. */
  after: Transformed | null;
}

/** The large picture; until it is here its thumbnail, enlarged. */
function Large({ store, row, label, loaded, after }: LargeProps) {
  void store.thumbnails.changed.value;
  if (after?.error) return <p class="dataview-picture dataview-picture-error">{after.error}</p>;
  if (after?.url) {
    const name = `${label}, transformed`;
    return <Picture key={`after ${row}`} url={after.url} label={name} size={after} />;
  }
  const small = store.thumbnails.get(row);
  const here = loaded?.row === row ? loaded : null;
  const error = here?.error ?? here?.sample?.error ?? small?.error;
  if (error) return <p class="dataview-picture dataview-picture-error">{error}</p>;
  if (here?.url) return <Picture key={row} url={here.url} label={label} size={here.size} />;
  const size = { width: small?.width ?? 0, height: small?.height ?? 0 };
  return small?.url ? (
    <Picture key={row} url={small.url} label={label} size={size} />
  ) : (
    <div class="dataview-picture" />
  );
}

/** The opened row's sample; the request for one that is no longer opened is cancelled. */
function useSample(store: Store): Loaded | null {
  const loaded = useSignal<Loaded | null>(null);
  useSignalEffect(() => {
    const row = store.opened.value;
    if (row < 0) return;
    const controller = new AbortController();
    let url: string | null = null;
    load(store, row, controller.signal).then(
      (result) => {
        if (controller.signal.aborted) return;
        url = result.url;
        loaded.value = result;
      },
      (error: Error) => {
        if (error instanceof CancelledError) return;
        loaded.value = { row, sample: null, url: null, size: NOTHING, error: error.message };
      },
    );
    return () => {
      controller.abort();
      if (url) URL.revokeObjectURL(url);
    };
  });
  return loaded.value;
}

const NOTHING: Size = { width: 0, height: 0 };

async function load(store: Store, row: number, signal: AbortSignal): Promise<Loaded> {
  const sample = decodeSample(await store.connection.request("sample", { row }, { signal }));
  const { bytes, mime } = sample;
  if (!bytes?.length || sample.error) return { row, sample, url: null, size: NOTHING, error: null };
  const url = URL.createObjectURL(new Blob([bytes.slice()], { type: mime }));
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(url);
    return { row, sample, url: null, size: NOTHING, error: "the browser cannot show this image" };
  }
  const size = { width: image.naturalWidth, height: image.naturalHeight };
  if (signal.aborted) URL.revokeObjectURL(url);
  return { row, sample, url, size, error: null };
}
