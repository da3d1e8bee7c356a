// The dataset as the browser has it: its schema, and the arrays behind it as far as they were read.
import { computed, type ReadonlySignal } from "@preact/signals";
import { Arrays } from "./arrays";
import type { Bitset } from "./bitset";
import type { Expr, Name } from "./expressions";
import { Masks } from "./masks";
import {
  type ColumnData,
  type ColumnInfo,
  type Connection,
  decodeColumn,
  decodeMask,
  decodeProjection,
  type Schema,
} from "./protocol";

/** Milliseconds for a mask: a slicer is a function of the user's and may take its time. */
const MASK_TIMEOUT = 60_000;
/** Bytes of columns that stay here when nothing shows them any more. */
const BUDGET = 256e6;

/**
 * Every method reads signals: inside a computed, an effect or a component it fetches what is not
 * here yet, returns null, and runs the reader again when the data have come.
 */
export class Data {
  readonly schema: ReadonlySignal<Schema>;
  readonly n: ReadonlySignal<number>;

  private readonly byName: ReadonlySignal<Map<string, ColumnInfo>>;
  private readonly byId: ReadonlySignal<Map<number, ColumnInfo>>;
  private readonly columns: Arrays<number, ColumnData>;
  private readonly projections: Arrays<string, Float32Array>;
  private readonly remoteMasks: Arrays<string, Bitset>;
  private readonly masks: Masks;

  constructor(schema: ReadonlySignal<Schema>, connection: Connection) {
    this.schema = withStableColumns(schema);
    this.n = computed(() => this.schema.value.n);
    const index = <K>(key: (column: ColumnInfo) => K) =>
      computed(() => new Map(this.schema.value.columns.map((column) => [key(column), column])));
    this.byName = index(({ name }) => JSON.stringify(name));
    this.byId = index(({ id }) => id);

    const { revived } = connection;
    this.columns = new Arrays({
      fetch: async (id) => {
        const kind = this.byId.peek().get(id)?.kind ?? "text";
        const answer = await connection.request("column", { column: id });
        return { data: decodeColumn(answer, kind), version: answer.content.version };
      },
      version: (id) => this.byId.value.get(id)?.version,
      revived,
      size: bytesOf,
      budget: BUDGET,
    });
    this.projections = new Arrays({
      fetch: async (name) => {
        const answer = await connection.request("projection", { name });
        return { data: decodeProjection(answer), version: answer.content.version };
      },
      version: (name) => this.schema.value.projections.find((p) => p.name === name)?.version,
      revived,
    });
    this.remoteMasks = new Arrays({
      fetch: async (key) => {
        const request = { expr: JSON.parse(key) };
        const options = { timeout: MASK_TIMEOUT };
        return { data: decodeMask(await connection.request("mask", request, options)) };
      },
      version: () => this.schema.value.table,
      revived,
    });
    this.masks = new Masks(this);
  }

  /** A column by the name that expressions have. */
  columnNamed(name: Name): ColumnInfo | undefined {
    return this.byName.value.get(JSON.stringify(name));
  }

  column(column: ColumnInfo): ColumnData | null {
    return this.columns.get(column.id);
  }

  /** Why a column could not be had. */
  columnError(column: ColumnInfo): string | null {
    return this.columns.error(column.id);
  }

  hasProjection(name: string): boolean {
    return this.schema.value.projections.some((projection) => projection.name === name);
  }

  /** What stands for how a map was made. */
  recipeOf(name: string): string | undefined {
    return this.schema.value.projections.find((projection) => projection.name === name)?.recipe;
  }

  /** Coordinates x0 y0 x1 y1 ... */
  projection(name: string): Float32Array | null {
    return this.projections.get(name);
  }

  /** Whether `projection` gives the newest version that there is. */
  isNewest(name: string): boolean {
    return this.projections.isNewest(name);
  }

  /** The rows that an expression means. Throws if it has no meaning, with Python's words. */
  mask(expr: Expr): Bitset | null {
    return this.masks.get(expr);
  }

  /** The rows that Python says an expression means. */
  remoteMask(expr: Expr): Bitset | null {
    const key = JSON.stringify(expr);
    const bits = this.remoteMasks.get(key);
    const error = this.remoteMasks.error(key);
    if (error && !bits) throw new Error(error);
    return bits;
  }
}

/**
 * The schema with the same object for each column that stayed the same, so that what depends on
 * one column is not computed again when another comes.
 */
function withStableColumns(schema: ReadonlySignal<Schema>): ReadonlySignal<Schema> {
  const known = new Map<string, ColumnInfo>();
  return computed(() => {
    const columns = schema.value.columns.map((column) => {
      const key = JSON.stringify(column);
      const same = known.get(key) ?? column;
      known.set(key, same);
      return same;
    });
    return { ...schema.value, columns };
  });
}

function bytesOf(column: ColumnData): number {
  if (column.encoding === "number") return column.values.byteLength + column.values.length; // bins
  return column.codes.byteLength + 40 * column.categories.length;
}
