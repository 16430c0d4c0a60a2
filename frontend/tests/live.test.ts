import { beforeEach, expect, test, vi } from "vitest";

vi.stubGlobal("window", {}); // what api.ts looks at for an exported site
const { connection, currentRun, follow, graphChanged, ledgerChanged, liveRuns, liveTick, take } = await import("../src/live");

const began = { event: "run_so_far", run_id: "r", pipeline: "p", nodes: ["a", "b", "c"], states: { a: "done" }, keys: { b: 2 } };

beforeEach(() => {
  liveRuns.value = new Map();
});

test("a run that is met half way begins with what it has done so far", () => {
  take([began]);
  const run = currentRun()!;
  expect([run.id, run.pipeline, run.total, run.status]).toEqual(["r", "p", 3, "running"]);
  expect([...run.states]).toEqual([["a", "done"]]);
  expect(run.keys.get("b")).toBe(2);
});

test("events move states, count partitions and bring lines", () => {
  take([
    began,
    { event: "node_started", run_id: "r", node: "b" },
    { event: "partition_done", run_id: "r", node: "b", key: "x" },
    { event: "log_line", run_id: "r", node: "b", text: "hello" },
  ]);
  take([{ event: "node_skipped", run_id: "r", node: "c" }, { event: "node_failed", run_id: "r", node: "b" }]);
  const run = currentRun()!;
  expect(Object.fromEntries(run.states)).toEqual({ a: "done", b: "failed", c: "skipped" });
  expect(run.keys.get("b")).toBe(3);
  expect(run.lines).toEqual([{ node: "b", text: "hello" }]);
});

test("a run that finished is no longer the current one, and keeps how it went", () => {
  take([began, { event: "run_finished", run_id: "r", status: "failed" }]);
  expect(currentRun()).toBeUndefined();
  expect(liveRuns.value.get("r")!.status).toBe("failed");
});

test("events of a run whose beginning was not told are left out", () => {
  take([{ event: "node_started", run_id: "unknown", node: "a" }]);
  expect(liveRuns.value.size).toBe(0);
});

test("two runs are kept apart, the newest is the current one", () => {
  take([began, { ...began, run_id: "s" }, { event: "node_started", run_id: "s", node: "b" }]);
  expect(currentRun()!.id).toBe("s");
  expect(liveRuns.value.get("r")!.states.has("b")).toBe(false);
});

test("a batch is one tick, and only beginnings and ends are news for the ledger", () => {
  take([began]);
  const [ticks, changes] = [liveTick.value, ledgerChanged.value];
  take(Array.from({ length: 500 }, (_, i) => ({ event: "log_line", run_id: "r", text: String(i) })));
  expect([liveTick.value - ticks, ledgerChanged.value - changes]).toEqual([1, 0]);
  take([{ event: "run_finished", run_id: "r", status: "done" }]);
  expect(ledgerChanged.value - changes).toBe(1);
});

test("of very many lines the last are kept", () => {
  take([began, ...Array.from({ length: 5_000 }, (_, i) => ({ event: "log_line", run_id: "r", text: String(i) }))]);
  const { lines } = currentRun()!;
  expect(lines.length).toBeLessThanOrEqual(1_000);
  expect(lines.at(-1)!.text).toBe("4999");
});

/** A stream of events, as a browser has one. */
class Stream extends EventTarget {
  readyState = 1;
  tell(kind: string, readyState = 1) {
    this.readyState = readyState;
    this.dispatchEvent(new Event(kind));
  }
}

test("a stream that breaks off is lost, one that is refused is closed, and what was going on is asked anew", () => {
  const stream = new Stream();
  follow(stream as unknown as EventSource);
  stream.tell("open");
  take([began, { event: "run_so_far", run_id: "ended" }, { event: "run_finished", run_id: "ended" }]);
  const [graphs, ledgers] = [graphChanged.value, ledgerChanged.value];
  stream.tell("error", 0);
  expect(connection.value).toBe("lost");
  expect(currentRun()?.id).toBe("r");
  stream.tell("open");
  expect(connection.value).toBe("open");
  expect([...liveRuns.value.keys()]).toEqual(["ended"]);
  expect([graphChanged.value, ledgerChanged.value]).toEqual([graphs + 1, ledgers + 1]);
  stream.tell("error", 2);
  expect(connection.value).toBe("closed");
});

test("a stream that opens for the first time asks for nothing", () => {
  connection.value = "open";
  const before = graphChanged.value;
  const stream = new Stream();
  follow(stream as unknown as EventSource);
  stream.tell("open");
  expect(graphChanged.value).toBe(before);
});

test("a run that was asked to stop says so, also to a page that is opened later", () => {
  take([began, { event: "run_stopping", run_id: "r" }]);
  expect(currentRun()!.stopping).toBe(true);
  take([{ ...began, stopping: true }]);
  expect(currentRun()!.stopping).toBe(true);
});
