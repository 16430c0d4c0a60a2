/** Runs side by side: only what differs, metrics, and why nodes ran. */

import { address } from "../address";
import { api, type Comparison, type RunDetails } from "../api";
import { same, sectionsOf } from "../comparison";
import { duration, moment, plain, shortFingerprint } from "../words";
import { Link, State } from "./links";
import { Loaded, useAnswer } from "./loaded";
import { ElementLink } from "./links";
import { PreviewView } from "./PreviewView";

const TIMES = "Times";
const DATA = "Data that differs";
const LONGEST = 60; // letters of a cell

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

function Sides({ found: { runs: details, reasons } }: { found: Comparison }) {
  const runs = details.map(({ run }) => run);
  return (
    <>
      <div class="table compared" role="region" aria-label="Runs side by side" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th>Run</th>
              {runs.map(({ id }) => <th key={id} class="number"><Link to={{ view: "run", run: id }}>{id}</Link></th>)}
            </tr>
          </thead>
          <tbody>
            <tr><th>Status</th>{runs.map(({ id, status }) => <td key={id} class="number"><State value={status} /></td>)}</tr>
            <tr><th>Began</th>{runs.map(({ id, started }) => <td key={id} class="number">{moment(started)}</td>)}</tr>
            <tr><th>Took</th>{runs.map(({ id, seconds }) => <td key={id} class="number">{duration(seconds)}</td>)}</tr>
            <tr><th>Commit</th>{runs.map(({ id, git_commit }) => <td key={id} class="number">{git_commit?.slice(0, 9) ?? "–"}</td>)}</tr>
            {sectionsOf(details).map(([title, values]) => <Section key={title} title={title} values={values} runs={runs.length} />)}
          </tbody>
        </table>
      </div>
      <Figures details={details} />
      <h2>Why nodes differ from the run before</h2>
      <ul class="plain">
        {reasons.map(({ run, node, reasons }) => (
          <li key={`${run} ${node}`}><span class="quiet">{run}</span> <ElementLink id={`node:${node}`} />: {reasons.map(({ text, kind }) => text || kind).join("; ")}</li>
        ))}
        {reasons.length === 0 && <li class="quiet">Nothing they were made from differs, as far as it is on record.</li>}
      </ul>
    </>
  );
}

/** Figures and reports, each as it was after each run. */
function Figures({ details }: { details: RunDetails[] }) {
  const names = [...new Set(details.flatMap(({ figures }) => Object.keys(figures)))];
  if (!names.length) return null;
  return (
    <>
      <h2>Figures</h2>
      {names.map((name) => (
        <section key={name} class="figures" aria-label={`${name} side by side`}>
          <h3><ElementLink id={`dataset:${name}`} /></h3>
          <div class="sides">
            {details.map(({ run, figures }) => <Figure key={run.id} run={run.id} name={name} shown={figures[name]} />)}
          </div>
        </section>
      ))}
    </>
  );
}

function Figure({ run, name, shown }: { run: string; name: string; shown: RunDetails["figures"][string] | undefined }) {
  return (
    <figure>
      <figcaption>{run}{shown && shown.run !== run && <span class="quiet"> from run {shown.run}</span>}</figcaption>
      {shown?.kept
        ? <PreviewView name={name} version={shown.version ?? undefined} />
        : <p class="quiet">{shown ? <>Saved again since: <code>versioned: true</code> in its entry keeps every save.</> : "It was not there yet."}</p>}
    </figure>
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
          <th>{breakable(name)}</th>
          {cells.map((cell, number) => <td key={number} class={`number${same(cell, cells[0]) ? "" : " differs"}`} title={plain(cell)}>{shown(title, cell)}</td>)}
        </tr>
      ))}
    </>
  );
}

/** A dotted name, which may be broken after each of its words. */
function breakable(name: string) {
  return name.split(/(?<=[._])/).map((part, number) => (number ? [<wbr key={number} />, part] : part));
}

function shown(title: string, cell: unknown): string {
  if (title === TIMES) return duration(cell as number | null);
  const text = title === DATA ? shortFingerprint(plain(cell)) : plain(cell);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
