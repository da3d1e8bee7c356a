// The statistics of every column, in groups that fold, with a search for their names.
import { useSignal } from "@preact/signals";
import { integer } from "../format";
import { found, type Group, grouped, openAtFirst } from "../groups";
import { Icon } from "../icons";
import type { ColumnInfo } from "../protocol";
import type { Store } from "../store";
import { Block } from "./block";
import { Finder } from "./finder";
import { Flag } from "./flag";
import { isOpen, setOpen } from "./folding";
import "./summary.css";

/** With more columns than this there is a search. */
const FEW = 8;

export function Summary({ store }: { store: Store }) {
  const { columns } = store.schema.value;
  const search = useSignal("");
  const searching = search.value.trim() !== "";
  const all = grouped(columns);
  const atFirst = openAtFirst(all);
  const shown = searching ? grouped(found(columns, search.value)) : all;
  return (
    <section class="dataview-pane dataview-summary" data-testid="summary" aria-label="Columns">
      {columns.length > FEW && <Finder search={search} />}
      {columns.length === 0 && <p class="dataview-empty">No columns yet.</p>}
      {columns.length > 0 && shown.length === 0 && (
        <p class="dataview-note dataview-none">no column is called that</p>
      )}
      {shown.map((group) => (
        <Fold
          key={group.key}
          store={store}
          group={group}
          open={searching || isOpen(group.key, atFirst)}
          fixed={searching}
        />
      ))}
    </section>
  );
}

interface FoldProps {
  store: Store;
  group: Group<ColumnInfo>;
  open: boolean;
  /** It cannot be folded now. */
  fixed: boolean;
}

/** One group; the user's own columns have no heading. */
function Fold({ store, group: { key, items }, open, fixed }: FoldProps) {
  return (
    <div class="dataview-column-group" data-group={key}>
      {key !== "" && (
        <button
          type="button"
          class="dataview-fold"
          aria-expanded={open}
          disabled={fixed}
          onClick={() => setOpen(key, !open)}
        >
          <Icon name={open ? "down" : "right"} />
          <span>{key}</span>
          <small>{integer(items.length)}</small>
        </button>
      )}
      {open &&
        items.map((column) =>
          column.kind === "boolean" && column.shipped ? (
            <Flag key={column.id} store={store} column={column} />
          ) : (
            <Block key={column.id} store={store} column={column} />
          ),
        )}
    </div>
  );
}
