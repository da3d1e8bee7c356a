import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Gestures, type GestureTarget, type Tool } from "../src/scatter/gestures";

let el: HTMLElement;
let gestures: Gestures;
let tool: Tool;
let target: { [K in keyof GestureTarget]: ReturnType<typeof vi.fn> };

beforeEach(() => {
  el = document.body.appendChild(document.createElement("div"));
  tool = "lasso";
  target = Object.fromEntries(
    "pan zoom fit hover leave click doubleClick openHovered drag draw select"
      .split(" ")
      .map((name) => [name, vi.fn()]),
  ) as typeof target;
  target.tool = vi.fn(() => tool);
  gestures = new Gestures(el, target as unknown as GestureTarget);
});

afterEach(() => {
  gestures.destroy();
  el.remove();
});

function pointer(type: string, x: number, y: number, init: PointerEventInit = {}): void {
  const defaults = { clientX: x, clientY: y, pointerId: 1, pointerType: "mouse", bubbles: true };
  el.dispatchEvent(new PointerEvent(type, { ...defaults, ...init }));
}

function drag(init: PointerEventInit = {}): void {
  pointer("pointerdown", 10, 10, init);
  for (const [x, y] of [
    [60, 10],
    [60, 60],
    [10, 60],
  ])
    pointer("pointermove", x, y, init);
  pointer("pointerup", 10, 60, init);
}

const key = (name: string, code = name) => {
  const event = new KeyboardEvent("keydown", { key: name, code, bubbles: true, cancelable: true });
  el.dispatchEvent(event);
  return event;
};

describe("dragging", () => {
  test("draws a lasso and selects with it as the toolbar says", () => {
    drag();
    expect(target.draw).toHaveBeenCalledWith([10, 10, 60, 10, 60, 60, 10, 60]);
    expect(target.select).toHaveBeenCalledWith([10, 10, 60, 10, 60, 60, 10, 60], undefined);
    expect(target.draw).toHaveBeenLastCalledWith(null);
  });

  test("draws a rectangle between two corners", () => {
    tool = "rectangle";
    drag();
    expect(target.select).toHaveBeenCalledWith([10, 10, 10, 10, 10, 60, 10, 60], undefined);
  });

  test.each([
    [{ shiftKey: true }, "add"],
    [{ altKey: true }, "subtract"],
    [{ shiftKey: true, altKey: true }, "intersect"],
  ])("with %o the lasso's mode is %s, with the pan tool too", (keys, mode) => {
    tool = "pan";
    drag(keys);
    expect(target.select.mock.lastCall?.[1]).toBe(mode);
    expect(target.pan).not.toHaveBeenCalled();
  });

  test.each([
    ["the pan tool", () => (tool = "pan"), {}],
    ["the middle button", () => undefined, { button: 1 }],
    ["the space bar", () => key(" ", "Space"), {}],
  ])("pans with %s", (_, prepare, init) => {
    prepare();
    drag(init);
    expect(target.pan.mock.calls).toEqual([
      [50, 0],
      [0, 50],
      [-50, 0],
    ]);
    expect(target.select).not.toHaveBeenCalled();
  });

  test("is dropped by Escape, which the widget then does not see", () => {
    const outside = vi.fn();
    document.body.addEventListener("keydown", outside);
    pointer("pointerdown", 10, 10);
    pointer("pointermove", 60, 60);
    key("Escape");
    expect(target.draw).toHaveBeenLastCalledWith(null);
    pointer("pointerup", 60, 60);
    expect(target.select).not.toHaveBeenCalled();
    expect(outside).not.toHaveBeenCalled();
    key("Escape");
    expect(outside).toHaveBeenCalledOnce();
    document.body.removeEventListener("keydown", outside);
  });

  test("with two fingers zooms, and drops the lasso that the first began", () => {
    const finger = (pointerId: number) => ({ pointerId, pointerType: "touch" });
    pointer("pointerdown", 100, 100, finger(1));
    pointer("pointermove", 110, 100, finger(1));
    pointer("pointerdown", 200, 100, finger(2));
    pointer("pointermove", 300, 100, finger(2));
    expect(target.zoom.mock.lastCall).toEqual([2, 200, 100]);
    pointer("pointerup", 300, 100, finger(2));
    pointer("pointerup", 110, 100, finger(1));
    expect(target.select).not.toHaveBeenCalled();
  });
});

describe("clicking", () => {
  test.each([
    [{}, undefined],
    [{ shiftKey: true }, "add"],
    [{ altKey: true }, "subtract"],
    [{ ctrlKey: true }, "toggle"],
    [{ metaKey: true }, "toggle"],
  ])("with %o picks in mode %s, even if the hand shakes", (keys, mode) => {
    pointer("pointerdown", 30, 40, keys);
    pointer("pointermove", 31, 41, keys);
    pointer("pointerup", 31, 41, keys);
    expect(target.click).toHaveBeenCalledWith(30, 40, mode);
  });

  test("with the right button does nothing", () => {
    drag({ button: 2 });
    for (const name of ["click", "select", "pan"] as const) expect(target[name]).not.toBeCalled();
  });
});

describe("the wheel", () => {
  const wheel = (on: Element, deltaY: number) => {
    const event = new WheelEvent("wheel", { deltaY, bubbles: true, cancelable: true });
    on.dispatchEvent(event);
    return event;
  };

  test("zooms in upward and out downward", () => {
    expect(wheel(el, -100).defaultPrevented).toBe(true);
    wheel(el, 100);
    const [[first], [second]] = target.zoom.mock.calls;
    expect(first).toBeGreaterThan(1);
    expect(first * second).toBeCloseTo(1);
  });

  test("goes on scrolling the page when it began outside the map", () => {
    wheel(document.body, 100);
    expect(wheel(el, 100).defaultPrevented).toBe(false);
    expect(target.zoom).not.toHaveBeenCalled();
  });
});

describe("keys", () => {
  test("pan, zoom, fit and open", () => {
    for (const name of ["ArrowLeft", "+", "-", "0", "Enter"]) {
      expect(key(name).defaultPrevented).toBe(true);
    }
    expect(target.pan).toHaveBeenCalledOnce();
    expect(target.zoom).toHaveBeenCalledTimes(2);
    expect(target.fit).toHaveBeenCalledOnce();
    expect(target.openHovered).toHaveBeenCalledOnce();
  });

  test("that mean nothing here are left to others", () => {
    expect(key("l").defaultPrevented).toBe(false);
    expect(key("toString").defaultPrevented).toBe(false);
  });
});
