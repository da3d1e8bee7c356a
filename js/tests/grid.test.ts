import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { geometry, moved, positionsBetween, positionsIn, tileAt } from "../src/grid/geometry";
import { Scroller } from "../src/grid/scroller";
import { Tile } from "../src/grid/tile";

describe("the geometry of the grid", () => {
  const g = geometry(408, 23, 76); // five columns of 81 px, five lines

  test("tiles fill the width", () => {
    expect([g.columns, g.pitch]).toEqual([5, 80.75]);
    const { x } = tileAt(g, 4);
    expect(x + g.pitch).toBeLessThanOrEqual(408);
  });

  test("what is drawn for a part of the strip covers it, by full lines", () => {
    expect(positionsBetween(g, 0, 100)).toEqual([0, 10]);
    expect(positionsBetween(g, 100, 100)).toEqual([5, 10]);
    expect(positionsBetween(g, -500, 1e9)).toEqual([0, 23]);
  });

  test("a point is in the tile that is drawn there, or in the gap", () => {
    for (let position = 0; position < 23; position++) {
      const { x, y } = tileAt(g, position);
      const at = (dx: number, dy: number) =>
        positionsIn(g, { left: x + dx, right: x + dx, top: y + dy, bottom: y + dy });
      expect(at(1, 1)).toEqual([position]);
      expect(at(75, 75)).toEqual([position]);
      expect(at(-1, 1)).toEqual([]);
    }
  });

  test("a rectangle takes the tiles that it touches", () => {
    const a = tileAt(g, 6);
    const b = tileAt(g, 13);
    const box = { left: a.x + 40, top: a.y + 40, right: b.x + 5, bottom: b.y + 5 };
    expect(positionsIn(g, box)).toEqual([6, 7, 8, 11, 12, 13]);
    expect(positionsIn(g, { ...box, bottom: 1e6 })).toContain(22);
  });

  test("keys move by tile, line and page and stop at the ends", () => {
    const to = (key: string, from = 7) => moved(g, from, key, 200);
    expect([to("ArrowLeft"), to("ArrowRight"), to("ArrowUp"), to("ArrowDown")]).toEqual([
      6, 8, 2, 12,
    ]);
    expect([to("Home"), to("End"), to("PageDown", 20), to("ArrowUp", 2)]).toEqual([0, 22, 22, 0]);
    expect([to("q"), to("ArrowDown", -1)]).toEqual([null, 0]);
  });

  test("an empty dataset has no tiles", () => {
    const empty = geometry(400, 0, 72);
    expect(positionsBetween(empty, 0, 500)).toEqual([0, 0]);
    expect(moved(empty, -1, "End", 100)).toBeNull();
  });
});

describe("scrolling", () => {
  let viewport: HTMLElement;
  let scroller: Scroller;
  const onScroll = vi.fn();

  beforeEach(() => {
    viewport = document.createElement("div");
    Object.defineProperty(viewport, "clientHeight", { value: 500 });
    scroller = new Scroller(viewport, document.createElement("div"), onScroll);
  });

  afterEach(() => scroller.destroy());

  test("is the browser's own while an element can be as tall", () => {
    scroller.setHeight(100_000);
    viewport.scrollTop = 1234;
    viewport.dispatchEvent(new Event("scroll"));
    expect(scroller.offset).toBe(1234);
  });

  test("reaches every pixel of a strip of a hundred million, and the wheel moves by pixels", () => {
    scroller.setHeight(100_000_000);
    scroller.scrollTo(50_000_000);
    viewport.dispatchEvent(new Event("scroll"));
    viewport.dispatchEvent(new WheelEvent("wheel", { deltaY: 40, cancelable: true }));
    viewport.dispatchEvent(new Event("scroll"));
    expect(scroller.offset).toBe(50_000_040);
    viewport.scrollTop = 8_000_000 - 500;
    viewport.dispatchEvent(new Event("scroll"));
    expect(Math.round(scroller.offset)).toBe(100_000_000 - 500);
  });

  test("reveals a part with as little movement as needed", () => {
    scroller.setHeight(100_000);
    scroller.reveal(100, 200);
    expect(scroller.offset).toBe(0);
    scroller.reveal(800, 900);
    expect(scroller.offset).toBe(400);
    scroller.reveal(100, 200);
    expect(scroller.offset).toBe(100);
  });
});

test("labels and errors with markup in them stay text", () => {
  const tile = new Tile("t");
  const state = { row: 3, position: 0, count: 1, selected: true, hovered: false, focused: false };
  const entry = { url: null, width: 0, height: 0, error: "<img src=x onerror=alert(1)>" };
  tile.update({ ...state, marked: false, color: null, label: "<b>cat</b>" }, entry, 72);
  expect(tile.element.textContent).toBe("<img src=x onerror=alert(1)>");
  expect(tile.element.querySelector("img")).toBeNull();
  expect(tile.element.getAttribute("aria-label")).toContain("<b>cat</b>");
  expect(tile.element.getAttribute("aria-selected")).toBe("true");
});

test("a tile that is used again shows the other row's picture", () => {
  const tile = new Tile("t");
  const state = {
    position: 0,
    count: 2,
    selected: false,
    hovered: false,
    focused: false,
    marked: false,
  };
  const picture = (url: string) => ({ url, width: 8, height: 8, error: null });
  tile.update(
    { ...state, row: 0, label: "a", color: null },
    picture("data:image/png;base64,AA=="),
    72,
  );
  tile.update({ ...state, row: 1, label: "b", color: null }, undefined, 72);
  expect(tile.element.querySelector("img")).toBeNull();
  tile.update(
    { ...state, row: 1, label: "b", color: null },
    picture("data:image/png;base64,AQ=="),
    72,
  );
  expect(tile.element.querySelector("img")?.getAttribute("src")).toBe("data:image/png;base64,AQ==");
  expect(tile.element.querySelector("img")?.alt).toBe("b");
});
