// The slices that were saved: select one, show it alone, rename it, take it back; save another.
import { useSignal } from "@preact/signals";
import { Button } from "../button";
import { integer } from "../format";
import type { Store } from "../store";
import { useAttempt } from "./attempt";
import type { Slice } from "./curation";
import { Memory } from "./decide";
import { Popover } from "./popover";
import { Scope } from "./scope";

export function Slices({ store }: { store: Store }) {
  const { curation } = store;
  const slices = curation.slices.value;
  return (
    <Popover label="Slices" testid="slices-panel" onClose={() => curation.close()}>
      <SaveSlice store={store} />
      {slices.length > 0 && (
        <ul class="dataview-slices">
          {slices.map((slice) => (
            <Item key={`${slice.id}-${slice.name}`} store={store} slice={slice} />
          ))}
        </ul>
      )}
    </Popover>
  );
}

function SaveSlice({ store }: { store: Store }) {
  const { curation } = store;
  const name = useSignal("");
  const problem = useSignal("");
  const chosen = useSignal<boolean | null>(null);
  const frozen = chosen.value ?? curation.rowsByDefault(store.selection.value);
  const n = store.selectedCount.value;
  if (n === 0) {
    return <p class="dataview-muted-text">Select images to save them as a slice.</p>;
  }
  const save = async () => {
    problem.value = "";
    if (!name.peek().trim()) {
      problem.value = "A slice needs a name";
      return;
    }
    try {
      await curation.act("slice", { name: name.peek().trim(), frozen });
      name.value = "";
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <p class="dataview-popover-title">
        Save {integer(n)} image{n === 1 ? "" : "s"} as a slice
      </p>
      <div class="dataview-row">
        <input
          type="text"
          class="dataview-field"
          aria-label="Name of the slice"
          placeholder="a name, such as night"
          value={name.value}
          maxLength={200}
          data-testid="slice-name"
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
        <Button title="Save the slice (Enter)" testid="slice-save" primary>
          Save
        </Button>
      </div>
      <Scope
        store={store}
        frozen={frozen}
        onChange={(next) => {
          chosen.value = next;
        }}
      />
      <Memory store={store} />
      {problem.value && (
        <p class="dataview-problem" role="alert">
          {problem.value}
        </p>
      )}
    </form>
  );
}

function Item({ store, slice }: { store: Store; slice: Slice }) {
  const { curation } = store;
  const renaming = useSignal<string | null>(null);
  const [problem, attempt] = useAttempt();
  const rename = async () => {
    const name = renaming.peek()?.trim();
    if (name && name !== slice.name) await attempt(curation.rename(slice, name));
    if (!problem.peek()) renaming.value = null;
  };
  const kind = slice.id === "" ? "function" : slice.frozen ? "these rows" : "rule";
  return (
    <li data-testid="slice">
      <div class="dataview-row">
        {renaming.value === null ? (
          <button
            type="button"
            class="dataview-slice"
            data-testid="slice-select"
            disabled={slice.problem !== ""}
            title={`${slice.code}\nClick selects, Shift+click adds${slice.why && `\n${slice.why}`}`}
            onClick={(event) => store.select(slice.expr, event.shiftKey ? "add" : "replace")}
          >
            <span class="dataview-slice-name">{slice.name}</span>
            <span class="dataview-muted">
              {slice.count !== null && `${integer(slice.count)} · `}
              {kind}
            </span>
          </button>
        ) : (
          <form
            class="dataview-row dataview-grow"
            onSubmit={(event) => {
              event.preventDefault();
              rename();
            }}
          >
            <input
              type="text"
              class="dataview-field"
              aria-label={`Another name for ${slice.name}`}
              value={renaming.value}
              maxLength={200}
              ref={(input) => {
                if (input && document.activeElement !== input && renaming.peek() === slice.name)
                  input.focus();
              }}
              data-testid="slice-rename-text"
              onInput={(event) => {
                renaming.value = event.currentTarget.value;
              }}
              onKeyDown={(event) => {
                if (event.key !== "Escape") return;
                event.preventDefault();
                event.stopPropagation(); // the menu stays
                renaming.value = null;
              }}
            />
            <Button title="Rename (Enter)">Rename</Button>
          </form>
        )}
        <Button
          icon="filter"
          title={`Show only the slice ${slice.name}`}
          testid="slice-filter"
          disabled={slice.problem !== ""}
          onClick={() => store.setFilter(slice.expr)}
        />
        {slice.id && (
          <>
            <Button
              icon="edit"
              title={`Rename the slice ${slice.name}`}
              testid="slice-rename"
              onClick={() => {
                renaming.value = slice.name;
              }}
            />
            <Button
              icon="close"
              title={`Remove the slice ${slice.name}`}
              testid="slice-remove"
              onClick={() => attempt(curation.undo(slice.id))}
            />
          </>
        )}
      </div>
      {(problem.value || slice.problem) && (
        <p class="dataview-problem">{problem.value || slice.problem}</p>
      )}
    </li>
  );
}
