// The large picture before and after a transform.
import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { CancelledError, decodeThumbnails } from "../protocol";
import type { Store } from "../store";
import { Controls } from "./controls";

/** The long side of a transformed picture in px. */
const SIDE = 1280;

export interface Transformed {
  /** The row, and the request that was made for it. */
  key: string;
  url: string | null;
  width: number;
  height: number;
  error: string | null;
}

/** What is chosen in the detail view. */
export interface Choice {
  name: string | null;
  /** While the picture before is looked at. */
  before: boolean;
}

export function TransformChoice({ store, choice }: { store: Store; choice: Signal<Choice> }) {
  const transforms = store.plugins.of("transform");
  if (transforms.length === 0) return null;
  const { name, before } = choice.value;
  const chosen = transforms.find((plugin) => plugin.name === name);
  return (
    <>
      <label class="dataview-menu">
        <span>Transform</span>
        <select
          data-testid="transform-select"
          value={name ?? ""}
          onKeyDown={(event) => event.stopPropagation()}
          onChange={(event) => {
            choice.value = { name: event.currentTarget.value || null, before: false };
          }}
        >
          <option value="">none</option>
          {transforms.map((plugin) => (
            <option key={plugin.name} value={plugin.name} selected={plugin.name === name}>
              {plugin.name}
            </option>
          ))}
        </select>
      </label>
      {chosen && (
        <fieldset class="dataview-segments" aria-label="Before or after">
          {[true, false].map((which) => (
            <button
              key={String(which)}
              type="button"
              data-testid={which ? "before" : "after"}
              aria-pressed={before === which}
              onClick={() => {
                choice.value = { name, before: which };
              }}
            >
              {which ? "Before" : "After"}
            </button>
          ))}
        </fieldset>
      )}
      {chosen && chosen.parameters.length > 0 && (
        <div
          class="dataview-transform-controls"
          onKeyDown={(event) => {
            if (event.key !== "Escape") event.stopPropagation();
          }}
        >
          <Controls plugins={store.plugins} plugin={chosen} />
        </div>
      )}
    </>
  );
}

/** The opened row through the chosen transform; null: none is chosen, or it is not here yet. */
export function useTransformed(
  store: Store,
  choice: ReadonlySignal<Choice>,
): ReadonlySignal<Transformed | null> {
  const found = useSignal<Transformed | null>(null);
  useSignalEffect(() => {
    const row = store.opened.value;
    const transform = store.plugins.transformNamed(choice.value.name);
    if (row < 0 || !transform) {
      found.value = null;
      return;
    }
    const key = `${row}`;
    if (found.peek()?.key !== key) found.value = null;
    const controller = new AbortController();
    const nothing = { key, url: null, width: 0, height: 0 };
    const timer = setTimeout(() => {
      const fields = { ...transform, rows: [row], size: SIDE };
      store.connection.request("transformed", fields, { signal: controller.signal }).then(
        (answer) => {
          const [made] = decodeThumbnails(answer);
          if (!made) return;
          const { width, height, error } = made;
          found.value = {
            key,
            url: error ? null : dataUri(made.mime, made.bytes),
            width,
            height,
            error,
          };
        },
        (error: Error) => {
          if (!(error instanceof CancelledError))
            found.value = { ...nothing, error: error.message };
        },
      );
    }, 120);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  });
  return found;
}

function dataUri(mime: string, bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return `data:${mime};base64,${btoa(binary)}`;
}
