import { expect, test } from "vitest";
import { assignLayers, type Layered, type Level } from "../src/graph/layers";
import { level, someLevel } from "./graphs";

function chainOf({ chainAt, chains }: Layered, edge: number): number[] {
  return [...chains.subarray(chainAt[edge]!, chainAt[edge + 1]!)];
}

function expectWhole(given: Level, layered: Layered): void {
  given.from.forEach((from, edge) => {
    const chain = chainOf(layered, edge);
    expect([chain[0], chain.at(-1)]).toEqual([from, given.to[edge]]);
    const steps = chain.slice(1).map((vertex, i) => layered.layer[vertex]! - layered.layer[chain[i]!]!);
    const way = layered.layer[given.to[edge]!]! > layered.layer[from]! ? 1 : -1;
    expect(steps).toEqual(steps.map(() => way));
  });
}

test("a chain lies in one layer each, from top to bottom", () => {
  const found = assignLayers(level(4, [[0, 1], [1, 2], [2, 3]]));
  expect([...found.layer]).toEqual([0, 1, 2, 3]);
  expect(found.layers).toBe(4);
});

test("a vertex lies below the longest way to it", () => {
  const found = assignLayers(level(4, [[0, 1], [1, 2], [0, 3], [2, 3]]));
  expect(found.layer[3]).toBe(3);
});

test("what nothing leads to lies just above what it leads to", () => {
  const found = assignLayers(level(4, [[0, 1], [1, 2], [3, 2]]));
  expect(found.layer[3]).toBe(1);
});

test("a long edge runs over one dummy a layer", () => {
  const found = assignLayers(level(4, [[0, 1], [1, 2], [2, 3], [0, 3]]));
  expect(found.total).toBe(6);
  const chain = chainOf(found, 3);
  expect(chain.map((vertex) => found.layer[vertex])).toEqual([0, 1, 2, 3]);
});

test("long edges that leave one vertex share their dummies", () => {
  const found = assignLayers(level(5, [[0, 1], [1, 2], [2, 3], [0, 3], [2, 4], [0, 4]]));
  expect(found.total - found.count).toBe(2);
  expect(chainOf(found, 3).slice(0, -1)).toEqual(chainOf(found, 5).slice(0, -1));
});

test("a cycle is laid out, and each of its edges still runs from its own tail to its own head", () => {
  const given = level(3, [[0, 1], [1, 2], [2, 0]]);
  const found = assignLayers(given);
  expect(found.layers).toBe(3);
  expectWhole(given, found);
});

test("two vertices that lead to each other are two layers", () => {
  const given = level(2, [[0, 1], [1, 0]]);
  const found = assignLayers(given);
  expect([...found.layer]).toEqual([0, 1]);
  expectWhole(given, found);
});

test("doors in lie in the first layer and doors out in the last", () => {
  const given = { ...level(5, [[3, 0], [0, 1], [1, 2], [0, 4], [3, 2]]), door: Uint8Array.of(0, 0, 0, 1, 1) };
  const found = assignLayers(given);
  expect(found.layer[3]).toBe(0);
  expect(found.layer[4]).toBe(found.layers - 1);
});

test("a data layer begins below all that belongs to the ones before", () => {
  const given = { ...level(5, [[0, 1], [1, 2], [2, 3], [4, 3]]), band: Int32Array.of(0, -1, 1, -1, 0) };
  const found = assignLayers(given);
  const start = found.bandAt[1]!;
  expect([2, 3].every((vertex) => found.layer[vertex]! >= start)).toBe(true);
  expect([0, 1, 4].every((vertex) => found.layer[vertex]! < start)).toBe(true);
});

test("an empty level has no layers", () => {
  expect(assignLayers(level(0, [])).layers).toBe(0);
});

test.each([1, 2, 3, 4, 5])("every edge of a generated graph leads down, one layer a step (seed %i)", (seed) => {
  const given = someLevel(300, seed);
  const found = assignLayers(given);
  given.from.forEach((from, edge) => expect(found.layer[given.to[edge]!]!).toBeGreaterThan(found.layer[from]!));
  expectWhole(given, found);
});
