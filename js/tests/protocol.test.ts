import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  CancelledError,
  Connection,
  decodeColumn,
  decodeThumbnails,
  TimeoutError,
} from "../src/protocol";
import { FakeModel } from "./fakemodel";

let model: FakeModel;
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel();
  model.answering = false;
  connection = new Connection(model);
});

afterEach(() => {
  connection.destroy();
  vi.useRealTimers();
});

describe("a connection", () => {
  test("says hello, and gives each request the answer with its id, in any order", async () => {
    expect(model.sent[0]).toMatchObject({ type: "hello" });
    const [a, b] = [connection.request("a", { x: 1 }), connection.request("b", {})];
    const [first, second] = model.sent.slice(1);
    expect(first).toMatchObject({ type: "a", x: 1 });
    model.receive({ id: second.id, ok: true, value: "b" });
    model.receive({ id: first.id, ok: true, value: "a" });
    expect((await a).content.value).toBe("a");
    expect((await b).content.value).toBe("b");
  });

  test("fails a request with Python's words", async () => {
    const request = connection.request("mask", {});
    model.receive({ id: model.sent[1].id, ok: false, error: "no slicer 'nigth'" });
    await expect(request).rejects.toThrow("no slicer 'nigth'");
  });

  test("times out, and knows when Python is heard again", async () => {
    const request = connection.request("column", {}, { timeout: 500 });
    vi.advanceTimersByTime(501);
    await expect(request).rejects.toBeInstanceOf(TimeoutError);
    expect(connection.revived.value).toBe(0);
    model.receive({ id: model.sent[1].id, ok: true });
    expect(connection.revived.value).toBe(1);
  });

  test("cancels an aborted request on both sides", async () => {
    const controller = new AbortController();
    const request = connection.request("sample", { row: 1 }, { signal: controller.signal });
    controller.abort();
    await expect(request).rejects.toBeInstanceOf(CancelledError);
    expect(model.sent.at(-1)).toEqual({ type: "cancel", id: model.sent[1].id });
  });

  test("waits for the kernel once a request is older than a second", () => {
    connection.request("column", {}).catch(() => undefined);
    vi.advanceTimersByTime(900);
    expect(connection.waiting.value).toBe(false);
    vi.advanceTimersByTime(400);
    expect(connection.waiting.value).toBe(true);
    model.receive({ id: model.sent[1].id, ok: true });
    expect(connection.waiting.value).toBe(false);
  });

  test("ignores messages that are not of its protocol", () => {
    model.receive({ id: 999, ok: true });
    model.receive(undefined as never);
  });
});

test("a column is read from a buffer that is not aligned", () => {
  const values = Float64Array.of(1.5, Number.NaN, -3);
  const packed = new Uint8Array(27);
  packed.set(new Uint8Array(values.buffer), 3);
  const buffers = [new DataView(packed.buffer, 3, 24)];
  const content = { encoding: "number", dtype: "float64", tz: "UTC" };
  const column = decodeColumn({ content, buffers }, "datetime");
  expect(column).toMatchObject({ kind: "datetime", encoding: "number", tz: "UTC" });
  expect([...(column as { values: Float64Array }).values]).toEqual([1.5, Number.NaN, -3]);
});

test("an unknown dtype is an error that names it", () => {
  const content = { encoding: "number", dtype: "int64" };
  const buffers = [new DataView(new ArrayBuffer(8))];
  expect(() => decodeColumn({ content, buffers }, "number")).toThrow("int64");
});

test("packed thumbnails come apart", () => {
  const buffers = [new DataView(Uint8Array.of(9, 1, 2, 3).buffer, 1, 3)];
  const content = {
    rows: [5, 6, 7],
    offsets: [0, 2, 2, 3],
    mime: ["image/jpeg", "", "image/png"],
    sizes: [
      [10, 20],
      [0, 0],
      [30, 40],
    ],
    errors: [null, "truncated", null],
  };
  const pictures = decodeThumbnails({ content, buffers });
  expect(pictures.map(({ row, bytes, error }) => [row, [...bytes], error])).toEqual([
    [5, [1, 2], null],
    [6, [], "truncated"],
    [7, [3], null],
  ]);
});
