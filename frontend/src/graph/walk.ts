/** Moving over a drawing by arrow keys: to the nearest element on a side, connected ones first. */

import type { Drawing } from "./nested";

export type Direction = "up" | "down" | "left" | "right";

const CONNECTED = 0.35; // a connected element counts as nearer by this factor

/** Return the item to go to, or -1; `open` says which namespaces are frames around others, and passed by. */
export function neighbour(drawing: Drawing, from: number, direction: Direction, open?: Uint8Array): number {
  const { visible, elements, source, target } = drawing;
  const items = [...visible].filter((item) => item < elements || !open?.[item - elements]);
  if (from < 0 || !drawing.width[from]) return items[0] ?? -1;
  const linked = new Set<number>();
  source.forEach((tail, edge) => {
    if (tail === from) linked.add(target[edge]!);
    if (target[edge] === from) linked.add(tail);
  });
  let [best, least] = [-1, Infinity];
  for (const item of items) {
    const distance = item === from ? Infinity : away(drawing, from, item, direction);
    const felt = linked.has(item) ? distance * CONNECTED : distance;
    if (felt < least) [best, least] = [item, felt];
  }
  return best;
}

/** How far an element is in a direction, sideways counting double; Infinity when it does not begin beyond. */
function away(drawing: Drawing, from: number, to: number, direction: Direction): number {
  const dx = middle(drawing.x, drawing.width, to) - middle(drawing.x, drawing.width, from);
  const dy = middle(drawing.y, drawing.height, to) - middle(drawing.y, drawing.height, from);
  const [along, across] = direction === "up" || direction === "down" ? [dy, dx] : [dx, dy];
  const [start, size] = direction === "up" || direction === "down" ? [drawing.y, drawing.height] : [drawing.x, drawing.width];
  const [first, second] = direction === "up" || direction === "left" ? [to, from] : [from, to];
  const isBeyond = start[first]! + size[first]! <= start[second]!;
  return isBeyond ? Math.abs(along) + 2 * Math.abs(across) : Infinity;
}

function middle(start: Float64Array, size: Float64Array, item: number): number {
  return start[item]! + size[item]! / 2;
}
