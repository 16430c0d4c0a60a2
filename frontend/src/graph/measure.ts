/** How wide a label is drawn. */

import type { ElementKind } from "./model";

const WIDEST = 240;
const PADDING = 40;

export function measurer(canvas: HTMLCanvasElement): (label: string, kind: ElementKind | "namespace") => number {
  const context = document.createElement("canvas").getContext("2d")!;
  const font = getComputedStyle(canvas).getPropertyValue("--font");
  const known = new Map<string, number>();
  context.font = `600 12.5px ${font}`;
  return (label, kind) => {
    let width = known.get(label);
    if (width === undefined) known.set(label, (width = context.measureText(label).width));
    const least = kind === "namespace" ? 120 : 70;
    return Math.round(Math.min(WIDEST, Math.max(least, width + PADDING)));
  };
}
