/** All runs: how they went, what they measured, which to compare. */

import { useState } from "preact/hooks";
import { go } from "../address";
import { api, type Run } from "../api";
import { ledgerChanged, liveRuns } from "../live";
import { count, duration, figure, moment } from "../words";
import { Chart } from "./Chart";
import { Link, State, whatRan } from "./links";
import { Loaded, useAnswer, useMore } from "./loaded";
import { type Column, Table } from "./Table";

const METRIC_COLUMNS = 6;

const MOST = 10_000; // the server's own limit

export function RunsView() {
  const [limit, more] = useMore(MOST);
  const answer = useAnswer(() => api.runs(limit), [limit, ledgerChanged.value]);
  return (
    <section class="page">
      <h1>Runs</h1>
      <Loaded answer={answer}>{({ runs }) => (runs.length ? <Runs runs={runs} limit={limit} more={more} /> : <p class="quiet">Nothing has run here yet: <code>plait run</code></p>)}</Loaded>
    </section>
  );
}

function Runs({ runs, limit, more }: { runs: Run[]; limit: number; more: (() => void) | null }) {
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const pick = (id: string) => {
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    setPicked(next);
  };
  const chosen = runs.filter(({ id }) => picked.has(id)).map(({ id }) => id).reverse();
  return (
    <>
      <p>
        <button type="button" disabled={chosen.length < 2} onClick={() => go({ view: "compare", run: chosen.join(",") })}>
          {chosen.length < 2 ? "Compare runs" : `Compare ${chosen.length} runs`}
        </button>
      </p>
      <Table label="Runs" rows={runs} rowKey={({ id }) => id} columns={columnsOf(runs, picked, pick)} height={Math.min(520, 40 + 30 * runs.length)} />
      {runs.length >= limit && <p class="quiet">the last {count(runs.length)} runs {more && <button type="button" class="small" onClick={more}>More runs</button>}</p>}
      <Metrics />
    </>
  );
}

function columnsOf(runs: Run[], picked: ReadonlySet<string>, pick: (id: string) => void): Column<Run>[] {
  const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].slice(0, METRIC_COLUMNS);
  return [
    { title: "", cell: ({ id }) => <input type="checkbox" aria-label={`Compare ${id}`} checked={picked.has(id)} onChange={() => pick(id)} /> },
    { title: "Run", cell: ({ id }) => <Link to={{ view: "run", run: id }}>{id}</Link>, order: ({ id }) => id },
    { title: "Status", cell: (run) => <State value={liveRuns.value.get(run.id)?.status ?? run.status} />, order: ({ status }) => status },
    { title: "Began", cell: ({ started }) => moment(started), order: ({ started }) => started },
    { title: "Took", number: true, cell: ({ seconds }) => duration(seconds), order: ({ seconds }) => seconds },
    { title: "What", cell: whatRan },
    { title: "Env", cell: ({ environment }) => environment },
    { title: "Nodes", cell: ({ done, skipped, failed, blocked }) => told({ done, skipped, failed, blocked }) },
    { title: "Commit", cell: ({ git_commit, git_dirty }) => (git_commit ? `${git_commit.slice(0, 9)}${git_dirty ? " (changed)" : ""}` : "") },
    ...metrics.map((name): Column<Run> => ({
      title: name,
      number: true,
      cell: (run) => (run.metrics[name] === undefined ? "" : figure(run.metrics[name])),
      order: (run) => run.metrics[name] ?? null,
    })),
  ];
}

function told(counts: Record<string, number>): string {
  return Object.entries(counts).filter(([, number]) => number).map(([word, number]) => `${number} ${word}`).join(", ");
}

function Metrics() {
  const answer = useAnswer(() => api.metrics(), [ledgerChanged.value]);
  return (
    <Loaded answer={answer}>
      {({ series }) => {
        const names = Object.keys(series);
        if (!names.length) return <p class="quiet">Datasets that are tagged <code>metrics</code> in the catalog are drawn here over the runs.</p>;
        return (
          <>
            <h2>Metrics over runs</h2>
            <div class="charts">
              {names.map((name) => (
                <figure key={name}>
                  <figcaption>{name}</figcaption>
                  <Chart title={name} points={series[name]!.map(({ time, value, run }) => ({ x: time, y: value, label: run }))} />
                </figure>
              ))}
            </div>
          </>
        );
      }}
    </Loaded>
  );
}
