// A model with a small dataset behind it: what anywidget and Python are to the widget.
import type { Schema } from "../src/protocol";
import type { Model } from "../src/traits";

// biome-ignore lint/suspicious/noExplicitAny: messages of every type.
type Message = Record<string, any>;
type Answer = [Message, ArrayBufferView[]?];

/** 100 rows on a 10 x 10 lattice: row i is at (i % 10, floor(i / 10)). */
export const N = 100;

const lattice = Float32Array.from({ length: 2 * N }, (_, i) =>
  i % 2 === 0 ? (i / 2) % 10 : Math.floor(i / 20),
);

export const SCHEMA: Schema = {
  n: N,
  title: "lattice",
  generation: 1,
  table: 1,
  columns: [
    {
      id: 0,
      name: "x",
      text: "x",
      kind: "number",
      role: null,
      group: "",
      shipped: true,
      version: 1,
    },
    {
      id: 1,
      name: "label",
      text: "label",
      kind: "category",
      role: "label",
      group: "",
      shipped: true,
      version: 1,
    },
    {
      id: 2,
      name: "caption",
      text: "caption",
      kind: "text",
      role: null,
      group: "",
      shipped: false,
      version: 1,
    },
  ],
  projections: [{ name: "umap", version: 1, method: "umap", recipe: "0123456789ab" }],
  thumbnail: 96,
};

export class FakeModel implements Model {
  readonly sent: Message[] = [];
  readonly saved: Message[] = [];
  /** False: requests are kept until `flush`. */
  answering = true;
  private readonly kept: Message[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: as in Model.
  private readonly handlers = new Map<string, Set<(...args: any[]) => void>>();
  private changed: Message = {};

  constructor(private readonly state: Message = {}) {
    this.state = { _schema: SCHEMA, _mode: "replace", ...state };
  }

  get(name: string) {
    return this.state[name];
  }

  set(name: string, value: unknown) {
    this.state[name] = value;
    this.changed[name] = value;
    this.fire(`change:${name}`);
  }

  save_changes() {
    this.saved.push(this.changed);
    this.changed = {};
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in Model.
  on(event: string, callback: (...args: any[]) => void) {
    const callbacks = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, callbacks.add(callback));
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in Model.
  off(event: string, callback: (...args: any[]) => void) {
    this.handlers.get(event)?.delete(callback);
  }

  send(content: unknown) {
    const message = structuredClone(content) as Message;
    this.sent.push(message);
    if (this.answering) this.answer(message);
    else this.kept.push(message);
  }

  /** Answers what was kept, after `answering = false`. */
  flush() {
    for (const message of this.kept.splice(0)) this.answer(message);
  }

  /** Python changes a trait. */
  push(name: string, value: unknown) {
    this.state[name] = value;
    this.fire(`change:${name}`);
  }

  receive(content: Message, buffers: DataView[] = []) {
    this.fire("msg:custom", content, buffers);
  }

  ofType(type: string) {
    return this.sent.filter((message) => message.type === type);
  }

  /** What Python says; a test may replace it. An exception is an answer that is not ok. */
  python(request: Message): Answer {
    switch (request.type) {
      case "column":
        if (request.column === 0) {
          const values = Float32Array.from({ length: N }, (_, i) => i % 10);
          return [{ version: 1, encoding: "number", dtype: "float32" }, [values]];
        }
        return [
          {
            version: 1,
            encoding: "code",
            dtype: "uint8",
            categories: ["cat", "dog"],
            values: ["cat", "dog"],
            missing: 255,
          },
          [Uint8Array.from({ length: N }, (_, i) => (i === 0 ? 255 : i % 2))],
        ];
      case "projection":
        return [{ version: 1 }, [lattice]];
      case "mask":
        return [{}, [new Uint8Array(13).fill(1)]]; // every eighth row
      case "thumbnails":
        return [
          {
            rows: request.rows,
            offsets: [0, ...request.rows.map((_: number, i: number) => i + 1)],
            mime: request.rows.map(() => "image/png"),
            sizes: request.rows.map(() => [8, 8]),
            errors: request.rows.map((row: number) => (row === 7 ? "<b>truncated</b>" : null)),
          },
          [new Uint8Array(request.rows.length).fill(65)],
        ];
      default:
        return [{}];
    }
  }

  private answer(message: Message) {
    if (["cancel", "cancel_work", "hello"].includes(message.type)) return;
    queueMicrotask(() => {
      try {
        const [content, arrays = []] = this.python(message);
        const buffers = arrays.map((a) => new DataView(a.buffer, a.byteOffset, a.byteLength));
        this.receive({ id: message.id, ok: true, ...content }, buffers);
      } catch (error) {
        this.receive({ id: message.id, ok: false, error: (error as Error).message });
      }
    });
  }

  fire(event: string, ...args: unknown[]) {
    for (const callback of [...(this.handlers.get(event) ?? [])]) callback(...args);
  }
}

/** Until everything that is on its way has come. */
export async function settled() {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
