// One large picture: fits its place, zooms by the wheel, moves by dragging.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { fit, type Size, type View, zoom } from "./zoom";

interface Props {
  url: string;
  label: string;
  /** Of the full picture, which `url` may show smaller. */
  size: Size;
}

export function Picture({ url, label, size }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const box = useSignal<Size>({ width: 1, height: 1 });
  const view = useSignal<View | null>(null); // null: fit
  const grip = useRef<{ x: number; y: number } | null>(null);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      box.value = entry.contentRect;
    });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, [box]);

  const fitting = fit(size, box.value);
  const { scale, x, y } = view.value ?? { scale: fitting, x: 0, y: 0 };
  const fromCentre = (event: MouseEvent) => {
    const { left, top, width, height } = place.current!.getBoundingClientRect();
    return [event.clientX - left - width / 2, event.clientY - top - height / 2] as const;
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const factor = Math.exp(-event.deltaY / 300);
    view.value = zoom({ scale, x, y }, factor, ...fromCentre(event), fitting);
  };
  const double = (event: MouseEvent) => {
    const factor = Math.max(1, fitting * 3) / scale;
    view.value = view.value ? null : zoom({ scale, x, y }, factor, ...fromCentre(event), fitting);
  };
  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    grip.current = { x: event.clientX - x, y: event.clientY - y };
  };
  const move = (event: PointerEvent) => {
    if (!grip.current) return;
    view.value = { scale, x: event.clientX - grip.current.x, y: event.clientY - grip.current.y };
  };
  const release = () => {
    grip.current = null;
  };
  return (
    <div
      class="dataview-picture"
      ref={place}
      title="wheel: zoom · drag: move · double click: fit"
      onWheel={wheel}
      onDblClick={double}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={release}
    >
      <img
        src={url}
        alt={label}
        draggable={false}
        class={scale > 1.5 ? "dataview-pixels" : ""}
        style={{
          width: `${size.width * scale}px`,
          height: `${size.height * scale}px`,
          transform: `translate(-50%, -50%) translate(${x}px, ${y}px)`,
        }}
      />
      <span class="dataview-zoom">{Math.round(100 * scale)} %</span>
    </div>
  );
}
