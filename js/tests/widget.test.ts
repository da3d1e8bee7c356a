import { afterEach, beforeEach, expect, test, vi } from "vitest";
import explorer from "../src/widget";
import { FakeModel, settled } from "./fakemodel";

vi.mock("../src/scatter/scatter", () => ({
  Scatter: class {
    destroy() {}
  },
}));

let model: FakeModel;
let widget: ReturnType<typeof explorer>;
let close: () => void;

const place = () => document.body.appendChild(document.createElement("div"));
const root = (el: HTMLElement) => el.querySelector<HTMLElement>("[data-testid=dataview]");

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel();
  widget = explorer();
  close = widget.initialize({ model });
});

afterEach(() => {
  close();
  document.body.replaceChildren();
  vi.useRealTimers();
});

test("a view says how many are selected, whoever selected them", async () => {
  const el = place();
  widget.render({ el });
  await settled();
  model.push("_selection", { op: "rows", at: [1, 2, 3] });
  await vi.advanceTimersByTimeAsync(50);
  expect(el.querySelector("[data-testid=count]")?.textContent).toBe("3 of 100 selected");
});

test("a view that lost its place moves to the next place of its model", () => {
  const [first, second] = [place(), place()];
  const release = widget.render({ el: first });
  const view = root(first);
  release();
  expect(root(first)).toBeNull();
  widget.render({ el: second });
  expect(root(second)).toBe(view);
  vi.advanceTimersByTime(10_000);
  expect(root(second)).toBe(view);
});

test("cleaning up the old place after the view has moved leaves the view alone", () => {
  const [first, second] = [place(), place()];
  const release = widget.render({ el: first });
  const view = root(first)!;
  second.append(view);
  release();
  vi.advanceTimersByTime(10_000);
  expect(root(second)).toBe(view);
});

test("a press outside the view gives the keys back to the page", async () => {
  const el = place();
  widget.render({ el });
  await vi.advanceTimersByTimeAsync(50);
  const button = el.querySelector("button")!;
  button.focus();
  el.querySelector("h2")?.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  expect(document.activeElement).toBe(button);
  place().dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  expect(document.activeElement).not.toBe(button);
});

test("two places of one model have a view each, and share the selection", async () => {
  const places = [place(), place()];
  for (const el of places) widget.render({ el });
  model.push("_selection", { op: "rows", at: [1] });
  await vi.advanceTimersByTimeAsync(50);
  const counts = places.map((el) => el.querySelector("[data-testid=count]")?.textContent);
  expect(counts).toEqual(["1 of 100 selected", "1 of 100 selected"]);
  expect(root(places[0])).not.toBe(root(places[1]));
});

test("keys select, clear and undo, and do not reach the notebook", async () => {
  const el = place();
  widget.render({ el });
  await vi.advanceTimersByTimeAsync(50);
  const heard = vi.fn();
  document.addEventListener("keydown", heard);
  const press = (key: string, options = {}) =>
    root(el)?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...options }));
  press("a", { ctrlKey: true });
  await vi.advanceTimersByTimeAsync(50);
  const count = () => el.querySelector("[data-testid=count]")?.textContent;
  expect(count()).toBe("100 of 100 selected");
  press("Escape");
  await vi.advanceTimersByTimeAsync(50);
  expect(count()).toBe("0 of 100 selected");
  press("z", { ctrlKey: true });
  await vi.advanceTimersByTimeAsync(50);
  expect(count()).toBe("100 of 100 selected");
  expect(heard).not.toHaveBeenCalled();
  document.removeEventListener("keydown", heard);
});
