/**
 * Which layer each vertex of one level lies in, and which dummy vertices carry long edges through the layers between.
 *
 * A level is what lies directly in one namespace: elements, and namespaces as single boxes. Its vertices are numbered
 * from 0, its edges are pairs of numbers. Method: longest-path layers (Sugiyama, Tagawa and Toda 1981), one chain of
 * dummies a source, shared by all edges that leave it, so that there are at most sources × layers of them.
 */

/** The vertices and edges of one level; `band[v]` is the data layer below whose beginning v must lie, or -1. */
export interface Level {
  count: number;
  from: Int32Array;
  to: Int32Array;
  band?: Int32Array;
  /** 1 for doors: where edges from outside come in (first layer) and go out (last layer). */
  door?: Uint8Array;
}

/** Vertices in layers. Those from `count` on are dummies; `edges` run between neighbouring layers only. */
export interface Layered {
  count: number;
  total: number;
  layer: Int32Array;
  layers: number;
  /** Neighbours one layer further down, as offsets into `downTo`; and up. */
  downAt: Int32Array;
  downTo: Int32Array;
  upAt: Int32Array;
  upTo: Int32Array;
  /** Edge e of the level runs over these vertices: `chains[chainAt[e] .. chainAt[e + 1]]`, ends included. */
  chainAt: Int32Array;
  chains: Int32Array;
  /** First layer of each band, ascending; empty without bands. */
  bandAt: Int32Array;
  /** Where the dummies of each vertex begin: `dummyAt[v] .. dummyAt[v + 1]`, one a layer. */
  dummyAt: Int32Array;
}

/** A long edge takes at most so many dummies; beyond that it is drawn from end to end. */
const MOST_DUMMIES_PER_VERTEX = 12;

export function assignLayers(level: Level): Layered {
  const { count } = level;
  const [from, to] = withoutCycles(level);
  const { layer, layers, bandAt } = longestPaths(count, from, to, level.band);
  pullDown(level, from, to, layer);
  doorsToTheEdge(level, to, layer, layers);
  return withDummies(level, from, to, layer, layers, bandAt);
}

/** Turn round the edges that close a cycle, which folding can make. */
function withoutCycles(level: Level): [Int32Array, Int32Array] {
  const { count } = level;
  const from = level.from.slice();
  const to = level.to.slice();
  const [at, edges] = grouped(count, from);
  const state = new Uint8Array(count); // 0 new, 1 on the path, 2 done
  const next = at.slice(0, count);
  const path: number[] = [];
  for (let root = 0; root < count; root++) {
    if (state[root]) continue;
    path.push(root);
    state[root] = 1;
    while (path.length) {
      const vertex = path[path.length - 1]!;
      if (next[vertex]! === at[vertex + 1]!) {
        state[vertex] = 2;
        path.pop();
        continue;
      }
      const edge = edges[next[vertex]!++]!;
      const target = level.to[edge]!;
      if (state[target] === 1) {
        from[edge] = target;
        to[edge] = vertex;
      } else if (!state[target]) {
        state[target] = 1;
        path.push(target);
      }
    }
  }
  return [from, to];
}

function longestPaths(count: number, from: Int32Array, to: Int32Array, bands?: Int32Array) {
  const order = topological(count, from, to);
  const [at, edges] = grouped(count, to);
  const band = new Int32Array(count);
  const rank = new Int32Array(count);
  let most = 0;
  for (const vertex of order) {
    let b = bands ? Math.max(0, bands[vertex]!) : 0;
    for (let i = at[vertex]!; i < at[vertex + 1]!; i++) b = Math.max(b, band[from[edges[i]!]!]!);
    let r = 0;
    for (let i = at[vertex]!; i < at[vertex + 1]!; i++) {
      const parent = from[edges[i]!]!;
      if (band[parent] === b) r = Math.max(r, rank[parent]! + 1);
    }
    band[vertex] = b;
    rank[vertex] = r;
    most = Math.max(most, b);
  }
  const height = new Int32Array(most + 1);
  for (let v = 0; v < count; v++) height[band[v]!] = Math.max(height[band[v]!]!, rank[v]! + 1);
  const start = new Int32Array(most + 1);
  for (let b = 1; b <= most; b++) start[b] = start[b - 1]! + height[b - 1]!;
  const layer = rank;
  for (let v = 0; v < count; v++) layer[v] = layer[v]! + start[band[v]!]!;
  const layers = count ? start[most]! + height[most]! : 0;
  return { layer, layers, bandAt: bands ? start : new Int32Array(0) };
}

/** Move what nothing leads to down to just above what it leads to, so that its edges are short. */
function pullDown({ count, band, door }: Level, from: Int32Array, to: Int32Array, layer: Int32Array): void {
  const hasParent = new Uint8Array(count);
  for (let e = 0; e < to.length; e++) hasParent[to[e]!] = 1;
  const lowest = new Int32Array(count).fill(1 << 30);
  for (let e = 0; e < from.length; e++) lowest[from[e]!] = Math.min(lowest[from[e]!]!, layer[to[e]!]! - 1);
  for (let v = 0; v < count; v++) {
    const free = !hasParent[v] && lowest[v]! < 1 << 30 && !(band && band[v]! >= 0) && !door?.[v];
    if (free) layer[v] = Math.max(layer[v]!, lowest[v]!);
  }
}

/** Doors out lie in the last layer; those in have no parents and lie in the first already. */
function doorsToTheEdge({ door }: Level, to: Int32Array, layer: Int32Array, layers: number): void {
  if (!door) return;
  for (let e = 0; e < to.length; e++) if (door[to[e]!]) layer[to[e]!] = layers - 1;
}

function withDummies(
  level: Level, from: Int32Array, to: Int32Array, layer: Int32Array, layers: number, bandAt: Int32Array,
): Layered {
  const { count } = level;
  const furthest = new Int32Array(count).fill(-1);
  for (let e = 0; e < from.length; e++) furthest[from[e]!] = Math.max(furthest[from[e]!]!, layer[to[e]!]!);
  const dummyAt = new Int32Array(count + 1);
  let total = count;
  const limit = Math.max(20_000, count * MOST_DUMMIES_PER_VERTEX);
  for (let v = 0; v < count; v++) {
    dummyAt[v] = total;
    const length = furthest[v]! - layer[v]! - 1;
    if (length > 0 && total + length - count <= limit) total += length;
    else furthest[v] = Math.min(furthest[v]!, layer[v]! + 1); // too long: no dummies
  }
  dummyAt[count] = total;
  const all = new Int32Array(total);
  all.set(layer.subarray(0, count));
  const chainAt = new Int32Array(from.length + 1);
  const chains: number[] = [];
  const pairs: number[] = [];
  for (let v = 0; v < count; v++) {
    const length = furthest[v]! - layer[v]! - 1;
    for (let i = 0; i < length; i++) {
      const dummy = dummyAt[v]! + i;
      all[dummy] = layer[v]! + i + 1;
      pairs.push(i ? dummy - 1 : v, dummy);
    }
  }
  for (let e = 0; e < from.length; e++) {
    const [u, v] = [from[e]!, to[e]!];
    const turned = u !== level.from[e];
    const length = layer[v]! - layer[u]! - 1;
    const reached = furthest[u]! - layer[u]! - 1;
    const chain = [u];
    for (let i = 0; i < Math.min(length, Math.max(0, reached)); i++) chain.push(dummyAt[u]! + i);
    chain.push(v);
    if (length <= Math.max(0, reached)) pairs.push(chain[chain.length - 2]!, v);
    if (turned) chain.reverse();
    for (const vertex of chain) chains.push(vertex);
    chainAt[e + 1] = chains.length;
  }
  const above = new Int32Array(pairs.length / 2);
  const below = new Int32Array(pairs.length / 2);
  for (let i = 0; i < above.length; i++) [above[i], below[i]] = [pairs[2 * i]!, pairs[2 * i + 1]!];
  const [downAt, downTo] = neighbours(total, above, below);
  const [upAt, upTo] = neighbours(total, below, above);
  return { count, total, layer: all, layers, downAt, downTo, upAt, upTo, chainAt, chains: Int32Array.from(chains), bandAt, dummyAt };
}

function topological(count: number, from: Int32Array, to: Int32Array): Int32Array {
  const waiting = new Int32Array(count);
  for (let e = 0; e < to.length; e++) waiting[to[e]!]!++;
  const [at, edges] = grouped(count, from);
  const order = new Int32Array(count);
  let end = 0;
  for (let v = 0; v < count; v++) if (!waiting[v]) order[end++] = v;
  for (let next = 0; next < end; next++) {
    const vertex = order[next]!;
    for (let i = at[vertex]!; i < at[vertex + 1]!; i++) {
      const target = to[edges[i]!]!;
      if (!--waiting[target]!) order[end++] = target;
    }
  }
  return order;
}

/** Return the numbers of the edges grouped by one of their ends: offsets, and edges. */
function grouped(count: number, end: Int32Array): [Int32Array, Int32Array] {
  const at = new Int32Array(count + 1);
  for (let e = 0; e < end.length; e++) at[end[e]! + 1]!++;
  for (let v = 0; v < count; v++) at[v + 1] = at[v + 1]! + at[v]!;
  const next = at.slice();
  const edges = new Int32Array(end.length);
  for (let e = 0; e < end.length; e++) edges[next[end[e]!]!++] = e;
  return [at, edges];
}

function neighbours(count: number, end: Int32Array, other: Int32Array): [Int32Array, Int32Array] {
  const [at, edges] = grouped(count, end);
  return [at, edges.map((edge) => other[edge]!)];
}
