// The lines at the bottom: how many are selected, the code that selects them, and the progress.

import { useSignal, useSignalEffect } from "@preact/signals";
import { Button } from "./button";
import { brief, integer } from "./format";
import { Progress } from "./progress";
import type { Store } from "./store";

export function Footer({ store }: { store: Store }) {
  const { selection, filter, selectedCount, visibleCount, n } = store;
  return (
    <footer class="dataview-footer">
      <div class="dataview-status">
        <span data-testid="count" class="dataview-count" role="status">
          {integer(selectedCount.value)} of {integer(n.value)} selected
        </span>
        {filter.value && (
          <span class="dataview-muted" data-testid="shown">
            {integer(visibleCount.value)} shown
          </span>
        )}
        {selection.value && <Code store={store} />}
        <span class="dataview-space" />
        {store.connection.waiting.value && (
          <span class="dataview-waiting" role="status" data-testid="waiting">
            waiting for the kernel …
          </span>
        )}
      </div>
      <Progress store={store} />
    </footer>
  );
}

/** Picks up to this many are written out. */
const WRITTEN = 40;

/** The selection as Python code, with a button that copies it whole. */
function Code({ store }: { store: Store }) {
  const copied = useSignal(false);
  const written = useSignal<string | null>(null);
  useSignalEffect(() => {
    const expr = store.selection.value;
    copied.value = false;
    written.value = null;
    if (expr?.op !== "rows" || !("at" in expr) || expr.at.length > WRITTEN) return;
    store.code(expr).then((code) => {
      if (store.selection.peek() === expr) written.value = code;
    });
  });
  const expr = store.selection.value;
  if (!expr) return null;
  const copy = async () => {
    const code = await store.code(expr);
    if (code === null)
      store.complain("the code of picked rows comes from the kernel, which did not answer");
    else copied.value = await toClipboard(code);
    setTimeout(() => {
      copied.value = false;
    }, 1500);
  };
  const code = written.value ?? brief(expr);
  return (
    <>
      <code class="dataview-code" data-testid="expression" title={code}>
        <span class="dataview-muted">ex.selection = </span>
        {code}
      </code>
      <Button icon="copy" title="Copy the code of this selection" testid="copy" onClick={copy}>
        {copied.value ? "Copied" : "Copy"}
      </Button>
    </>
  );
}

async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https there is no clipboard API; a selected text can still be copied.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
