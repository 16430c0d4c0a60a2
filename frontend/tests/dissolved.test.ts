import { expect, test } from "vitest";
import { dissolved } from "../src/graph/dissolved";
import { type Drawing, type FlatGraph, NestedLayout } from "../src/graph/nested";
import { flat, randomFrom } from "./graphs";

/** 0 outside, 1 to 4 in namespace 0, of which 3 and 4 in namespace 1 inside it, 5 outside: a chain over three bands. */
const CHAIN: FlatGraph = {
  ...flat([-1, 0, 0, 1, 1, -1], [-1, 0], [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]),
  band: Int32Array.of(0, -1, 1, -1, 2, -1),
};

function drawn(graph: FlatGraph, open: number[], shown?: Uint8Array): Drawing {
  const view = { open: Uint8Array.from(open), leftToRight: false, ...(shown && { shown }) };
  return new NestedLayout(dissolved(graph, view)).draw(view);
}

/** The band that an item is drawn in. */
function bandOf({ y, height, bands }: Drawing, item: number): number {
  const middle = y[item]! + height[item]! / 2;
  for (let band = 0; band < bands.length / 2; band++) {
    if (middle >= bands[2 * band]! && middle <= bands[2 * band + 1]!) return band;
  }
  return -1;
}

test("what lies in open namespaces lies in its own band, without a frame", () => {
  const drawing = drawn(CHAIN, [1, 1]);
  expect([...drawing.visible].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  expect([0, 1, 2, 3, 4, 5].map((item) => bandOf(drawing, item))).toEqual([0, 0, 1, 1, 2, 2]);
  expect(drawing.source.length).toBe(5);
});

test("a folded namespace lies in the first band of what is in it", () => {
  const drawing = drawn(CHAIN, [0, 0]);
  expect([...drawing.visible].sort()).toEqual([0, 5, 6]);
  expect(bandOf(drawing, 6)).toBe(1);
  const inner = drawn(CHAIN, [1, 0]);
  expect([...inner.visible].sort()).toEqual([0, 1, 2, 5, 7]);
  expect(bandOf(inner, 7)).toBe(2);
});

test("what is inside a folded namespace is not drawn, though a namespace in it be open", () => {
  expect([...drawn(CHAIN, [0, 1]).visible].sort()).toEqual([0, 5, 6]);
});

test("what is not shown says nothing of the band", () => {
  const drawing = drawn(CHAIN, [0, 0], Uint8Array.of(1, 1, 0, 1, 1, 1));
  expect(bandOf(drawing, 6)).toBe(2);
});

test("twenty thousand elements, all unfolded, are laid out and none is lost", () => {
  const random = randomFrom(1);
  const homes = Array.from({ length: 20_000 }, (_, element) => Math.floor(element / 200));
  const edges: [number, number][] = [];
  for (let element = 1; element < homes.length; element++) {
    edges.push([Math.max(0, element - 1 - Math.floor(random() * 30)), element]);
  }
  const graph = {
    ...flat(homes, Array<number>(100).fill(-1), edges),
    band: Int32Array.from(homes, (home) => Math.floor(home / 20)),
  };
  const drawing = drawn(graph, Array<number>(100).fill(1));
  expect(drawing.drawn).toBe(20_000);
  for (let element = 0; element < 20_000; element += 199) expect(bandOf(drawing, element)).toBe(graph.band[element]);
});
