// The messages between Python and the browser: requests from here, answers with binary buffers.
// The Python end is dataview/protocol.py. State that is small and shared is in traits.ts.
import { type ReadonlySignal, signal } from "@preact/signals";
import type * as tables from "./evaluate";
import type { Name } from "./expressions";
import type { Model } from "./traits";

export type ColumnKind = "number" | "category" | "boolean" | "datetime" | "text";

export interface ColumnInfo {
  id: number;
  /** The column's name as expressions have it. */
  name: Name;
  /** The name as it is displayed. */
  text: string;
  kind: ColumnKind;
  role: string | null;
  /** What a scan found it out of: "image", "camera", ...; "" for the user's own columns. */
  group: string;
  /** When a flag is set: Python code. */
  rule?: string;
  /** False: its values stay in Python, and so does filtering by it. */
  shipped: boolean;
  /** Changes when the values do. */
  version: number;
}

export interface ProjectionInfo {
  name: string;
  version: number;
  method: string;
  /** What stands for how it was made: lassos name it. */
  recipe?: string;
  /** More of it is to come: newer versions, in which the points are elsewhere. */
  forming?: boolean;
}

export interface Schema {
  n: number;
  title: string;
  /** Counts up with every change. */
  generation: number;
  /** Changes when the columns do; masks that Python made are then asked again. */
  table: number;
  columns: ColumnInfo[];
  projections: ProjectionInfo[];
  /** The long side of a thumbnail in pixels. */
  thumbnail: number;
}

export interface Stage {
  name: string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  /** How many of the done ones the cache had. */
  cached?: number;
  /** Items per second. */
  rate: number;
  /** Seconds left. */
  eta: number | null;
  message: string;
  traceback: string;
}

export interface Progress {
  stages: Stage[];
  running: boolean;
}

export interface Message {
  id: number;
  level: "info" | "warning" | "error";
  text: string;
  detail: string;
}

export const EMPTY_SCHEMA: Schema = {
  n: 0,
  title: "",
  generation: -1,
  table: -1,
  columns: [],
  projections: [],
  thumbnail: 96,
};

type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** Numbers and datetimes, as expressions take them. */
export interface NumberColumn extends tables.NumberColumn {
  values: NumberArray;
}

/** Categories, booleans and texts, as expressions take them. */
export interface CodeColumn extends tables.CodeColumn {
  codes: Uint8Array | Uint16Array | Uint32Array;
  /** What is displayed for each of `values`. */
  categories: string[];
}

export type ColumnData = NumberColumn | CodeColumn;

export interface Picture {
  row: number;
  mime: string;
  bytes: Uint8Array;
  width: number;
  height: number;
  error: string | null;
}

/** A value of a row, as text; null where it is missing. */
export interface Field {
  text: string;
  value: string | null;
  kind: ColumnKind;
  group: string;
}

export interface Sample {
  index: string;
  fields: Field[];
  width: number;
  height: number;
  mime: string;
  error: string | null;
  bytes: Uint8Array | null;
}

/** What a request is answered with. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: each type of request has its own fields.
  content: Record<string, any>;
  buffers: DataView[];
}

export class TimeoutError extends Error {}
export class CancelledError extends Error {}

interface Pending {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
  since: number;
}

export interface RequestOptions {
  /** Milliseconds after which the request fails with `TimeoutError`. */
  timeout?: number;
  /** Aborting cancels the request in Python, if it has not begun, and fails it here. */
  signal?: AbortSignal;
}

const TIMEOUT = 30_000;
const SLOW = 1_000;

/** One conversation with Python: a promise for each request, with timeout and cancel. */
export const LOST = "the kernel of this view was restarted or has ended: run its cell again";

export class Connection {
  /** True while a request waits for longer than a second. */
  readonly waiting: ReadonlySignal<boolean>;
  /** True when there is no kernel to send to: it was restarted, or has ended. */
  readonly lost: ReadonlySignal<boolean>;
  /** Counts up when Python is heard again after a timeout: the moment to ask once more. */
  readonly revived: ReadonlySignal<number>;

  private readonly slow = signal(false);
  private readonly gone = signal(false);
  private readonly revivals = signal(0);
  private readonly pending = new Map<number, Pending>();
  private readonly clock: ReturnType<typeof setInterval>;
  // Answers reach every page that shows the model: ids of two of them must not meet.
  private lastId = Math.floor(Math.random() * 2 ** 31) * 2 ** 20;
  private silent = false;

  constructor(private readonly model: Model) {
    this.waiting = this.slow;
    this.lost = this.gone;
    this.revived = this.revivals;
    model.on("msg:custom", this.receive);
    model.on("comm_live_update", this.greet); // JupyterLab's manager: the kernel was restarted, or is back
    this.clock = setInterval(this.look, 250);
    this.greet();
  }

  /** Sends a message that has no answer. */
  tell(type: string, fields: object = {}): void {
    this.send({ ...fields, id: ++this.lastId, type });
  }

  /** Whether a message is on its way. */
  private send(content: object): boolean {
    try {
      this.model.send(content);
      this.gone.value = false;
    } catch {
      this.gone.value = true; // a comm whose kernel is gone throws
    }
    return !this.gone.peek();
  }

  private readonly greet = () => this.tell("hello");

  /** Sends a request; the promise fails with Python's words, `TimeoutError` or `CancelledError`. */
  request(type: string, fields: object, options: RequestOptions = {}): Promise<Answer> {
    const { timeout = TIMEOUT, signal: abort } = options;
    if (abort?.aborted) return Promise.reject(new CancelledError(type));
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.silent = true;
        this.settle(id)?.reject(
          new TimeoutError(`no answer from the kernel in ${timeout / 1000} s (${type})`),
        );
      }, timeout);
      this.pending.set(id, { resolve, reject, timer, since: Date.now() });
      abort?.addEventListener("abort", () => this.cancel(id, type), { once: true });
      if (!this.send({ ...fields, id, type })) this.settle(id)?.reject(new Error(LOST));
    });
  }

  destroy(): void {
    clearInterval(this.clock);
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.greet);
    for (const id of [...this.pending.keys()]) {
      this.settle(id)?.reject(new CancelledError("the view was closed"));
    }
  }

  private cancel(id: number, type: string): void {
    const request = this.settle(id);
    if (!request) return;
    this.send({ type: "cancel", id });
    request.reject(new CancelledError(type));
  }

  /** Takes a request off the list, if it is still on it. */
  private settle(id: number): Pending | undefined {
    const request = this.pending.get(id);
    if (request) clearTimeout(request.timer);
    this.pending.delete(id);
    return request;
  }

  private readonly receive = (content: Answer["content"], buffers: DataView[] = []): void => {
    if (this.silent) {
      this.silent = false;
      this.revivals.value += 1;
    }
    const request = this.settle(content?.id);
    this.look();
    if (!request) return;
    if (content.ok) request.resolve({ content, buffers });
    else request.reject(new Error(String(content.error)));
  };

  private readonly look = (): void => {
    const oldest = Math.min(...[...this.pending.values()].map(({ since }) => since));
    this.slow.value = Date.now() - oldest > SLOW;
  };
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
} as const;

/** A typed array over the buffer, or over a copy where its start is not aligned. */
function typed<K extends keyof typeof ARRAYS>(
  view: DataView,
  dtype: K,
): InstanceType<(typeof ARRAYS)[K]> {
  const type = ARRAYS[dtype];
  if (!type) throw new Error(`unknown dtype ${dtype}`);
  const length = view.byteLength / type.BYTES_PER_ELEMENT;
  const aligned = view.byteOffset % type.BYTES_PER_ELEMENT === 0;
  const start = aligned ? view.byteOffset : 0;
  const buffer = aligned ? view.buffer : bytes(view).slice().buffer;
  return new type(buffer as ArrayBuffer, start, length) as InstanceType<(typeof ARRAYS)[K]>;
}

function bytes(view: DataView, start = 0, end = view.byteLength): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start);
}

export function decodeColumn({ content, buffers }: Answer, kind: ColumnKind): ColumnData {
  if (content.encoding === "number") {
    const values = typed(buffers[0], content.dtype as keyof typeof ARRAYS);
    return { kind, encoding: "number", values, tz: content.tz ?? null };
  }
  return {
    kind,
    encoding: "code",
    codes: typed(buffers[0], content.dtype as "uint8" | "uint16" | "uint32"),
    categories: content.categories,
    values: content.values,
    missing: content.missing ?? null,
    ordered: content.ordered ?? false,
  };
}

/** Coordinates x0 y0 x1 y1 ...; NaN: not on the map. */
export function decodeProjection({ buffers }: Answer): Float32Array {
  return typed(buffers[0], "float32");
}

/** A bitset: row i is bit i & 7 of byte i >> 3. */
export function decodeMask({ buffers }: Answer): Uint8Array {
  return bytes(buffers[0]).slice();
}

export function decodeThumbnails({ content, buffers }: Answer): Picture[] {
  return content.rows.map((row: number, i: number) => ({
    row,
    mime: content.mime[i],
    bytes: buffers[0]
      ? bytes(buffers[0], content.offsets[i], content.offsets[i + 1])
      : new Uint8Array(0),
    width: content.sizes[i]?.[0] ?? 0,
    height: content.sizes[i]?.[1] ?? 0,
    error: content.errors[i] ?? null,
  }));
}

export function decodeSample({ content, buffers }: Answer): Sample {
  return {
    index: String(content.index),
    fields: content.fields,
    width: content.width ?? 0,
    height: content.height ?? 0,
    mime: content.mime ?? "",
    error: content.error ?? null,
    bytes: buffers[0] ? bytes(buffers[0]) : null,
  };
}
