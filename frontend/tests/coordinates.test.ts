import { expect, test } from "vitest";
import { place } from "../src/graph/coordinates";
import { assignLayers } from "../src/graph/layers";
import { orderLayers } from "../src/graph/ordering";
import { level, randomFrom, someLevel } from "./graphs";

const SPACING = { across: 26, along: 44, dummy: 10 };

function sizes(count: number, seed: number) {
  const random = randomFrom(seed);
  return {
    width: Float64Array.from({ length: count }, () => 60 + 180 * random()),
    height: Float64Array.from({ length: count }, () => 20 + 60 * random()),
  };
}

test.each([1, 2, 3, 4])("nothing overlaps and each row keeps its order and its gaps (seed %i)", (seed) => {
  const given = someLevel(250, seed);
  const layered = assignLayers(given);
  const ordering = orderLayers(layered);
  const size = sizes(given.count, seed);
  const { x, width } = place(layered, ordering, size, SPACING);
  const half = (vertex: number) => (vertex < given.count ? size.width[vertex]! : SPACING.dummy) / 2;
  for (let l = 0; l < layered.layers; l++) {
    const row = [...ordering.rows.subarray(ordering.at[l]!, ordering.at[l + 1]!)];
    row.slice(1).forEach((vertex, i) => {
      const left = row[i]!;
      expect(x[vertex]! - x[left]!).toBeGreaterThanOrEqual(half(left) + half(vertex) + SPACING.across - 1e-6);
    });
    for (const vertex of row) {
      expect(x[vertex]! - half(vertex)).toBeGreaterThanOrEqual(-1e-6);
      expect(x[vertex]! + half(vertex)).toBeLessThanOrEqual(width + 1e-6);
    }
  }
});

test.each([1, 2])("each layer lies wholly below the one before (seed %i)", (seed) => {
  const given = someLevel(120, seed);
  const layered = assignLayers(given);
  const size = sizes(given.count, seed);
  const found = place(layered, orderLayers(layered), size, SPACING);
  for (let v = 0; v < given.count; v++) {
    const l = layered.layer[v]!;
    expect(found.y[v]! - size.height[v]! / 2).toBeGreaterThanOrEqual(found.layerTop[l]! - 1e-6);
    expect(found.y[v]! + size.height[v]! / 2).toBeLessThanOrEqual(found.layerTop[l]! + found.layerHeight[l]! + 1e-6);
  }
  for (let l = 1; l < layered.layers; l++) {
    expect(found.layerTop[l]!).toBeGreaterThanOrEqual(found.layerTop[l - 1]! + found.layerHeight[l - 1]!);
  }
});

test("a chain is one straight line", () => {
  const layered = assignLayers(level(4, [[0, 1], [1, 2], [2, 3]]));
  const { x } = place(layered, orderLayers(layered), sizes(4, 1), SPACING);
  for (const centre of x) expect(centre).toBeCloseTo(x[0]!, 6);
});

test("a parent stands in the middle above its children", () => {
  const layered = assignLayers(level(3, [[0, 1], [0, 2]]));
  const same = { width: new Float64Array(3).fill(80), height: new Float64Array(3).fill(30) };
  const { x } = place(layered, orderLayers(layered), same, SPACING);
  expect(x[0]).toBeCloseTo((x[1]! + x[2]!) / 2, 3);
});

test("a level of nothing takes no room", () => {
  const layered = assignLayers(level(0, []));
  const found = place(layered, orderLayers(layered), sizes(0, 1), SPACING);
  expect([found.width, found.height]).toEqual([0, 0]);
});
