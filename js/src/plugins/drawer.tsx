// The plugins below the tools line: by kind, with their controls, what they do, and how that went.
import { Button } from "../button";
import { Popover } from "../curation/popover";
import { Icon } from "../icons";
import type { Store } from "../store";
import { Controls } from "./controls";
import { type Kind, keyOf, type Plugin } from "./plugins";
import { RunLine, WorkLine } from "./runs";
import "./plugins.css";

const KINDS: { kind: Kind; title: string; does: string }[] = [
  { kind: "statistic", title: "Statistics", does: "a column from every image" },
  { kind: "slicer", title: "Slicers", does: "pick rows" },
  { kind: "sorter", title: "Sorters", does: "order the images" },
  { kind: "clusterer", title: "Clusterers", does: "group the vectors" },
  { kind: "embedder", title: "Embedders", does: "vectors from every image" },
  { kind: "projector", title: "Projectors", does: "a map from the vectors" },
  { kind: "transform", title: "Transforms", does: "show images in another way" },
  { kind: "metric", title: "Metrics", does: "a number of the selection" },
  { kind: "panel", title: "Panels", does: "show the selection" },
];

export function PluginsButton({ store }: { store: Store }) {
  const { plugins } = store;
  const failed = plugins.runs.value.filter(({ state }) => state === "failed").length;
  const running = plugins.runs.value.some(({ state }) => state === "running");
  const broken = plugins.broken.value.length > 0;
  return (
    <span class="dataview-group" data-opens>
      <Button
        title="Plugins (U): functions of yours that work on these images"
        testid="plugins"
        expanded={plugins.shown.value}
        onClick={() => plugins.toggle()}
      >
        Plugins
        {running && <span class="dataview-badge" data-state="running" title="one is running" />}
        {!running && (failed > 0 || broken) && (
          <span class="dataview-badge" data-state="failed" title="one has failed" />
        )}
        <Icon name="down" />
      </Button>
    </span>
  );
}

export function PluginsDrawer({ store }: { store: Store }) {
  const { plugins } = store;
  if (!plugins.shown.value) return null;
  const close = () => {
    plugins.shown.value = false;
  };
  const groups = KINDS.map((group) => ({ ...group, items: plugins.of(group.kind) }));
  const none = groups.every(({ items }) => items.length === 0);
  return (
    <Popover label="Plugins" testid="plugins-drawer" onClose={close}>
      <div class="dataview-plugins">
        <div class="dataview-row">
          <span class="dataview-popover-title dataview-grow">Plugins</span>
          <Button icon="close" title="Close (Escape)" onClick={close} />
        </div>
        {none && <Empty />}
        {groups
          .filter(({ items }) => items.length > 0)
          .map(({ kind, title, does, items }) => (
            <section key={kind} aria-label={title} data-kind={kind}>
              <h3 class="dataview-plugins-kind">
                {title} <small class="dataview-muted">{does}</small>
              </h3>
              {items.map((plugin) => (
                <Item key={keyOf(plugin)} store={store} plugin={plugin} />
              ))}
            </section>
          ))}
        {plugins.broken.value.map(({ entry, error, detail }) => (
          <details key={entry} class="dataview-broken" data-testid="broken-plugin">
            <summary>
              <strong>{entry}</strong> could not be loaded: {error}
            </summary>
            <pre class="dataview-detail-text">{detail}</pre>
          </details>
        ))}
      </div>
    </Popover>
  );
}

function Empty() {
  return (
    <>
      <p>A function in a cell is a plugin, and is here at once:</p>
      <pre class="dataview-detail-text">
        {"@dv.statistic\ndef redness(image):\n    return image[..., 0].mean() / 255"}
      </pre>
    </>
  );
}

function Item({ store, plugin }: { store: Store; plugin: Plugin }) {
  const { plugins } = store;
  const { kind, name, doc, place, removable, loaded } = plugin;
  const run = plugins.runOf(plugin);
  const live = kind === "metric" || kind === "panel" ? plugins.liveOf(kind, name) : undefined;
  return (
    <div class="dataview-plugin" data-testid={`plugin-${kind}-${name}`}>
      <div class="dataview-row">
        <span class="dataview-grow dataview-plugin-name" title={place}>
          {name}
        </span>
        <Actions store={store} plugin={plugin} />
        {removable && (
          <Button
            icon="close"
            title={`Remove ${name}, until its cell is run again`}
            testid="remove-plugin"
            onClick={() => plugins.remove(plugin)}
          />
        )}
      </div>
      {doc && <div class="dataview-muted dataview-plugin-doc">{doc}</div>}
      {!loaded && <div class="dataview-muted">{place} is being imported …</div>}
      <Controls plugins={plugins} plugin={plugin} onChange={() => changed(store, plugin)} />
      {run && <RunLine store={store} run={run} />}
      {live && <WorkLine work={live} name="" onStop={() => plugins.stopPanel(live)} />}
    </div>
  );
}

/** What is shown all the time follows its controls. */
function changed({ plugins }: Store, { kind, name }: Plugin): void {
  if (kind === "metric") plugins.openPanel(name, "metric");
  if (kind === "panel" && plugins.tab.peek() === name) plugins.openPanel(name);
}

function Actions({ store, plugin }: { store: Store; plugin: Plugin }) {
  const { plugins } = store;
  const { kind, name, columns, stale } = plugin;
  if (kind === "metric") return null;
  if (kind === "panel") {
    const shown = plugins.tab.value === name;
    return (
      <Button
        title={shown ? "Show the columns again" : "Show it beside the images"}
        testid="show-panel"
        pressed={shown}
        onClick={() => {
          plugins.showPanel(shown ? null : name);
          if (!shown) plugins.shown.value = false; // it lies over the panel
        }}
      >
        Show
      </Button>
    );
  }
  if (kind === "transform") {
    const shown = plugins.transform.value?.name === name;
    return (
      <Button
        title="Show the small pictures so; a large one has the choice beside it"
        testid="use-transform"
        pressed={shown}
        onClick={() => plugins.showThrough(shown ? null : name)}
      >
        In the grid
      </Button>
    );
  }
  const again = columns.length > 0;
  const words = again ? "Run again" : "Run";
  return (
    <>
      {stale && <span class="dataview-stale">changed</span>}
      {kind === "slicer" && (
        <>
          <Button
            title="Select its rows"
            testid="slicer-select"
            onClick={() => plugins.run(plugin, "select")}
          >
            Select
          </Button>
          <Button
            title="Show only its rows"
            testid="slicer-filter"
            onClick={() => plugins.run(plugin, "filter")}
          >
            Filter
          </Button>
        </>
      )}
      <Button
        title={stale ? "It was defined anew since it ran" : "Run it on all images"}
        testid="run-plugin"
        onClick={() => plugins.run(plugin)}
      >
        {kind === "slicer" ? "Column" : words}
      </Button>
    </>
  );
}
