// What is on screen as Python: one line of it always, the whole when asked, to copy and to insert.
import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { bridge } from "../bridge";
import { Button } from "../button";
import type { Expr } from "../expressions";
import { brief, hasPositions } from "../format";
import type { Store } from "../store";
import { toClipboard } from "./clipboard";
import { type Part, viewCode, viewParts } from "./viewcode";
import "./code.css";

/** Milliseconds that "Copied" and "Inserted" stand. */
const SAID = 1500;

/** Up to so many picked rows are written out in the line. */
const WRITTEN = 40;

/** The parts of the view with short code, for the line in the footer. */
const short = (store: Store, write = brief): Part[] => viewParts(store.shown.view.value, write);

/** The code of a few picks, which the kernel writes; null until it has, and for any other selection. */
function usePicked(store: Store) {
  const picked = useSignal<{ expr: Expr; code: string } | null>(null);
  useSignalEffect(() => {
    const expr = store.selection.value;
    picked.value = null;
    if (expr?.op !== "rows" || !("at" in expr) || expr.at.length > WRITTEN) return;
    store.code(expr).then((code) => {
      if (code !== null && store.selection.peek() === expr) picked.value = { expr, code };
    });
  });
  return picked;
}

/** The line in the footer, and the buttons. */
export function CodeLine({ store, open }: { store: Store; open: Signal<boolean> }) {
  const picked = usePicked(store);
  const parts = useComputed(() => {
    const known = picked.value;
    return short(store, (expr) => (expr === known?.expr ? known.code : brief(expr)));
  });
  const done = useSignal("");
  const place = useRef<HTMLSpanElement>(null);
  const inLab = useSignal(bridge().lab !== null);
  useEffect(
    () =>
      bridge().onLab(() => {
        inLab.value = bridge().lab !== null;
      }),
    [inLab],
  );
  const act = async (use: (code: string) => Promise<boolean> | boolean, said: string) => {
    const code = await store.shown.code();
    if (code === null) {
      store.complain("the code of picked rows comes from the kernel, which did not answer");
      return;
    }
    if (!(await use(code))) {
      store.complain(`the code could not be ${said.toLowerCase()}`, code);
      return;
    }
    done.value = said;
    setTimeout(() => {
      done.value = "";
    }, SAID);
  };
  return (
    <>
      <button
        type="button"
        class="dataview-code"
        data-testid="expression"
        aria-expanded={open.value}
        title={open.value ? "Hide the code of this view" : "Show the code of this view"}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {parts.value.length === 0 && <span class="dataview-muted">dv.explore(…)</span>}
        {parts.value.map(([name, code], i) => (
          <span key={name}>
            {i > 0 && " · "}
            <span class="dataview-muted">ex.{name} = </span>
            {code}
          </span>
        ))}
      </button>
      <span class="dataview-group" ref={place}>
        <Button
          icon="copy"
          title="Copy the code of this view"
          testid="copy"
          onClick={() => act(toClipboard, "Copied")}
        >
          {done.value === "Copied" ? "Copied" : "Copy"}
        </Button>
        {inLab.value && (
          <Button
            icon="insert"
            title="Insert the code of this view as a cell below"
            testid="insert"
            onClick={() =>
              act((code) => bridge().lab?.insertBelow(code, place.current!) ?? false, "Inserted")
            }
          >
            {done.value === "Inserted" ? "Inserted" : "Insert"}
          </Button>
        )}
      </span>
    </>
  );
}

/** The whole code of the view, as `ex.code()` gives it, while it changes. */
export function CodePanel({ store }: { store: Store }) {
  const code = useSignal(viewCode(store.shown.source.value, short(store)));
  useSignalEffect(() => {
    const { filter, selection } = store.shown.view.value;
    const asks = [filter, selection].some((expr) => expr && hasPositions(expr));
    code.value = viewCode(
      store.shown.source.value,
      viewParts(store.shown.view.value, asks ? brief : undefined),
    );
    if (!asks) return;
    const asked = store.shown.view.value;
    store.shown.code().then((text) => {
      if (text !== null && store.shown.view.peek() === asked) code.value = text;
    });
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys must be able to scroll it.
    <pre class="dataview-viewcode" data-testid="code" tabIndex={0}>
      {code.value}
    </pre>
  );
}
