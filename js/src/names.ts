// What a row is called: its label, else its file's name, else its position.
import type { Data } from "./data";

/** A short text for a row. */
export function rowLabel(data: Data, row: number): string {
  const column = data.schema.value.columns.find(({ role }) => role === "label");
  const values = column?.shipped ? data.column(column) : null;
  if (values?.encoding === "code") {
    const code = values.codes[row];
    if (code !== values.missing) return values.categories[code] ?? "";
  }
  if (values?.encoding === "number") return String(values.values[row]);
  return fileName(data, row) ?? `row ${row.toLocaleString("en-US")}`;
}

/** The name of a row's file without its folders, where the dataset was read from files. */
export function fileName(data: Data, row: number): string | null {
  const column = data.columnNamed("path");
  const values = column?.shipped ? data.column(column) : null;
  if (values?.encoding !== "code") return null;
  return values.categories[values.codes[row]]?.split(/[\\/]/).at(-1) || null;
}
