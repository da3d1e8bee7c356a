// The settings of JupyterLab that a widget obeys; elsewhere, the defaults.
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { labServices, type Settings } from "./bridge";

export const DEFAULTS: Settings = { theme: "auto", thumbnailSize: 72, height: 640 };

const current = signal(DEFAULTS);
let following = false;

/** The settings as they are now. */
export function settings(): ReadonlySignal<Settings> {
  if (!following) {
    following = true;
    effect(() =>
      labServices().value?.settings.subscribe((given) => {
        current.value = { ...DEFAULTS, ...given };
      }),
    );
  }
  return current;
}
