/**
 * The drawing of a graph whose namespaces are boxes, folded or open.
 *
 * What lies directly in one namespace is a level; a level is layered and ordered alone, once, and remembered. Folding
 * and unfolding change sizes only: the levels around are placed again with the order they had, so that everything
 * stays where a reader expects it, and the cost is that of the levels above and not of the graph.
 */

import { type Coordinates, place, type Spacing } from "./coordinates";
import { assignLayers, type Layered } from "./layers";
import { type Ordering, orderLayers } from "./ordering";

/** A graph as flat arrays. Namespaces are numbered from 0, parents before children; -1 is the top. */
export interface FlatGraph {
  /** Namespace of each element, or -1. */
  home: Int32Array;
  /** Namespace above each namespace, or -1. */
  above: Int32Array;
  from: Int32Array;
  to: Int32Array;
  width: Float64Array;
  height: Float64Array;
  /** Width of each namespace while it is folded. */
  foldedWidth: Float64Array;
  /** Data layer of each element, or -1; absent when bands are not wanted. */
  band?: Int32Array;
  /** Data layer of each namespace while it is folded, or -1. */
  foldedBand?: Int32Array;
}

export interface View {
  /** Elements that are shown; absent when all are. */
  shown?: Uint8Array;
  /** 1 for each namespace that is unfolded. */
  open: Uint8Array;
  leftToRight: boolean;
}

/**
 * What is on the drawing. Items are numbered elements first, then namespaces: item `elements + n` is namespace n.
 * `x`, `y` is the upper left corner; items that are not on the drawing have width 0.
 */
export interface Drawing {
  elements: number;
  x: Float64Array;
  y: Float64Array;
  width: Float64Array;
  height: Float64Array;
  /** Items on the drawing, enclosing boxes before what lies in them. */
  visible: Int32Array;
  /** Edge e leads from item `source[e]` to `target[e]` over the points `points[2 * pointAt[e] .. 2 * pointAt[e + 1]]`. */
  source: Int32Array;
  target: Int32Array;
  pointAt: Int32Array;
  points: Float64Array;
  /** Top and bottom of each data layer's band (left and right in a drawing from left to right). */
  bands: Float64Array;
  extent: { width: number; height: number };
  /** How many elements were laid out, folded namespaces among them. */
  drawn: number;
}

const SPACING: Spacing = { across: 26, along: 44, dummy: 10 };
const PADDING = 22;
const HEADER = 30;
const FOLDED_HEIGHT = 48;

interface Size {
  width: Float64Array;
  height: Float64Array;
}

/** What one level is made of: pairs of members, what comes in from which element outside, and what goes out. */
interface LevelEdges {
  pairs: number[];
  incoming: number[];
  outgoing: number[];
}

interface LevelLayout {
  layered: Layered;
  ordering: Ordering;
  /** Vertex of each member, of the door of each element outside, and of the door of each member that reaches out. */
  slot: Map<number, number>;
  doorIn: Map<number, number>;
  doorOut: Map<number, number>;
  /** The first door that leads to each member: for edges that were one with another when the level was made. */
  doorTo: Map<number, number>;
  edgeOf: Map<number, number>;
  sizesKey: string;
  coordinates?: Coordinates;
}

/** One edge as drawn: from item to item, and the members of the level where their ways part. */
interface Way {
  element: number;
  source: number;
  target: number;
  from: number;
  to: number;
  level: number;
}

/** Lays out a graph again and again while namespaces are folded and unfolded, and elements shown and hidden. */
export class NestedLayout {
  private readonly elements: number;
  private readonly spaces: number;
  private readonly depth: Int32Array;
  private readonly levels = new Map<number, LevelLayout>();
  private shown: Uint8Array | undefined;
  private direction = false;

  constructor(private readonly graph: FlatGraph) {
    this.elements = graph.home.length;
    this.spaces = graph.above.length;
    this.depth = new Int32Array(this.spaces);
    for (let n = 0; n < this.spaces; n++) this.depth[n] = graph.above[n]! < 0 ? 1 : this.depth[graph.above[n]!]! + 1;
  }

  draw(view: View): Drawing {
    if (view.shown !== this.shown || view.leftToRight !== this.direction) this.levels.clear();
    this.shown = view.shown;
    this.direction = view.leftToRight;
    const members = this.members(view);
    const ways = this.ways(view);
    const edges = this.edgesOfLevels(ways);
    const levels = this.openLevels(view, members);
    const items = this.elements + this.spaces;
    const size = { width: new Float64Array(items), height: new Float64Array(items) };
    for (const level of levels.toReversed()) this.layOut(level, members.get(level)!, edges.get(level), view, size);
    return this.assemble(levels, members, view, size, ways);
  }

  private spaceOf(item: number): number {
    return item < this.elements ? this.graph.home[item]! : this.graph.above[item - this.elements]!;
  }

  /** What lies directly in each namespace, without what is not shown. */
  private members({ shown }: View): Map<number, number[]> {
    const members = new Map<number, number[]>([[-1, []]]);
    const used = new Uint8Array(this.spaces);
    const add = (item: number) => {
      const level = this.spaceOf(item);
      const list = members.get(level);
      if (list) list.push(item);
      else members.set(level, [item]);
    };
    for (let v = 0; v < this.elements; v++) {
      if (shown && !shown[v]) continue;
      add(v);
      for (let n = this.graph.home[v]!; n >= 0 && !used[n]; n = this.graph.above[n]!) used[n] = 1;
    }
    for (let n = 0; n < this.spaces; n++) if (used[n]) add(this.elements + n);
    return members;
  }

  /** The levels whose inside is visible, outer ones first. */
  private openLevels({ open }: View, members: Map<number, number[]>): number[] {
    const levels = [-1];
    for (let next = 0; next < levels.length; next++) {
      for (const item of members.get(levels[next]!)!) {
        const space = item - this.elements;
        if (space >= 0 && open[space]) levels.push(space);
      }
    }
    return levels;
  }

  /** The visible edges: those that end in the same items are one. */
  private ways({ open, shown }: View): Way[] {
    const { from, to, above } = this.graph;
    const visible = new Uint8Array(this.spaces);
    for (let n = 0; n < this.spaces; n++) visible[n] = open[n] && (above[n]! < 0 || visible[above[n]!]) ? 1 : 0;
    const seen = new Set<number>();
    const ways: Way[] = [];
    const items = this.elements + this.spaces;
    for (let e = 0; e < from.length; e++) {
      const [u, v] = [from[e]!, to[e]!];
      if (shown && !(shown[u] && shown[v])) continue;
      const [source, target] = [this.drawnAs(u, visible), this.drawnAs(v, visible)];
      const key = source * items + target;
      if (source === target || seen.has(key)) continue;
      seen.add(key);
      ways.push({ element: u, source, target, ...this.parting(source, target) });
    }
    return ways;
  }

  private drawnAs(element: number, visible: Uint8Array): number {
    let item = element;
    for (let n = this.graph.home[element]!; n >= 0; n = this.graph.above[n]!) if (!visible[n]) item = this.elements + n;
    return item;
  }

  /** Climb from two items to the level that holds both. */
  private parting(source: number, target: number): { from: number; to: number; level: number } {
    let [from, to] = [source, target];
    let [above, below] = [this.spaceOf(from), this.spaceOf(to)];
    while (above !== below) {
      const [a, b] = [this.depthOf(above), this.depthOf(below)];
      if (a >= b) [from, above] = [this.elements + above, this.graph.above[above]!];
      if (b >= a) [to, below] = [this.elements + below, this.graph.above[below]!];
    }
    return { from, to, level: above };
  }

  private depthOf(space: number): number {
    return space < 0 ? 0 : this.depth[space]!;
  }

  private edgesOfLevels(ways: Way[]): Map<number, LevelEdges> {
    const found = new Map<number, LevelEdges>();
    const at = (level: number) => {
      let edges = found.get(level);
      if (!edges) found.set(level, (edges = { pairs: [], incoming: [], outgoing: [] }));
      return edges;
    };
    for (const { element, source, target, from, to, level } of ways) {
      at(level).pairs.push(from, to);
      for (let m = source; m !== from; m = this.elements + this.spaceOf(m)) at(this.spaceOf(m)).outgoing.push(m);
      for (let m = target; m !== to; m = this.elements + this.spaceOf(m)) at(this.spaceOf(m)).incoming.push(element, m);
    }
    return found;
  }

  private layOut(level: number, members: number[], edges: LevelEdges | undefined, view: View, size: Size): void {
    const layout = this.levels.get(level) ?? this.structure(level, members, edges ?? { pairs: [], incoming: [], outgoing: [] });
    this.levels.set(level, layout);
    const vertices = layout.layered.count;
    const across = new Float64Array(vertices).fill(SPACING.dummy);
    const along = new Float64Array(vertices);
    members.forEach((item, slot) => {
      const [width, height] = this.sizeOf(item, view, size);
      size.width[item] = width;
      size.height[item] = height;
      across[slot] = view.leftToRight ? height : width;
      along[slot] = view.leftToRight ? width : height;
    });
    const key = `${across.join()};${along.join()}`;
    if (layout.sizesKey !== key || !layout.coordinates) {
      layout.coordinates = place(layout.layered, layout.ordering, { width: across, height: along }, SPACING);
      layout.sizesKey = key;
    }
    if (level < 0) return;
    const { width, height } = layout.coordinates;
    size.width[this.elements + level] = (view.leftToRight ? height : width) + 2 * PADDING;
    size.height[this.elements + level] = (view.leftToRight ? width : height) + 2 * PADDING + HEADER;
  }

  private sizeOf(item: number, { open }: View, size: Size): [number, number] {
    const space = item - this.elements;
    if (space < 0) return [this.graph.width[item]!, this.graph.height[item]!];
    if (!open[space]) return [this.graph.foldedWidth[space]!, FOLDED_HEIGHT];
    return [Math.max(size.width[item]!, this.graph.foldedWidth[space]!), size.height[item]!];
  }

  /** Layers and order of one level: independent of all sizes. */
  private structure(level: number, members: number[], { pairs, incoming, outgoing }: LevelEdges): LevelLayout {
    const slot = new Map(members.map((item, index) => [item, index]));
    const doorIn = new Map<number, number>();
    const doorOut = new Map<number, number>();
    const doorTo = new Map<number, number>();
    const edges = new EdgeList();
    for (let i = 0; i < pairs.length; i += 2) edges.add(slot.get(pairs[i]!)!, slot.get(pairs[i + 1]!)!);
    let next = members.length;
    for (let i = 0; i < incoming.length; i += 2) {
      const [element, member] = [incoming[i]!, incoming[i + 1]!];
      if (!doorIn.has(element)) doorIn.set(element, next++);
      if (!doorTo.has(member)) doorTo.set(member, doorIn.get(element)!);
      edges.add(doorIn.get(element)!, slot.get(member)!);
    }
    for (const member of outgoing) {
      if (!doorOut.has(member)) doorOut.set(member, next++);
      edges.add(slot.get(member)!, doorOut.get(member)!);
    }
    const wantsBands = level < 0 && this.graph.band !== undefined;
    const layered = assignLayers({
      count: next,
      from: Int32Array.from(edges.from),
      to: Int32Array.from(edges.to),
      door: new Uint8Array(next).fill(1, members.length),
      ...(wantsBands && { band: Int32Array.from(members, (item) => this.bandOf(item)) }),
    });
    return { layered, ordering: orderLayers(layered), slot, doorIn, doorOut, doorTo, edgeOf: edges.numbers, sizesKey: "" };
  }

  private bandOf(item: number): number {
    const { band, foldedBand } = this.graph;
    return item < this.elements ? band![item]! : foldedBand?.[item - this.elements] ?? -1;
  }

  private assemble(
    levels: number[], members: Map<number, number[]>, view: View, size: Size, ways: Way[],
  ): Drawing {
    const items = this.elements + this.spaces;
    const x = new Float64Array(items);
    const y = new Float64Array(items);
    const visible: number[] = [];
    const origin = new Map<number, [number, number]>();
    for (const level of levels) {
      const [left, top] = level < 0 ? [0, 0] : this.inside(level, x, y, size, view);
      origin.set(level, [left, top]);
      const { coordinates } = this.levels.get(level)!;
      members.get(level)!.forEach((item, slot) => {
        const [across, along] = [coordinates!.x[slot]!, coordinates!.y[slot]!];
        x[item] = left + (view.leftToRight ? along : across) - size.width[item]! / 2;
        y[item] = top + (view.leftToRight ? across : along) - size.height[item]! / 2;
        visible.push(item);
      });
    }
    const outer = this.levels.get(-1)!.coordinates!;
    const { leftToRight } = view;
    return {
      elements: this.elements, x, y, ...size, visible: Int32Array.from(visible),
      ...this.routes(ways, new Tracer(this.levels, origin, x, y, size, leftToRight)),
      bands: this.bands(outer),
      extent: leftToRight ? { width: outer.height, height: outer.width } : { width: outer.width, height: outer.height },
      drawn: visible.filter((item) => item < this.elements || !view.open[item - this.elements]).length,
    };
  }

  /** Where the inside of an open namespace begins; what is narrower than the title is centred. */
  private inside(space: number, x: Float64Array, y: Float64Array, size: Size, view: View): [number, number] {
    const item = this.elements + space;
    const { width, height } = this.levels.get(space)!.coordinates!;
    const slack = size.width[item]! - (view.leftToRight ? height : width);
    return [x[item]! + slack / 2, y[item]! + HEADER + PADDING];
  }

  private routes(ways: Way[], tracer: Tracer) {
    const source = Int32Array.from(ways, (way) => way.source);
    const target = Int32Array.from(ways, (way) => way.target);
    const pointAt = new Int32Array(ways.length + 1);
    ways.forEach((way, index) => {
      this.trace(way, tracer);
      pointAt[index + 1] = tracer.points.length / 2;
    });
    return { source, target, pointAt, points: Float64Array.from(tracer.points) };
  }

  /** Follow an edge out through the doors of the boxes it leaves, along, and in through those it enters. */
  private trace({ element, source, target, from, to, level }: Way, tracer: Tracer): void {
    tracer.tail(source);
    for (let m = source; m !== from; m = this.elements + this.spaceOf(m)) {
      tracer.out(this.spaceOf(m), m, this.elements + this.spaceOf(m));
    }
    tracer.along(level, from, to);
    const entered: number[] = [];
    for (let m = target; m !== to; m = this.elements + this.spaceOf(m)) entered.push(m);
    for (const m of entered.reverse()) tracer.into(this.spaceOf(m), element, m, this.elements + this.spaceOf(m));
    tracer.head(target);
  }

  private bands({ layerTop, layerHeight }: Coordinates): Float64Array {
    const { bandAt, layers } = this.levels.get(-1)!.layered;
    const edges = new Float64Array(2 * bandAt.length);
    bandAt.forEach((first, band) => {
      const last = (bandAt[band + 1] ?? layers) - 1;
      if (last < first) return;
      edges[2 * band] = layerTop[first]!;
      edges[2 * band + 1] = layerTop[last]! + layerHeight[last]!;
    });
    return edges;
  }
}

/** Edges without repetition, found again by their ends. */
class EdgeList {
  readonly from: number[] = [];
  readonly to: number[] = [];
  readonly numbers = new Map<number, number>();

  add(from: number, to: number): void {
    const key = edgeKey(from, to);
    if (this.numbers.has(key)) return;
    this.numbers.set(key, this.from.length);
    this.from.push(from);
    this.to.push(to);
  }
}

function edgeKey(from: number, to: number): number {
  return from * 67_108_864 + to; // 2 ** 26: exact up to 67 million vertices
}

/** Collects the points of edges in the coordinates of the whole drawing. */
class Tracer {
  readonly points: number[] = [];

  constructor(
    private readonly levels: Map<number, LevelLayout>,
    private readonly origin: Map<number, [number, number]>,
    private readonly x: Float64Array,
    private readonly y: Float64Array,
    private readonly size: Size,
    private readonly leftToRight: boolean,
  ) {}

  tail(item: number): void {
    if (this.leftToRight) this.points.push(this.x[item]! + this.size.width[item]!, this.middle(item));
    else this.points.push(this.centre(item), this.y[item]! + this.size.height[item]!);
  }

  head(item: number): void {
    if (this.leftToRight) this.points.push(this.x[item]!, this.middle(item));
    else this.points.push(this.centre(item), this.y[item]!);
  }

  along(level: number, from: number, to: number): void {
    const { slot } = this.levels.get(level)!;
    this.chain(level, slot.get(from)!, slot.get(to)!);
  }

  out(level: number, member: number, box: number): void {
    const { slot, doorOut } = this.levels.get(level)!;
    const door = doorOut.get(member)!;
    this.chain(level, slot.get(member)!, door);
    this.beside(level, door, 0);
    this.border(level, door, this.leftToRight ? this.x[box]! + this.size.width[box]! : this.y[box]! + this.size.height[box]!);
  }

  into(level: number, element: number, member: number, box: number): void {
    const { slot } = this.levels.get(level)!;
    const door = this.doorFor(level, element, member);
    this.border(level, door, this.leftToRight ? this.x[box]! : this.y[box]!);
    this.beside(level, door, 1);
    this.chain(level, door, slot.get(member)!);
  }

  /** The door of an element outside, if one leads to the member from there, else the first that does. */
  private doorFor(level: number, element: number, member: number): number {
    const { slot, doorIn, doorTo, edgeOf } = this.levels.get(level)!;
    const own = doorIn.get(element);
    return own !== undefined && edgeOf.has(edgeKey(own, slot.get(member)!)) ? own : doorTo.get(member)!;
  }

  /** The dummies between two vertices: a point above and one below each row, so that edges keep clear of it. */
  private chain(level: number, from: number, to: number): void {
    const { layered, coordinates, edgeOf } = this.levels.get(level)!;
    const edge = edgeOf.get(edgeKey(from, to))!;
    const { layerTop, layerHeight, x } = coordinates!;
    for (let i = layered.chainAt[edge]! + 1; i < layered.chainAt[edge + 1]! - 1; i++) {
      const dummy = layered.chains[i]!;
      const top = layerTop[layered.layer[dummy]!]!;
      this.push(level, x[dummy]!, top);
      this.push(level, x[dummy]!, top + layerHeight[layered.layer[dummy]!]!);
    }
  }

  /** A point at the beginning (0) or end (1) of a door's row: an edge passes what stands there. */
  private beside(level: number, door: number, end: 0 | 1): void {
    const { layered, coordinates } = this.levels.get(level)!;
    const { layerTop, layerHeight, x } = coordinates!;
    const row = layered.layer[door]!;
    this.push(level, x[door]!, layerTop[row]! + end * layerHeight[row]!);
  }

  private push(level: number, across: number, along: number): void {
    const [left, top] = this.origin.get(level)!;
    if (this.leftToRight) this.points.push(left + along, top + across);
    else this.points.push(left + across, top + along);
  }

  private border(level: number, door: number, along: number): void {
    const across = this.levels.get(level)!.coordinates!.x[door]!;
    const [left, top] = this.origin.get(level)!;
    if (this.leftToRight) this.points.push(along, top + across);
    else this.points.push(left + across, along);
  }

  private centre(item: number): number {
    return this.x[item]! + this.size.width[item]! / 2;
  }

  private middle(item: number): number {
    return this.y[item]! + this.size.height[item]! / 2;
  }
}
