import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { document_, picture, special } from "../src/plugins/display";
import { runnable, runOption } from "../src/plugins/menu";
import { type Control, fits, type Plugin } from "../src/plugins/plugins";
import { Store } from "../src/store";
import { FakeModel, SCHEMA, settled } from "./fakemodel";

const CONTROLS: Control[] = [
  { name: "k", kind: "integer", value: 3, low: 2, high: 9, step: null },
  { name: "by", kind: "choice", value: 0, choices: ["first", "second"] },
  { name: "log", kind: "switch", value: false },
  { name: "note", kind: "text", value: "" },
  { name: "eps", kind: "number", value: 0.5, low: 0, high: null },
];

const plugin = (more: Partial<Plugin>): Plugin => ({
  kind: "clusterer",
  name: "bands",
  loaded: true,
  doc: "",
  place: "a cell",
  removable: true,
  parameters: [],
  values: {},
  columns: [],
  maps: [],
  stale: false,
  version: 0,
  ...more,
});

const output = (data: Record<string, unknown>, bytes: Record<string, Uint8Array> = {}) => ({
  version: 1,
  data,
  bytes,
});

let model: FakeModel;
let store: Store;

/** Python tells of these plugins. */
const tell = (...plugins: Plugin[]) => model.push("_plugins", { plugins, broken: [] });

beforeEach(async () => {
  model = new FakeModel();
  const usual = model.python.bind(model);
  let runs = 0;
  model.python = (request) => {
    if (request.type === "run_plugin") {
      runs += 1;
      return [{ run: runs }];
    }
    if (request.type === "panel_output") {
      return [
        { version: 1, data: { "text/plain": "5" }, binary: ["image/png"], offsets: [0, 2] },
        [new Uint8Array([65, 66])],
      ];
    }
    return usual(request);
  };
  store = new Store(model);
  await settled();
});

afterEach(() => store.destroy());

describe("parameters", () => {
  test("values are as edited here, else as last used, else the plugin's own", () => {
    const bands = plugin({ parameters: CONTROLS, values: { k: 5, by: 1 } });
    tell(bands);
    store.plugins.edit(bands, "k", 7);
    expect(store.plugins.values(bands)).toEqual({ k: 7, by: 1, log: false, note: "", eps: 0.5 });
  });

  test("only what differs from the plugin's own is sent", async () => {
    const bands = plugin({ parameters: CONTROLS });
    tell(bands);
    store.plugins.edit(bands, "k", 7);
    store.plugins.edit(bands, "note", "");
    store.plugins.run(bands);
    expect(model.ofType("run_plugin")[0]).toMatchObject({ name: "bands", parameters: { k: 7 } });
  });

  test("a cell that runs again keeps the edited values that still fit", () => {
    const bands = plugin({ parameters: CONTROLS });
    tell(bands);
    store.plugins.edit(bands, "k", 7);
    store.plugins.edit(bands, "log", true);
    const newer = plugin({
      parameters: [{ ...CONTROLS[0], high: 5 }, CONTROLS[2]],
    });
    expect(store.plugins.values(newer)).toEqual({ k: 3, log: true });
  });

  test("a control takes what it can be and nothing else", () => {
    const [k, by, log, note, eps] = CONTROLS;
    expect([fits(k, 9), fits(k, 10), fits(k, 2.5), fits(k, Number.NaN)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([fits(by, 1), fits(by, 2), fits(by, "first")]).toEqual([true, false, false]);
    expect([fits(log, 1), fits(note, 1), fits(eps, -0.1), fits(eps, 1e9)]).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe("runs", () => {
  test("the column of a clusterer is the colour when its run is done, and not before", async () => {
    tell(plugin({}));
    store.plugins.run(plugin({}));
    await settled();
    model.push("_runs", [{ id: 1, kind: "clusterer", name: "bands", state: "running" }]);
    expect(store.colorBy.value).toBeNull();
    tell(plugin({ columns: ["label"] }));
    model.push("_runs", [{ id: 1, kind: "clusterer", name: "bands", state: "done" }]);
    expect(store.colorBy.value).toEqual({ col: "label" });
    store.colorByColumn(null);
    model.push("_runs", [
      { id: 1, kind: "clusterer", name: "bands", state: "done" },
      { id: 2, kind: "sorter", name: "by", state: "running" },
    ]);
    expect(store.colorBy.value).toBeNull();
  });

  test("a run that was done before its number was known is not lost", async () => {
    tell(plugin({ columns: ["label"] }));
    model.push("_runs", [{ id: 1, kind: "clusterer", name: "bands", state: "done" }]);
    store.plugins.run(plugin({}));
    await settled();
    expect(store.colorBy.value).toEqual({ col: "label" });
  });

  test("a run that failed changes nothing", async () => {
    tell(plugin({ columns: ["label"] }));
    store.plugins.run(plugin({}));
    await settled();
    model.push("_runs", [{ id: 1, kind: "clusterer", name: "bands", state: "failed" }]);
    expect(store.colorBy.value).toBeNull();
  });

  test("a slicer is tried first; then it is a condition more of the filter", async () => {
    const wrong = plugin({ kind: "slicer", name: "wrong" });
    tell(wrong);
    store.setFilter({ op: "slicer", name: "other" });
    store.plugins.run(wrong, "filter");
    await settled();
    expect(model.ofType("run_plugin")[0].check).toBe(true);
    expect(store.filter.value).toEqual({ op: "slicer", name: "other" });
    model.push("_runs", [{ id: 1, kind: "slicer", name: "wrong", state: "done" }]);
    expect(store.filter.value).toEqual({
      op: "and",
      terms: [
        { op: "slicer", name: "other" },
        { op: "slicer", name: "wrong" },
      ],
    });
  });

  test("what Python refuses is said", async () => {
    model.python = () => {
      throw new Error("unknown clusterer 'bands'");
    };
    store.plugins.run(plugin({}));
    await settled();
    expect(store.notices.value.at(-1)?.text).toBe("unknown clusterer 'bands'");
  });
});

describe("menus", () => {
  test("what has not run, or was defined anew, can be chosen, and is run then", () => {
    tell(
      plugin({}),
      plugin({ name: "done", columns: ["label"] }),
      plugin({ name: "old", stale: true }),
    );
    const [{ options }] = runnable(store, "clusterer");
    expect(options.map(({ text }) => text)).toEqual(["bands", "old"]);
    expect(runOption(store, options[0].value)).toBe(true);
    expect(model.ofType("run_plugin")[0]).toMatchObject({ kind: "clusterer", name: "bands" });
    expect(runOption(store, "0")).toBe(false);
    expect(runnable(store, "sorter")).toEqual([]);
  });
});

describe("panels", () => {
  const panel = plugin({ kind: "panel", name: "plot" });

  test("only the panel that is shown is computed", async () => {
    tell(panel, plugin({ kind: "panel", name: "other" }));
    store.plugins.showPanel("plot");
    store.plugins.showPanel("other");
    store.plugins.showPanel(null);
    expect(model.ofType("open_panel").map(({ name }) => name)).toEqual(["plot", "other"]);
    expect(model.ofType("close_panel").map(({ name }) => name)).toEqual(["plot", "other"]);
    tell();
    expect(store.plugins.tab.value).toBeNull();
  });

  test("a panel that a cell has opened is shown, and one that is closed here stays closed", () => {
    tell(panel);
    const live = { kind: "panel", name: "plot", version: 0, state: "running" };
    model.push("_panels", [live]);
    expect(store.plugins.tab.value).toBe("plot");
    store.plugins.showPanel(null);
    model.push("_panels", [{ ...live, state: "done" }]);
    expect(store.plugins.tab.value).toBeNull();
  });

  test("a new version is fetched once, and stays while another is made", async () => {
    tell(panel);
    const live = { kind: "panel", name: "plot", version: 1, state: "done" };
    model.push("_panels", [live]);
    await settled();
    model.push("_panels", [{ ...live, state: "running" }]);
    await settled();
    expect(model.ofType("panel_output").length).toBe(1);
    expect(store.plugins.outputs.value.plot.bytes["image/png"]).toEqual(new Uint8Array([65, 66]));
  });

  test("a picture is a data URI, and what is no base64 is none", () => {
    expect(picture(output({}, { "image/png": new Uint8Array([65]) }))).toBe(
      "data:image/png;base64,QQ==",
    );
    expect(picture(output({ "image/png": "QQ==\n" }))).toBe("data:image/png;base64,QQ==");
    expect(picture(output({ "image/png": '"><script>' }))).toBeNull();
    expect(picture(output({ "image/svg+xml": "<svg onload='x'/>" }))).toMatch(
      /^data:image\/svg\+xml;charset=utf-8,%3Csvg/,
    );
    expect(picture(output({ "text/html": "<img>" }))).toBeNull();
  });

  test("what only JupyterLab draws is told from what anybody does", () => {
    expect(special(output({ "application/vnd.vegalite.v5+json": {}, "text/plain": "" }))).toBe(
      "application/vnd.vegalite.v5+json",
    );
    expect(special(output({ "application/vnd.jupyter.widget-view+json": {} }))).toBeNull();
    expect(special(output({ "text/html": "" }))).toBeNull();
  });

  test("HTML is put into a page of its own", () => {
    expect(document_("<b>1</b>", true)).toMatch(/^<!doctype html>.*color-scheme:dark.*<b>1<\/b>$/s);
  });
});

describe("transforms", () => {
  test("the pictures are fetched through the chosen one, and again when it is defined anew", async () => {
    const blur = plugin({ kind: "transform", name: "blur", parameters: [CONTROLS[0]] });
    tell(blur);
    store.thumbnails.request([0, 1], "grid");
    await settled();
    store.plugins.showThrough("blur");
    await settled();
    expect(model.ofType("transformed").at(-1)).toMatchObject({
      name: "blur",
      parameters: {},
      rows: [0, 1],
    });
    const before = model.ofType("transformed").length;
    store.plugins.edit(blur, "k", 5);
    await settled();
    expect(model.ofType("transformed").at(-1)?.parameters).toEqual({ k: 5 });
    tell({ ...blur, version: 1 });
    await settled();
    expect(model.ofType("transformed").length).toBeGreaterThan(before + 1);
    tell();
    await settled();
    expect(store.plugins.transform.value).toBeNull();
    expect(model.ofType("thumbnails").length).toBeGreaterThan(1);
  });

  test("a list that says the same again fetches nothing", async () => {
    const blur = plugin({ kind: "transform", name: "blur" });
    tell(blur);
    store.plugins.showThrough("blur");
    store.thumbnails.request([0], "grid");
    await settled();
    const before = model.sent.length;
    tell(blur, plugin({}));
    await settled();
    expect(model.sent.length).toBe(before);
    expect(SCHEMA.n).toBe(100);
  });
});
