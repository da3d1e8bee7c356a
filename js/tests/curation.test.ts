import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Expr } from "../src/expressions";
import { Store } from "../src/store";
import { FakeModel, settled } from "./fakemodel";

let model: FakeModel;
let store: Store;

const picks: Expr = { op: "rows", at: [1, 2, 3] };
const rule: Expr = { op: "compare", cmp: "==", left: { col: "label" }, right: { value: "cat" } };
const lasso: Expr = {
  op: "lasso",
  on: "umap",
  polygon: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
};

beforeEach(async () => {
  model = new FakeModel();
  const python = model.python.bind(model);
  model.python = (request) =>
    request.type === "act" ? [{ act: "a1", count: 3, saved: true }] : python(request);
  store = new Store(model);
  await settled();
});

afterEach(() => store.destroy());

describe("deciding", () => {
  test("a panel about the selection opens only where something is selected", () => {
    const { curation } = store;
    expect(curation.open("tag")).toBe(false);
    expect(curation.open("slices")).toBe(true);
    store.select(picks);
    expect(curation.open("tag")).toBe(true);
    expect(curation.panel.value).toBe("tag");
  });

  test("nothing is said to be saved before Python has answered", async () => {
    store.select(picks);
    model.answering = false;
    const done = store.curation.act("tag", { name: "seen", why: "so" });
    expect(model.ofType("act")).toMatchObject([
      { what: "tag", name: "seen", why: "so", expr: picks },
    ]);
    await settled();
    expect(store.curation.busy.value).toBe(true);
    expect(store.curation.said.value).toBeNull();
    model.flush();
    await done;
    expect(store.curation.busy.value).toBe(false);
    expect(store.curation.said.value?.text).toBe("3 images tagged “seen” · saved");
  });

  test("an act that fails says Python's words, and nothing is fresh", async () => {
    model.python = () => {
      throw new Error("not saved: No space left on device");
    };
    store.select(picks);
    await expect(store.curation.act("exclude", {})).rejects.toThrow("No space left");
    expect(store.curation.said.value).toBeNull();
    expect(store.curation.fresh.value).toBe(false);
    expect(store.selection.value).toEqual(picks);
  });

  test("undo takes back the decision if it was the last thing done, with the selection", async () => {
    store.select(picks);
    await store.curation.act("exclude", {});
    expect(store.selection.value).toBeNull();
    store.undo();
    await settled();
    expect(model.ofType("undo_act")).toMatchObject([{ act: "a1" }]);
    expect(store.selection.value).toEqual(picks);
  });

  test("redo brings it again, and undo takes it back once more", async () => {
    store.select(picks);
    await store.curation.act("exclude", {});
    store.undo();
    await settled();
    store.redo();
    await settled();
    expect(model.ofType("redo_act")).toHaveLength(1);
    expect(store.selection.value).toBeNull();
    store.undo();
    await settled();
    expect(model.ofType("undo_act")).toHaveLength(2);
    expect(store.selection.value).toEqual(picks);
  });

  test("undo is about the view again as soon as the view has changed", async () => {
    store.select(picks);
    await store.curation.act("tag", { name: "seen" });
    store.select(rule);
    store.undo();
    await settled();
    expect(model.ofType("undo_act")).toEqual([]);
    expect(store.selection.value).toEqual(picks);
  });

  test("lassos and picks are kept as rows by default, rules as rules", () => {
    const { curation } = store;
    expect(curation.rowsByDefault(lasso)).toBe(true);
    expect(curation.rowsByDefault({ op: "and", terms: [rule, { op: "not", term: picks }] })).toBe(
      true,
    );
    expect(curation.rowsByDefault(rule)).toBe(false);
  });
});
