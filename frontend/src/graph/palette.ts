/** The colours of the graph, as the style sheet says them for light and dark. */

import type { Palette } from "./paint";

export function readPalette(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const get = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    background: get("canvas"),
    text: get("text"),
    muted: get("muted"),
    edge: get("edge"),
    strong: get("accent"),
    accent: get("accent"),
    band: get("band"),
    box: get("box"),
    boxLine: get("box-line"),
    node: get("node"),
    nodeLine: get("node-line"),
    dataset: get("dataset"),
    datasetLine: get("dataset-line"),
    parameter: get("parameter"),
    parameterLine: get("parameter-line"),
    states: {
      run: get("state-run"),
      maybe: get("state-maybe"),
      blocked: get("state-blocked"),
      running: get("state-running"),
      done: get("state-done"),
      failed: get("state-failed"),
      skip: get("state-skip"),
      skipped: get("state-skip"),
    },
    font: get("font"),
  };
}
