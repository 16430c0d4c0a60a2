/** What a run would do now, and why, node by node. */

import { useEffect } from "preact/hooks";
import { inOneLine, loadPlan, noPlan, plan } from "../state";
import { pipelineName, selector } from "../address";
import { graphChanged, ledgerChanged } from "../live";
import type { Plan } from "../api";
import { between } from "../words";
import { ElementLink, State } from "./links";

function Expected({ plan: { expected_seconds: least, expected_seconds_at_most: most } }: { plan: Plan }) {
  return least === null ? null : <p>{between(least, most)}, by what the nodes took before.</p>;
}

export function PlanView() {
  useEffect(() => void loadPlan(), [pipelineName.value, selector.value, graphChanged.value, ledgerChanged.value]);
  const found = plan.value;
  const active = found?.steps.filter(({ action }) => action !== "skip") ?? [];
  const skipped = found?.steps.filter(({ action }) => action === "skip") ?? [];
  return (
    <section class="page">
      <h1>Plan</h1>
      {noPlan.value && <p class="trouble" role="alert">{inOneLine(noPlan.value)}</p>}
      {found === null && !noPlan.value && <p class="quiet" aria-busy="true">Looking at code, parameters and data…</p>}
      {found && active.length === 0 && <p>✓ Everything is up to date: {skipped.length} nodes.</p>}
      {found && active.length > 0 && <Expected plan={found} />}
      {found && found.stale_upstream.length > 0 && <p class="trouble">Left out although they would run: {found.stale_upstream.join(", ")}</p>}
      {active.map(({ node, action, text }) => (
        <section key={node} class="step">
          <h2><State value={action} /> <ElementLink id={`node:${node}`} /></h2>
          <pre tabIndex={0}>{text}</pre>
        </section>
      ))}
      {skipped.length > 0 && (
        <details>
          <summary>{skipped.length} nodes are up to date</summary>
          <ul class="plain">{skipped.map(({ node, reasons }) => <li key={node}><ElementLink id={`node:${node}`} /> <span class="quiet">{reasons[0]?.text}</span></li>)}</ul>
        </details>
      )}
    </section>
  );
}
