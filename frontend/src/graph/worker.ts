/** Lays out off the main thread. It keeps the graph it was last given, and what it learnt of its levels. */

import { dissolved } from "./dissolved";
import { type Drawing, type FlatGraph, NestedLayout, type View } from "./nested";

export interface LayoutRequest {
  id: number;
  graph?: FlatGraph;
  view: View;
}

export interface LayoutAnswer {
  id: number;
  drawing: Drawing;
  milliseconds: number;
}

let graph: FlatGraph | undefined;
let layout: NestedLayout | undefined;

self.onmessage = ({ data }: MessageEvent<LayoutRequest>) => {
  const start = performance.now();
  if (data.graph) [graph, layout] = [data.graph, new NestedLayout(data.graph)];
  // In bands, folding moves elements from level to level, so nothing of another folding can be used again.
  if (graph!.band) layout = new NestedLayout(dissolved(graph!, data.view));
  const drawing = layout!.draw(data.view);
  const answer: LayoutAnswer = { id: data.id, drawing, milliseconds: performance.now() - start };
  const { x, y, width, height, visible, source, target, pointAt, points, bands } = drawing;
  self.postMessage(answer, {
    transfer: [x, y, width, height, visible, source, target, pointAt, points, bands].map((array) => array.buffer),
  });
};
