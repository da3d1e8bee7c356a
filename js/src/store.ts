// The one state that all views of an explorer share, and everything that is derived from it.
//
// Views read signals and call methods here; they never know each other. Small state is two-way
// with Python (traits.ts). Columns and projections are fetched when something first reads them
// (arrays.ts); masks, colours and order are computed here, so that they work while the kernel is
// busy. There is one store per widget model, however many views show it.
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Bitset, count, equal, fromRows, has } from "./bitset";
import { Shown } from "./code/shown";
import type { PaneWidths } from "./code/viewcode";
import { type ColorScale, colorScale, plainScale } from "./color";
import { Curation } from "./curation/curation";
import { Data } from "./data";
import { type Expr, type Name, not, rowsExpr } from "./expressions";
import { hasPositions } from "./format";
import { History } from "./history";
import type { Polygon } from "./lasso";
import { Maps } from "./maps";
import { fileName, rowLabel } from "./names";
import { type Notice, Notices } from "./notices";
import { type Arrangement, argsort, arrange } from "./order";
import { Plugins } from "./plugins/plugins";
import {
  type ColumnData,
  type ColumnInfo,
  Connection,
  EMPTY_SCHEMA,
  type Message,
  type Progress,
  type Schema,
} from "./protocol";
import { toPython } from "./python";
import { combine, EVERYTHING, lassosIn, type Mode, within } from "./selection";
import { dark } from "./theme";
import { Thumbnails } from "./thumbnails";
import { tighten } from "./tighten";
import { type Model, Traits } from "./traits";

export type { ColorScale } from "./color";
export type { Notice } from "./notices";
export type { Arrangement } from "./order";
export type { ColumnData, ColumnInfo, Progress, Schema } from "./protocol";
export type { Mode } from "./selection";
export type { ThumbnailEntry } from "./thumbnails";

export type Tool = "pan" | "lasso" | "rectangle";

export interface SortBy {
  col: Name;
  descending: boolean;
}

/** What undo goes back to. */
interface Choice {
  selection: Expr | null;
  filter: Expr | null;
}

export class Store {
  readonly schema: ReadonlySignal<Schema>;
  readonly n: ReadonlySignal<number>;
  readonly progress: ReadonlySignal<Progress>;
  /** Failures and messages that were not dismissed. */
  readonly notices: ReadonlySignal<Notice[]>;
  readonly height: ReadonlySignal<number>;
  readonly dark: ReadonlySignal<boolean> = dark;

  readonly mode: Signal<Mode>;
  readonly tool = signal<Tool>("lasso");
  readonly colorBy: Signal<{ col: Name } | null>;
  readonly sortBy: Signal<SortBy | null>;
  readonly arrangement: ReadonlySignal<Arrangement>;
  /** The widths of the panes that are not as they would be. */
  readonly panes: Signal<PaneWidths>;
  readonly shown: Shown;
  /** The row under the pointer in any view; -1: none. */
  readonly hover = signal(-1);
  /** The row in the detail view; -1: it is closed. */
  readonly opened = signal(-1);

  readonly selection: ReadonlySignal<Expr | null>;
  readonly filter: ReadonlySignal<Expr | null>;
  /** The selected rows; null: none. */
  readonly selected: ReadonlySignal<Bitset | null>;
  /** The rows that the filter leaves; null: all. */
  readonly visible: ReadonlySignal<Bitset | null>;
  readonly selectedCount: ReadonlySignal<number>;
  readonly visibleCount: ReadonlySignal<number>;

  readonly maps: Maps;
  readonly color: ReadonlySignal<ColorScale>;
  /** The visible rows in the grid's order. */
  readonly order: ReadonlySignal<Uint32Array>;

  readonly connection: Connection;
  readonly thumbnails: Thumbnails;
  readonly history: History<Choice>;
  readonly curation: Curation;
  readonly plugins: Plugins;

  private readonly traits: Traits;
  private readonly data: Data;
  private readonly said: Notices;
  private readonly selectionTrait: Signal<Expr | null>;
  private readonly filterTrait: Signal<Expr | null>;
  private readonly mapTrait: Signal<string | null>;
  private readonly stops: (() => void)[] = [];
  /** True while rows are picked by hand: then the grid keeps its order under the pointer. */
  private picking = false;
  /** True while Python writes a lasso as the rows it had: that is no step to undo. */
  private freezing = false;
  private readonly around = signal<Bitset | null>(null);
  private readonly arranged: Signal<Arrangement>;

  constructor(model: Model) {
    const traits = new Traits(model);
    this.traits = traits;
    this.progress = traits.read<Progress>("_progress", { stages: [], running: false });
    this.height = traits.read("_height", 640);
    const followed = (name: string, what: string) =>
      traits.both<Expr | null>(name, null, (next, before) => this.hear(what, next, before));
    this.selection = this.selectionTrait = followed("_selection", "selection");
    this.filter = this.filterTrait = followed("_filter", "filter");
    this.colorBy = traits.both<{ col: Name } | null>("_color_by", null);
    this.sortBy = traits.both<SortBy | null>("_sort_by", null);
    this.mapTrait = traits.both<string | null>("_map", null);
    this.mode = traits.both<Mode>("_mode", "replace");
    this.said = new Notices(this.progress, traits.read<Message[]>("_messages", []));
    this.notices = this.said.shown;

    this.connection = new Connection(model);
    this.data = new Data(traits.read("_schema", EMPTY_SCHEMA), this.connection);
    this.schema = this.data.schema;
    this.n = this.data.n;
    this.plugins = new Plugins(this, traits);
    this.thumbnails = new Thumbnails(
      this.connection,
      computed(() => this.schema.value.thumbnail),
      this.plugins.transform,
    );

    this.arrangement = this.arranged = traits.both<Arrangement>("_arrangement", "first");
    this.panes = traits.both<PaneWidths>("_panes", {});
    this.selected = this.mask(this.selection, (bits) => (count(bits) > 0 ? bits : null));
    this.visible = this.mask(this.filter, (bits) => bits);
    this.selectedCount = computed(() => (this.selected.value ? count(this.selected.value) : 0));
    this.visibleCount = computed(() =>
      this.visible.value ? count(this.visible.value) : this.n.value,
    );

    this.shown = new Shown(traits, this, this.mapTrait);
    this.maps = new Maps(this.data, this.mapTrait);
    this.follow(() => this.maps.update());

    const colored = this.shippedColumn(this.colorBy);
    this.color = computed(() => {
      const data = colored.value && this.column(colored.value);
      if (!colored.value || !data) return plainScale(this.n.value, dark.value);
      return colorScale(colored.value, data, dark.value);
    });

    const sortColumn = this.shippedColumn(this.sortBy);
    const descending = computed(() => this.sortBy.value?.descending ?? false);
    const sorted = computed(() => {
      const data = sortColumn.value && this.column(sortColumn.value);
      return data ? argsort(data, descending.value) : null;
    });
    this.follow(() => {
      const selected = this.selected.value;
      if (!this.picking || !selected) this.around.value = selected;
    });
    this.order = computed(() => {
      const around = this.arrangement.value === "all" ? null : this.around.value;
      return arrange(
        this.n.value,
        sorted.value,
        this.visible.value,
        around,
        this.arrangement.value,
      );
    });

    this.history = new History<Choice>({
      selection: this.selection.peek(),
      filter: this.filter.peek(),
    });
    this.curation = new Curation(this, traits);
    // Whoever changed them, a click here or a cell in Python: it can be undone.
    this.follow(() => {
      const choice = { selection: this.selection.value, filter: this.filter.value };
      if (this.freezing) this.history.amend(choice);
      else this.history.push(choice);
      this.freezing = false;
    });
  }

  showMap(name: string): void {
    this.mapTrait.value = name;
  }

  // ------------------------------------------------------------------ data

  /** A column by the name that expressions have. */
  columnNamed(name: Name): ColumnInfo | undefined {
    return this.data.columnNamed(name);
  }

  /** A column's values, or null until they are here; reading them starts the fetch. */
  column(column: ColumnInfo): ColumnData | null {
    return this.data.column(column);
  }

  /** Why a column could not be had. */
  columnError(column: ColumnInfo): string | null {
    return this.data.columnError(column);
  }

  /** A short text for a row: its label, else its file's name, else its position. */
  label(row: number): string {
    return rowLabel(this.data, row);
  }

  /** The name of a row's file without its folders, where the dataset was read from files. */
  fileName(row: number): string | null {
    return fileName(this.data, row);
  }

  // ------------------------------------------------------------- selection

  /**
   * Selects what `expr` says, joined with what is selected as `mode` says, within the filter. A lasso
   * on a map that is forming means the rows that it has around it now.
   */
  select(expr: Expr, mode: Mode = this.mode.peek()): void {
    const passing = expr.op === "lasso" && this.maps.isForming(expr.on);
    const chosen = (passing && this.maps.rowsIn(expr, this.visible.peek())) || expr;
    const term = mode === "subtract" ? chosen : within(chosen, this.filter.peek());
    try {
      this.selectionTrait.value = combine(this.selection.peek(), term, mode, this.n.peek());
    } catch (error) {
      this.complain((error as Error).message); // nested too deep
    }
  }

  /** Selects what is inside a polygon on the shown map, of which few vertices stay. */
  selectLasso(on: string, polygon: Polygon, mode?: Mode): void {
    const points = this.maps.points.peek();
    const few = points && this.maps.name.peek() === on ? tighten(points, polygon) : polygon;
    const recipe = this.data.recipeOf(on);
    this.select({ op: "lasso", on, polygon: few, ...(recipe && { recipe }) }, mode);
  }

  /** Picks rows by position; the grid's order stays as it is. */
  pick(rows: Iterable<number>, mode?: Mode): void {
    this.picking = true;
    this.select(rowsExpr(fromRows(this.n.peek(), rows)), mode);
    this.picking = false;
  }

  /** Takes the last pick back for good; the grid's order stays as it is. */
  unpick(): void {
    this.picking = true;
    this.restore(this.history.drop());
    this.picking = false;
  }

  /** Adds a row to the selection, or takes it out. */
  toggle(row: number): void {
    const selected = this.selected.peek();
    this.pick([row], selected && has(selected, row) ? "subtract" : "add");
  }

  selectAll(): void {
    this.selectionTrait.value = this.filter.peek() ?? EVERYTHING;
  }

  clear(): void {
    this.selectionTrait.value = null;
  }

  setFilter(expr: Expr | null): void {
    this.filterTrait.value = expr;
  }

  /** Leaves only the selected rows, which are then no longer a selection but the view. */
  keepSelected(): void {
    const selection = this.selection.peek();
    if (selection) this.restore({ selection: null, filter: within(selection, this.filter.peek()) });
  }

  /** Leaves the selected rows out of the view. */
  hideSelected(): void {
    const selection = this.selection.peek();
    if (selection) {
      this.restore({ selection: null, filter: within(not(selection), this.filter.peek()) });
    }
  }

  /** Python code of an expression; null where Python, which knows the index, does not answer. */
  async code(expr: Expr): Promise<string | null> {
    if (!hasPositions(expr)) return toPython(expr);
    const answer = await this.connection.request("code", { expr }).catch(() => null);
    return answer ? String(answer.content.code) : null;
  }

  undo(): void {
    if (this.curation.fresh.peek()) {
      this.curation.undoLast().catch((error: Error) => this.complain(error.message));
      return;
    }
    this.restore(this.history.undo());
  }

  redo(): void {
    if (this.curation.turned.peek()) {
      this.curation.redo().catch((error: Error) => this.complain(error.message));
      return;
    }
    this.restore(this.history.redo());
  }

  private restore(choice: Choice | undefined): void {
    if (!choice) return;
    batch(() => {
      this.selectionTrait.value = choice.selection;
      this.filterTrait.value = choice.filter;
    });
  }

  // ------------------------------------------------------------------ view

  open(row: number): void {
    this.opened.value = row;
  }

  /** Arranges the grid around what is selected now. */
  arrange(arrangement: Arrangement): void {
    batch(() => {
      this.around.value = this.selected.peek();
      this.arranged.value = arrangement;
    });
  }

  /** Colours by a column; null: one colour. */
  colorByColumn(column: ColumnInfo | null): void {
    this.colorBy.value = column && { col: column.name };
  }

  /** Orders the grid by a column; null: as given. */
  sortByColumn(column: ColumnInfo | null): void {
    const descending = this.sortBy.peek()?.descending ?? false;
    this.sortBy.value = column && { col: column.name, descending };
  }

  /** Stops the work that is running in Python. */
  cancelWork(): void {
    this.connection.tell("cancel_work");
  }

  /** Says an error that arose here. */
  complain(text: string, detail = ""): void {
    this.said.say("error", text, detail);
  }

  dismiss(key: string): void {
    this.said.dismiss(key);
  }

  destroy(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.plugins.destroy();
    this.thumbnails.destroy();
    this.connection.destroy();
    this.traits.destroy();
  }

  // ---------------------------------------------------------------- inside

  /** Python has changed the selection or the filter. */
  private hear(what: string, next: Expr | null, before: Expr | null): void {
    const moved = lassosIn(before).some(({ on }) => this.maps.isMoving(on));
    if (!moved || next?.op !== "rows") return;
    this.freezing = true;
    this.said.say("info", `the map has changed; the ${what} keeps its rows`);
  }

  /** The column that a trait names, where its values are for the browser. */
  private shippedColumn(by: ReadonlySignal<{ col: Name } | null>) {
    return computed(() => {
      const column = by.value && this.columnNamed(by.value.col);
      return column?.shipped ? column : null;
    });
  }

  private follow(fn: () => void): void {
    this.stops.push(effect(fn));
  }

  /** The mask of an expression; the last one stays until what a new one needs is here. */
  private mask(
    expr: ReadonlySignal<Expr | null>,
    finish: (bits: Bitset) => Bitset | null,
  ): ReadonlySignal<Bitset | null> {
    const bits = signal<Bitset | null>(null);
    this.follow(() => {
      const wanted = expr.value;
      if (!wanted) {
        bits.value = null;
        return;
      }
      try {
        const found = this.data.mask(wanted);
        const next = found && finish(found);
        const same = next && bits.peek() && equal(next, bits.peek()!);
        if (found && !same) bits.value = next;
      } catch (error) {
        bits.value = null;
        this.complain((error as Error).message);
      }
    });
    return bits;
  }
}
