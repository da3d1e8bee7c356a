// A widget's model over the comm that the kernel has for it, for tabs that belong to no notebook.
//
// JupyterLab's widget manager is bound to a notebook or a console, and its classes are bundled
// anew with every version: an explorer in a tab of its own needs neither. Its view uses the model's
// traits and messages (traits.ts), and those are four methods of one comm.
import type { Model } from "../traits";

/** Sends on the comm; the result is the message's id, and when the kernel has taken it. */
export type Send = (
  data: object,
  buffers: (ArrayBuffer | ArrayBufferView)[],
) => { id: string; done: Promise<unknown> };

/** A message of the comm, as the kernel sends it. */
export interface Received {
  data: Record<string, unknown>;
  buffers?: (ArrayBuffer | ArrayBufferView)[];
  /** The id of the message that it answers. */
  parent?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the model's events have arguments of every type.
type Callback = (...args: any[]) => void;
type State = Record<string, unknown>;

const view = (buffer: ArrayBuffer | ArrayBufferView): DataView =>
  buffer instanceof ArrayBuffer
    ? new DataView(buffer)
    : new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);

export class RemoteModel implements Model {
  private readonly state: State = {};
  private readonly callbacks = new Map<string, Set<Callback>>();
  private changed: State = {};
  /** What waits until the kernel has taken the last change. */
  private due: State | null = null;
  private sending = false;
  private readonly sent = new Set<string>();
  private readonly arrival: Promise<void>;
  private arrive: () => void = () => {};

  constructor(private readonly sendMessage: Send) {
    this.arrival = new Promise((resolve) => {
      this.arrive = resolve;
    });
  }

  /** Asks for the whole state; false where the kernel has no such model. */
  async load(patience = 10_000): Promise<boolean> {
    let came = false;
    const arrived = this.arrival.then(() => {
      came = true;
    });
    // The kernel says nothing about a comm that it does not have: it is idle again without a word.
    const taken = this.sendMessage({ method: "request_state" }, []).done;
    const late = new Promise((resolve) => setTimeout(resolve, patience));
    await Promise.race([arrived, taken.then(() => Promise.race([arrived, settle()])), late]);
    return came;
  }

  get(name: string): unknown {
    return this.state[name];
  }

  set(name: string, value: unknown): void {
    this.changed[name] = value;
    this.put(name, value);
  }

  save_changes(): void {
    this.due = { ...this.due, ...this.changed };
    this.changed = {};
    void this.flush();
  }

  send(content: unknown, _callbacks?: unknown, buffers: ArrayBuffer[] = []): void {
    this.sendMessage({ method: "custom", content }, buffers).done.catch(() => {});
  }

  on(event: string, callback: Callback): void {
    const callbacks = this.callbacks.get(event) ?? new Set();
    this.callbacks.set(event, callbacks.add(callback));
  }

  off(event: string, callback: Callback): void {
    this.callbacks.get(event)?.delete(callback);
  }

  /** Takes a message of the kernel. */
  receive({ data, buffers = [], parent }: Received): void {
    const views = buffers.map(view);
    if (data.method === "custom") this.fire("msg:custom", data.content, views);
    else if (data.method === "update" || data.method === "echo_update") {
      if (data.method === "echo_update" && parent && this.sent.has(parent)) return; // its own words
      const state = data.state as State;
      const paths = (data.buffer_paths ?? []) as (string | number)[][];
      paths.forEach((path, i) => {
        insert(state, path, views[i]);
      });
      for (const [name, value] of Object.entries(state)) this.put(name, value);
      if ("_model_module" in state) this.arrive(); // the whole, not a change that came before it
    }
  }

  private put(name: string, value: unknown): void {
    this.state[name] = value;
    this.fire(`change:${name}`);
  }

  /** One change at a time: the newest of what came meanwhile goes next. */
  private async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    while (this.due) {
      const state = this.due;
      this.due = null;
      const { id, done } = this.sendMessage({ method: "update", state, buffer_paths: [] }, []);
      this.sent.add(id);
      await done.catch(() => {}); // the kernel is gone: its tab says so
    }
    this.sending = false;
  }

  private fire(event: string, ...args: unknown[]): void {
    for (const callback of [...(this.callbacks.get(event) ?? [])]) callback(...args);
  }
}

/** After what is already on its way. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 200));

function insert(state: State, path: (string | number)[], value: unknown): void {
  let at: State = state;
  for (const key of path.slice(0, -1)) at = at[key] as State;
  at[path.at(-1)!] = value;
}
