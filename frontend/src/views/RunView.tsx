/** One run: when each node ran, what it waited for, what was printed, how it failed. */

import { useState } from "preact/hooks";
import { address, go } from "../address";
import { api, isExported, type RunDetails, type RunNode } from "../api";
import { graph, selectorOf, told } from "../state";
import { ledgerChanged, liveRuns, liveTick } from "../live";
import { bytes, count, duration, moment, plain } from "../words";
import { ElementLink, State, whatRan } from "./links";
import { Loaded, useAnswer } from "./loaded";
import { Timeline } from "./Timeline";

export function RunView() {
  const id = address.value.get("run") ?? "last";
  const answer = useAnswer(() => api.run(id), [id, ledgerChanged.value]);
  return <section class="page"><Loaded answer={answer}>{(found) => <Details found={found} />}</Loaded></section>;
}

function Details({ found }: { found: RunDetails }) {
  const { run, nodes, metrics, critical_path: path, mlflow } = found;
  const failed = nodes.filter(({ status }) => status === "failed");
  const live = liveRuns.value.get(run.id);
  return (
    <>
      <h1>Run {run.id} <State value={live?.status ?? run.status} /></h1>
      <Actions found={found} />
      {live?.status === "running" && <Progress id={run.id} />}
      <dl class="facts wide">
        <dt>Began</dt><dd>{moment(run.started)}</dd>
        <dt>Took</dt><dd>{duration(run.seconds)}</dd>
        <dt>What</dt><dd>{whatRan(run)}</dd>
        <dt>Environment</dt><dd>{run.environment}</dd>
        <dt>Executor</dt><dd>{run.executor}</dd>
        {run.git_commit && <><dt>Commit</dt><dd><code>{run.git_commit.slice(0, 12)}</code>{run.git_dirty && " (changed)"}</dd></>}
        {run.peak_memory && <><dt>Peak memory</dt><dd>{bytes(run.peak_memory)}</dd></>}
        {mlflow && <><dt>MLflow</dt><dd>{mlflow.page ? <a href={mlflow.page} target="_blank" rel="noopener noreferrer">run {mlflow.run}</a> : <>run <code>{mlflow.run}</code>, in <code>plait mlflow ui</code></>}{Object.entries(mlflow.models).map(([dataset, uri]) => <div key={dataset}><code>{uri}</code> from <ElementLink id={`dataset:${dataset}`} /></div>)}</dd></>}
        {path.length > 0 && <><dt>Critical path</dt><dd>{path.map((node, number) => [number ? " → " : "", <ElementLink key={node} id={`node:${node}`} />])}</dd></>}
      </dl>
      {failed.map((node) => <Failure key={node.node} node={node} />)}
      <h2>Timeline</h2>
      <Timeline nodes={nodes} path={path} />
      {Object.keys(metrics).length > 0 && <Values title="Metrics" values={metrics} />}
      {Object.keys(run.parameters).length > 0 && <Values title="Parameters" values={run.parameters} />}
      <LogLines id={run.id} />
    </>
  );
}

function Actions({ found: { run, nodes } }: { found: RunDetails }) {
  if (isExported || graph.value?.project.read_only) return null;
  const known = liveRuns.value.get(run.id);
  const live = known?.status === "running";
  const first = nodes.find(({ status }) => status === "failed");
  return (
    <p class="actions">
      {live && <Stop id={run.id} stopping={known.stopping} />}
      {!live && <button type="button" onClick={() => go({ do: "run", again: run.id })}>Run again…</button>}
      {first && <button type="button" onClick={() => go({ do: "run", again: run.id, what: `${selectorOf(first.node)}+` })}>Run again from {first.node}…</button>}
    </p>
  );
}

function Stop({ id, stopping }: { id: string; stopping: boolean }) {
  const [refused, setRefused] = useState<string | null>(null);
  const stop = (now: boolean) => {
    setRefused(null);
    api.cancel(id, now).catch((error: unknown) => setRefused(told(error)));
  };
  return (
    <>
      <button type="button" disabled={stopping} onClick={() => stop(false)}>
        {stopping ? "Stopping after the running nodes…" : "Stop after the running nodes"}
      </button>
      <button type="button" class="danger" onClick={() => stop(true)}>Stop now</button>
      {refused && <span class="trouble" role="alert">{refused}</span>}
    </>
  );
}

function Progress({ id }: { id: string }) {
  liveTick.value;
  const run = liveRuns.value.get(id)!;
  const running = [...run.states].filter(([, state]) => state === "running").map(([node]) => node);
  const done = run.states.size - running.length;
  return (
    <div class="progress" role="status">
      <progress max={run.total} value={done} aria-label="Nodes done" /> {count(done)} of {count(run.total)} nodes
      {run.bytes !== null && <span> · {bytes(run.bytes)}{run.workers.length > 0 && ` + ${run.workers.length} workers ${bytes(run.workers.reduce((a, b) => a + b, 0))}`}</span>}
      <ul class="plain">
        {running.map((node) => <li key={node}>▸ {node}{run.keys.has(node) && `: ${count(run.keys.get(node))} partitions`}</li>)}
      </ul>
      <pre tabIndex={0} aria-label="What nodes print">{run.lines.slice(-12).map(({ node, text }) => `${node ?? "-"} │ ${text}`).join("\n")}</pre>
    </div>
  );
}

function Failure({ node }: { node: RunNode }) {
  return (
    <section class="failure">
      <h2>✗ <ElementLink id={`node:${node.node}`} /></h2>
      <p>{node.error}</p>
      {node.traceback && <pre class="trouble" tabIndex={0}>{node.traceback}</pre>}
    </section>
  );
}

function Values({ title, values }: { title: string; values: Record<string, unknown> }) {
  return (
    <>
      <h2>{title}</h2>
      <dl class="facts wide">
        {Object.entries(values).map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{plain(value)}</dd>])}
      </dl>
    </>
  );
}

function LogLines({ id }: { id: string }) {
  const answer = useAnswer(() => api.logs(id), [id, ledgerChanged.value]);
  return (
    <Loaded answer={answer}>
      {({ lines }) => lines.length > 0 && (
        <>
          <h2>Log</h2>
          <pre class="log" tabIndex={0}>{lines.map(({ node, level, text }) => `${node ?? "-"} │ ${level ? `${level} ` : ""}${text}`).join("\n")}</pre>
        </>
      )}
    </Loaded>
  );
}
