/**
 * The order of the vertices within each layer: sweeps of barycentres, up and down, of which the one with the fewest
 * crossings is kept. Crossings are counted in O(e log v) (Barth, Mutzel and Jünger 2004).
 */

import type { Layered } from "./layers";

/** `rows[at[l] .. at[l + 1]]` are the vertices of layer l from left to right. */
export interface Ordering {
  at: Int32Array;
  rows: Int32Array;
}

export function orderLayers(layered: Layered, sweeps = sweepsFor(layered.total)): Ordering {
  const ordering = firstOrder(layered);
  let best = ordering.rows.slice();
  let fewest = sweeps ? crossings(layered, ordering) : 0;
  let idle = 0;
  for (let sweep = 0; sweep < sweeps && fewest && idle < 3; sweep++) {
    sweepOnce(layered, ordering, sweep % 2 === 0);
    const found = crossings(layered, ordering);
    if (found < fewest) {
      fewest = found;
      best = ordering.rows.slice();
      idle = 0;
    } else idle++;
  }
  return { at: ordering.at, rows: best };
}

function sweepsFor(total: number): number {
  return total > 60_000 ? 3 : total > 15_000 ? 6 : 16;
}

/** Depth first from the top, so that what belongs together begins together. */
function firstOrder({ total, layer, layers, downAt, downTo, upAt, upTo }: Layered): Ordering {
  const at = new Int32Array(layers + 1);
  for (let v = 0; v < total; v++) at[layer[v]! + 1]!++;
  for (let l = 0; l < layers; l++) at[l + 1] = at[l + 1]! + at[l]!;
  const next = at.slice();
  const rows = new Int32Array(total);
  const seen = new Uint8Array(total);
  const stack: number[] = [];
  const visit = (root: number) => {
    stack.push(root);
    while (stack.length) {
      const vertex = stack.pop()!;
      if (seen[vertex]) continue;
      seen[vertex] = 1;
      rows[next[layer[vertex]!]!++] = vertex;
      for (let i = upAt[vertex + 1]! - 1; i >= upAt[vertex]!; i--) if (!seen[upTo[i]!]) stack.push(upTo[i]!);
      for (let i = downAt[vertex + 1]! - 1; i >= downAt[vertex]!; i--) if (!seen[downTo[i]!]) stack.push(downTo[i]!);
    }
  };
  for (let v = 0; v < total; v++) if (!layer[v]) visit(v);
  for (let v = 0; v < total; v++) visit(v);
  return { at, rows };
}

function sweepOnce({ total, layers, downAt, downTo, upAt, upTo }: Layered, { at, rows }: Ordering, down: boolean): void {
  const place = new Float64Array(total);
  for (let l = 0; l < layers; l++) for (let i = at[l]!; i < at[l + 1]!; i++) place[rows[i]!] = i - at[l]!;
  const nextAt = down ? upAt : downAt;
  const nextTo = down ? upTo : downTo;
  const centre = new Float64Array(total);
  for (let step = 1; step < layers; step++) {
    const l = down ? step : layers - 1 - step;
    const row = rows.subarray(at[l]!, at[l + 1]!);
    for (const vertex of row) {
      const [begin, end] = [nextAt[vertex]!, nextAt[vertex + 1]!];
      let sum = 0;
      for (let i = begin; i < end; i++) sum += place[nextTo[i]!]!;
      centre[vertex] = end > begin ? sum / (end - begin) : place[vertex]!;
    }
    row.sort((a, b) => centre[a]! - centre[b]! || place[a]! - place[b]!);
    for (let i = 0; i < row.length; i++) place[row[i]!] = i;
  }
}

export function crossings({ total, layers, downAt, downTo }: Layered, { at, rows }: Ordering): number {
  const place = new Int32Array(total);
  let widest = 0;
  for (let l = 0; l < layers; l++) {
    widest = Math.max(widest, at[l + 1]! - at[l]!);
    for (let i = at[l]!; i < at[l + 1]!; i++) place[rows[i]!] = i - at[l]!;
  }
  const tree = new Int32Array(widest + 1);
  let sum = 0;
  const targets: number[] = [];
  for (let l = 0; l + 1 < layers; l++) {
    tree.fill(0);
    let seen = 0;
    for (let i = at[l]!; i < at[l + 1]!; i++) {
      const vertex = rows[i]!;
      targets.length = 0;
      for (let k = downAt[vertex]!; k < downAt[vertex + 1]!; k++) targets.push(place[downTo[k]!]!);
      for (const target of targets) {
        let before = 0;
        for (let j = target + 1; j > 0; j -= j & -j) before += tree[j]!;
        sum += seen - before;
      }
      for (const target of targets) {
        for (let j = target + 1; j <= widest; j += j & -j) tree[j]!++;
        seen++;
      }
    }
  }
  return sum;
}
