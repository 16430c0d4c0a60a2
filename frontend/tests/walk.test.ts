import { expect, test } from "vitest";
import { NestedLayout } from "../src/graph/nested";
import { neighbour } from "../src/graph/walk";
import { flat } from "./graphs";

/** 0 leads to 1 and 2, both lead to 3. */
const graph = flat([-1, -1, -1, -1], [], [[0, 1], [0, 2], [1, 3], [2, 3]]);
const drawing = new NestedLayout(graph).draw({ open: new Uint8Array(0), leftToRight: false });
const [left, right] = drawing.x[1]! < drawing.x[2]! ? [1, 2] : [2, 1];

test("without a selection it begins at the first element", () => {
  expect(neighbour(drawing, -1, "down")).toBe(0);
});

test("down and up follow the edges", () => {
  expect([1, 2]).toContain(neighbour(drawing, 0, "down"));
  expect(neighbour(drawing, left!, "down")).toBe(3);
  expect(neighbour(drawing, right!, "up")).toBe(0);
});

test("left and right go along the row", () => {
  expect(neighbour(drawing, left!, "right")).toBe(right);
  expect(neighbour(drawing, right!, "left")).toBe(left);
});

test("where nothing lies it stays", () => {
  expect(neighbour(drawing, 0, "up")).toBe(-1);
  expect(neighbour(drawing, 3, "down")).toBe(-1);
});

test("what is connected is preferred to what is nearer", () => {
  const two = flat([-1, -1, -1, -1], [], [[0, 2], [2, 1]]);
  const found = new NestedLayout(two).draw({ open: new Uint8Array(0), leftToRight: false });
  expect(neighbour(found, 2, "down")).toBe(1);
  expect(neighbour(found, 2, "up")).toBe(0);
});

test("a folded namespace is walked to, the frame of an open one is not", () => {
  const nested = flat([-1, 0], [-1], [[0, 1]]);
  const folded = new NestedLayout(nested).draw({ open: new Uint8Array([0]), leftToRight: false });
  expect(neighbour(folded, 0, "down", new Uint8Array([0]))).toBe(2);
  const unfolded = new NestedLayout(nested).draw({ open: new Uint8Array([1]), leftToRight: false });
  expect(neighbour(unfolded, 0, "down", new Uint8Array([1]))).toBe(1);
});
