import { beforeEach, expect, test, vi } from "vitest";
import { RemoteModel } from "../src/lab/remote";

interface Sent {
  data: Record<string, unknown>;
  buffers: unknown[];
  id: string;
  take(): void;
}

let sent: Sent[];
let model: RemoteModel;

beforeEach(() => {
  sent = [];
  model = new RemoteModel((data, buffers) => {
    const id = `m${sent.length}`;
    let take = () => {};
    const done = new Promise<void>((resolve) => {
      take = resolve;
    });
    sent.push({ data: data as Record<string, unknown>, buffers, id, take });
    return { id, done };
  });
});

const settle = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

test("the state is asked for, and is there when it has come", async () => {
  const loading = model.load();
  expect(sent[0].data).toEqual({ method: "request_state" });
  model.receive({ data: { method: "update", state: { _n: 1 } } }); // work goes on there
  const bytes = new Uint8Array([7, 8]);
  const state = { _model_module: "anywidget", _n: 3, _deep: { x: null } };
  const data = { method: "update", state, buffer_paths: [["_deep", "x"]] };
  model.receive({ data, buffers: [bytes] });
  expect(await loading).toBe(true);
  expect(model.get("_n")).toBe(3);
  const { x } = model.get("_deep") as { x: DataView };
  expect([x.getUint8(0), x.getUint8(1), x.byteLength]).toEqual([7, 8, 2]);
});

test("a kernel without the model says nothing, and that is an answer", async () => {
  const loading = model.load();
  sent[0].take();
  expect(await loading).toBe(false);
});

test("while the kernel works on one change, the newest of the later ones waits", async () => {
  const change = (value: number) => {
    model.set("_a", value);
    model.save_changes();
  };
  change(1);
  change(2);
  change(3);
  model.set("_b", "x");
  model.save_changes();
  expect(sent.map(({ data }) => data.state)).toEqual([{ _a: 1 }]);
  sent[0].take();
  await settle();
  expect(sent.map(({ data }) => data.state)).toEqual([{ _a: 1 }, { _a: 3, _b: "x" }]);
});

test("its own changes that come back as echoes do not undo newer ones; another page's count", () => {
  model.set("_a", 1);
  model.save_changes();
  model.set("_a", 2);
  const echo = { method: "echo_update", state: { _a: 1 }, buffer_paths: [] };
  model.receive({ data: echo, parent: sent[0].id });
  expect(model.get("_a")).toBe(2);
  model.receive({ data: echo, parent: "of another page" });
  expect(model.get("_a")).toBe(1);
  const words = { method: "update", state: { _a: 9 }, buffer_paths: [] };
  model.receive({ data: words, parent: sent[0].id }); // Python's own word counts always
  expect(model.get("_a")).toBe(9);
});

test("changes and messages reach those who listen, with their buffers", () => {
  const [changed, told] = [vi.fn(), vi.fn()];
  model.on("change:_a", changed);
  model.on("msg:custom", told);
  model.set("_a", 1);
  expect(changed).toHaveBeenCalledOnce();
  const buffer = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  model.receive({ data: { method: "custom", content: { id: 1 } }, buffers: [buffer] });
  const [content, [view]] = told.mock.calls[0];
  expect(content).toEqual({ id: 1 });
  expect([view.byteLength, view.getUint8(0)]).toEqual([2, 2]);
  model.off("msg:custom", told);
  model.send({ type: "x" }, undefined, [new ArrayBuffer(3)]);
  expect(sent[0].data).toEqual({ method: "custom", content: { type: "x" } });
  expect(sent[0].buffers).toHaveLength(1);
  model.receive({ data: { method: "custom", content: { id: 2 } } });
  expect(told).toHaveBeenCalledOnce();
});
