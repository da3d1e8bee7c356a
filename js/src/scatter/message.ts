// What the map says while it has nothing to show.

import { integer, uncounted } from "../format";
import type { Progress } from "../store";

export interface MapMessage {
  title: string;
  detail?: string;
  /** Part of the running stage that is done, 0..1. */
  done?: number;
}

export interface MapState {
  n: number;
  /** Rows with a place on the map; null while there is no map. */
  placed: number | null;
  visible: number;
  progress: Progress;
  /** Better versions of the map will come. */
  forming: boolean;
}

const AFTER = "The map comes after the scan";

/** The words for a state; null where there are points to see. */
export function mapMessage(state: MapState): MapMessage | null {
  const { n, placed, visible, progress } = state;
  if (placed === null || (placed === 0 && state.forming)) return waiting(n, progress);
  if (placed === 0) return { title: "No row has a place on this map" };
  if (visible === 0) return { title: "The filter leaves no row" };
  return null;
}

/** Puts the words into an element; `retry` is what a click on them does. */
export function showMessage(
  el: HTMLElement,
  message: MapMessage | null,
  retry: (() => void) | null,
): void {
  el.hidden = !message;
  el.onclick = retry;
  el.classList.toggle("dataview-map-retry", retry !== null);
  const title = document.createElement("b");
  const detail = document.createElement("span");
  title.textContent = message?.title ?? "";
  detail.textContent = message?.detail ?? "";
  el.replaceChildren(title, detail);
  if (message?.done === undefined) return;
  const bar = document.createElement("progress");
  bar.value = message.done;
  el.append(bar);
}

function waiting(n: number, { stages, running }: Progress): MapMessage {
  const stage = stages.find(({ state }) => state === "running");
  if (stage) {
    const counted = stage.total > 0;
    return {
      title: stage.name === "scan" ? AFTER : "The map is on its way",
      detail: counted
        ? `${stage.name}: ${integer(stage.done)} of ${integer(stage.total)}`
        : uncounted(stage.name),
      done: counted ? stage.done / stage.total : undefined,
    };
  }
  const failed = stages.find(({ state }) => state === "failed");
  if (failed) return { title: `No map: ${failed.name} failed`, detail: failed.message };
  if (stages.some(({ state }) => state === "cancelled")) {
    return { title: "No map: the work was cancelled" };
  }
  if (running) return { title: AFTER };
  return n === 0 ? { title: "No images" } : { title: "No map yet" };
}
