// A view as Python code: the twin of dataview/views.py. tests/fixtures/views.json holds both to the
// same text.
import type { Expr, Name } from "../expressions";
import type { Arrangement } from "../order";
import { scalarToPython, toPython } from "../python";

/** What is explored, as code; Python writes it. */
export interface Source {
  /** Lines of comment, and lines that come before. */
  notes: string[];
  setup: string[];
  /** The first argument of `explore`, and the others that are no part of the view. */
  x: string;
  arguments: { [name: string]: string };
}

export const NO_SOURCE: Source = { notes: [], setup: [], x: "images", arguments: {} };

/** How wide the panes are: the map as a share, the columns in px. */
export interface PaneWidths {
  map?: number;
  columns?: number;
}

/** What is shown; null for what is as `explore` would show it. */
export interface View {
  filter: Expr | null;
  selection: Expr | null;
  /** undefined: as it would be; null: one colour. */
  colorBy: Name | null | undefined;
  sortBy: { col: Name; descending: boolean } | null;
  map: string | null;
  arrangement: Arrangement;
  panes: PaneWidths;
}

/** A part of a view: the name of the argument and its code. */
export type Part = [name: string, code: string];

/** The parts of a view that are not as `explore` would show them. `write` gives an expression's code. */
export function viewParts(view: View, write: (expr: Expr) => string = toPython): Part[] {
  const parts: Part[] = [];
  if (view.filter) parts.push(["filter", write(view.filter)]);
  if (view.selection) parts.push(["selection", write(view.selection)]);
  if (view.colorBy !== undefined) parts.push(["color_by", scalarToPython(view.colorBy)]);
  if (view.sortBy) {
    const column = scalarToPython(view.sortBy.col);
    parts.push(["sort_by", view.sortBy.descending ? `(${column}, "descending")` : column]);
  }
  if (view.map !== null) parts.push(["map", scalarToPython(view.map)]);
  if (view.arrangement !== "first") parts.push(["arrangement", scalarToPython(view.arrangement)]);
  const widths = Object.entries(view.panes).map(([name, width]) => `"${name}": ${width}`);
  if (widths.length > 0) parts.push(["panes", `{${widths.join(", ")}}`]);
  return parts;
}

const WIDTH = 88;

/** The Python that opens a view again, and gives the selected rows where some are selected. */
export function viewCode(source: Source, parts: readonly Part[]): string {
  const written = ([name, code]: Part) => `${name}=${code}`;
  const given = Object.entries(source.arguments).map(written);
  const all = [source.x, ...given, ...parts.map(written)];
  const rows = parts.some(([name]) => name === "selection") ? ".selected" : "";
  const line = `dv.explore(${all.join(", ")})${rows}`;
  const listed = ["dv.explore(", ...all.map((argument) => `    ${argument},`), `)${rows}`];
  const call = [...line].length <= WIDTH ? [line] : listed;
  return ["import dataview as dv", "", ...source.notes, ...source.setup, ...call].join("\n");
}
