// The two lines at the top: what is shown and how; then the filter, the tools and the modes.

import { labServices } from "./bridge";
import { Button } from "./button";
import { CurationBar } from "./curation/bar";
import type { Expr, Name } from "./expressions";
import { integer, phrase } from "./format";
import { grouped } from "./groups";
import { Icon } from "./icons";
import { PluginsButton } from "./plugins/drawer";
import { runnable, runOption } from "./plugins/menu";
import type { ColumnInfo } from "./protocol";
import { conjuncts, join, type Mode } from "./selection";
import type { Store, Tool } from "./store";
import type { ViewState } from "./view";

export function Header({ store, view }: { store: Store; view: ViewState }) {
  const n = store.n.value;
  const count = `${integer(n)} image${n === 1 ? "" : "s"}`;
  const title = store.schema.value.title || "dataset";
  return (
    <header class="dataview-header">
      <h2 class="dataview-title" title={title}>
        {title}
      </h2>
      {title !== count && <span class="dataview-muted">{count}</span>}
      <span class="dataview-space" />
      <ColorMenu store={store} />
      <MapMenu store={store} />
      <SortMenu store={store} />
      <span class="dataview-group">
        <Button
          icon="undo"
          title="Undo (Ctrl+Z)"
          testid="undo"
          disabled={!store.history.canUndo.value && !store.curation.fresh.value}
          onClick={() => store.undo()}
        />
        <Button
          icon="redo"
          title="Redo (Ctrl+Shift+Z)"
          testid="redo"
          disabled={!store.history.canRedo.value && !store.curation.turned.value}
          onClick={() => store.redo()}
        />
      </span>
      {labServices().value && !view.fills.value && (
        <Button
          icon="tab"
          title="Open in a tab of its own"
          testid="open-tab"
          onClick={view.openTab}
        />
      )}
    </header>
  );
}

interface Option {
  value: string;
  text: string;
}

interface MenuProps {
  label: string;
  testid: string;
  value: string;
  /** Those of the first group stand alone, the others under its name. */
  groups: { title: string; options: Option[] }[];
  onChange(value: string): void;
}

/** A native select with its label: it is quick, and every person and screen reader knows it. */
function Menu({ label, testid, value, groups, onChange }: MenuProps) {
  const written = ({ value: own, text }: Option) => (
    <option key={own} value={own} selected={own === value}>
      {text}
    </option>
  );
  return (
    <label class="dataview-menu">
      <span>{label}</span>
      <select
        data-testid={testid}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {groups.map(({ title, options }) =>
          title === "" ? (
            options.map(written)
          ) : (
            <optgroup key={title} label={title}>
              {options.map(written)}
            </optgroup>
          ),
        )}
      </select>
    </label>
  );
}

const shipped = (store: Store) => store.schema.value.columns.filter((column) => column.shipped);
const idOf = (store: Store, name: Name | undefined) =>
  name === undefined ? "" : String(store.columnNamed(name)?.id ?? "");
const columnOf = (store: Store, id: string): ColumnInfo | null =>
  store.schema.value.columns.find((column) => String(column.id) === id) ?? null;

/** Nothing, the user's own columns, and what a scan found by its groups. */
function columnOptions(store: Store, none: string) {
  const groups = grouped(shipped(store)).map(({ key, items }) => ({
    title: key,
    options: items.map(({ id, text }) => ({ value: String(id), text })),
  }));
  return [{ title: "", options: [{ value: "", text: none }] }, ...groups];
}

function ColorMenu({ store }: { store: Store }) {
  return (
    <Menu
      label="Color"
      testid="color-by"
      value={idOf(store, store.colorBy.value?.col)}
      groups={[...columnOptions(store, "none"), ...runnable(store, "clusterer")]}
      onChange={(id) => runOption(store, id) || store.colorByColumn(columnOf(store, id))}
    />
  );
}

function MapMenu({ store }: { store: Store }) {
  const { projections } = store.schema.value;
  if (projections.length === 0) return null;
  return (
    <Menu
      label="Map"
      testid="map-select"
      value={store.maps.wanted.value ?? ""}
      groups={[
        { title: "", options: projections.map(({ name }) => ({ value: name, text: name })) },
        ...runnable(store, "projector"),
        ...runnable(store, "embedder"),
      ]}
      onChange={(name) => runOption(store, name) || store.showMap(name)}
    />
  );
}

function SortMenu({ store }: { store: Store }) {
  const by = store.sortBy.value;
  const flip = () => {
    if (by) store.sortBy.value = { ...by, descending: !by.descending };
  };
  return (
    <span class="dataview-group">
      <Menu
        label="Sort"
        testid="sort-by"
        value={idOf(store, by?.col)}
        groups={[...columnOptions(store, "as given"), ...runnable(store, "sorter")]}
        onChange={(id) => runOption(store, id) || store.sortByColumn(columnOf(store, id))}
      />
      {by && (
        <Button
          icon={by.descending ? "descending" : "ascending"}
          title={by.descending ? "Sorted from high to low" : "Sorted from low to high"}
          testid="sort-direction"
          onClick={flip}
        />
      )}
    </span>
  );
}

const TOOLS: { tool: Tool; title: string }[] = [
  { tool: "lasso", title: "Lasso (L): draw around points" },
  { tool: "rectangle", title: "Rectangle (R)" },
  { tool: "pan", title: "Move the map (P)" },
];

const MODES: { mode: Mode; title: string }[] = [
  { mode: "replace", title: "Replace: a new selection takes the place of the last" },
  { mode: "add", title: "Add to the selection" },
  { mode: "subtract", title: "Subtract from the selection" },
  { mode: "intersect", title: "Intersect with the selection" },
];

export function Tools({ store }: { store: Store }) {
  const selecting = store.selectedCount.value > 0;
  return (
    <div class="dataview-tools" role="toolbar" aria-label="Selection">
      <fieldset class="dataview-group" aria-label="Tool">
        {TOOLS.map(({ tool, title }) => (
          <Button
            key={tool}
            icon={tool}
            title={title}
            testid={`tool-${tool}`}
            pressed={store.tool.value === tool}
            onClick={() => {
              store.tool.value = tool;
            }}
          />
        ))}
      </fieldset>
      <fieldset class="dataview-group" aria-label="Mode">
        {MODES.map(({ mode, title }) => (
          <Button
            key={mode}
            icon={mode}
            title={title}
            testid={`mode-${mode}`}
            pressed={store.mode.value === mode}
            onClick={() => {
              store.mode.value = mode;
            }}
          />
        ))}
      </fieldset>
      <Filter store={store} />
      <span class="dataview-space" />
      <Button
        icon="filter"
        title="Filter the view: show only the selected images"
        testid="keep"
        disabled={!selecting}
        onClick={() => store.keepSelected()}
      >
        Only these
      </Button>
      <Button
        title="Filter the view: hide the selected images; the dataset stays as it is"
        testid="hide"
        disabled={!selecting}
        onClick={() => store.hideSelected()}
      >
        Hide
      </Button>
      <Button
        title="Select nothing (Escape)"
        testid="clear"
        disabled={store.selection.value === null}
        onClick={() => store.clear()}
      >
        Clear
      </Button>
      <CurationBar store={store} />
      <PluginsButton store={store} />
    </div>
  );
}

/** One chip for each condition of the filter. */
function Filter({ store }: { store: Store }) {
  const terms = conjuncts(store.filter.value);
  if (terms.length === 0) return null;
  const without = (term: Expr) => {
    const rest = terms.filter((other) => other !== term);
    store.setFilter(rest.length > 0 ? join("and", rest) : null);
  };
  return (
    <fieldset class="dataview-filter" data-testid="filter" aria-label="Filter">
      {terms.map((term) => {
        const text = phrase(term);
        return (
          <span class="dataview-chip" key={text} title={text}>
            <span>{text}</span>
            <button
              type="button"
              title="Remove this filter"
              aria-label={`Remove the filter ${text}`}
              onClick={() => without(term)}
            >
              <Icon name="close" />
            </button>
          </span>
        );
      })}
    </fieldset>
  );
}
