import { expect, test } from "vitest";
import { ticks } from "../src/words";

test.each([0.000_02, 0.0015, 0.002, 0.009, 0.013, 0.75, 1.9, 9])("no two ticks over %s seconds read the same", (seconds) => {
  const texts = ticks(seconds).map(([, text]) => text);
  expect(new Set(texts).size).toBe(5);
});

test("ticks of a very short run are told in microseconds", () => {
  expect(ticks(0.002)).toEqual([[0, "0 µs"], [0.25, "500 µs"], [0.5, "1,000 µs"], [0.75, "1,500 µs"], [1, "2,000 µs"]]);
});
