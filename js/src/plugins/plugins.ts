// Plugins: what Python has told of them, what runs, and what is to happen when it is done.
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Expr, Name } from "../expressions";
import type { Answer, ColumnInfo } from "../protocol";
import { conjuncts, join, type Mode } from "../selection";
import { sameJson, type Traits } from "../traits";

export type Kind =
  | "statistic"
  | "slicer"
  | "sorter"
  | "clusterer"
  | "embedder"
  | "projector"
  | "transform"
  | "metric"
  | "panel";

export type Value = number | string | boolean;
export type Values = Record<string, Value>;

/** A parameter; the value of a choice is its position. */
export interface Control {
  name: string;
  kind: "integer" | "number" | "switch" | "choice" | "text";
  value: Value;
  low?: number | null;
  high?: number | null;
  step?: number | null;
  choices?: string[];
}

export interface Plugin {
  kind: Kind;
  name: string;
  /** False: a package offers it, and it is not imported yet. */
  loaded: boolean;
  doc: string;
  /** Where it was defined. */
  place: string;
  removable: boolean;
  parameters: Control[];
  /** As they were last used. */
  values: Values;
  /** The columns that it has filled. */
  columns: Name[];
  /** The maps that it has made. */
  maps?: string[];
  /** It was defined anew since it has filled them. */
  stale: boolean;
  /** Counts how often it was defined. */
  version?: number;
}

interface Work {
  state: "waiting" | "running" | "done" | "failed" | "stopped" | "abandoned";
  message?: string;
  traceback?: string;
  done?: number;
  total?: number;
  /** In seconds since the epoch, by the kernel's clock. */
  began?: number;
  seconds?: number;
  stopping?: boolean;
}

export interface Run extends Work {
  id: number;
  kind: Kind;
  name: string;
}

/** A metric, or a panel that is open. */
export interface Live extends Work {
  kind: "metric" | "panel";
  name: string;
  version: number;
  /** Which rows a panel is about. */
  rows?: "all" | "shown" | "selected";
  count?: number;
  values?: { all?: number | null; shown?: number | null; selected?: number | null };
}

export interface Listing {
  plugins: Plugin[];
  broken: { entry: string; error: string; detail: string }[];
}

/** What a panel shows: texts, JSON and bytes by MIME type. */
export interface Output {
  version: number;
  data: Record<string, unknown>;
  bytes: Record<string, Uint8Array>;
}

/** What to do with the result of a run. */
export type Then = "color" | "sort" | "map" | "filter" | "select" | null;

const USUAL: Partial<Record<Kind, Then>> = {
  clusterer: "color",
  sorter: "sort",
  embedder: "map",
  projector: "map",
};

/** What is needed of the store. */
export interface Host {
  readonly filter: ReadonlySignal<Expr | null>;
  readonly connection: { request(type: string, fields: object): Promise<Answer> };
  columnNamed(name: Name): ColumnInfo | undefined;
  colorByColumn(column: ColumnInfo): void;
  sortByColumn(column: ColumnInfo): void;
  showMap(name: string): void;
  select(expr: Expr, mode?: Mode): void;
  setFilter(expr: Expr | null): void;
  complain(text: string, detail?: string): void;
}

/** A transform with its parameters, as requests have it. */
export interface Transform {
  name: string;
  parameters: Values;
  version: number;
}

export const keyOf = ({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`;

export class Plugins {
  readonly list: ReadonlySignal<Plugin[]>;
  readonly broken: ReadonlySignal<Listing["broken"]>;
  readonly runs: ReadonlySignal<Run[]>;
  readonly live: ReadonlySignal<Live[]>;
  /** Whether the drawer is open. */
  readonly shown = signal(false);
  /** The panel beside the columns; null: the columns themselves. */
  readonly tab: ReadonlySignal<string | null>;
  readonly outputs: ReadonlySignal<Record<string, Output>>;
  /** The transform of the small pictures. */
  readonly transform: ReadonlySignal<Transform | null>;

  private readonly edited = signal<Record<string, Values>>({});
  private readonly chosenTab: Signal<string | null> = signal(null);
  private readonly chosenTransform: Signal<string | null> = signal(null);
  private readonly fetched = signal<Record<string, Output>>({});
  private readonly wishes = new Map<number, { plugin: Plugin; then: Then }>();
  private readonly stops: (() => void)[];

  constructor(
    private readonly host: Host,
    traits: Traits,
  ) {
    const listing = traits.read<Listing>("_plugins", { plugins: [], broken: [] });
    this.list = computed(() => listing.value.plugins);
    this.broken = computed(() => listing.value.broken);
    this.runs = traits.read<Run[]>("_runs", []);
    this.live = traits.read<Live[]>("_panels", []);
    this.outputs = this.fetched;
    this.tab = computed(() => {
      const { value } = this.chosenTab;
      return value !== null && this.find("panel", value) ? value : null;
    });
    let last: Transform | null = null;
    this.transform = computed(() => {
      const next = this.transformNamed(this.chosenTransform.value);
      if (!sameJson(next, last)) last = next;
      return last;
    });
    let known: string[] = [];
    const follow = () => {
      const open = this.live.value.filter(({ kind }) => kind === "panel").map(({ name }) => name);
      const opened = open.find((name) => !known.includes(name));
      known = open;
      if (opened !== undefined) this.chosenTab.value = opened; // a cell has: `ex.run("plot")`
    };
    this.stops = [effect(() => this.finish()), effect(() => this.fetch()), effect(follow)];
  }

  destroy(): void {
    for (const stop of this.stops) stop();
  }

  of(kind: Kind): Plugin[] {
    return this.list.value.filter((plugin) => plugin.kind === kind);
  }

  find(kind: Kind, name: string): Plugin | undefined {
    return this.list.value.find((plugin) => plugin.kind === kind && plugin.name === name);
  }

  /** The last run of a plugin that is still shown. */
  runOf(plugin: { kind: Kind; name: string }): Run | undefined {
    return this.runs.value.filter((run) => keyOf(run) === keyOf(plugin)).at(-1);
  }

  liveOf(kind: "metric" | "panel", name: string): Live | undefined {
    return this.live.value.find((item) => item.kind === kind && item.name === name);
  }

  // ------------------------------------------------------------- parameters

  /** The values of a plugin's controls: as edited here, as last used, or as it has them itself. */
  values(plugin: Plugin): Values {
    const edited = this.edited.value[keyOf(plugin)] ?? {};
    return Object.fromEntries(
      plugin.parameters.map((control) => {
        const wished = edited[control.name] ?? plugin.values[control.name];
        return [control.name, fits(control, wished) ? wished : control.value];
      }),
    );
  }

  edit(plugin: Plugin, name: string, value: Value): void {
    const key = keyOf(plugin);
    const { value: all } = this.edited;
    this.edited.value = { ...all, [key]: { ...all[key], [name]: value } };
  }

  /** Only what differs from the plugin's own: that is what the code says, too. */
  private given(plugin: Plugin): Values {
    const values = this.values(plugin);
    const changed = plugin.parameters.filter(({ name, value }) => values[name] !== value);
    return Object.fromEntries(changed.map(({ name }) => [name, values[name]]));
  }

  // ------------------------------------------------------------------- runs

  /** Runs a plugin; `then` says what becomes of its result, if it is not the usual. */
  run(plugin: Plugin, then: Then = USUAL[plugin.kind] ?? null): void {
    const { kind, name } = plugin;
    const check = then === "filter" || then === "select";
    const parameters = check ? {} : this.given(plugin);
    this.ask("run_plugin", { kind, name, parameters, check }, ({ content }) => {
      this.wishes.set(content.run, { plugin, then });
      this.finish();
    });
  }

  stop(run: Run): void {
    this.ask("stop_run", { run: run.id });
  }

  dismiss(run: Run): void {
    this.ask("dismiss_run", { run: run.id });
  }

  remove({ kind, name }: Plugin): void {
    this.ask("remove_plugin", { kind, name });
  }

  /** Shows the drawer; what packages offer is imported, to know its controls. */
  toggle(): void {
    this.shown.value = !this.shown.peek();
    if (this.shown.peek() && this.list.peek().some(({ loaded }) => !loaded)) {
      this.ask("load_plugins", {});
    }
  }

  private finish(): void {
    for (const run of this.runs.value) {
      const wish = this.wishes.get(run.id);
      if (!wish || run.state === "running") continue;
      this.wishes.delete(run.id);
      if (run.state === "done") this.use(wish.plugin, wish.then);
    }
  }

  private use({ kind, name }: Plugin, then: Then): void {
    const now = this.find(kind, name);
    const column =
      now?.columns[0] === undefined ? undefined : this.host.columnNamed(now.columns[0]);
    const slice: Expr = { op: "slicer", name };
    if (then === "color" && column) this.host.colorByColumn(column);
    if (then === "sort" && column) this.host.sortByColumn(column);
    if (then === "map" && now?.maps?.[0]) this.host.showMap(now.maps[0]);
    if (then === "select") this.host.select(slice, "replace");
    if (then === "filter") {
      this.host.setFilter(join("and", [...conjuncts(this.host.filter.peek()), slice]));
    }
  }

  // ----------------------------------------------------------------- panels

  /** Shows a panel beside the columns; null: the columns. Only one that is shown is computed. */
  showPanel(name: string | null): void {
    const before = this.chosenTab.peek();
    this.chosenTab.value = name;
    if (before !== null && before !== name) this.ask("close_panel", { name: before });
    if (name !== null && before !== name) this.openPanel(name);
  }

  /** Computes a panel or a metric with the values of its controls. */
  openPanel(name: string, kind: "panel" | "metric" = "panel"): void {
    const plugin = this.find(kind, name);
    if (plugin) this.ask("open_panel", { kind, name, parameters: this.given(plugin) });
  }

  stopPanel({ kind, name }: Live): void {
    this.ask("stop_panel", { kind, name });
  }

  private fetch(): void {
    for (const { kind, name, version } of this.live.value) {
      if (kind !== "panel" || version === 0) continue;
      if (this.fetched.peek()[name]?.version === version) continue;
      this.ask("panel_output", { name }, ({ content, buffers }) => {
        const bytes: Output["bytes"] = {};
        content.binary.forEach((mime: string, i: number) => {
          const [from, to] = [content.offsets[i], content.offsets[i + 1]];
          const { buffer, byteOffset } = buffers[0];
          bytes[mime] = new Uint8Array(buffer, byteOffset + from, to - from);
        });
        const output = { version: content.version, data: content.data, bytes };
        this.fetched.value = { ...this.fetched.peek(), [name]: output };
      });
    }
  }

  // ------------------------------------------------------------- transforms

  /** Shows the small pictures through a transform; null: as they are. */
  showThrough(name: string | null): void {
    this.chosenTransform.value = name;
  }

  transformNamed(name: string | null): Transform | null {
    const plugin = name === null ? undefined : this.find("transform", name);
    if (!plugin) return null;
    return { name: plugin.name, parameters: this.given(plugin), version: plugin.version ?? 0 };
  }

  private ask(type: string, fields: object, then: (answer: Answer) => void = () => {}): void {
    this.host.connection.request(type, fields).then(then, (error: Error) => {
      if (error.name !== "CancelledError") this.host.complain(error.message);
    });
  }
}

/** Whether a control can have this value. */
export function fits(control: Control, value: unknown): value is Value {
  const { kind, low, high, choices } = control;
  if (kind === "switch") return typeof value === "boolean";
  if (kind === "text") return typeof value === "string";
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  if (kind === "choice") return Number.isInteger(value) && value in (choices ?? []);
  if (kind === "integer" && !Number.isInteger(value)) return false;
  return value >= (low ?? -Infinity) && value <= (high ?? Infinity);
}
