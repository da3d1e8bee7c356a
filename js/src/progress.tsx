// One bar for the work that runs in Python: its stage, rate, time left, and Cancel.
import { useSignal } from "@preact/signals";
import { Button } from "./button";
import { duration, integer, rate, uncounted } from "./format";
import type { Stage } from "./protocol";
import type { Store } from "./store";

export function Progress({ store }: { store: Store }) {
  const { stages, running } = store.progress.value;
  const stopping = useSignal(false);
  if (!running) {
    stopping.value = false;
    return null;
  }
  const stage = stages.find(({ state }) => state === "running");
  const share = stage && stage.total > 0 ? stage.done / stage.total : 0;
  return (
    <div class="dataview-progress" data-testid="progress">
      <ol class="dataview-stages" aria-label="Stages">
        {stages.map(({ name, state }) => (
          <li key={name} data-state={state} title={`${name}: ${state}`}>
            {name}
          </li>
        ))}
      </ol>
      <div
        class="dataview-bar"
        role="progressbar"
        aria-label={stage?.name ?? "starting"}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={stage && stage.total > 0 ? Math.round(100 * share) : undefined}
      >
        <div
          class={stage && stage.total === 0 ? "dataview-unknown" : ""}
          style={{ width: `${100 * share}%` }}
        />
      </div>
      <span class="dataview-muted dataview-figures">{stage ? figures(stage) : "starting"}</span>
      <Button
        title="Stop the work; what is ready stays"
        testid="cancel"
        disabled={stopping.value}
        onClick={() => {
          stopping.value = true;
          store.cancelWork();
        }}
      >
        {stopping.value ? "Stopping …" : "Cancel"}
      </Button>
    </div>
  );
}

/** "4,120 of 6,000 · 69 % · 1,020 from the cache · 830/s · 2 s left" */
export function figures(stage: Stage): string {
  const { done, total, cached = 0 } = stage;
  if (total === 0) return stage.message || uncounted(stage.name);
  const parts = [`${integer(done)} of ${integer(total)}`, `${Math.floor((100 * done) / total)} %`];
  if (cached > 0) parts.push(`${integer(cached)} from the cache`);
  const { speed, left } = pace(stage);
  if (speed > 0) parts.push(rate(speed));
  if (left !== null && done < total) parts.push(`${duration(left)} left`);
  return parts.filter(Boolean).join(" · ");
}

/** Seconds of work that say how fast it is. */
const TELLING = 0.5;

/**
 * Items a second and seconds left. What comes from the cache comes at once, and first: it says
 * nothing about the rest.
 */
function pace({ done, total, cached = 0, rate: all, eta }: Stage) {
  if (cached === 0) return { speed: all, left: eta };
  const seconds = done / all;
  const speed = seconds > TELLING ? (done - cached) / seconds : 0;
  return { speed, left: speed > 0 ? (total - done) / speed : null };
}
