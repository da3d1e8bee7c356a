import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bridge, type LabServices, labServices, type Settings } from "../src/bridge";
import { DEFAULTS } from "../src/settings";
import explorer from "../src/widget";
import { FakeModel, settled } from "./fakemodel";

vi.mock("../src/scatter/scatter", () => ({
  Scatter: class {
    destroy() {}
  },
}));

const place = () => document.body.appendChild(document.createElement("div"));
const root = (el: HTMLElement) => el.querySelector<HTMLElement>("[data-testid=dataview]");
const part = (el: HTMLElement, id: string) => el.querySelector<HTMLElement>(`[data-testid=${id}]`);

/** JupyterLab as far as a widget knows it. */
function lab(given: Partial<Settings> = {}) {
  let now: Settings = { ...DEFAULTS, ...given };
  const listeners = new Set<(settings: Settings) => void>();
  const services = {
    insertBelow: vi.fn(() => true),
    openTab: vi.fn(),
    render: vi.fn(),
    trans: (text: string) => text,
    settings: {
      peek: () => now,
      subscribe: (listener: (settings: Settings) => void) => {
        listeners.add(listener);
        listener(now);
        return () => listeners.delete(listener);
      },
    },
  };
  const change = (next: Partial<Settings>) => {
    now = { ...now, ...next };
    for (const listener of listeners) listener(now);
  };
  return { services: services as LabServices, change, openTab: services.openTab };
}

let model: FakeModel;
let widget: ReturnType<typeof explorer>;
let close: () => void;
let leave: (() => void) | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel({ _id: "abc" });
  widget = explorer();
  close = widget.initialize({ model });
});

afterEach(async () => {
  await vi.advanceTimersByTimeAsync(300); // or Preact's next effects would wait for these
  leave?.();
  leave = undefined;
  close();
  document.body.replaceChildren();
  vi.useRealTimers();
});

const handle = () => bridge().explorers.list()[0];

test("an explorer is on the bridge from its first moment to its last, and says what it shows", async () => {
  const heard = vi.fn();
  const stop = handle().subscribe(heard);
  expect(handle().info.peek()).toMatchObject({ title: "lattice", n: 100, selected: 0, slices: [] });
  expect(heard).not.toHaveBeenCalled();
  model.push("_selection", { op: "rows", at: [1, 2, 3] });
  await settled();
  expect(handle().info.peek().selected).toBe(3);
  expect(heard).toHaveBeenCalled();
  stop();
  const changed = vi.fn();
  const end = bridge().explorers.onChange(changed);
  close();
  expect(changed).toHaveBeenCalledOnce();
  expect(bridge().explorers.list()).toEqual([]);
  end();
});

test("two stores of one model have two names", () => {
  const other = explorer().initialize({ model: new FakeModel({ _id: "abc" }) });
  expect(
    bridge()
      .explorers.list()
      .map(({ id }) => id),
  ).toEqual(["abc", "abc#2"]);
  expect(bridge().explorers.get("abc#2")?.model).toBe("abc");
  other();
});

test("a slice is selected by its name", async () => {
  const expr = { op: "rows", at: [4, 5] };
  model.push("_slices", [{ id: "1", name: "night", expr, count: 2, frozen: true }]);
  await settled();
  expect(handle().info.peek().slices).toEqual([{ name: "night", count: 2 }]);
  handle().select("night");
  expect(model.get("_selection")).toEqual(expr);
  handle().select("day"); // there is none: nothing happens
  expect(model.get("_selection")).toEqual(expr);
});

test("a view moves to a tab whole, keeps its place in the cell, and comes back", async () => {
  const [cell, tab] = [place(), place()];
  widget.render({ el: cell });
  await vi.advanceTimersByTimeAsync(300);
  const view = root(cell);
  const asked = vi.fn();
  const back = handle().showIn(tab, { leave: asked });
  expect(root(tab)).toBe(view);
  expect(view?.style.height).toBe("640px");
  await vi.advanceTimersByTimeAsync(300);
  expect(view?.style.height).toBe("100%");
  expect(part(cell, "away")?.textContent).toContain("Shown in its own tab");
  expect(cell.contains(handle().home())).toBe(true);
  part(cell, "bring-back")?.click();
  expect(asked).toHaveBeenCalledOnce();
  back();
  expect(root(cell)).toBe(view);
  expect(part(cell, "away")).toBeNull();
  await vi.advanceTimersByTimeAsync(300);
  expect(view?.style.height).toBe("640px");
});

test("a cell that is drawn again while its view is away keeps the place for it", () => {
  const [first, second, tab] = [place(), place(), place()];
  const release = widget.render({ el: first });
  const view = root(first);
  const back = handle().showIn(tab);
  release();
  widget.render({ el: second });
  vi.advanceTimersByTime(10_000);
  expect(root(tab)).toBe(view);
  expect(root(second)).toBeNull();
  expect(part(second, "away")).not.toBeNull();
  back();
  expect(root(second)).toBe(view);
});

test("a cell that is drawn again before the old one is given up keeps the place too", () => {
  const [first, second, tab] = [place(), place(), place()];
  const release = widget.render({ el: first });
  const view = root(first);
  const lost = vi.fn();
  const back = handle().showIn(tab, { lost });
  widget.render({ el: second });
  release();
  vi.advanceTimersByTime(10_000);
  expect(lost).not.toHaveBeenCalled();
  expect(root(tab)).toBe(view);
  expect(root(second)).toBeNull();
  back();
  expect(root(second)).toBe(view);
});

test("when the cell is gone its view in a tab is too, and the tab is told", () => {
  const [cell, tab] = [place(), place()];
  const release = widget.render({ el: cell });
  const lost = vi.fn();
  handle().showIn(tab, { lost });
  release();
  expect(lost).not.toHaveBeenCalled(); // it may be drawn again
  vi.advanceTimersByTime(10_000);
  expect(lost).toHaveBeenCalledOnce();
  expect(root(tab)).toBeNull();
});

test("the end of the kernel's model is told to the tab", () => {
  const lost = vi.fn();
  widget.render({ el: place() });
  handle().showIn(place(), { lost });
  close();
  expect(lost).toHaveBeenCalledOnce();
});

test("a tab that was restored before its cell was drawn leaves no second view there", () => {
  const [tab, cell] = [place(), place()];
  const back = handle().showIn(tab);
  const view = root(tab);
  widget.render({ el: cell });
  expect(root(cell)).toBeNull();
  expect(part(cell, "away")).not.toBeNull();
  back();
  expect(root(cell)).toBe(view);
});

test("the button that opens a tab is there where JupyterLab is, and asks for this explorer", async () => {
  const el = place();
  widget.render({ el });
  await vi.advanceTimersByTimeAsync(300);
  expect(part(el, "open-tab")).toBeNull();
  const { services, openTab } = lab();
  leave = bridge().setLab(services);
  await vi.advanceTimersByTimeAsync(300);
  part(el, "open-tab")?.click();
  expect(openTab).toHaveBeenCalledWith("abc");
  expect(labServices().value).toBe(services);
  leave();
  await vi.advanceTimersByTimeAsync(300);
  expect(part(el, "open-tab")).toBeNull();
});

test("settings apply at once; what the person has set in a view stays", async () => {
  const { services, change } = lab({ theme: "dark", height: 500 });
  leave = bridge().setLab(services);
  const el = place();
  widget.render({ el });
  await vi.advanceTimersByTimeAsync(300);
  expect(root(el)?.dataset.theme).toBe("dark");
  expect(root(el)?.style.height).toBe("500px");
  const size = part(el, "size") as HTMLInputElement;
  change({ thumbnailSize: 120 });
  await vi.advanceTimersByTimeAsync(300);
  expect(size.value).toBe("120");
  size.value = "60";
  size.dispatchEvent(new Event("input", { bubbles: true }));
  change({ theme: "light" });
  await vi.advanceTimersByTimeAsync(300);
  expect(root(el)?.dataset.theme).toBe("light");
  expect(size.value).toBe("60");
});

test("a height that the code gives is not overruled", async () => {
  const { services } = lab({ height: 500 });
  leave = bridge().setLab(services);
  const end = explorer();
  const done = end.initialize({ model: new FakeModel({ _height: 800 }) });
  const el = place();
  end.render({ el });
  await vi.advanceTimersByTimeAsync(300);
  expect(root(el)?.style.height).toBe("800px");
  done();
});

test("closing is asked of the kernel", () => {
  handle().close();
  expect(model.ofType("close")).toHaveLength(1);
});
