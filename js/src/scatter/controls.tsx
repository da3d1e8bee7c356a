// The map's own buttons: zoom, whole map, names of the categories.

import type { Signal } from "@preact/signals";

interface Props {
  names: Signal<boolean>;
  onZoom(factor: number): void;
  onFit(): void;
}

export function Controls({ names, onZoom, onFit }: Props) {
  const toggle = () => {
    names.value = !names.value;
  };
  return (
    <div class="dataview-map-controls" role="toolbar" aria-label="Map">
      <Control title="Zoom in (+)" path="M8 3v10M3 8h10" onClick={() => onZoom(1.5)} />
      <Control title="Zoom out (−)" path="M3 8h10" onClick={() => onZoom(1 / 1.5)} />
      <Control
        title="Whole map (0, double click)"
        path="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"
        onClick={onFit}
      />
      <Control
        title="Names of the categories"
        path="M3 4V3h10v1M8 3v10M6 13h4"
        pressed={names.value}
        onClick={toggle}
      />
    </div>
  );
}

function Control(props: { title: string; path: string; pressed?: boolean; onClick(): void }) {
  const { title, path, pressed, onClick } = props;
  return (
    <button type="button" title={title} aria-label={title} aria-pressed={pressed} onClick={onClick}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  );
}
