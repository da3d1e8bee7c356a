import { effect, signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import { Arrays } from "../src/arrays";
import { TimeoutError } from "../src/protocol";
import { settled } from "./fakemodel";

/** Arrays of which a test gives the answers. */
function served(budget?: number) {
  const version = signal<number | undefined>(1);
  const revived = signal(0);
  const asked: {
    key: string;
    answer(data: number[], version?: number): void;
    fail(e: Error): void;
  }[] = [];
  const arrays = new Arrays<string, number[]>({
    fetch: (key) =>
      new Promise((resolve, reject) => {
        asked.push({
          key,
          answer: (data, newest) => resolve({ data, version: newest }),
          fail: reject,
        });
      }),
    version: () => version.value,
    revived,
    size: (data) => data.length,
    budget,
  });
  return { arrays, version, revived, asked };
}

describe("arrays", () => {
  test("that change faster than they travel still arrive: one is under way, then the newest", async () => {
    const { arrays, version, asked } = served();
    const seen: (number[] | null)[] = [];
    effect(() => void seen.push(arrays.get("map")));
    version.value = 2;
    version.value = 3;
    expect(asked).toHaveLength(1);
    asked[0].answer([1], 1);
    await settled();
    expect([seen.at(-1), asked.length]).toEqual([[1], 2]);
    version.value = 4;
    asked[1].answer([4], 4); // Python had it when it answered
    await settled();
    expect([seen.at(-1), asked.length]).toEqual([[4], 2]);
  });

  test("are the newest until Python has others", async () => {
    const { arrays, version, asked } = served();
    expect(arrays.isNewest("map")).toBe(false);
    asked[0].answer([1]);
    await settled();
    expect(arrays.isNewest("map")).toBe(true);
    version.value = 2;
    expect(arrays.isNewest("map")).toBe(false);
  });

  test("that failed are asked for again with the next version, and after a silence", async () => {
    const { arrays, version, revived, asked } = served();
    effect(() => void arrays.get("a"));
    asked[0].fail(new Error("no such column"));
    await settled();
    expect([arrays.error("a"), asked.length]).toEqual(["no such column", 1]);
    version.value = 2;
    expect(asked).toHaveLength(2);
    asked[1].fail(new TimeoutError("late"));
    await settled();
    expect(asked).toHaveLength(2);
    revived.value++;
    expect(asked).toHaveLength(3);
  });

  test("that nothing follows are forgotten beyond the budget, the oldest first", async () => {
    const { arrays, asked } = served(25);
    const stops: (() => void)[] = [];
    for (const key of "abcd") {
      stops.push(effect(() => void arrays.get(key)));
      asked.at(-1)?.answer(new Array(10).fill(key));
      await settled();
    }
    for (const stop of stops.slice(0, 3)) stop(); // d stays in view
    const here = () => [..."abcd"].filter((key) => arrays.get(key) !== null);
    expect(here()).toEqual(["b", "c", "d"]);
    expect(asked.map(({ key }) => key)).toEqual(["a", "b", "c", "d", "a"]);
  });
});
