// The pane at the side: metrics over the columns, or a panel in their place.
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { labServices } from "../bridge";
import { Button } from "../button";
import { integer } from "../format";
import type { Store } from "../store";
import { Summary } from "../summary/summary";
import { document_, picture, special } from "./display";
import type { Live, Output } from "./plugins";
import { WorkLine } from "./runs";

export function Side({ store }: { store: Store }) {
  const { plugins } = store;
  const panels = plugins.of("panel");
  const tab = plugins.tab.value;
  return (
    <div class="dataview-side">
      {panels.length > 0 && (
        <div class="dataview-tabs dataview-side-tabs" role="tablist" aria-label="Beside the images">
          {[null, ...panels.map(({ name }) => name)].map((name) => (
            <button
              key={name === null ? "columns" : `panel ${name}`}
              type="button"
              role="tab"
              data-testid={name === null ? "side-columns" : `side-${name}`}
              aria-selected={tab === name}
              onClick={() => plugins.showPanel(name)}
            >
              {name ?? "Columns"}
            </button>
          ))}
        </div>
      )}
      {tab === null ? (
        <>
          <Metrics store={store} />
          <Summary store={store} />
          <Waiting store={store} />
        </>
      ) : (
        <Panel key={tab} store={store} name={tab} />
      )}
    </div>
  );
}

/** A line for each metric: of all rows, of the shown, and of the selected ones. */
function Metrics({ store }: { store: Store }) {
  const metrics = store.plugins.live.value.filter(({ kind }) => kind === "metric");
  if (metrics.length === 0) return null;
  return (
    <div class="dataview-metrics" data-testid="metrics" role="group" aria-label="Metrics">
      {metrics.map((metric) => (
        <div key={metric.name} class="dataview-metric" data-testid={`metric-${metric.name}`}>
          <div class="dataview-row" data-stale={metric.state === "running"}>
            <span class="dataview-grow dataview-plugin-name" title={metric.name}>
              {metric.name}
            </span>
            {(["all", "shown", "selected"] as const).map((part) => {
              const value = metric.values?.[part];
              if (value === undefined) return null;
              return (
                <span key={part} data-part={part} title={`of ${part} images`}>
                  <small class="dataview-muted">{part}</small>{" "}
                  {value === null ? "–" : figure(value)}
                </span>
              );
            })}
          </div>
          {metric.state !== "done" && metric.state !== "running" && (
            <WorkLine work={metric} name="" onStop={() => store.plugins.stopPanel(metric)} />
          )}
        </div>
      ))}
    </div>
  );
}

const figure = (value: number) =>
  Number.isInteger(value)
    ? integer(value)
    : value.toLocaleString("en-US", { maximumSignificantDigits: 4 });

/** The statistics that no scan has computed: they were defined since. */
function Waiting({ store }: { store: Store }) {
  const { plugins } = store;
  if (store.progress.value.running) return null;
  const waiting = plugins
    .of("statistic")
    .filter((plugin) => plugin.columns.length === 0 && plugins.runOf(plugin)?.state !== "running");
  if (waiting.length === 0) return null;
  return (
    <div class="dataview-metrics" data-testid="waiting-statistics">
      {waiting.map((plugin) => (
        <div key={plugin.name} class="dataview-row">
          <span class="dataview-grow dataview-plugin-name" title={plugin.doc || plugin.name}>
            {plugin.name} <small class="dataview-muted">not computed</small>
          </span>
          <Button
            title="Compute this column"
            testid={`compute-${plugin.name}`}
            onClick={() => plugins.run(plugin)}
          >
            Compute
          </Button>
        </div>
      ))}
    </div>
  );
}

function Panel({ store, name }: { store: Store; name: string }) {
  const { plugins } = store;
  const live = plugins.liveOf("panel", name);
  const output = plugins.outputs.value[name];
  const current = live?.state === "done" && output?.version === live.version;
  return (
    <section
      class="dataview-pane dataview-panel"
      data-testid={`panel-${name}`}
      aria-label={name}
      aria-busy={!current && (live?.state === "running" || live?.state === "waiting")}
    >
      <div class="dataview-pane-bar">
        <span class="dataview-muted dataview-grow">{live && about(live)}</span>
        <Button title="Draw it again" testid="panel-again" onClick={() => plugins.openPanel(name)}>
          Again
        </Button>
      </div>
      {live && live.state !== "done" && (
        <WorkLine work={live} name="" onStop={() => plugins.stopPanel(live)} />
      )}
      {output && <Shown store={store} output={output} current={current} />}
    </section>
  );
}

function about({ rows, count = 0 }: Live): string {
  if (!rows) return "";
  return rows === "all" ? `all ${integer(count)} images` : `${integer(count)} ${rows}`;
}

interface ShownProps {
  store: Store;
  output: Output;
  /** False: another is being made. */
  current: boolean;
}

function Shown({ store, output, current }: ShownProps) {
  const url = picture(output);
  const html = output.data["text/html"];
  const lab = special(output) !== null && labServices().value !== null;
  const content = () => {
    if (lab) return <Rendered output={output} />;
    if (url) return <img src={url} alt="the panel's output" />;
    if (typeof html === "string") return <Framed html={html} dark={store.dark.value} />;
    return <pre class="dataview-detail-text">{String(output.data["text/plain"] ?? "")}</pre>;
  };
  return (
    <div class="dataview-panel-output" data-current={current}>
      {content()}
    </div>
  );
}

/** HTML of others: in a page of its own, which has no way to this one. */
function Framed({ html, dark }: { html: string; dark: boolean }) {
  return (
    <iframe
      title="the panel's output"
      sandbox="allow-scripts"
      srcdoc={document_(html, dark)}
      referrerpolicy="no-referrer"
    />
  );
}

/** What only JupyterLab can draw, such as a chart of Vega-Lite. */
function Rendered({ output }: { output: Output }) {
  const place = useRef<HTMLDivElement>(null);
  const take = useRef<() => void>(() => {});
  useSignalEffect(() => {
    const services = labServices().value;
    const el = place.current;
    const mime = special(output);
    if (!services || !el || mime === null) return;
    let gone = false;
    const bundle = { [mime]: output.data[mime], "text/plain": output.data["text/plain"] ?? "" };
    services.render(bundle, {}, el).then((dispose) => {
      if (gone) dispose();
      else take.current = dispose;
    });
    return () => {
      gone = true;
      take.current();
    };
  });
  useEffect(() => () => take.current(), []);
  return <div ref={place} class="dataview-rendered" data-key={output.version} />;
}
