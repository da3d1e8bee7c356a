// The lines at the bottom: how many are selected, the code of the view, and the progress.

import { useSignal } from "@preact/signals";
import { CodeLine, CodePanel } from "./code/panel";
import { integer } from "./format";
import { Progress } from "./progress";
import { LOST } from "./protocol";
import type { Store } from "./store";

export function Footer({ store }: { store: Store }) {
  const { filter, selectedCount, visibleCount, n } = store;
  const open = useSignal(false);
  return (
    <footer class="dataview-footer">
      {open.value && <CodePanel store={store} />}
      <div class="dataview-status">
        <span data-testid="count" class="dataview-count" role="status">
          {integer(selectedCount.value)} of {integer(n.value)} selected
        </span>
        {filter.value && (
          <span class="dataview-muted" data-testid="shown">
            {integer(visibleCount.value)} shown
          </span>
        )}
        <CodeLine store={store} open={open} />
        <span class="dataview-space" />
        {store.connection.lost.value && (
          <span class="dataview-lost" role="alert" data-testid="lost">
            {LOST}
          </span>
        )}
        {store.connection.waiting.value && !store.connection.lost.value && (
          <span class="dataview-waiting" role="status" data-testid="waiting">
            waiting for the kernel …
          </span>
        )}
      </div>
      <Progress store={store} />
    </footer>
  );
}
