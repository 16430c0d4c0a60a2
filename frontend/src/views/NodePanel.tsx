/** A node: what it does, why it ran, its code with all it reaches. */

import { go } from "../address";
import { api, isExported, type NodeDetails, type NodeRun } from "../api";
import { graphChanged, ledgerChanged } from "../live";
import { graph, plan, selectorOf, showPlan } from "../state";
import { began, duration, moment, plain, planned } from "../words";
import { Doc } from "./Doc";
import { ElementLink, Link, State } from "./links";
import { Loaded, useAnswer } from "./loaded";

export function NodePanel({ name }: { name: string }) {
  const answer = useAnswer(() => api.node(name), [name, graphChanged.value, ledgerChanged.value]);
  return <Loaded answer={answer}>{(node) => <Node node={node} />}</Loaded>;
}

function Node({ node }: { node: NodeDetails }) {
  const { doc, signature, file, line, editor } = node;
  return (
    <>
      {doc && <Doc text={doc} />}
      <Why name={node.name} latest={node.history?.[0]} />
      {!isExported && !graph.value?.project.read_only && (
        <p class="actions">
          <button type="button" onClick={() => go({ what: selectorOf(node.name), do: "run" })}>Run this…</button>
          <button type="button" onClick={() => go({ what: `${selectorOf(node.name)}+`, do: "run" })}>Run from here…</button>
        </p>
      )}
      <dl class="facts">
        <dt>Function</dt>
        <dd><code>{node.function}</code></dd>
        {file && <><dt>File</dt><dd>{editor ? <a href={editor}>{file}:{line}</a> : <span>{file}:{line}</span>}</dd></>}
        {node.tags.length > 0 && <><dt>Tags</dt><dd>{node.tags.join(", ")}</dd></>}
        {Object.entries(node.settings).map(([key, value]) => [<dt key={key}>{key}</dt>, <dd key={`${key} value`}>{plain(value)}</dd>])}
      </dl>
      <h3>Inputs</h3>
      <ul class="plain">
        {node.inputs.map(({ argument, dataset }) => (
          <li key={argument}><code>{argument}</code> ← {dataset.startsWith("param") ? dataset : <ElementLink id={`dataset:${dataset}`} />}</li>
        ))}
        {node.inputs.length === 0 && <li class="quiet">none</li>}
      </ul>
      <h3>Outputs</h3>
      <ul class="plain">
        {node.outputs.map((name) => <li key={name}><ElementLink id={`dataset:${name}`} /></li>)}
        {node.outputs.length === 0 && <li class="quiet">none</li>}
      </ul>
      {node.parameters.length > 0 && <Parameters node={node} />}
      {node.history && node.history.length > 0 && <History runs={node.history} />}
      <h3>Code</h3>
      {signature && <p class="quiet signature"><code>{signature}</code></p>}
      {node.code.map((part, number) => (
        <details key={part.symbol} open={number === 0} class="code">
          <summary><code>{part.symbol}</code> <span class="quiet">{part.file}:{part.line}</span></summary>
          <pre tabIndex={0} dangerouslySetInnerHTML={{ __html: part.html }} />
        </details>
      ))}
    </>
  );
}

/** Why it would run now, where the plan is shown; else why it last ran. */
function Why({ name, latest }: { name: string; latest: NodeRun | undefined }) {
  const step = showPlan.value ? plan.value?.steps.find(({ node }) => node === name) : undefined;
  if (step) {
    return (
      <section class="why">
        <h3>Now <State value={step.action} text={planned(step.action)} /></h3>
        <pre tabIndex={0}>{step.text}</pre>
      </section>
    );
  }
  if (!latest) return null;
  return (
    <section class="why">
      <h3>Last <State value={latest.status} /></h3>
      <p>
        {latest.reasons.map(({ text, kind }) => text || kind).join("; ") || "no reason is on record"} ·{" "}
        {isExported ? latest.run : <Link to={{ view: "run", run: latest.run }}>{latest.run}</Link>}
      </p>
      {latest.traceback && <pre class="trouble" tabIndex={0}>{latest.traceback}</pre>}
    </section>
  );
}

function Parameters({ node }: { node: NodeDetails }) {
  return (
    <>
      <h3>Parameters</h3>
      {node.parameters.map(({ name, value, file, line }) => (
        <div key={name} class="parameter">
          <code>{name}</code> {file && <span class="quiet">{file}:{line}</span>}
          <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
        </div>
      ))}
    </>
  );
}

/** When a node ran, or the run that skipped it. */
function day({ started, run }: NodeRun): string {
  const time = started ?? began(run);
  return time === null ? run : moment(time).slice(5, 16);
}

function History({ runs }: { runs: NodeRun[] }) {
  const longest = Math.max(...runs.map(({ seconds }) => seconds ?? 0), 1e-9);
  return (
    <>
      <h3>History</h3>
      <ul class="bars" aria-label="How long it took, newest first">
        {runs.slice(0, 12).map((run) => (
          <li key={run.run}>
            <Link to={{ view: "run", run: run.run }}>{day(run)}</Link>
            <meter min={0} max={longest} value={run.seconds ?? 0} aria-label="seconds" />
            <span>{run.seconds === null ? run.status : duration(run.seconds)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
