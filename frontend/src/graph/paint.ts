/**
 * Paints a drawing on a canvas. What is off the screen is left out, and detail follows the zoom: from far elements
 * are blocks of colour and edges single strokes, all of one colour in one path; from near they have text and shape.
 */

import { type Camera, type Screen, seen } from "./camera";
import type { GraphElement, Namespaces } from "./model";
import { shortName } from "./model";
import type { Drawing } from "./nested";

/** Colours and fonts, read from the page's style sheet so that light and dark are said in one place. */
export interface Palette {
  background: string;
  text: string;
  muted: string;
  edge: string;
  strong: string;
  accent: string;
  band: string;
  box: string;
  boxLine: string;
  node: string;
  nodeLine: string;
  dataset: string;
  datasetLine: string;
  parameter: string;
  parameterLine: string;
  states: Record<string, string>;
  font: string;
}

export interface Scene {
  drawing: Drawing;
  elements: GraphElement[];
  namespaces: Namespaces;
  open: Uint8Array;
  layers: string[];
  leftToRight: boolean;
  /** State of an item (`run`, `skip`, `running`, `done`, `failed`, …), which colours it. */
  state(item: number): string | undefined;
  /** 1 for the items of the lineage that is shown; the others fade. */
  lit: Uint8Array | undefined;
  hovered: number;
  selected: number;
}

const NEAR = 0.38;
const FAR = 0.13;

export function paint(
  context: CanvasRenderingContext2D, scene: Scene, camera: Camera, screen: Screen, palette: Palette,
): void {
  const { width, height } = screen;
  const view = seen(camera, width, height);
  context.fillStyle = palette.background;
  context.fillRect(0, 0, width, height);
  const inView = (x: number, y: number, w: number, h: number) =>
    x < view.x + view.width && x + w > view.x && y < view.y + view.height && y + h > view.y;
  const painter = new Painter(context, scene, camera, palette, inView);
  painter.bands(screen);
  painter.boxes();
  painter.edges();
  painter.items();
}

/** The item at a point of the drawing, innermost first; -1 where there is none. */
export function itemAt(drawing: Drawing, x: number, y: number): number {
  const { visible } = drawing;
  for (let i = visible.length - 1; i >= 0; i--) {
    const item = visible[i]!;
    const [left, top] = [drawing.x[item]!, drawing.y[item]!];
    if (x >= left && x <= left + drawing.width[item]! && y >= top && y <= top + drawing.height[item]!) return item;
  }
  return -1;
}

class Painter {
  private readonly far: boolean;
  private readonly near: boolean;

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly scene: Scene,
    private readonly camera: Camera,
    private readonly palette: Palette,
    private readonly inView: (x: number, y: number, w: number, h: number) => boolean,
  ) {
    this.far = camera.scale < FAR;
    this.near = camera.scale >= NEAR;
  }

  private toScreen(): void {
    const ratio = this.context.canvas.width / this.context.canvas.clientWidth || 1;
    const { scale, left, top } = this.camera;
    this.context.setTransform(scale * ratio, 0, 0, scale * ratio, left * ratio, top * ratio);
  }

  bands({ width, height, top }: Screen): void {
    const { context, scene, camera, palette } = this;
    const { bands } = scene.drawing;
    if (!bands.length) return;
    context.font = `600 11px ${palette.font}`;
    context.textBaseline = "top";
    context.textAlign = "left";
    for (let b = 0; b < bands.length / 2; b++) {
      const margin = 14;
      const offset = scene.leftToRight ? camera.left : camera.top;
      const begin = (bands[2 * b]! - margin) * camera.scale + offset;
      const length = (bands[2 * b + 1]! - bands[2 * b]! + 2 * margin) * camera.scale;
      if (length <= 2 * margin * camera.scale) continue;
      context.fillStyle = palette.band;
      if (scene.leftToRight) context.fillRect(begin, 0, length, height);
      else context.fillRect(0, begin, width, length);
      context.fillStyle = palette.muted;
      const label = scene.layers[b] ?? "";
      if (scene.leftToRight) context.fillText(shortened(context, label, length - 8), begin + 8, top + 8);
      else if (length > 16) context.fillText(label, 10, begin + 6);
    }
  }

  /** The frames of open namespaces. */
  boxes(): void {
    const { context, scene, palette } = this;
    const { drawing } = scene;
    this.toScreen();
    for (const item of drawing.visible) {
      const space = item - drawing.elements;
      if (space < 0 || !scene.open[space]) continue;
      const [x, y, w, h] = this.boxOf(item);
      if (!this.inView(x, y, w, h)) continue;
      context.fillStyle = palette.box;
      context.strokeStyle = item === scene.hovered ? palette.accent : palette.boxLine;
      context.lineWidth = 1 / Math.min(1, this.camera.scale * 1.5);
      this.rounded(x, y, w, h, 12);
      context.fill();
      context.stroke();
      if (this.camera.scale < 0.2) continue;
      context.fillStyle = palette.muted;
      context.font = `600 12px ${palette.font}`;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.fillText(`▾ ${shortName(scene.namespaces.names[space]!)}`, x + 14, y + 18);
    }
  }

  edges(): void {
    const { context, scene, palette } = this;
    const { lit } = scene;
    this.toScreen();
    context.lineWidth = Math.max(1.1, 0.7 / this.camera.scale);
    context.strokeStyle = palette.edge;
    context.globalAlpha = lit ? 0.25 : this.far ? 0.55 : 1;
    this.strokeEdges((s, t) => !lit || !(lit[s] && lit[t]));
    context.globalAlpha = 1;
    if (!lit) return;
    context.strokeStyle = palette.strong;
    context.lineWidth *= 1.5;
    this.strokeEdges((s, t) => !!(lit[s] && lit[t]));
  }

  private strokeEdges(wanted: (source: number, target: number) => boolean): void {
    const { context, far } = this;
    const { source, target, pointAt, points } = this.scene.drawing;
    context.beginPath();
    for (let e = 0; e < source.length; e++) {
      if (!wanted(source[e]!, target[e]!)) continue;
      const [begin, end] = [pointAt[e]!, pointAt[e + 1]!];
      if (!this.crossesView(points, begin, end)) continue;
      if (far) {
        context.moveTo(points[2 * begin]!, points[2 * begin + 1]!);
        for (let p = begin + 1; p < end; p++) context.lineTo(points[2 * p]!, points[2 * p + 1]!);
      } else this.curve(points, begin, end);
    }
    context.stroke();
    if (this.near) this.arrows(wanted);
  }

  private crossesView(points: Float64Array, begin: number, end: number): boolean {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let p = begin; p < end; p++) {
      const [x, y] = [points[2 * p]!, points[2 * p + 1]!];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    return this.inView(left - 1, top - 1, right - left + 2, bottom - top + 2);
  }

  private curve(points: Float64Array, begin: number, end: number): void {
    const { context } = this;
    let [px, py] = [points[2 * begin]!, points[2 * begin + 1]!];
    context.moveTo(px, py);
    for (let p = begin + 1; p < end; p++) {
      const [x, y] = [points[2 * p]!, points[2 * p + 1]!];
      if (this.scene.leftToRight) {
        const middle = (px + x) / 2;
        context.bezierCurveTo(middle, py, middle, y, x, y);
      } else {
        const middle = (py + y) / 2;
        context.bezierCurveTo(px, middle, x, middle, x, y);
      }
      [px, py] = [x, y];
    }
  }

  private arrows(wanted: (source: number, target: number) => boolean): void {
    const { context } = this;
    const { source, target, pointAt, points } = this.scene.drawing;
    context.fillStyle = context.strokeStyle;
    context.beginPath();
    for (let e = 0; e < source.length; e++) {
      if (!wanted(source[e]!, target[e]!)) continue;
      const last = pointAt[e + 1]! - 1;
      const [x, y] = [points[2 * last]!, points[2 * last + 1]!];
      if (!this.inView(x - 5, y - 7, 10, 10)) continue;
      context.moveTo(x, y);
      if (this.scene.leftToRight) {
        context.lineTo(x - 7, y - 3.5);
        context.lineTo(x - 7, y + 3.5);
      } else {
        context.lineTo(x - 3.5, y - 7);
        context.lineTo(x + 3.5, y - 7);
      }
      context.closePath();
    }
    context.fill();
  }

  items(): void {
    if (this.near || this.scene.drawing.visible.length < 2_000) this.shapes();
    else this.blocks();
  }

  /** From far: all items of one colour in one path. */
  private blocks(): void {
    const { context, scene } = this;
    const { drawing, lit } = scene;
    const byColour = new Map<string, number[]>();
    for (const item of drawing.visible) {
      const space = item - drawing.elements;
      if (space >= 0 && scene.open[space]) continue;
      const [x, y, w, h] = this.boxOf(item);
      if (!this.inView(x, y, w, h)) continue;
      const colour = lit && !lit[item] ? this.palette.boxLine : this.lineOf(item);
      const list = byColour.get(colour);
      if (list) list.push(item);
      else byColour.set(colour, [item]);
    }
    this.toScreen();
    for (const [colour, items] of byColour) {
      context.fillStyle = colour;
      context.beginPath();
      for (const item of items) context.rect(...this.boxOf(item));
      context.fill();
    }
  }

  private shapes(): void {
    const { context, scene } = this;
    const { drawing, lit } = scene;
    this.toScreen();
    context.textBaseline = "middle";
    for (const item of drawing.visible) {
      const space = item - drawing.elements;
      if (space >= 0 && scene.open[space]) continue;
      const [x, y, w, h] = this.boxOf(item);
      if (!this.inView(x, y, w, h)) continue;
      context.globalAlpha = lit && !lit[item] ? 0.28 : 1;
      if (space >= 0) this.folded(item, space, x, y, w, h);
      else this.element(item, x, y, w, h);
    }
    context.globalAlpha = 1;
  }

  private element(item: number, x: number, y: number, w: number, h: number): void {
    const { context, scene, palette } = this;
    const { kind, label, mode, partitioned } = scene.elements[item]!;
    context.fillStyle = palette[kind];
    context.strokeStyle = this.lineOf(item);
    context.lineWidth = this.lineWidth(item);
    if (kind === "parameter") context.setLineDash([4, 3]);
    if (mode || partitioned) {
      this.rounded(x + 4, y - 4, w - 4, h, kind === "node" ? 7 : h / 2);
      context.stroke();
    }
    this.rounded(x, y, w, h, kind === "node" ? 7 : h / 2);
    context.fill();
    context.stroke();
    context.setLineDash([]);
    this.mark(item, x, y, h);
    if (this.camera.scale < 0.25) return;
    context.fillStyle = palette.text;
    context.font = `${kind === "node" ? "600 " : ""}12.5px ${palette.font}`;
    context.textAlign = "center";
    context.fillText(shortened(context, label, w - 26), x + w / 2 + (this.scene.state(item) ? 6 : 0), y + h / 2 + 0.5);
  }

  /** A dot in the colour of the state, so that colour is never the only sign: its shape differs when failed. */
  private mark(item: number, x: number, y: number, h: number): void {
    const state = this.scene.state(item);
    const colour = state && this.palette.states[state];
    if (!colour) return;
    const { context } = this;
    context.fillStyle = colour;
    context.beginPath();
    if (state === "failed") context.rect(x + 9, y + h / 2 - 4, 8, 8);
    else context.arc(x + 13, y + h / 2, 4, 0, 2 * Math.PI);
    context.fill();
  }

  private folded(item: number, space: number, x: number, y: number, w: number, h: number): void {
    const { context, scene, palette } = this;
    context.fillStyle = palette.box;
    context.strokeStyle = this.lineOf(item);
    context.lineWidth = this.lineWidth(item);
    for (const shift of [6, 3, 0]) {
      this.rounded(x + shift, y + shift, w - 6, h - 6, 9);
      context.fill();
      context.stroke();
    }
    if (this.camera.scale < 0.2) return;
    context.textAlign = "center";
    context.fillStyle = palette.text;
    context.font = `600 12.5px ${palette.font}`;
    context.fillText(`▸ ${shortName(scene.namespaces.names[space]!)}`, x + w / 2 - 3, y + h / 2 - 10);
    context.fillStyle = palette.muted;
    context.font = `11px ${palette.font}`;
    const nodes = scene.namespaces.nodes[space]!;
    context.fillText(`${nodes} ${nodes === 1 ? "node" : "nodes"}`, x + w / 2 - 3, y + h / 2 + 7);
  }

  private lineOf(item: number): string {
    const { scene, palette } = this;
    if (item === scene.selected || item === scene.hovered) return palette.accent;
    const state = scene.state(item);
    const coloured = state && palette.states[state];
    if (coloured) return coloured;
    const kind = scene.elements[item]?.kind;
    return kind ? palette[`${kind}Line`] : palette.boxLine;
  }

  private lineWidth(item: number): number {
    return item === this.scene.selected ? 2.6 : this.scene.state(item) ? 1.8 : 1.2;
  }

  private boxOf(item: number): [number, number, number, number] {
    const { x, y, width, height } = this.scene.drawing;
    return [x[item]!, y[item]!, width[item]!, height[item]!];
  }

  private rounded(x: number, y: number, w: number, h: number, radius: number): void {
    this.context.beginPath();
    this.context.roundRect(x, y, w, h, radius);
  }
}

const shortenings = new Map<string, string>();

/** A text cut to fit, remembered: measuring is what costs. */
function shortened(context: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${Math.round(width)} ${context.font[0]} ${text}`;
  let found = shortenings.get(key);
  if (found === undefined) {
    found = text;
    while (found.length > 3 && context.measureText(found).width > width) found = `${found.slice(0, -2)}…`;
    shortenings.set(key, found);
  }
  return found;
}
