import { expect, test, vi } from "vitest";

vi.mock("@jupyterlab/apputils", () => ({}));
vi.mock("@jupyterlab/services", () => ({ KernelMessage: {} }));

import { explain, plainText, sessionPath } from "../src/lab/kernel";
import { kernelChoices } from "../src/lab/kernels";
import { cellOf, insertCell, notebookOn, notebooks } from "../src/lab/notebooks";
import { drawPage } from "../src/lab/page";
import { kernelSettings, widgetSettings } from "../src/lab/settings";
import { fill, makeTrans } from "../src/lab/translate";
import { bytes, doing } from "../src/lab/words";

const trans = makeTrans(null);

test("settings that are malformed are the defaults, and too large ones the largest", () => {
  expect(widgetSettings({})).toEqual({ theme: "auto", thumbnailSize: 72, height: 640 });
  expect(widgetSettings({ theme: "pink", thumbnailSize: 9999, height: "x" })).toEqual({
    theme: "auto",
    thumbnailSize: 256,
    height: 640,
  });
  expect(kernelSettings({ embedder: " resnet18 ", cacheLimit: "20 GB" })).toEqual({
    embedder: "resnet18",
    cacheLimit: "20 GB",
  });
  expect(kernelSettings({ embedder: 3 })).toEqual({ embedder: "auto", cacheLimit: "" });
});

test("what the kernel says is told in words that someone without code understands", () => {
  const missing = explain("ModuleNotFoundError", "No module named 'dataview'", "R & <b>");
  expect(missing).toContain('not installed in the kernel "R & <b>"');
  const other = explain("ModuleNotFoundError", "No module named 'torch'", "Python");
  expect(other).toBe("No module named 'torch'");
  expect(explain("KeyError", "'no column x'", "")).toBe("no column x");
  expect(explain("FileNotFoundError", "no file", "")).toBe("no file");
  expect(plainText("\x1b[0;31mValueError\x1b[0m: x")).toBe("ValueError: x");
});

test("the kernels to choose from are those of Python, none called like another", () => {
  const specs = [
    { name: "python3", display_name: "Python 3", language: "python" },
    { name: "ir", display_name: "R", language: "R" },
    { name: "other", display_name: "Python 3", language: "python" },
  ];
  const running = [
    { kernelId: "1", kernelName: "python3", text: "a.ipynb" },
    { kernelId: "2", kernelName: "ir", text: "b.ipynb" },
  ];
  expect([...kernelChoices(specs, running, trans)]).toEqual([
    ["New: Python 3", { kernelName: "python3" }],
    ["New: Python 3 (2)", { kernelName: "other" }],
    ["Running: a.ipynb", { kernelId: "1", kernelName: "python3" }],
  ]);
});

test("every text of a page is text", () => {
  const run = vi.fn();
  const hostile = "<img src=x onerror=alert(1)>";
  const actions = [{ text: hostile, testid: "go", run }];
  const page = drawPage({ text: hostile, detail: hostile, failed: true, actions });
  expect(page.querySelector("img")).toBeNull();
  expect(page.querySelector("[role=alert]")?.textContent).toBe(hostile);
  page.querySelector("button")?.click();
  expect(run).toHaveBeenCalledOnce();
});

test("the sidebar says amounts and work in few words", () => {
  expect([bytes(999), bytes(512e6), bytes(2.34e9)]).toEqual(["999 B", "512 MB", "2.3 GB"]);
  const stage = { rate: 0, eta: null, message: "", traceback: "" };
  const running = { ...stage, name: "scan", state: "running" as const, done: 5, total: 10 };
  const failed = { ...stage, name: "umap", state: "failed" as const, done: 0, total: 0 };
  expect(doing({ stages: [running], running: true }, trans)).toEqual({
    text: "scan: 5 of 10",
    share: 0.5,
  });
  expect(doing({ stages: [failed], running: false }, trans)).toEqual({
    text: "umap failed",
    share: null,
  });
  expect(doing({ stages: [], running: false }, trans)).toBeNull();
});

test("what is put into a text is not read again", () => {
  expect(fill("%2 of %1, %3", ["%2", "$&"])).toBe("$& of %2, %3");
});

test("words come from the language pack, with what is put into them", () => {
  // As JupyterLab's bundle does: it fills the marks itself, with "undefined" where nothing is given.
  const words: { [text: string]: string } = { "%1 of %2": "%2 hat %1" };
  const __ = (text: string, ...args: string[]) =>
    (words[text] ?? text).replace(/%(\d)/g, (_, number) => String(args[number - 1]));
  const load = vi.fn(() => ({ __ }));
  const german = makeTrans({ load } as never);
  expect(load).toHaveBeenCalledWith("jupyterlab_dataview");
  expect(german("%1 of %2", 3, "%1 <b>")).toBe("%1 <b> hat 3");
  expect(german("Close")).toBe("Close");
  expect(makeTrans(null)("%1 selected", 4)).toBe("4 selected");
});

test("a session of an explorer is in the folder of its images", () => {
  expect(sessionPath("a/b")).toMatch(/^a\/b\/dataview-\w+$/);
  expect(sessionPath("")).toMatch(/^dataview-\w+$/);
});

function notebook(id: string, sources: string[], kernel = "k1", readOnly = false) {
  const widgets = sources.map(() => ({ node: document.createElement("div") }));
  const insertCell = vi.fn((index: number) => {
    widgets.splice(index, 0, { node: document.createElement("div") });
  });
  const model = { readOnly, sharedModel: { insertCell, cells: [] } };
  const content = { widgets, activeCellIndex: 0, deselectAll: vi.fn(), model };
  const sessionContext = { session: { kernel: { id: kernel } } };
  return { id, content, context: { path: `${id}.ipynb` }, sessionContext, insertCell };
}

test("a cell is found by what is in it, and the new one is below it, active", () => {
  const [first, second] = [notebook("one", ["a"]), notebook("two", ["b", "c"], "k2")];
  const activateById = vi.fn();
  const widgets = { main: [{ id: "x" }, first, second] } as Record<string, unknown[]>;
  const shell = {
    activateById,
    widgets: (area: string) => {
      if (area === "down") throw new Error("no such area");
      return widgets[area] ?? [];
    },
  } as never;
  expect(notebooks(shell)).toEqual([first, second]);
  const inside = document.createElement("b");
  second.content.widgets[0].node.append(inside);
  const cell = cellOf(shell, inside);
  expect(cell).toMatchObject({ panel: second, index: 0 });
  expect(cellOf(shell, document.createElement("p"))).toBeNull();
  expect(cellOf(shell, null)).toBeNull();
  expect(notebookOn(shell, "k2")).toBe(second);
  expect(notebookOn(shell, "k3")).toBeNull();
  expect(insertCell(shell, second as never, 1, "x = 1")).toBe(true);
  const made = { cell_type: "code", source: "x = 1", metadata: {} };
  expect(second.insertCell).toHaveBeenCalledWith(1, made);
  expect(second.content.activeCellIndex).toBe(1);
  expect(activateById).toHaveBeenCalledWith("two");
  expect(insertCell(shell, notebook("three", ["a"], "k", true) as never, 1, "x")).toBe(false);
});
