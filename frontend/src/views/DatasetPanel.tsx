/** A dataset: what it is, where it lies, how it grew, and its first rows. */

import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { api, isExported, type DatasetDetails } from "../api";
import { graphChanged, ledgerChanged } from "../live";
import { bytes, count, moment } from "../words";
import { Chart } from "./Chart";
import { Doc } from "./Doc";
import { ElementLink, State } from "./links";
import { Loaded, useAnswer } from "./loaded";
import { PreviewView } from "./PreviewView";

export function DatasetPanel({ name }: { name: string }) {
  const answer = useAnswer(() => api.dataset(name), [name, graphChanged.value, ledgerChanged.value]);
  return <Loaded answer={answer}>{(dataset) => <Dataset dataset={dataset} />}</Loaded>;
}

function Dataset({ dataset }: { dataset: DatasetDetails }) {
  const { doc, type, location, layer, file, line, exists, problem, producer, consumers, partitions, versions } = dataset;
  const latest = dataset.history?.[0];
  return (
    <>
      {doc && <Doc text={doc} />}
      {problem && <p class="trouble" role="alert">{[problem.message, problem.why, problem.where?.join(", "), problem.hint && `→ ${problem.hint}`].filter(Boolean).join("\n")}</p>}
      <dl class="facts">
        <dt>Type</dt><dd>{type}{dataset.frame ? ` (${dataset.frame})` : ""}</dd>
        {location && <><dt>Place</dt><dd><code>{location}</code>{exists === false && <span class="quiet"> not there yet</span>}</dd></>}
        {layer && <><dt>Layer</dt><dd>{layer}</dd></>}
        {file && <><dt>Entry</dt><dd>{file}:{line}</dd></>}
        {latest?.rows != null && <><dt>Rows</dt><dd>{count(latest.rows)}</dd></>}
        {(dataset.bytes ?? latest?.bytes) != null && <><dt>Size</dt><dd>{bytes(dataset.bytes ?? latest?.bytes)}</dd></>}
        {versions && <><dt>Versions</dt><dd>{versions.length}, latest {versions[0]}</dd></>}
        <dt>Made by</dt><dd>{producer ? <ElementLink id={`node:${producer}`} /> : "no node"}</dd>
        <dt>Used by</dt>
        <dd>{consumers.length ? consumers.map((node, number) => [number ? ", " : "", <ElementLink key={node} id={`node:${node}`} />]) : "no node"}</dd>
      </dl>
      {exists && dataset.previewable !== false && <Shown dataset={dataset} />}
      {partitions && (
        <>
          <h3>{count(partitions.total)} partitions</h3>
          <p class="quiet">{Object.entries(partitions.counts).map(([state, number]) => `${count(number)} ${state}`).join(", ")}</p>
          <ul class="keys" tabIndex={0} aria-label="Partition keys">
            {partitions.keys.map(({ key, state }) => <li key={key}>{key} <State value={state} /></li>)}
          </ul>
        </>
      )}
      {dataset.columns && (
        <>
          <h3>{Object.keys(dataset.columns).length} columns</h3>
          <ul class="columns">
            {Object.entries(dataset.columns).map(([name, kind]) => <li key={name}><code>{name}</code> <span class="quiet">{kind}</span></li>)}
          </ul>
        </>
      )}
      <Growth dataset={dataset} />
    </>
  );
}

/** The first rows, or the figure; of a versioned dataset those of any version. */
function Shown({ dataset: { name, versions } }: { dataset: DatasetDetails }) {
  const [version, setVersion] = useState<string | undefined>(undefined);
  return (
    <>
      <h3>Preview</h3>
      {versions && versions.length > 1 && !isExported && (
        <p>
          <label>Version{" "}
            <select value={version ?? versions[0]} onChange={(event) => setVersion(event.currentTarget.value)}>
              {versions.map((one) => <option key={one} value={one}>{one}</option>)}
            </select>
          </label>
        </p>
      )}
      <PreviewView key={`${name} ${version}`} name={name} version={version} />
    </>
  );
}

/** How it grew: its rows, and its bytes where it is a file. */
function Growth({ dataset: { history } }: { dataset: DatasetDetails }) {
  const saves = [...(history ?? [])].reverse();
  return (
    <>
      {(["rows", "bytes"] as const).map((measure) => {
        const points = saves
          .filter((save) => save[measure] !== null)
          .map((save) => ({ label: `${moment(save.time)}, run ${save.run}`, x: save.time, y: save[measure]! }));
        const title = measure === "rows" ? "Rows over runs" : "Bytes over runs";
        return points.length > 1 && <Fragment key={measure}><h3>{title}</h3><Chart title={title} points={points} /></Fragment>;
      })}
    </>
  );
}
