import { afterEach, expect, test, vi } from "vitest";
import { patch, pictureOf, standIn } from "../src/lab/picture";

const DATA = {
  "application/vnd.jupyter.widget-view+json": { model_id: "abc" },
  "image/png": "iVBORw0KGgo=",
  "text/plain": "Explorer(1,797 images)",
};

// A MutationObserver reports in a microtask.
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const pictures = (node: HTMLElement) => node.querySelectorAll("figure.dataview-static").length;

afterEach(() => vi.useRealTimers());

test("only an explorer's bundle has a picture that may stand in", () => {
  expect(pictureOf(DATA)).toBe("data:image/png;base64,iVBORw0KGgo=");
  expect(pictureOf({ ...DATA, "text/plain": "IntSlider(value=3)" })).toBeNull();
  expect(pictureOf({ "text/plain": "Explorer(3 images)" })).toBeNull();
});

test("a widget that is not found gives way to the picture, and the picture to a view", async () => {
  const node = document.createElement("div");
  const end = standIn(node, "data:image/png;base64,AAAA");
  node.textContent = "Loading widget...";
  await settled();
  expect(pictures(node)).toBe(0);
  node.textContent = "Error displaying widget: model not found";
  await settled();
  expect(pictures(node)).toBe(1);
  expect(node.textContent).toBe("run the cell to explore");
  node.append(document.createElement("div"));
  await settled();
  expect(pictures(node)).toBe(0);
  end();
});

test("a widget that loads for too long gives way to the picture", async () => {
  const node = document.createElement("div");
  node.textContent = "Loading widget...";
  const end = standIn(node, "data:image/png;base64,AAAA", 10);
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(pictures(node)).toBe(1);
  end();
  expect(pictures(node)).toBe(0);
});

test("a view that was closed leaves the picture", async () => {
  const node = document.createElement("div");
  const end = standIn(node, "data:image/png;base64,AAAA", 10);
  node.append(document.createElement("div"));
  await settled();
  node.replaceChildren();
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(pictures(node)).toBe(1);
  end();
});

test("renderers of other widgets and other types are left as they are", async () => {
  const make = (text: string) => {
    const node = document.createElement("div");
    const disposed = { connect: () => true };
    const renderModel = async () => {
      node.textContent = text;
    };
    return { node, disposed, renderModel };
  };
  const registry = { createRenderer: (mime: string) => make(`Error: ${mime}`) };
  patch(registry as never);
  const widget = "application/vnd.jupyter.widget-view+json";
  const explorer = registry.createRenderer(widget);
  await (explorer.renderModel as (model: unknown) => Promise<void>)({ data: DATA });
  await settled();
  expect(pictures(explorer.node)).toBe(1);
  const other = registry.createRenderer(widget);
  await (other.renderModel as (model: unknown) => Promise<void>)({ data: {} });
  await settled();
  expect(other.node.textContent).toBe(`Error: ${widget}`);
});
