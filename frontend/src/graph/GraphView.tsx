/** The graph on the page: lays out when what is shown changes, paints, and turns gestures into addresses. */

import { effect, signal, untracked } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { focus, go } from "../address";
import { liveTick } from "../live";
import * as state from "../state";
import type { Camera } from "./camera";
import { GraphCanvas } from "./canvas";
import { Layouter } from "./layouter";
import { flatGraph, type GraphDocument, homeOf, idOf, lineage, stateOfElement } from "./model";
import type { Drawing } from "./nested";
import { readPalette } from "./palette";
import type { Scene } from "./paint";
import { measurer } from "./measure";
import { type Direction, neighbour } from "./walk";

const SPACE = "ns:"; // how a namespace is called in the address
const LEGIBLE = 0.5; // the zoom below which nobody reads a name

export const hovered = signal(-1);
export const elementsDrawn = signal(0);

/** What the buttons around the graph may ask of it. */
export interface GraphHandle {
  fit(): void;
  zoom(factor: number): void;
  picture(): HTMLCanvasElement;
  drawing(): Drawing | undefined;
  scene(): Scene | undefined;
  camera(): Camera;
  /** Bring a point of the drawing to the middle of the screen. */
  look(x: number, y: number): void;
}

export const handle = signal<GraphHandle | null>(null);

export function GraphView({ stateOf }: { stateOf: (name: string) => string | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colour = useRef(stateOf);
  colour.current = stateOf;
  useEffect(() => {
    const controller = new Controller(canvas.current!, (name) => colour.current(name));
    return () => controller.close();
  }, []);
  return (
    <canvas
      ref={canvas}
      class="graph"
      tabIndex={0}
      role="application"
      aria-label="Pipeline graph. Arrow keys move between connected elements, Enter opens, F folds, plus and minus zoom, 0 shows all."
    />
  );
}

/** What the last drawing was asked for. */
interface Shown {
  document: GraphDocument;
  bands: boolean;
  leftToRight: boolean;
  nodes: Uint8Array;
}

class Controller {
  private readonly graph: GraphCanvas;
  private readonly layouter = new Layouter();
  private readonly stops: (() => void)[];
  private drawing: Drawing | undefined;
  private laidOut: Shown | undefined;
  private isLayingOut = false;
  private refit = true;
  private anchor = -1;
  /** The selection that was followed last, and what is still to be brought into view. */
  private followed: string | null = null;
  private wanted: { item: number; leastZoom: number } | undefined;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly stateOf: (name: string) => string | undefined) {
    this.graph = new GraphCanvas(canvas, readPalette(canvas), {
      hovered: (item) => {
        hovered.value = item;
        canvas.style.cursor = item < 0 ? "" : "pointer";
      },
      clicked: (item) => this.clicked(item),
      doubleClicked: (item) => this.doubleClicked(item),
      moved: () => undefined,
    });
    canvas.addEventListener("keydown", (event) => this.pressed(event));
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const recolour = () => this.graph.useColours(readPalette(canvas));
    dark.addEventListener("change", recolour);
    this.stops = [
      effect(() => this.follow()),
      effect(() => this.layOut()),
      effect(() => {
        state.theme.value;
        queueMicrotask(recolour);
      }),
      effect(() => {
        hovered.value;
        focus.value;
        state.plan.value;
        state.showPlan.value;
        liveTick.value;
        this.show();
      }),
      () => dark.removeEventListener("change", recolour),
    ];
    handle.value = {
      fit: () => this.fit(true),
      zoom: (factor) => this.graph.zoom(factor),
      picture: () => canvas,
      drawing: () => this.drawing,
      scene: () => this.sceneNow(),
      camera: () => this.graph.camera,
      look: (x, y) => this.graph.centre({ x, y, width: 0, height: 0 }),
    };
  }

  close(): void {
    for (const stop of this.stops) stop();
    handle.value = null;
    this.layouter.close();
    this.graph.close();
  }

  private layOut(): void {
    const document = state.graph.value;
    if (!document?.elements.length) return;
    const bands = state.showBands.value;
    const view = { shown: state.shown.value, open: state.open.value, leftToRight: state.leftToRight.value };
    const last = this.laidOut;
    const known = last?.document.key === document.key && last.bands === bands;
    const flat = known
      ? undefined
      : flatGraph(document, state.namespaces.value, { measure: measurer(this.canvas), height: 34 }, bands);
    const nodes = view.shown.map((one, number) => (document.elements[number]!.kind === "node" ? one : 0));
    this.laidOut = { document, bands, leftToRight: view.leftToRight, nodes };
    this.refit ||= !known || last.leftToRight !== view.leftToRight || nodes.some((one, number) => one !== last.nodes[number]);
    this.isLayingOut = true;
    const before = this.anchorBox();
    void this.layouter.draw({ ...view, shown: view.shown.slice(), open: view.open.slice() }, flat).then((drawing) => {
      if (drawing) this.arrived(drawing, before);
    });
  }

  private arrived(drawing: Drawing, before: { item: number; x: number; y: number } | undefined): void {
    this.drawing = drawing;
    this.isLayingOut = false;
    elementsDrawn.value = drawing.drawn;
    if (this.refit) this.fit(false);
    else if (before && drawing.width[before.item]) this.stay(drawing, before);
    this.refit = false;
    this.bring();
    this.show();
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        document.documentElement.dataset.elements = String(drawing.drawn);
        document.documentElement.dataset.graph = "drawn";
      }),
    );
  }

  /** Unfold what is around a selection that came from elsewhere: a link, a search, the history. */
  private follow(): void {
    const id = focus.value;
    if (!state.graph.value || id === this.followed) return;
    this.followed = id;
    untracked(() => {
      const item = this.selected();
      state.reveal(this.spaceAround(item));
      this.want(item, LEGIBLE);
    });
  }

  private spaceAround(item: number): number {
    const { elements } = state.graph.value!;
    const element = elements[item];
    return element ? homeOf(element, state.namespaces.value) : state.namespaces.value.above[item - elements.length] ?? -1;
  }

  /** Select what is pressed here: it is in view already, but for what the panel then covers. */
  private select(item: number, replace = false): void {
    this.followed = this.idOf(item);
    go({ focus: this.followed }, replace);
    this.want(item, 0);
  }

  private idOf(item: number): string {
    const { elements } = state.graph.value!;
    const element = elements[item];
    return element ? idOf(element) : SPACE + state.namespaces.value.names[item - elements.length]!;
  }

  /** Have an item in view as soon as it is drawn and the panel has taken its room. */
  private want(item: number, leastZoom: number): void {
    this.wanted = { item, leastZoom };
    requestAnimationFrame(() => this.bring());
  }

  private bring(): void {
    const { drawing, wanted } = this;
    if (!drawing || !wanted || this.isLayingOut) return;
    this.wanted = undefined;
    if (drawing.width[wanted.item]) this.graph.bring(this.box(wanted.item), wanted.leastZoom);
  }

  /** What the reader looked at stays where it was: the element that was folded, or the one in the middle. */
  private stay(drawing: Drawing, before: { item: number; x: number; y: number }): void {
    const { left, top, scale } = this.graph.camera;
    const dx = (drawing.x[before.item]! - before.x) * scale;
    const dy = (drawing.y[before.item]! - before.y) * scale;
    this.graph.move({ scale, left: left - dx, top: top - dy });
  }

  private anchorBox(): { item: number; x: number; y: number } | undefined {
    const { drawing } = this;
    if (!drawing) return undefined;
    const item = this.anchor >= 0 ? this.anchor : this.graph.at(this.graph.width / 2, this.graph.height / 2);
    this.anchor = -1;
    return item < 0 ? undefined : { item, x: drawing.x[item]!, y: drawing.y[item]! };
  }

  private fit(animated: boolean): void {
    const { drawing } = this;
    if (drawing) this.graph.fit({ x: 0, y: 0, width: drawing.extent.width, height: drawing.extent.height }, animated);
  }

  private show(): void {
    const scene = this.sceneNow();
    if (scene) this.graph.show(scene);
  }

  private sceneNow(): Scene | undefined {
    const document = state.graph.value;
    return document && this.drawing ? this.scene(document, this.drawing) : undefined;
  }

  private scene(document: GraphDocument, drawing: Drawing): Scene {
    const selected = this.selected();
    const start = hovered.value >= 0 && hovered.value < drawing.elements ? hovered.value : selected;
    return {
      drawing,
      elements: document.elements,
      namespaces: state.namespaces.value,
      open: state.open.value,
      layers: document.layers,
      leftToRight: state.leftToRight.value,
      state: (item) => item < drawing.elements ? stateOfElement(document.elements[item], this.stateOf) : undefined,
      lit: start >= 0 && start < drawing.elements ? this.lit(document, drawing, start) : undefined,
      hovered: hovered.value,
      selected,
    };
  }

  private lit(document: GraphDocument, drawing: Drawing, start: number): Uint8Array {
    const found = lineage(document.elements.length, state.edges.value, [start], "both");
    const items = new Uint8Array(drawing.x.length);
    items.set(found);
    const { above } = state.namespaces.value;
    document.elements.forEach((element, number) => {
      if (!found[number] || !element.namespace) return;
      let space = state.namespaces.value.numbers.get(element.namespace) ?? -1;
      for (; space >= 0; space = above[space]!) items[drawing.elements + space] = 1;
    });
    return items;
  }

  /** The item that is selected: an element, or a namespace that the arrow keys came to. */
  private selected(): number {
    const id = focus.value ?? "";
    const space = id.startsWith(SPACE) ? state.namespaces.value.numbers.get(id.slice(SPACE.length)) : undefined;
    if (space !== undefined) return state.graph.value!.elements.length + space;
    return state.numberOf.value.get(id) ?? -1;
  }

  private clicked(item: number): void {
    if (item < 0) go({ focus: null });
    else if (item < this.drawing!.elements) this.select(item);
    else this.toggle(item);
  }

  private doubleClicked(item: number): void {
    const { drawing } = this;
    if (!drawing || item < 0 || item >= drawing.elements) return;
    this.graph.centre(this.box(item), Math.max(1, this.graph.camera.scale));
  }

  private toggle(item: number): void {
    this.anchor = item;
    state.toggle(item - this.drawing!.elements);
  }

  private box(item: number) {
    const { x, y, width, height } = this.drawing!;
    return { x: x[item]!, y: y[item]!, width: width[item]!, height: height[item]! };
  }

  private pressed(event: KeyboardEvent): void {
    const action = this.keys()[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  private keys(): Record<string, () => void> {
    return {
      "+": () => this.graph.zoom(1.25),
      "=": () => this.graph.zoom(1.25),
      "-": () => this.graph.zoom(0.8),
      "0": () => this.fit(true),
      f: () => this.foldHere(),
      Escape: () => go({ focus: null }),
      Enter: () => this.enter(),
      ArrowUp: () => this.walk("up"),
      ArrowDown: () => this.walk("down"),
      ArrowLeft: () => this.walk("left"),
      ArrowRight: () => this.walk("right"),
    };
  }

  private walk(direction: Direction): void {
    const { drawing } = this;
    const document = state.graph.value;
    if (!drawing || !document) return;
    const next = neighbour(drawing, this.selected(), direction, state.open.value);
    if (next < 0) return;
    this.select(next, true);
    this.graph.centre(this.box(next));
  }

  private enter(): void {
    if (this.selected() >= (this.drawing?.elements ?? Infinity)) this.foldHere();
    else document.querySelector<HTMLElement>(".panel")?.focus();
  }

  /** Fold the namespace that the selected element lies in, or unfold the selected one. */
  private foldHere(): void {
    const selected = this.selected();
    const element = state.graph.value?.elements[selected];
    const space = element
      ? state.namespaces.value.numbers.get(element.namespace ?? "")
      : selected - (this.drawing?.elements ?? 0);
    if (space === undefined || space < 0) return;
    this.toggle(this.drawing!.elements + space);
    if (element) this.select(this.drawing!.elements + space, true);
  }
}
