/** What happens, as it happens: one stream of server-sent events, kept as signals. */

import { signal } from "@preact/signals";
import { isExported } from "./api";

/** What is known of a run that is going on, or ended while the page was open. */
export interface LiveRun {
  id: string;
  pipeline: string;
  status: "running" | "done" | "failed" | "interrupted";
  total: number;
  states: Map<string, string>;
  keys: Map<string, number>;
  lines: { node: string | null; text: string }[];
  bytes: number | null;
  workers: number[];
  /** It was asked to end when its running nodes are done. */
  stopping: boolean;
}

interface LiveEvent {
  event: string;
  run_id: string;
  node?: string;
  nodes?: string[];
  pipeline?: string;
  text?: string;
  error?: string | null;
  key?: string;
  status?: LiveRun["status"];
  states?: Record<string, string>;
  keys?: Record<string, number>;
  stopping?: boolean;
}

const KEPT_LINES = 500;

export const liveRuns = signal<ReadonlyMap<string, LiveRun>>(new Map());
export const graphChanged = signal(0);
export const ledgerChanged = signal(0);
/** Counts up with each batch of events: what draws states listens to it. */
export const liveTick = signal(0);

const STATES: Record<string, string> = {
  node_started: "running",
  node_finished: "done",
  node_failed: "failed",
  node_skipped: "skipped",
  node_blocked: "blocked",
};

/** Whether the server tells what happens. `lost`: the browser tries again; `closed`: it was refused, for good. */
export const connection = signal<"open" | "lost" | "closed">("open");

/** Begin to listen; the browser connects again by itself. */
export function listen(): void {
  if (!isExported) follow(new EventSource("/api/events"));
}

/** Take what a stream tells, and note where it breaks off. Exported for tests. */
export function follow(source: EventSource): void {
  source.addEventListener("open", () => connection.value !== "open" && backAgain());
  source.addEventListener("error", () => {
    connection.value = source.readyState === 2 ? "closed" : "lost";
  });
  source.addEventListener("graph", () => graphChanged.value++);
  source.addEventListener("reload", () => location.reload());
  source.addEventListener("run", ({ data }) => take((JSON.parse(data) as { events: LiveEvent[] }).events));
  source.addEventListener("memory", ({ data }) => {
    const { run, bytes, workers } = JSON.parse(data) as { run: string; bytes: number; workers: number[] };
    const found = liveRuns.value.get(run);
    if (found) update(run, { ...found, bytes, workers });
  });
}

/** Nobody told what happened meanwhile: of runs that are still going on the server tells again. */
function backAgain(): void {
  connection.value = "open";
  liveRuns.value = new Map([...liveRuns.value].filter(([, { status }]) => status !== "running"));
  liveTick.value++;
  graphChanged.value++;
  ledgerChanged.value++;
}

/** Take a batch of events: one new map of runs, one redraw. Exported for tests. */
export function take(events: LiveEvent[]): void {
  const runs = new Map(liveRuns.value);
  let ended = false;
  for (const event of events) {
    const run = runs.get(event.run_id);
    if (event.event === "run_so_far") runs.set(event.run_id, begun(event));
    else if (run) runs.set(event.run_id, after(run, event));
    ended ||= event.event === "run_finished" || event.event === "run_so_far";
  }
  liveRuns.value = runs;
  liveTick.value++;
  if (ended) ledgerChanged.value++;
}

function begun(event: LiveEvent): LiveRun {
  return {
    id: event.run_id,
    pipeline: event.pipeline ?? "",
    status: "running",
    total: event.nodes?.length ?? 0,
    states: new Map(Object.entries(event.states ?? {})),
    keys: new Map(Object.entries(event.keys ?? {})),
    lines: [],
    bytes: null,
    workers: [],
    stopping: event.stopping ?? false,
  };
}

function after(run: LiveRun, event: LiveEvent): LiveRun {
  const state = STATES[event.event];
  if (state && event.node) run.states.set(event.node, state);
  if (event.event === "partition_done" && event.node) run.keys.set(event.node, (run.keys.get(event.node) ?? 0) + 1);
  if (event.event === "log_line") {
    run.lines.push({ node: event.node ?? null, text: event.text ?? "" });
    if (run.lines.length > 2 * KEPT_LINES) run.lines.splice(0, KEPT_LINES);
  }
  if (event.event === "run_stopping") return { ...run, stopping: true };
  return event.event === "run_finished" ? { ...run, status: event.status ?? "done" } : run;
}

function update(id: string, run: LiveRun): void {
  liveRuns.value = new Map(liveRuns.value).set(id, run);
}

export function runsGoingOn(): LiveRun[] {
  return [...liveRuns.value.values()].filter(({ status }) => status === "running");
}

/** The run to look at: the newest that is going on. */
export function currentRun(): LiveRun | undefined {
  return runsGoingOn().at(-1);
}
