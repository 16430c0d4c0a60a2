/** The current view as a file: PNG as painted, SVG with text that stays text. */

import { graph } from "../state";
import { handle } from "./GraphView";
import { shortName } from "./model";
import type { Scene } from "./paint";
import { readPalette } from "./palette";
import type { Palette } from "./paint";

export function savePng(): void {
  handle.value?.picture().toBlob((blob) => blob && download(blob, "png"));
}

export function saveSvg(): void {
  const scene = handle.value?.scene();
  if (!scene) return;
  const text = asSvg(scene, readPalette(handle.value!.picture()));
  download(new Blob([text], { type: "image/svg+xml" }), "svg");
}

function download(blob: Blob, suffix: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${graph.value?.project.name ?? "pipeline"}.${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The whole drawing, not only what is on screen. */
export function asSvg(scene: Scene, palette: Palette): string {
  const { drawing } = scene;
  const { width, height } = drawing.extent;
  const parts = [...drawing.visible].map((item) => itemSvg(scene, item, palette));
  for (let e = 0; e < drawing.source.length; e++) {
    parts.push(`<path d="${pathOf(scene, e)}" fill="none" stroke="${palette.edge}" stroke-width="1.2"/>`);
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -20 ${width + 40} ${height + 40}" ` +
    `font-family="sans-serif" font-size="12.5"><rect x="-20" y="-20" width="${width + 40}" height="${height + 40}" ` +
    `fill="${palette.background}"/>${parts.join("")}</svg>`
  );
}

function itemSvg(scene: Scene, item: number, palette: Palette): string {
  const { drawing } = scene;
  const [x, y, w, h] = [drawing.x[item]!, drawing.y[item]!, drawing.width[item]!, drawing.height[item]!];
  const element = scene.elements[item];
  const box = (radius: number, fill: string, line: string) =>
    `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${radius}" fill="${fill}" stroke="${line}"/>`;
  const label = (text: string, at: number, anchor = "middle", left = x + w / 2) =>
    `<text x="${left}" y="${at}" text-anchor="${anchor}" fill="${palette.text}">${escaped(text)}</text>`;
  if (element) {
    const { kind } = element;
    return box(kind === "node" ? 7 : h / 2, palette[kind], palette[`${kind}Line`]) + label(element.label, y + h / 2 + 4);
  }
  const space = item - drawing.elements;
  const name = shortName(scene.namespaces.names[space]!);
  if (scene.open[space]) return box(12, palette.box, palette.boxLine) + label(name, y + 22, "start", x + 14);
  return box(9, palette.box, palette.boxLine) + label(name, y + h / 2 + 4);
}

function pathOf({ drawing, leftToRight }: Scene, edge: number): string {
  const { points, pointAt } = drawing;
  let path = "";
  for (let p = pointAt[edge]!; p < pointAt[edge + 1]!; p++) {
    const [x, y] = [points[2 * p]!, points[2 * p + 1]!];
    if (!path) {
      path = `M${x} ${y}`;
      continue;
    }
    const [px, py] = [points[2 * p - 2]!, points[2 * p - 1]!];
    path += leftToRight
      ? `C${(px + x) / 2} ${py} ${(px + x) / 2} ${y} ${x} ${y}`
      : `C${px} ${(py + y) / 2} ${x} ${(py + y) / 2} ${x} ${y}`;
  }
  return path;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
