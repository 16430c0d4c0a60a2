/** The graph as the server tells it, and as the layout wants it: flat arrays, namespaces numbered. */

import type { FlatGraph } from "./nested";

export type ElementKind = "node" | "dataset" | "parameter";

export interface GraphElement {
  kind: ElementKind;
  name: string;
  label: string;
  namespace?: string;
  tags?: string[];
  doc?: string;
  function?: string;
  mode?: "each" | "new";
  inputs?: number[];
  outputs?: number[];
  type?: string;
  layer?: string;
  location?: string;
  partitioned?: boolean;
  versioned?: boolean;
  /** Its entry in the catalog cannot be read. */
  wrong?: boolean;
}

export interface GraphProblem {
  message: string;
  why?: string | null;
  where?: string;
  traceback?: string;
  pipeline?: string;
}

export interface GraphDocument {
  schema: number;
  key: string;
  project: { name: string; environment: string; environments: string[]; read_only: boolean };
  stale?: boolean;
  problems?: GraphProblem[];
  pipelines: { name: string; nodes: number[] }[];
  layers: string[];
  elements: GraphElement[];
}

/** How an element is named in addresses and events: `node:clean`, `dataset:flights`, `params:split`. */
export function idOf(element: GraphElement): string {
  return element.kind === "parameter" ? element.name : `${element.kind}:${element.name}`;
}

/** How an element is coloured: only nodes have states of a run or a plan, though a dataset may have a node's name. */
export function stateOfElement(
  element: GraphElement | undefined, stateOf: (node: string) => string | undefined,
): string | undefined {
  const state = element?.kind === "node" ? stateOf(element.name) : undefined;
  return state ?? (element?.wrong ? "failed" : undefined);
}

/** Namespaces of a graph: full names, parents before children, and how many nodes each holds. */
export interface Namespaces {
  names: string[];
  above: Int32Array;
  nodes: Int32Array;
  numbers: Map<string, number>;
}

export function namespacesOf(elements: GraphElement[]): Namespaces {
  const numbers = new Map<string, number>();
  const names: string[] = [];
  const above: number[] = [];
  const add = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    const dot = name.lastIndexOf(".");
    const parent = dot < 0 ? -1 : add(name.slice(0, dot));
    numbers.set(name, names.length);
    above.push(parent);
    return names.push(name) - 1;
  };
  for (const element of elements) if (element.kind === "node" && element.namespace) add(element.namespace);
  const nodes = new Int32Array(names.length);
  for (const { kind, namespace } of elements) {
    if (kind !== "node" || !namespace) continue;
    for (let n = numbers.get(namespace)!; n >= 0; n = above[n]!) nodes[n]!++;
  }
  return { names, above: Int32Array.from(above), nodes, numbers };
}

/** The namespace that an element is drawn in: its own, or the nearest above it that has nodes. */
export function homeOf({ namespace }: GraphElement, { numbers }: Namespaces): number {
  let name = namespace ?? "";
  while (name) {
    const number = numbers.get(name);
    if (number !== undefined) return number;
    name = name.slice(0, Math.max(0, name.lastIndexOf(".")));
  }
  return -1;
}

export interface Sizing {
  measure(label: string, kind: ElementKind | "namespace"): number;
  height: number;
}

/** All edges as pairs of element numbers: data to node, node to data. */
export function edgesOf(elements: GraphElement[]): { from: Int32Array; to: Int32Array } {
  const from: number[] = [];
  const to: number[] = [];
  elements.forEach((element, number) => {
    for (const input of element.inputs ?? []) {
      from.push(input);
      to.push(number);
    }
    for (const output of element.outputs ?? []) {
      from.push(number);
      to.push(output);
    }
  });
  return { from: Int32Array.from(from), to: Int32Array.from(to) };
}

export function flatGraph(
  document: GraphDocument, namespaces: Namespaces, { measure, height }: Sizing, withBands: boolean,
): FlatGraph {
  const { elements, layers } = document;
  const layerNumber = new Map(layers.map((layer, number) => [layer, number]));
  const flat: FlatGraph = {
    home: Int32Array.from(elements, (element) => homeOf(element, namespaces)),
    above: namespaces.above,
    ...edgesOf(elements),
    width: Float64Array.from(elements, (element) => measure(element.label, element.kind)),
    height: new Float64Array(elements.length).fill(height),
    foldedWidth: Float64Array.from(namespaces.names, (name) => measure(shortName(name), "namespace")),
  };
  if (withBands) flat.band = Int32Array.from(elements, ({ layer }) => layerNumber.get(layer ?? "") ?? -1);
  return flat;
}

export function shortName(namespace: string): string {
  return namespace.slice(namespace.lastIndexOf(".") + 1);
}

/** What leads to some elements and what they lead to, all the way. */
export function lineage(
  count: number, { from, to }: { from: Int32Array; to: Int32Array }, starts: Iterable<number>, way: "up" | "down" | "both",
): Uint8Array {
  const found = new Uint8Array(count);
  const walk = (tails: Int32Array, heads: Int32Array) => {
    const next = adjacency(count, tails, heads);
    const seen = new Uint8Array(count);
    const stack = [...starts];
    while (stack.length) {
      const element = stack.pop()!;
      if (seen[element]) continue;
      seen[element] = found[element] = 1;
      for (let i = next.at[element]!; i < next.at[element + 1]!; i++) stack.push(next.to[i]!);
    }
  };
  if (way !== "up") walk(from, to);
  if (way !== "down") walk(to, from);
  return found;
}

function adjacency(count: number, tails: Int32Array, heads: Int32Array): { at: Int32Array; to: Int32Array } {
  const at = new Int32Array(count + 1);
  for (const tail of tails) at[tail + 1]!++;
  for (let v = 0; v < count; v++) at[v + 1] = at[v + 1]! + at[v]!;
  const next = at.slice();
  const to = new Int32Array(tails.length);
  tails.forEach((tail, edge) => (to[next[tail]!++] = heads[edge]!));
  return { at, to };
}
