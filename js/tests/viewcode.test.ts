// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type View, viewCode, viewParts } from "../src/code/viewcode";

const CASES = JSON.parse(
  readFileSync(new URL("../../tests/fixtures/views.json", import.meta.url), "utf8"),
);

const USUAL: View = {
  filter: null,
  selection: null,
  colorBy: undefined,
  sortBy: null,
  map: null,
  arrangement: "first",
  panes: {},
};

describe("the code of a view", () => {
  test.each(CASES.map((one: object, i: number) => [i, one]))("of case %i is Python's", (_, one) => {
    const { source, view, code } = one as { source: never; view: Partial<View>; code: string };
    expect(viewCode(source, viewParts({ ...USUAL, ...view }))).toBe(code);
  });

  test("says nothing of what is as it would be", () => {
    expect(viewParts(USUAL)).toEqual([]);
  });
});
