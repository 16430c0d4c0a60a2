/** The only place that fetches: from the server that served the page, or from the data of an exported site. */

import type { GraphDocument } from "./graph/model";
import type { Schema } from "./parameters";

export interface Problem {
  message: string;
  where?: string[];
  why?: string | null;
  hint?: string | null;
}

export interface CodePart {
  symbol: string;
  file: string | null;
  line: number | null;
  text: string;
  html: string;
}

export interface Reason {
  kind: string;
  text: string;
  [detail: string]: unknown;
}

export interface NodeRun {
  run: string;
  status: string;
  started: number | null;
  seconds: number | null;
  error: string | null;
  traceback: string | null;
  reasons: Reason[];
}

export interface NodeDetails {
  name: string;
  function: string;
  file: string | null;
  line: number | null;
  doc: string | null;
  signature: string | null;
  code: CodePart[];
  inputs: { argument: string; dataset: string }[];
  outputs: string[];
  parameters: { name: string; value: unknown; file: string | null; line: number | null }[];
  tags: string[];
  namespace: string | null;
  settings: Record<string, unknown>;
  editor?: string | null;
  history?: NodeRun[];
}

export interface DatasetDetails {
  name: string;
  type: string;
  doc?: string | null;
  layer?: string | null;
  location?: string | null;
  tags?: string[];
  frame?: string | null;
  file?: string | null;
  line?: number | null;
  producer: string | null;
  consumers: string[];
  columns?: Record<string, string> | null;
  exists?: boolean | null;
  previewable?: boolean;
  bytes?: number;
  versions?: string[];
  partitions?: { total: number; counts: Record<string, number>; keys: { key: string; state: string }[] };
  history?: { run: string; time: number; rows: number | null; bytes: number | null }[];
  problem?: Problem;
}

export interface Preview {
  kind: "table" | "text" | "json" | "markdown" | "html" | "image" | "plotly" | "files";
  columns: Record<string, string> | null;
  content: unknown;
  complete: boolean;
  rows: number | null;
  /** In an exported site: the file that is shown in the frame. */
  frame?: string;
}

export interface Run {
  id: string;
  status: string;
  started: number;
  finished: number | null;
  seconds: number | null;
  pipeline: string;
  environment: string | null;
  selection: string | null;
  executor: string;
  parameters: Record<string, unknown>;
  git_commit: string | null;
  git_dirty: boolean | null;
  python: string | null;
  versions: Record<string, string>;
  done: number;
  skipped: number;
  failed: number;
  blocked: number;
  peak_memory: number | null;
  metrics: Record<string, number>;
  live: boolean;
}

export interface RunNode {
  node: string;
  status: string;
  started: number | null;
  seconds: number | null;
  attempts: number;
  peak_memory: number | null;
  error: string | null;
  traceback: string | null;
  reasons: Reason[];
}

export interface RunDetails {
  run: Run;
  nodes: RunNode[];
  data: Record<string, string>;
  metrics: Record<string, number>;
  /** As they stood after the run: what it skipped was measured by an earlier one. */
  metrics_as_of: Record<string, number>;
  /** Figures and reports as they were after the run. */
  figures: Record<string, { run: string; version: string | null; kept: boolean }>;
  critical_path: string[];
  mlflow: { run: string; experiment: string; page: string | null; models: Record<string, string> } | null;
  live: boolean;
}

export interface Logs {
  lines: { time: number; node: string | null; stream: string; level: string | null; text: string }[];
  failures: { node: string; error: string | null; traceback: string }[];
}

/** Runs side by side; `reasons` say of each but the first why its nodes differ from the one before. */
export interface Comparison {
  runs: RunDetails[];
  reasons: { run: string; node: string; reasons: Reason[] }[];
}

export interface PlanStep {
  node: string;
  action: "run" | "skip" | "maybe" | "blocked";
  reasons: Reason[];
  text: string;
  seconds: number | null;
}

export interface Plan {
  steps: PlanStep[];
  /** What surely runs takes at least so long; with what may run, at most so long. */
  expected_seconds: number | null;
  expected_seconds_at_most: number | null;
  stale_upstream: string[];
}

export interface CatalogRow {
  name: string;
  type: string | null;
  layer?: string | null;
  location?: string | null;
  doc?: string | null;
  tags?: string[];
  producer: string | null;
  used_by: string[];
  state: string;
}

export interface Selection {
  nodes: string[];
  command: string | null;
  error: Problem | null;
}

export interface SearchHit {
  id: string;
  kind: string;
  name: string;
  field: string;
  excerpt: string;
  score: number;
}

export interface ParameterField {
  name: string;
  value: unknown;
  secret: boolean;
  where: string | null;
}

/** What shall run, and how. */
export interface Order {
  pipeline: string;
  select: string;
  params: Record<string, unknown>;
  fresh: boolean;
  executor: string;
  workers: number;
}

/** An answer that says no, with what the server says of it. */
export class RefusedError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

/** What an exported site carries: answers by the path they are asked under. */
interface Exported {
  answers: Record<string, unknown>;
}

declare global {
  interface Window {
    __plait?: Exported;
  }
}

export const isExported = window.__plait !== undefined;

async function ask<T>(path: string, query: Record<string, string | number | string[]> = {}): Promise<T> {
  const exported = window.__plait;
  if (exported) return fromExport<T>(exported, path, query);
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) search.append(name, String(item));
  }
  const text = search.toString();
  return answered<T>(await reached(text ? `${path}?${text}` : path, { headers: { accept: "application/json" } }));
}

/** Ask the server; what a browser says where there is none helps nobody. */
async function reached(path: string, how: RequestInit): Promise<Response> {
  return fetch(path, how).catch(() => {
    throw new RefusedError({ message: "The server does not answer" });
  });
}

function fromExport<T>({ answers }: Exported, path: string, query: Record<string, unknown>): T {
  if (path === "/api/compare") return comparedInExport(answers, query.run as string[]) as T;
  const key = path.replace(/(?<=^\/api\/runs\/)[^/]+/, (wanted) => runOf(answers, decodeURIComponent(wanted)));
  const found = answers[query.version ? `${key}?version=${query.version as string}` : key];
  if (found === undefined) throw new RefusedError({ message: "This was not exported" });
  return found as T;
}

/** What the server would say of several runs, from what was exported of each, and of each pair. */
function comparedInExport(answers: Record<string, unknown>, wanted: string[]): Comparison {
  const runs = wanted.map((one) => {
    const found = answers[`/api/runs/${runOf(answers, one)}`] as RunDetails | undefined;
    if (!found) throw new RefusedError({ message: `Run ${one} was not exported` });
    return found;
  });
  const pairs = answers["/api/reasons"] as Record<string, Comparison["reasons"]>;
  const reasons = runs.slice(1).flatMap(({ run }, before) => pairs[`${runs[before]!.run.id} ${run.id}`] ?? []);
  return { runs, reasons };
}

/** The run that is meant by its id, by `last`, or by its place from the end: `-2`. */
function runOf(answers: Record<string, unknown>, wanted: string): string {
  const known = (answers["/api/runs"] as { runs: Run[] }).runs;
  const place = wanted === "last" ? 1 : /^-\d+$/.test(wanted) ? -Number(wanted) : 0;
  return known[place - 1]?.id ?? wanted;
}

async function answered<T>(response: Response): Promise<T> {
  const document: unknown = await response.json().catch(() => ({ error: { message: response.statusText } }));
  if (!response.ok) throw new RefusedError((document as { error: Problem }).error);
  return document as T;
}

async function send<T>(path: string, body: unknown): Promise<T> {
  return answered<T>(
    await reached(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  );
}

const named = (kind: string, name: string) => `/api/${kind}/${name.split("/").map(encodeURIComponent).join("/")}`;

export const api = {
  graph: () => ask<GraphDocument>("/api/graph"),
  node: (name: string) => ask<NodeDetails>(named("nodes", name)),
  dataset: (name: string) => ask<DatasetDetails>(named("datasets", name)),
  preview: (name: string, options: Record<string, string | number>) =>
    ask<Preview>(named("preview", name), options),
  frame: (name: string, version?: string) => `${named("frame", name)}${version ? `?version=${encodeURIComponent(version)}` : ""}`,
  search: (q: string) => ask<{ hits: SearchHit[] }>("/api/search", { q }),
  select: (pipeline: string, select: string) => ask<Selection>("/api/select", { pipeline, select }),
  plan: (pipeline: string, select: string) => ask<Plan>("/api/plan", { pipeline, select }),
  parameters: (pipeline: string, select: string) =>
    ask<{ fields: ParameterField[]; schema: Schema }>("/api/parameters", { pipeline, select }),
  runs: (limit: number) => ask<{ runs: Run[] }>("/api/runs", { limit }),
  run: (id: string) => ask<RunDetails>(`/api/runs/${encodeURIComponent(id)}`),
  logs: (id: string, node?: string) => ask<Logs>(`/api/runs/${encodeURIComponent(id)}/logs`, node ? { node } : {}),
  compare: (run: string[]) => ask<Comparison>("/api/compare", { run }),
  metrics: () => ask<{ series: Record<string, { run: string; time: number; value: number }[]> }>("/api/metrics"),
  catalog: () => ask<{ datasets: CatalogRow[] }>("/api/catalog"),
  command: (order: Order) => send<{ command: string; problems: (Problem & { parameter: string | null })[] }>("/api/command", order),
  start: (order: Order, ticket: string) => send<{ run: string | null; cancelled: boolean; command: string }>("/api/runs", { ...order, ticket }),
  /** Stop a run; one that has not begun is known by the ticket of its order. */
  cancel: (id: string, now: boolean) => send<{ run: string | null }>(`/api/runs/${encodeURIComponent(id)}/cancel`, { now }),
};
