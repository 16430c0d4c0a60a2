/** Graphs to lay out: generated from a seed, so that a failure can be repeated. */

import type { Level } from "../src/graph/layers";
import type { FlatGraph } from "../src/graph/nested";

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function level(count: number, edges: [number, number][]): Level {
  return { count, from: Int32Array.from(edges, ([from]) => from), to: Int32Array.from(edges, ([, to]) => to) };
}

/** Edges that lead from lower to higher numbers, each vertex with a few parents not far away. */
export function someLevel(count: number, seed: number): Level {
  const random = randomFrom(seed);
  const edges: [number, number][] = [];
  for (let vertex = 1; vertex < count; vertex++) {
    for (let parents = Math.floor(random() * 3); parents > 0; parents--) {
      edges.push([Math.max(0, vertex - 1 - Math.floor(random() * 30)), vertex]);
    }
  }
  return level(count, edges);
}

/** A graph of elements in namespaces: `homes[e]` is the namespace of element e, `above[n]` the one above n. */
export function flat(homes: number[], above: number[], edges: [number, number][]): FlatGraph {
  const { from, to } = level(homes.length, edges);
  return {
    home: Int32Array.from(homes),
    above: Int32Array.from(above),
    from,
    to,
    width: new Float64Array(homes.length).fill(100),
    height: new Float64Array(homes.length).fill(34),
    foldedWidth: new Float64Array(above.length).fill(120),
  };
}
