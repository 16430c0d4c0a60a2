/**
 * Where each vertex lies: layers one below the other, and in each layer the places nearest to the neighbours' that
 * keep the order and the gaps. The nearest places are an isotonic regression, solved in linear time by pooling
 * adjacent violators (Ayer et al. 1955); sweeps up and down let them settle.
 */

import type { Layered } from "./layers";
import type { Ordering } from "./ordering";

export interface Sizes {
  width: Float64Array;
  height: Float64Array;
}

export interface Spacing {
  across: number;
  along: number;
  dummy: number;
}

/** Centres of all vertices, dummies included; the level's own width and height. */
export interface Coordinates {
  x: Float64Array;
  y: Float64Array;
  width: number;
  height: number;
  /** Top of each layer. */
  layerTop: Float64Array;
  layerHeight: Float64Array;
}

export function place(layered: Layered, ordering: Ordering, sizes: Sizes, spacing: Spacing): Coordinates {
  const { total, count, layers, layer } = layered;
  const { at, rows } = ordering;
  const half = new Float64Array(total);
  for (let v = 0; v < total; v++) half[v] = v < count ? sizes.width[v]! / 2 : spacing.dummy / 2;
  const x = packed(total, layers, ordering, half, spacing.across);
  const sweeps = total > 30_000 ? 6 : total > 3_000 ? 14 : 60;
  const row = new RowSolver(widest(at), total);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const down = sweep % 2 === 0;
    for (let step = 0; step < layers; step++) {
      const l = down ? step : layers - 1 - step;
      row.settle(layered, rows.subarray(at[l]!, at[l + 1]!), x, half, spacing.across, sweep);
    }
  }
  straighten(layered, ordering, x, half, spacing.across, row);
  const layerHeight = new Float64Array(layers);
  for (let v = 0; v < count; v++) layerHeight[layer[v]!] = Math.max(layerHeight[layer[v]!]!, sizes.height[v]!);
  const layerTop = new Float64Array(layers);
  for (let l = 1; l < layers; l++) layerTop[l] = layerTop[l - 1]! + layerHeight[l - 1]! + gapBelow(layerHeight[l - 1]!, spacing.along);
  const y = new Float64Array(total);
  for (let v = 0; v < total; v++) y[v] = layerTop[layer[v]!]! + layerHeight[layer[v]!]! / 2;
  const width = toOrigin(x, half);
  const height = layers ? layerTop[layers - 1]! + layerHeight[layers - 1]! : 0;
  return { x, y, width, height, layerTop, layerHeight };
}

/** A row of nothing but doors needs less room below it. */
function gapBelow(height: number, along: number): number {
  return height ? along : along / 3;
}

/** Let the dummies of each long edge agree on one place, as far as their rows allow. */
function straighten(
  layered: Layered, { at, rows }: Ordering, x: Float64Array, half: Float64Array, gap: number, row: RowSolver,
): void {
  const { total, count, layers, dummyAt } = layered;
  if (total === count) return;
  const wish = new Float64Array(total);
  const pull = new Float64Array(total).fill(1).fill(50, count);
  for (let round = 0; round < 3; round++) {
    wish.set(x);
    for (let v = 0; v < count; v++) {
      const chain = x.slice(dummyAt[v]!, dummyAt[v + 1]!).sort();
      if (chain.length > 1) wish.fill(chain[chain.length >> 1]!, dummyAt[v]!, dummyAt[v + 1]!);
    }
    for (let l = 0; l < layers; l++) row.solve(rows.subarray(at[l]!, at[l + 1]!), x, half, gap, wish, pull);
  }
}

function widest(at: Int32Array): number {
  let most = 0;
  for (let l = 0; l + 1 < at.length; l++) most = Math.max(most, at[l + 1]! - at[l]!);
  return most;
}

/** Each layer centred, its vertices side by side. */
function packed(total: number, layers: number, { at, rows }: Ordering, half: Float64Array, gap: number): Float64Array {
  const x = new Float64Array(total);
  for (let l = 0; l < layers; l++) {
    let right = 0;
    for (let i = at[l]!; i < at[l + 1]!; i++) {
      const vertex = rows[i]!;
      x[vertex] = right + half[vertex]!;
      right += 2 * half[vertex]! + gap;
    }
    for (let i = at[l]!; i < at[l + 1]!; i++) x[rows[i]!] = x[rows[i]!]! - right / 2;
  }
  return x;
}

function toOrigin(x: Float64Array, half: Float64Array): number {
  let [left, right] = [Infinity, -Infinity];
  for (let v = 0; v < x.length; v++) {
    left = Math.min(left, x[v]! - half[v]!);
    right = Math.max(right, x[v]! + half[v]!);
  }
  for (let v = 0; v < x.length; v++) x[v] = x[v]! - left;
  return x.length ? right - left : 0;
}

/** Settles one layer at a time, reusing its arrays. */
class RowSolver {
  private readonly offset: Float64Array;
  private readonly mean: Float64Array;
  private readonly weight: Float64Array;
  private readonly size: Int32Array;
  private readonly wish: Float64Array;
  private readonly pull: Float64Array;

  constructor(widest: number, total: number) {
    this.wish = new Float64Array(total);
    this.pull = new Float64Array(total);
    this.offset = new Float64Array(widest);
    this.mean = new Float64Array(widest);
    this.weight = new Float64Array(widest);
    this.size = new Int32Array(widest);
  }

  /** Move the vertices of a row towards their neighbours. */
  settle(layered: Layered, row: Int32Array, x: Float64Array, half: Float64Array, gap: number, sweep: number): void {
    const { wish, pull } = this;
    for (const vertex of row) setWanted(layered, vertex, x, sweep, wish, pull);
    this.solve(row, x, half, gap, wish, pull);
  }

  /** Move the vertices of a row as near to their wishes as order and gaps allow, weighted least squares. */
  solve(
    row: Int32Array, x: Float64Array, half: Float64Array, gap: number, wish: Float64Array, pull: Float64Array,
  ): void {
    const { offset, mean, weight, size } = this;
    let blocks = 0;
    let shift = 0;
    for (let i = 0; i < row.length; i++) {
      const vertex = row[i]!;
      if (i) shift += half[row[i - 1]!]! + half[vertex]! + gap;
      offset[i] = shift;
      mean[blocks] = wish[vertex]! - shift;
      weight[blocks] = pull[vertex]!;
      size[blocks++] = 1;
      while (blocks > 1 && mean[blocks - 2]! > mean[blocks - 1]!) {
        const sum = weight[blocks - 2]! + weight[blocks - 1]!;
        mean[blocks - 2] = (mean[blocks - 2]! * weight[blocks - 2]! + mean[blocks - 1]! * weight[blocks - 1]!) / sum;
        weight[blocks - 2] = sum;
        size[blocks - 2] = size[blocks - 2]! + size[blocks - 1]!;
        blocks--;
      }
    }
    for (let block = 0, i = 0; block < blocks; block++) {
      for (let k = 0; k < size[block]!; k++, i++) x[row[i]!] = mean[block]! + offset[i]!;
    }
  }
}

/** Where a vertex would like to be: between its neighbours; in early sweeps those on one side, later both. */
function setWanted(
  { count, downAt, downTo, upAt, upTo }: Layered, vertex: number, x: Float64Array, sweep: number,
  wish: Float64Array, pull: Float64Array,
): void {
  let [sum, number] = [0, 0];
  const useUp = sweep > 3 || sweep % 2 === 0;
  const useDown = sweep > 3 || sweep % 2 === 1;
  if (useUp) for (let i = upAt[vertex]!; i < upAt[vertex + 1]!; i++, number++) sum += x[upTo[i]!]!;
  if (useDown) for (let i = downAt[vertex]!; i < downAt[vertex + 1]!; i++, number++) sum += x[downTo[i]!]!;
  wish[vertex] = number ? sum / number : x[vertex]!;
  pull[vertex] = number ? (vertex >= count ? 4 : number) : 0.1; // long edges are straight
}
