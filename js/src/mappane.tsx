// The pane of the map, which draws itself.
import { useEffect, useRef } from "preact/hooks";
import { Scatter } from "./scatter/scatter";
import type { Store } from "./store";

export function MapPane({ store }: { store: Store }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    try {
      const scatter = new Scatter(place.current!, store);
      place.current!.querySelector("canvas")?.setAttribute("data-testid", "map-canvas");
      return () => scatter.destroy();
    } catch (error) {
      store.complain(`the map cannot be drawn: ${(error as Error).message}`);
      return undefined;
    }
  }, [store]);
  return (
    <section class="dataview-pane dataview-map-pane" data-testid="map" aria-label="Map">
      <div class="dataview-map-place" ref={place} />
    </section>
  );
}

/** Whether a map is here or may still come. */
export function hasMap(store: Store): boolean {
  if (store.n.value === 0) return false;
  const { stages, running } = store.progress.value;
  const failed = stages.some(({ state }) => state === "failed");
  return store.schema.value.projections.length > 0 || running || failed;
}
