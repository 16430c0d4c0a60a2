import { expect, test } from "vitest";
import { assignLayers, type Layered } from "../src/graph/layers";
import { crossings, type Ordering, orderLayers } from "../src/graph/ordering";
import { level, someLevel } from "./graphs";

/** Crossings by looking at every pair of edges. */
function counted({ total, layer, downAt, downTo }: Layered, { at, rows }: Ordering): number {
  const place = new Map<number, number>();
  for (let l = 0; l + 1 < at.length; l++) for (let i = at[l]!; i < at[l + 1]!; i++) place.set(rows[i]!, i - at[l]!);
  const edges: [number, number, number][] = [];
  for (let v = 0; v < total; v++) {
    for (let i = downAt[v]!; i < downAt[v + 1]!; i++) edges.push([layer[v]!, place.get(v)!, place.get(downTo[i]!)!]);
  }
  let sum = 0;
  edges.forEach(([l, a, b], i) => {
    for (const [other, c, d] of edges.slice(i + 1)) if (other === l && (a - c) * (b - d) < 0) sum++;
  });
  return sum;
}

test("edges that can be drawn without crossing are", () => {
  const layered = assignLayers(level(6, [[0, 5], [1, 4], [2, 3]]));
  expect(crossings(layered, orderLayers(layered))).toBe(0);
});

test("a complete bipartite graph crosses as often as it must", () => {
  const layered = assignLayers(level(6, [0, 1, 2].flatMap((u) => [3, 4, 5].map((v): [number, number] => [u, v]))));
  expect(crossings(layered, orderLayers(layered))).toBe(9);
});

test.each([1, 2, 3])("crossings are counted as by looking at each pair (seed %i)", (seed) => {
  const layered = assignLayers(someLevel(80, seed));
  const ordering = orderLayers(layered, 1);
  expect(counted(layered, ordering)).toBeGreaterThan(0);
  expect(crossings(layered, ordering)).toBe(counted(layered, ordering));
});

test.each([1, 2, 3])("each vertex stands once, in the row of its layer (seed %i)", (seed) => {
  const layered = assignLayers(someLevel(200, seed));
  const { at, rows } = orderLayers(layered);
  expect([...rows].sort((a, b) => a - b)).toEqual([...Array(layered.total).keys()]);
  for (let l = 0; l < layered.layers; l++) {
    expect([...rows.subarray(at[l]!, at[l + 1]!)].every((vertex) => layered.layer[vertex] === l)).toBe(true);
  }
});

test.each([1, 2, 3])("sweeps leave no more crossings than there were, and here fewer (seed %i)", (seed) => {
  const layered = assignLayers(someLevel(200, seed));
  const [before, after] = [orderLayers(layered, 0), orderLayers(layered)].map((ordering) => crossings(layered, ordering));
  expect(after).toBeLessThan(before!);
});

test("the same graph is ordered the same way each time", () => {
  const once = () => [...orderLayers(assignLayers(someLevel(200, 7))).rows];
  expect(once()).toEqual(once());
});
