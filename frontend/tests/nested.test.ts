import { expect, test } from "vitest";
import { type Drawing, type FlatGraph, NestedLayout, type View } from "../src/graph/nested";
import { flat, randomFrom } from "./graphs";

const open = (...spaces: number[]): Uint8Array => Uint8Array.from(spaces);

/** What is drawn of a graph that nobody has drawn before. */
function drawn(graph: FlatGraph, view: Partial<View> & { open: Uint8Array }): Drawing {
  return new NestedLayout(graph).draw({ leftToRight: false, ...view });
}

function boxOf({ x, y, width, height }: Drawing, item: number) {
  return { left: x[item]!, top: y[item]!, right: x[item]! + width[item]!, bottom: y[item]! + height[item]! };
}

function spaceOf(graph: FlatGraph, item: number): number {
  return item < graph.home.length ? graph.home[item]! : graph.above[item - graph.home.length]!;
}

function expectTidy(graph: FlatGraph, drawing: Drawing): void {
  const items = [...drawing.visible];
  for (const item of items) {
    const space = spaceOf(graph, item);
    const box = boxOf(drawing, item);
    const around = space < 0
      ? { left: 0, top: 0, right: drawing.extent.width, bottom: drawing.extent.height }
      : boxOf(drawing, drawing.elements + space);
    expect(box.left).toBeGreaterThanOrEqual(around.left - 1e-6);
    expect(box.top).toBeGreaterThanOrEqual(around.top - 1e-6);
    expect(box.right).toBeLessThanOrEqual(around.right + 1e-6);
    expect(box.bottom).toBeLessThanOrEqual(around.bottom + 1e-6);
    for (const other of items) {
      if (other <= item || spaceOf(graph, other) !== space) continue;
      const beside = boxOf(drawing, other);
      const apart = box.right <= beside.left + 1e-6 || beside.right <= box.left + 1e-6 ||
        box.bottom <= beside.top + 1e-6 || beside.bottom <= box.top + 1e-6;
      expect(apart, `items ${item} and ${other} overlap`).toBe(true);
    }
  }
}

/** Elements 0 and 5 outside, 1 to 4 in namespace 0, of which 3 and 4 in namespace 1 inside it. */
const NESTED = flat([-1, 0, 0, 1, 1, -1], [-1, 0], [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]);

test("a folded namespace is one box that takes the edges of what is in it", () => {
  const drawing = drawn(NESTED, { open: open(0, 0) });
  expect([...drawing.visible].sort()).toEqual([0, 5, 6]);
  const edges = [...drawing.source].map((source, edge) => [source, drawing.target[edge]]);
  expect(edges).toEqual([[0, 6], [6, 5]]);
  expectTidy(NESTED, drawing);
});

test("an open namespace encloses what is in it, to any depth", () => {
  const drawing = drawn(NESTED, { open: open(1, 1) });
  expect([...drawing.visible].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(drawing.source.length).toBe(5);
  expectTidy(NESTED, drawing);
});

test("what is inside an outer namespace that is folded is not drawn, though it be open itself", () => {
  const drawing = drawn(NESTED, { open: open(0, 1) });
  expect([...drawing.visible].sort()).toEqual([0, 5, 6]);
  expect(drawing.width[4]).toBe(0);
});

test("edges begin at the bottom of their tail, end at the top of their head, and pass the borders between", () => {
  const drawing = drawn(NESTED, { open: open(1, 1) });
  drawing.source.forEach((source, edge) => {
    const points = [...drawing.points.subarray(2 * drawing.pointAt[edge]!, 2 * drawing.pointAt[edge + 1]!)];
    const [tail, head] = [boxOf(drawing, source), boxOf(drawing, drawing.target[edge]!)];
    expect(points[1]).toBeCloseTo(tail.bottom, 6);
    expect(points.at(-1)).toBeCloseTo(head.top, 6);
    const down = points.filter((_, i) => i % 2);
    expect(down).toEqual([...down].sort((a, b) => a - b));
  });
  const entering = [...drawing.points.subarray(0, 2 * drawing.pointAt[1]!)];
  const border = boxOf(drawing, 6);
  expect(entering.some((y, i) => i % 2 && Math.abs(y - border.top) < 1e-6), "the door in the border").toBe(true);
});

test("from left to right the same holds sideways", () => {
  const drawing = drawn(NESTED, { open: open(1, 1), leftToRight: true });
  expectTidy(NESTED, drawing);
  expect(boxOf(drawing, 0).right).toBeLessThan(boxOf(drawing, 6).left);
  expect(boxOf(drawing, 6).right).toBeLessThan(boxOf(drawing, 5).left);
  drawing.source.forEach((source, edge) => {
    expect(drawing.points[2 * drawing.pointAt[edge]!]).toBeCloseTo(boxOf(drawing, source).right, 6);
  });
});

test("namespaces that lead to each other when folded are drawn all the same", () => {
  const graph = flat([0, 1, 0, 1], [-1, -1], [[0, 1], [1, 2], [2, 3]]);
  const drawing = drawn(graph, { open: open(0, 0) });
  const edges = [...drawing.source].map((source, edge) => [source, drawing.target[edge]]);
  expect(edges).toEqual([[4, 5], [5, 4]]);
  expectTidy(graph, drawing);
  expect([...drawing.points].every(Number.isFinite)).toBe(true);
  expectTidy(graph, drawn(graph, { open: open(1, 0) }));
  expectTidy(graph, drawn(graph, { open: open(1, 1) }));
});

test("what is not shown is not drawn, nor a namespace that holds nothing else", () => {
  const shown = Uint8Array.of(1, 0, 0, 0, 0, 1);
  expect([...drawn(NESTED, { open: open(1, 1), shown }).visible].sort()).toEqual([0, 5]);
});

test("a folded namespace counts as drawn, an open one does not", () => {
  expect(drawn(NESTED, { open: open(0, 0) }).drawn).toBe(3);
  expect(drawn(NESTED, { open: open(1, 1) }).drawn).toBe(6);
});

/** Namespaces of eight elements each beside one another, joined by edges that lead on to later ones. */
function manySpaces(spaces: number, seed: number): FlatGraph {
  const random = randomFrom(seed);
  const homes = Array.from({ length: 8 * spaces }, (_, element) => Math.floor(element / 8));
  const edges: [number, number][] = [];
  for (let element = 1; element < homes.length; element++) {
    edges.push([Math.max(0, element - 1 - Math.floor(random() * 20)), element]);
  }
  return flat(homes, Array<number>(spaces).fill(-1), edges);
}

test.each([1, 2, 3])("unfolding one namespace keeps the order of all beside it (seed %i)", (seed) => {
  const graph = manySpaces(20, seed);
  const layout = new NestedLayout(graph);
  const folded = new Uint8Array(20);
  const before = layout.draw({ open: folded, leftToRight: false });
  for (const space of [3, 11, 17]) {
    const unfolded = folded.slice();
    unfolded[space] = 1;
    const after = layout.draw({ open: unfolded, leftToRight: false });
    expectTidy(graph, after);
    const middle = (drawing: Drawing, n: number) => {
      const { left, right, top, bottom } = boxOf(drawing, 160 + n);
      return [(left + right) / 2, (top + bottom) / 2] as const;
    };
    for (let a = 0; a < 20; a++) {
      for (let b = 0; b < 20; b++) {
        const [[ax, ay], [bx, by]] = [middle(before, a), middle(before, b)];
        const [[ax2, ay2], [bx2, by2]] = [middle(after, a), middle(after, b)];
        if (ay < by - 1e-6) expect(ay2).toBeLessThan(by2);
        else if (Math.abs(ay - by) < 1e-6 && ax < bx) expect(ax2).toBeLessThan(bx2);
      }
    }
  }
});

test("folding again gives the drawing there was before", () => {
  const layout = new NestedLayout(manySpaces(20, 4));
  const folded = new Uint8Array(20);
  const unfolded = folded.slice();
  unfolded[5] = 1;
  const first = layout.draw({ open: folded, leftToRight: false });
  layout.draw({ open: unfolded, leftToRight: false });
  const again = layout.draw({ open: folded, leftToRight: false });
  expect([...again.x]).toEqual([...first.x]);
  expect([...again.points]).toEqual([...first.points]);
});

test.each([1, 2, 3, 4, 5, 6])("any folding of any nesting is tidy (seed %i)", (seed) => {
  const random = randomFrom(seed);
  const above = Array.from({ length: 12 }, (_, n) => (n < 3 ? -1 : Math.floor(random() * n)));
  const homes = Array.from({ length: 60 }, () => Math.floor(random() * 13) - 1);
  const edges: [number, number][] = [];
  for (let element = 1; element < 60; element++) edges.push([Math.floor(random() * element), element]);
  const graph = flat(homes, above, edges);
  const layout = new NestedLayout(graph);
  for (let round = 0; round < 6; round++) {
    const unfolded = Uint8Array.from({ length: 12 }, () => (random() < 0.6 ? 1 : 0));
    const drawing = layout.draw({ open: unfolded, leftToRight: false });
    expectTidy(graph, drawing);
    expect([...drawing.points].every(Number.isFinite)).toBe(true);
  }
});
