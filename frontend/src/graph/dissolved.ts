/**
 * The graph as it is laid out in the bands of data layers: without frames around open namespaces.
 *
 * A frame lies in one place, and so would all that is in it, whatever its layer. So the members of open namespaces
 * lie on the top level, each in its own band; a folded namespace stays one box, in the first band of what is in it.
 */

import type { FlatGraph, View } from "./nested";

/** Return the graph whose open namespaces hold nothing, with the band of each folded one. */
export function dissolved(graph: FlatGraph, { open, shown }: View): FlatGraph {
  const { above } = graph;
  const frame = new Int32Array(above.length); // the nearest folded namespace, from each upwards; parents come first
  for (let n = 0; n < above.length; n++) frame[n] = !open[n] ? n : above[n]! < 0 ? -1 : frame[above[n]!]!;
  const folded = (space: number) => (space < 0 ? -1 : frame[space]!);
  return { ...graph, home: graph.home.map(folded), above: above.map(folded), foldedBand: firstBands(graph, shown) };
}

/** The lowest data layer in each namespace, of what is shown, or -1. */
function firstBands({ home, above, band }: FlatGraph, shown: Uint8Array | undefined): Int32Array {
  const first = new Int32Array(above.length).fill(-1);
  band?.forEach((own, element) => {
    if (own < 0 || (shown && !shown[element])) return;
    for (let n = home[element]!; n >= 0; n = above[n]!) if (first[n]! < 0 || own < first[n]!) first[n] = own;
  });
  return first;
}
