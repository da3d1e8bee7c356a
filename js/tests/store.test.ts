import { effect } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fromRows, or, toRows } from "../src/bitset";
import { type Expr, not, rowsExpr } from "../src/expressions";
import { brief, hasPositions, phrase, plain, share } from "../src/format";
import { argsort } from "../src/order";
import { figures } from "../src/progress";
import { combine, within } from "../src/selection";
import { Store } from "../src/store";
import { FakeModel, N, SCHEMA, settled } from "./fakemodel";

let model: FakeModel;
let store: Store;

beforeEach(async () => {
  model = new FakeModel();
  store = new Store(model);
  await settled();
});

afterEach(() => store.destroy());

const picks = (at: number[]): Expr => ({ op: "rows", at });

const square = (x0: number, y0: number, x1: number, y1: number): Expr => ({
  op: "lasso",
  on: "umap",
  polygon: [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ],
});

const selectedRows = () => (store.selected.value ? [...toRows(store.selected.value)] : []);

describe("selecting", () => {
  test("a lasso selects the rows inside, and Python gets the expression", () => {
    const expr = square(-0.5, -0.5, 1.5, 1.5);
    store.select(expr);
    expect(selectedRows()).toEqual([0, 1, 10, 11]);
    expect(store.selectedCount.value).toBe(4);
    expect(model.saved.at(-1)).toEqual({ _selection: expr });
  });

  test("the modes are the algebra of sets", () => {
    const [a, b] = [square(-0.5, -0.5, 4.5, 9.5), square(2.5, -0.5, 6.5, 9.5)];
    const rowsIn = (test: (x: number) => boolean) =>
      Array.from({ length: N }, (_, i) => i).filter((i) => test(i % 10));
    const rowsAfter = (mode: "add" | "subtract" | "intersect" | "replace") => {
      store.select(a, "replace");
      store.select(b, mode);
      return selectedRows();
    };
    expect(rowsAfter("add")).toEqual(rowsIn((x) => x <= 6));
    expect(rowsAfter("subtract")).toEqual(rowsIn((x) => x <= 2));
    expect(rowsAfter("intersect")).toEqual(rowsIn((x) => x === 3 || x === 4));
    expect(rowsAfter("replace")).toEqual(rowsIn((x) => x >= 3 && x <= 6));
  });

  test("a selection is made within the filter", async () => {
    store.setFilter({ op: "compare", cmp: "==", left: { col: "label" }, right: { value: "dog" } });
    await settled();
    store.select(square(-0.5, -0.5, 3.5, 0.5));
    expect(selectedRows()).toEqual([1, 3]);
    expect(store.visibleCount.value).toBe(50);
  });

  test("picks stay one list of rows, and an emptied list is no selection", () => {
    store.pick([3]);
    store.pick([7, 5], "add");
    expect(store.selection.value).toEqual(picks([3, 5, 7]));
    store.toggle(5);
    expect(selectedRows()).toEqual([3, 7]);
    store.pick([3, 7], "subtract");
    expect(store.selection.value).toBeNull();
  });

  test("large picks are joined as bits, whichever form each of them has", () => {
    const n = 20_000;
    const [many, few] = [fromRows(n, Array(5000).keys()), fromRows(n, [3, 9000])];
    const [big, small] = [rowsExpr(many), rowsExpr(few)];
    expect(["bits" in big, "bits" in small]).toEqual([true, false]);
    expect(combine(big, small, "add", n)).toEqual(rowsExpr(or(many, few)));
    expect(combine(small, big, "add", n)).toEqual(rowsExpr(or(many, few)));
    expect(combine(big, small, "intersect", n)).toEqual(picks([3]));
    expect(combine(small, big, "subtract", n)).toEqual(picks([9000]));
    expect(combine(big, big, "subtract", n)).toBeNull();
    expect(within(big, square(0, 0, 1, 1))).toBe(big);
    expect(brief(big)).toBe("dv.rows([… 5,000 rows …])");
    expect(hasPositions(not(big))).toBe(true);
  });

  test("nothing selected stays nothing under subtract and intersect", () => {
    expect(combine(null, picks([1]), "subtract", 9)).toBeNull();
    expect(combine(null, picks([1]), "intersect", 9)).toBeNull();
  });

  test("keep turns the selection into the filter, and undo takes it back in one step", () => {
    const expr = square(-0.5, -0.5, 1.5, 1.5);
    store.select(expr);
    store.keepSelected();
    expect([store.selection.value, store.filter.value]).toEqual([null, expr]);
    expect(store.visibleCount.value).toBe(4);
    store.undo();
    expect([store.selection.value, store.filter.value]).toEqual([expr, null]);
  });

  test("undo and redo go through every change, also one that Python made", () => {
    const [a, b] = [picks([1]), picks([2])];
    store.select(a);
    model.push("_selection", b);
    expect(selectedRows()).toEqual([2]);
    store.undo();
    expect(selectedRows()).toEqual([1]);
    store.undo();
    expect(store.selection.value).toBeNull();
    expect(store.history.canUndo.value).toBe(false);
    store.redo();
    store.redo();
    expect(selectedRows()).toEqual([2]);
    store.undo();
    store.select(picks([9]));
    expect(store.history.canRedo.value).toBe(false);
  });

  test("what Python sends is not sent back", () => {
    const before = model.saved.length;
    model.push("_selection", picks([4]));
    model.push("_map", "umap");
    expect(model.saved.length).toBe(before);
  });
});

describe("what only Python can evaluate", () => {
  const slicer: Expr = { op: "slicer", name: "night" };

  test("is asked for alone, and joined with the rest here", async () => {
    store.select(square(-0.5, -0.5, 9.5, 1.5));
    store.select(slicer, "intersect");
    await settled();
    expect(model.ofType("mask").map(({ expr }) => expr)).toEqual([slicer]);
    expect(selectedRows()).toEqual([0, 8, 16]);
  });

  test("the last selection is shown until the answer is here", async () => {
    store.pick([5]);
    model.answering = false;
    store.select(slicer);
    expect(selectedRows()).toEqual([5]);
    model.flush();
    await settled();
    expect(store.selectedCount.value).toBe(13);
  });

  test("a column that is not shipped is filtered in Python", async () => {
    store.setFilter({ op: "contains", col: "caption", text: "x", case: true });
    await settled();
    expect(model.ofType("mask")).toHaveLength(1);
    expect(store.visibleCount.value).toBe(13);
  });

  test("its error is said in place, and nothing is selected", async () => {
    model.python = () => {
      throw new Error("no slicer 'nigth'; did you mean 'night'?");
    };
    store.pick([1]);
    store.select({ op: "slicer", name: "nigth" });
    await settled();
    expect(store.notices.value.map(({ text }) => text)).toEqual([
      "no slicer 'nigth'; did you mean 'night'?",
    ]);
    expect(store.selected.value).toBeNull();
    store.dismiss(store.notices.value[0].key);
    expect(store.notices.value).toEqual([]);
  });
});

describe("columns", () => {
  const column = SCHEMA.columns[0];

  test("are fetched when they are first read, once, and again when their version changes", async () => {
    const asked = () => model.ofType("column").filter((m) => m.column === 0).length;
    expect(asked()).toBe(0);
    let seen = 0;
    const stop = effect(() => {
      if (store.column(column)) seen++;
    });
    store.column(column);
    await settled();
    expect([asked(), seen]).toEqual([1, 1]);
    const columns = SCHEMA.columns.map((c) => (c.id === 0 ? { ...c, version: 2 } : c));
    model.push("_schema", { ...SCHEMA, generation: 2, columns });
    await settled();
    expect([asked(), seen]).toEqual([2, 2]);
    stop();
  });

  test("that cannot be had say why", async () => {
    model.python = () => {
      throw new Error("the values stay in Python");
    };
    expect(store.column(column)).toBeNull();
    await settled();
    expect(store.columnError(column)).toBe("the values stay in Python");
  });

  test("give a row its label; a missing one is named by its position", async () => {
    store.label(0);
    await settled();
    expect([store.label(1), store.label(2), store.label(0)]).toEqual(["dog", "cat", "row 0"]);
  });

  test("colour the map by category, with a legend that counts", async () => {
    store.colorByColumn(SCHEMA.columns[1]);
    void store.color.value;
    await settled();
    const { kind, entries, index } = store.color.value;
    expect(kind).toBe("category");
    expect(entries.map(({ label, count, value }) => [label, count, value])).toEqual([
      ["cat", 49, "cat"],
      ["dog", 50, "dog"],
      ["missing", 1, null],
    ]);
    expect([...index.slice(0, 3)]).toEqual([255, 1, 0]);
    expect(model.saved.at(-1)).toEqual({ _color_by: { col: "label" } });
  });
});

describe("the map", () => {
  test("is the newest one, and its name changes together with its points", async () => {
    expect(store.maps.name.value).toBe("umap");
    model.answering = false;
    const projections = [...SCHEMA.projections, { name: "tsne", version: 1, method: "tsne" }];
    model.push("_schema", { ...SCHEMA, generation: 2, projections });
    expect([store.maps.wanted.value, store.maps.name.value]).toEqual(["tsne", "umap"]);
    model.flush();
    await settled();
    expect(store.maps.name.value).toBe("tsne");
    store.showMap("umap");
    expect(store.maps.name.value).toBe("umap");
    expect(model.saved.at(-1)).toEqual({ _map: "umap" });
  });
});

describe("a map that is forming", () => {
  const form = (version: number, forming: boolean) => {
    const projections = [{ name: "umap", version, method: "umap", forming }];
    model.push("_schema", { ...SCHEMA, generation: version, projections });
  };
  /** Python's places: the lattice, moved by `shift`. */
  const moveTo = (shift: number, version: number) => {
    const points = Float32Array.from({ length: 2 * N }, (_, i) =>
      i % 2 === 0 ? ((i / 2) % 10) + shift : Math.floor(i / 20),
    );
    const { python } = FakeModel.prototype;
    model.python = (request) =>
      request.type === "projection" ? [{ version }, [points]] : python.call(model, request);
  };
  const corner = square(-0.5, -0.5, 1.5, 1.5);

  test("gives a lasso the rows it has around it now, and they stay", async () => {
    form(2, true);
    await settled();
    expect([store.maps.forming.value, store.maps.unsettled.value]).toEqual([true, true]);
    store.select(corner);
    expect(store.selection.value).toEqual(picks([0, 1, 10, 11]));
    moveTo(5, 3);
    form(3, false);
    await settled();
    expect(store.maps.points.value?.[0]).toBe(5);
    expect([store.maps.forming.value, store.maps.unsettled.value]).toEqual([false, false]);
    expect(selectedRows()).toEqual([0, 1, 10, 11]);
    store.select(square(4.5, -0.5, 5.5, 0.5));
    expect(store.selection.value?.op).toBe("lasso");
  });

  test("gives it visible rows only, and none at all is no selection", async () => {
    form(2, true);
    store.setFilter(picks([1, 2, 10]));
    await settled();
    store.select(corner);
    expect(store.selection.value).toEqual(picks([1, 10]));
    store.select(square(50, 50, 60, 60));
    expect(store.selection.value).toBeNull();
  });

  test("stays where it is while somebody draws around its points", async () => {
    form(2, true);
    await settled();
    store.maps.held.value = true;
    moveTo(5, 3);
    form(3, true);
    await settled();
    expect(store.maps.points.value?.[0]).toBe(0);
    store.select(corner);
    store.maps.held.value = false;
    expect(store.maps.points.value?.[0]).toBe(5);
    expect(selectedRows()).toEqual([0, 1, 10, 11]);
  });

  test("may make rows of a lasso in Python: that is said, and is no step to undo", async () => {
    const texts = () => store.notices.value.map(({ text }) => text);
    store.select(picks([7]));
    store.select(corner); // before it changed
    model.push("_selection", picks([0, 1]));
    expect(texts()).toEqual([]); // whoever selects rows in a cell
    store.undo();
    form(2, true);
    await settled();
    model.push("_selection", picks([0, 1, 10, 11]));
    expect(texts()).toEqual(["the map has changed; the selection keeps its rows"]);
    expect(selectedRows()).toEqual([0, 1, 10, 11]);
    store.undo();
    expect(selectedRows()).toEqual([7]);
    store.redo();
    expect(store.selection.value).toEqual(picks([0, 1, 10, 11]));
  });
});

describe("the order of the rows", () => {
  test("sorts by a column, stable, missing values last in both directions", () => {
    const values = Float64Array.of(2, Number.NaN, -1, 2, -0, 0, -3.5, Number.POSITIVE_INFINITY);
    const column = { kind: "number", encoding: "number", values, tz: null } as const;
    expect([...argsort(column)]).toEqual([6, 2, 4, 5, 0, 3, 7, 1]);
    expect([...argsort(column, true)]).toEqual([7, 0, 3, 4, 5, 2, 6, 1]);
  });

  test("sorts a hundred thousand floats as a comparison sort does", () => {
    const values = Float64Array.from({ length: 1e5 }, (_, i) => Math.sin(i * i) * 10 ** (i % 9));
    const order = argsort({ kind: "number", encoding: "number", values, tz: null });
    expect(Float64Array.from(order, (row) => values[row])).toEqual(values.slice().sort());
  });

  test("a lasso brings its rows to the front; picks leave every image in its place", () => {
    store.select(square(2.5, -0.5, 4.5, 0.5));
    expect([...store.order.value.slice(0, 4)]).toEqual([3, 4, 0, 1]);
    store.pick([0], "add");
    expect([...store.order.value.slice(0, 4)]).toEqual([3, 4, 0, 1]);
    store.arrange("only");
    expect([...store.order.value]).toEqual([0, 3, 4]);
    store.clear();
    expect(store.order.value).toHaveLength(N);
  });

  test("taking a pick back leaves every image in its place, and nothing to redo", () => {
    store.select(square(7.5, 7.5, 8.5, 8.5));
    const before = store.order.value;
    store.pick([5]);
    store.unpick();
    expect(selectedRows()).toEqual([88]);
    expect(store.order.value).toBe(before);
    expect(store.history.canRedo.value).toBe(false);
  });

  test("the filter leaves rows out", async () => {
    store.setFilter({ op: "compare", cmp: "<", left: { col: "x" }, right: { value: 1 } });
    await settled();
    expect([...store.order.value]).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  });
});

describe("thumbnails", () => {
  test("come in packed chunks, most urgent first, and only once", async () => {
    const rows = Array.from({ length: 60 }, (_, i) => 99 - i);
    store.thumbnails.request(rows, "grid");
    await settled();
    expect(model.ofType("thumbnails").map((m) => m.rows)).toEqual([
      rows.slice(0, 48),
      rows.slice(48),
    ]);
    expect(store.thumbnails.get(99)).toMatchObject({ url: "data:image/png;base64,QQ==", width: 8 });
    store.thumbnails.request(rows, "grid");
    expect(model.ofType("thumbnails")).toHaveLength(2);
  });

  test("are cancelled when they were scrolled past, unless another view wants them", () => {
    model.answering = false;
    store.thumbnails.request([1, 2], "grid");
    store.thumbnails.request([2], "map");
    store.thumbnails.request([50], "grid");
    expect(model.ofType("cancel")).toHaveLength(0);
    store.thumbnails.request([], "map");
    expect(model.ofType("cancel").map(({ id }) => id)).toEqual([model.ofType("thumbnails")[0].id]);
  });

  test("are asked for in a larger size where they would blur, by the view that shows them so", async () => {
    const sizes = () => model.ofType("thumbnails").map(({ rows, size }) => [rows, size]);
    store.thumbnails.request([1, 2], "grid", 72);
    await settled();
    store.thumbnails.request([1], "card", 300);
    await settled();
    // The images are 8 pixels wide: there is nothing larger to be had.
    expect(sizes()).toEqual([[[1, 2], 96]]);
    store.thumbnails.request([3], "card", 300);
    await settled();
    expect(sizes().at(-1)).toEqual([[3], 256]);
    store.thumbnails.request([3], "grid", 72);
    expect(sizes()).toHaveLength(2);
  });

  test("of a broken image are its error's words", async () => {
    store.thumbnails.request([7], "grid");
    await settled();
    expect(store.thumbnails.get(7)).toMatchObject({ url: null, error: "<b>truncated</b>" });
  });
});

test("two stores on a page do not disturb each other", async () => {
  const other = new Store(new FakeModel());
  await settled();
  store.pick([1]);
  store.setFilter(square(-1, -1, 1, 1));
  expect([other.selection.value, other.filter.value, other.order.value.length]).toEqual([
    null,
    null,
    N,
  ]);
  other.destroy();
});

test("a failed stage is said with its reason, cancelled ones where somebody cancelled them", () => {
  const stage = { done: 0, total: 0, rate: 0, eta: null, traceback: "Traceback ...", message: "" };
  const texts = () => store.notices.value.map(({ text }) => text);
  const cancelled = { ...stage, name: "umap", state: "cancelled" };
  const failed = { ...stage, name: "embedding", state: "failed", message: "killed" };
  model.push("_progress", { running: false, stages: [failed, cancelled] });
  expect(texts()).toEqual(["embedding failed: killed"]);
  model.push("_progress", { running: false, stages: [cancelled] });
  expect(texts()).toEqual(["cancelled: umap"]);
});

describe("progress", () => {
  const stage = { name: "scan", state: "running", message: "", traceback: "" } as const;

  test("says what came from the cache, and how fast the rest is", () => {
    const slow = { ...stage, done: 3000, total: 6000, rate: 1000, eta: 3, cached: 0 };
    expect(figures(slow)).toBe("3,000 of 6,000 · 50 % · 1,000/s · 3 s left");
    // 3 s: the cache had 2,400, and 600 were made
    expect(figures({ ...slow, cached: 2400 })).toBe(
      "3,000 of 6,000 · 50 % · 2,400 from the cache · 200/s · 15 s left",
    );
  });

  test("says nothing of speed where everything comes at once", () => {
    const quick = { ...stage, done: 6000, total: 6000, rate: 90_000, eta: 0, cached: 5990 };
    expect(figures(quick)).toBe("6,000 of 6,000 · 100 % · 5,990 from the cache");
  });
});

test("shares and rules are written short", () => {
  expect([0, 1, 34, 500, 999, 9999, 10_000].map((part) => share(part, 10_000))).toEqual([
    "0 %",
    "<0.1 %",
    "0.3 %",
    "5.0 %",
    "10 %",
    ">99.9 %",
    "100 %",
  ]);
  expect(plain('(dv.col("aspect") < 0.35) | ~dv.col("a \\"b").isnull()')).toBe(
    '(aspect < 0.35) | ~col("a \\"b").isnull()',
  );
  const excluded = (value: boolean) =>
    phrase({ op: "compare", cmp: "==", left: { col: "excluded" }, right: { value } });
  expect([excluded(true), excluded(false)]).toEqual(["excluded", "not excluded"]);
});

describe("the code of the view", () => {
  test("is Python's, and says only what is not as it would be", async () => {
    store.colorBy.value = { col: "label" }; // as a label is
    expect(await store.shown.code()).toBe("import dataview as dv\n\ndv.explore(images)");
    store.setFilter({ op: "compare", cmp: "==", left: { col: "label" }, right: { value: "dog" } });
    store.arrange("only");
    store.panes.value = { columns: 300 };
    await settled();
    expect(await store.shown.code()).toBe(
      [
        "import dataview as dv",
        "",
        "dv.explore(",
        "    images,",
        '    filter=dv.col("label") == "dog",',
        '    arrangement="only",',
        '    panes={"columns": 300},',
        ")",
      ].join("\n"),
    );
    expect(model.saved).toContainEqual({ _arrangement: "only" });
    expect(model.saved).toContainEqual({ _panes: { columns: 300 } });
  });

  test("a lasso that is drawn names the map it was drawn on, with few vertices", () => {
    const circle = Array.from({ length: 60 }, (_, i) => {
      const angle = (2 * Math.PI * i) / 60;
      return [2 + 1.6 * Math.cos(angle), 2 + 1.6 * Math.sin(angle)] as const;
    });
    store.selectLasso("umap", circle);
    const drawn = store.selection.value;
    if (drawn?.op !== "lasso") throw new Error("no lasso");
    expect(drawn.polygon.length).toBeLessThan(15);
    expect(drawn.recipe).toBe(SCHEMA.projections[0].recipe);
    const few = selectedRows();
    store.select({ ...drawn, polygon: circle });
    expect(selectedRows()).toEqual(few);
    expect(few.length).toBeGreaterThan(3);
  });

  test("a lasso of another map of the name selects nothing and says why", async () => {
    store.select({
      op: "lasso",
      on: "umap",
      polygon: [
        [0, 0],
        [9, 0],
        [9, 9],
      ],
      recipe: "other",
    });
    await settled();
    expect(selectedRows()).toEqual([]);
    expect(store.notices.value.map(({ text }) => text).join()).toContain("another map");
  });
});

describe("without a kernel", () => {
  test("requests fail with what to do, until there is one again", async () => {
    const send = model.send.bind(model);
    model.send = () => {
      throw new Error("Cannot send");
    };
    await expect(store.connection.request("sample", { row: 0 })).rejects.toThrow(
      "run its cell again",
    );
    expect(store.connection.lost.value).toBe(true);
    store.select(square(-0.5, -0.5, 1.5, 1.5)); // what needs no kernel goes on
    expect(selectedRows()).toEqual([0, 1, 10, 11]);
    model.send = send;
    model.fire("comm_live_update");
    expect(store.connection.lost.value).toBe(false);
  });
});
