/** What is on the page and where it comes from: the graph, the selection, the plan, the colours. */

import { computed, effect, signal } from "@preact/signals";
import { address, expanded, go, pipelineName, selector } from "./address";
import { api, type Plan, type Problem, RefusedError, type Selection } from "./api";
import { edgesOf, type GraphDocument, idOf, type Namespaces, namespacesOf } from "./graph/model";
import { graphChanged } from "./live";

/** Above so many elements namespaces begin folded. */
const FOLD_ABOVE = 120;

export const graph = signal<GraphDocument | null>(null);
export const failure = signal<string | null>(null);
export const selection = signal<Selection | null>(null);
export const plan = signal<Plan | null>(null);
export const planProblem = signal<Problem | null>(null);
export const showPlan = signal(false);
export const showParameters = signal(true);
export const showDatasets = signal(true);
export const showBands = signal(false);
export const leftToRight = signal(stored("direction") === "right");
export const theme = signal(stored("theme") ?? "");

export const namespaces = computed<Namespaces>(() => namespacesOf(graph.value?.elements ?? []));
export const edges = computed(() => edgesOf(graph.value?.elements ?? []));
export const numberOf = computed(() => new Map(graph.value?.elements.map((element, number) => [idOf(element), number])));

/** The selector of one node: its name, with its kind where a dataset has the same one. */
export function selectorOf(node: string): string {
  return numberOf.value.has(`dataset:${node}`) ? `node:${node}` : node;
}

/** 1 for each namespace that is unfolded, as the address says: all, some, or what suits the size. */
export const open = computed<Uint8Array>(() => {
  const { names, numbers } = namespaces.value;
  const wanted = expanded.value;
  const found = new Uint8Array(names.length);
  if (wanted === "all" || (wanted === null && (graph.value?.elements.length ?? 0) <= FOLD_ABOVE)) return found.fill(1);
  for (const name of (wanted ?? "").split(",")) {
    const number = numbers.get(name);
    if (number !== undefined) found[number] = 1;
  }
  return found;
});

/** Elements to show: those of the pipeline, or of the selection within it, with the data they touch. */
export const shown = computed<Uint8Array>(() => {
  const document = graph.value;
  const found = new Uint8Array(document?.elements.length ?? 0);
  if (!document) return found;
  for (const number of shownNodes(document)) {
    found[number] = 1;
    const { inputs, outputs } = document.elements[number]!;
    for (const data of [...(inputs ?? []), ...(outputs ?? [])]) {
      const { kind } = document.elements[data]!;
      if (kind === "parameter" ? showParameters.value : showDatasets.value) found[data] = 1;
    }
  }
  return found;
});

/** The pipeline that the address names, where there is none of that name. */
export const unknownPipeline = computed<string | null>(() => {
  const [name, known] = [pipelineName.value, graph.value?.pipelines ?? []];
  // What is exported may be a part in which the pipeline of all nodes is not.
  return name === "__default__" || !known.length || known.some((one) => one.name === name) ? null : name;
});

function shownNodes(document: GraphDocument): number[] {
  if (unknownPipeline.value !== null) return [];
  const pipeline = document.pipelines.find(({ name }) => name === pipelineName.value) ?? document.pipelines[0];
  const nodes = pipeline?.nodes ?? [];
  const picked = selector.value && selection.value && !selection.value.error ? new Set(selection.value.nodes) : null;
  return picked ? nodes.filter((number) => picked.has(document.elements[number]!.name)) : nodes;
}

/** Fold or unfold a namespace, in the address. */
export function toggle(space: number): void {
  const next = open.value.slice();
  next[space] = next[space] ? 0 : 1;
  unfold(next);
}

/** Unfold a namespace and those around it, in the address. */
export function reveal(space: number): void {
  const next = open.value.slice();
  for (let n = space; n >= 0; n = namespaces.value.above[n]!) next[n] = 1;
  if (next.some((one, number) => one !== open.value[number])) unfold(next);
}

function unfold(wanted: Uint8Array): void {
  const { names } = namespaces.value;
  const unfolded = names.filter((_, number) => wanted[number]);
  go({ expand: unfolded.length === names.length ? "all" : unfolded.join(",") || "none" }, true);
}

export function expandAll(all: boolean): void {
  go({ expand: all ? "all" : "none" }, true);
}

export async function loadGraph(): Promise<void> {
  try {
    graph.value = await api.graph();
    failure.value = null;
    document.title = `${graph.value.project.name} · Plait`;
  } catch (error) {
    failure.value = told(error);
  }
}

let plansAsked = 0;

/** Ask what would run; of two answers that cross, the one to the later question stays. */
export async function loadPlan(): Promise<void> {
  const asked = ++plansAsked;
  const found = await api.plan(pipelineName.value, selector.value).then(
    (answer) => ({ answer, problem: null }),
    (error: unknown) => ({ answer: null, problem: problemOf(error) }),
  );
  if (asked !== plansAsked) return;
  plan.value = found.answer;
  planProblem.value = found.problem;
}

/** Why there is no plan; in short where the page shows the same above, with its traceback. */
export const noPlan = computed<Problem | null>(() => {
  const problem = planProblem.value;
  const isKnown = graph.value?.stale || graph.value?.problems?.some(({ message }) => message === problem?.message);
  return problem && isKnown ? { message: "There is no plan while the project cannot be read" } : problem;
});

function problemOf(error: unknown): Problem {
  return error instanceof RefusedError ? error.problem : { message: String(error) };
}

export function told(error: unknown): string {
  return inOneLine(problemOf(error));
}

export function inOneLine({ message, why, hint }: Problem): string {
  return [message, why, hint].filter(Boolean).join(" · ");
}

function stored(name: string): string | null {
  try {
    return localStorage.getItem(`plait.${name}`);
  } catch {
    return null; // a page from a file may have no storage
  }
}

function store(name: string, value: string): void {
  try {
    localStorage.setItem(`plait.${name}`, value);
  } catch {
    // nothing is lost but a preference
  }
}

/** Keep the page in step with the address, the server, and what the reader prefers. */
export function begin(): void {
  effect(() => {
    store("direction", leftToRight.value ? "right" : "down");
    store("theme", theme.value);
    document.documentElement.dataset.theme = theme.value;
  });
  effect(() => {
    graphChanged.value;
    void loadGraph();
  });
  effect(() => {
    const [pipeline, select] = [pipelineName.value, selector.value];
    graphChanged.value;
    let wanted = true;
    if (!select) selection.value = null;
    else void api.select(pipeline, select).then(
      (found) => wanted && (selection.value = found),
      (error: unknown) => wanted && (selection.value = { nodes: [], command: null, error: { message: told(error) } }),
    );
    return () => {
      wanted = false;
    };
  });
  effect(() => {
    address.value;
    graphChanged.value;
    if (showPlan.value) void loadPlan();
  });
}
