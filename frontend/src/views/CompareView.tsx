/** Runs side by side: only what differs, metrics, and why nodes ran. */

import { address } from "../address";
import { api, type Comparison } from "../api";
import { duration, moment, plain } from "../words";
import { Link, State } from "./links";
import { Loaded, useAnswer } from "./loaded";
import { ElementLink } from "./links";

export function CompareView() {
  const ids = (address.value.get("run") ?? "-2,last").split(",").filter(Boolean);
  const answer = useAnswer(() => api.compare(ids), [ids.join()]);
  return (
    <section class="page">
      <h1>Compare runs</h1>
      <Loaded answer={answer}>{(found) => <Sides found={found} />}</Loaded>
    </section>
  );
}

function Sides({ found }: { found: Comparison }) {
  const sections: [string, Record<string, unknown[]>][] = [
    ["Metrics", found.metrics],
    ["Parameters that differ", found.parameters],
    ["Data that differs", found.data],
    ["Libraries that differ", found.versions],
    ["Outcomes that differ", found.status],
    ["Seconds", found.seconds],
  ];
  return (
    <>
      <div class="table">
        <table>
          <thead>
            <tr>
              <th>Run</th>
              {found.runs.map(({ id }) => <th key={id} class="number"><Link to={{ view: "run", run: id }}>{id}</Link></th>)}
            </tr>
          </thead>
          <tbody>
            <tr><th>Status</th>{found.runs.map(({ id, status }) => <td key={id} class="number"><State value={status} /></td>)}</tr>
            <tr><th>Began</th>{found.runs.map(({ id, started }) => <td key={id} class="number">{moment(started)}</td>)}</tr>
            <tr><th>Took</th>{found.runs.map(({ id, seconds }) => <td key={id} class="number">{duration(seconds)}</td>)}</tr>
            <tr><th>Commit</th>{found.runs.map(({ id, git_commit }) => <td key={id} class="number">{git_commit?.slice(0, 9) ?? "–"}</td>)}</tr>
            {sections.map(([title, values]) => <Section key={title} title={title} values={values} runs={found.runs.length} />)}
          </tbody>
        </table>
      </div>
      <h2>Why nodes differ from the run before</h2>
      <ul class="plain">
        {found.reasons.map(({ run, node, reasons }) => (
          <li key={`${run} ${node}`}><span class="quiet">{run}</span> <ElementLink id={`node:${node}`} />: {reasons.map(({ text, kind }) => text || kind).join("; ")}</li>
        ))}
        {found.reasons.length === 0 && <li class="quiet">Nothing they were made from differs, as far as it is on record.</li>}
      </ul>
    </>
  );
}

function Section({ title, values, runs }: { title: string; values: Record<string, unknown[]>; runs: number }) {
  const rows = Object.entries(values);
  if (!rows.length) return null;
  return (
    <>
      <tr class="heading"><th colSpan={runs + 1}>{title}</th></tr>
      {rows.map(([name, cells]) => (
        <tr key={name}>
          <th>{name}</th>
          {cells.map((cell, number) => <td key={number} class={`number${cell === cells[0] ? "" : " differs"}`}>{shown(cell)}</td>)}
        </tr>
      ))}
    </>
  );
}

function shown(value: unknown): string {
  const text = plain(value);
  return text.length > 28 ? `${text.slice(0, 27)}…` : text;
}
