// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Source, type View, viewCode, viewParts } from "../src/code/viewcode";

interface Case {
  source: Source;
  view: Partial<View>;
  code: string;
}

const CASES: Case[] = JSON.parse(
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
  for (const [i, { source, view, code }] of CASES.entries()) {
    test(`of case ${i} is Python's`, () => {
      expect(viewCode(source, viewParts({ ...USUAL, ...view }))).toBe(code);
    });
  }

  test("says nothing of what is as it would be", () => {
    expect(viewParts(USUAL)).toEqual([]);
  });
});
