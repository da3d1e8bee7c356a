// What runs, and what became of it: the time, Stop, and the traceback of what went wrong.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button } from "../button";
import { integer } from "../format";
import type { Store } from "../store";
import type { Live, Run } from "./plugins";

/** The runs that somebody should know of, where the drawer does not show them. */
export function RunLines({ store }: { store: Store }) {
  const { plugins } = store;
  const runs = plugins.runs.value.filter(
    ({ state, message }) => state === "running" || (state !== "stopped" && message),
  );
  if (runs.length === 0 || plugins.shown.value) return null;
  return (
    <div class="dataview-messages" role="log" aria-label="Plugins that run" data-testid="runs">
      {runs.map((run) => (
        <RunLine key={run.id} store={store} run={run} named />
      ))}
    </div>
  );
}

interface RunLineProps {
  store: Store;
  run: Run;
  /** Whether the line says which plugin it is about. */
  named?: boolean;
}

export function RunLine({ store, run, named }: RunLineProps) {
  const { plugins } = store;
  return (
    <WorkLine
      work={run}
      name={named ? run.name : ""}
      onStop={() => plugins.stop(run)}
      onDismiss={() => plugins.dismiss(run)}
    />
  );
}

interface WorkLineProps {
  work: Run | Live;
  name: string;
  onStop(): void;
  onDismiss?(): void;
}

export function WorkLine({ work, name, onStop, onDismiss }: WorkLineProps) {
  const open = useSignal(false);
  const seconds = useSeconds(work);
  const { state, message = "", traceback = "", done = 0, total = 0 } = work;
  const said = name ? `${name} ` : "";
  if (state === "running") {
    const share = total > 0 ? ` · ${integer(done)} of ${integer(total)}` : "";
    return (
      <div class="dataview-message" data-level="info" data-state={state} data-run={work.name}>
        <div class="dataview-message-line">
          <span class="dataview-message-text">
            {`${said}${work.stopping ? "is being stopped" : "runs"} · ${seconds} s${share}`}
          </span>
          <Button title="Stop it; nothing of it is kept" testid="stop-run" onClick={onStop}>
            Stop
          </Button>
        </div>
      </div>
    );
  }
  if (!message) return null;
  const level = state === "failed" ? "error" : "warning";
  const words = state === "failed" && !message.startsWith(work.name) ? `${said}failed: ` : "";
  return (
    <div class="dataview-message" data-level={level} data-state={state} data-run={work.name}>
      <div class="dataview-message-line">
        <span class="dataview-message-text">{`${words}${message}`}</span>
        {traceback && (
          <Button
            title="The traceback"
            testid="traceback"
            expanded={open.value}
            onClick={() => {
              open.value = !open.value;
            }}
          >
            {open.value ? "Hide details" : "Details"}
          </Button>
        )}
        {onDismiss && <Button icon="close" title="Dismiss" onClick={onDismiss} />}
      </div>
      {open.value && <pre class="dataview-detail-text">{traceback}</pre>}
    </div>
  );
}

/** Seconds since a piece of work was first seen running here: clocks of two machines differ. */
function useSeconds({ state }: Run | Live): number {
  const seconds = useSignal(0);
  useEffect(() => {
    if (state !== "running") return;
    const began = Date.now();
    const timer = setInterval(() => {
      seconds.value = Math.round((Date.now() - began) / 1000);
    }, 500);
    return () => clearInterval(timer);
  }, [state, seconds]);
  return seconds.value;
}
