// The log: every decision, the newest first, with what it came to; and where the file is.
import { useEffect } from "preact/hooks";
import { Button } from "../button";
import { integer } from "../format";
import type { Store } from "../store";
import { useAttempt } from "./attempt";
import type { Decision } from "./curation";
import { Popover } from "./popover";

export function Decisions({ store }: { store: Store }) {
  const { curation } = store;
  const { acts, path, memory } = curation.log.value;
  const [problem, attempt] = useAttempt();
  useEffect(() => curation.refresh(), [curation]);
  return (
    <Popover label="Decisions" testid="decisions-panel" onClose={() => curation.close()}>
      <div class="dataview-row">
        <p class="dataview-popover-title dataview-grow">Decisions</p>
        <Button
          icon="redo"
          title="Bring the decision again that was taken back last"
          testid="redo-act"
          disabled={!curation.log.value.redoable}
          onClick={() => attempt(curation.redo())}
        />
        <Button icon="close" title="Close (Escape)" onClick={() => curation.close()} />
      </div>
      <p class="dataview-log-place" data-testid="log-place" title={path}>
        {path ? (
          <>
            Saved in <code>{path}</code>
          </>
        ) : (
          `Kept until the kernel ends: ${memory}`
        )}
      </p>
      {problem.value && (
        <p class="dataview-problem" role="alert">
          {problem.value}
        </p>
      )}
      {acts.length === 0 ? (
        <p class="dataview-muted-text">
          Nothing is decided yet. Select images, then tag, exclude, relabel or note.
        </p>
      ) : (
        <ol class="dataview-decisions">
          {acts.map((act) => (
            <Line key={act.id} act={act} onUndo={() => attempt(curation.undo(act.id))} />
          ))}
        </ol>
      )}
      {acts.length > 0 && (
        <p class="dataview-muted-text">
          All of them, as a DataFrame: <code>ex.log.frame</code>
        </p>
      )}
    </Popover>
  );
}

function Line({ act, onUndo }: { act: Decision; onUndo(): void }) {
  const moved = act.now !== null && act.now !== act.count;
  return (
    <li data-testid="decision" data-undone={act.undone}>
      <div class="dataview-row">
        <span class="dataview-decision-text">{act.text}</span>
        <span class="dataview-muted" title={moved ? "rows it was about, and is about now" : "rows"}>
          {integer(act.count)}
          {moved && ` → ${integer(act.now!)}`}
        </span>
        {act.undone ? (
          <span class="dataview-muted">taken back</span>
        ) : (
          <Button title={`Take back: ${act.text}`} testid="undo-act" onClick={onUndo}>
            Undo
          </Button>
        )}
      </div>
      {act.why && <p class="dataview-why">{act.why}</p>}
      <p class="dataview-muted-text" title={act.code}>
        <time dateTime={act.when}>{when(act.when)}</time>
        {act.who && ` · ${act.who}`}
        {" · "}
        {act.frozen && "these rows: "}
        <code>{act.code}</code>
      </p>
      {act.problem && !act.undone && <p class="dataview-problem">{act.problem}</p>}
    </li>
  );
}

/** The time of day; before today, the date with it. */
function when(iso: string): string {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  return today ? date.toLocaleTimeString() : date.toLocaleString();
}
