/** The pipeline as a graph, with what one may do to the view of it. */

import { useComputed } from "@preact/signals";
import { go, linkTo, pipelineName } from "../address";
import { isExported } from "../api";
import { elementsDrawn, GraphView, handle } from "../graph/GraphView";
import { Minimap } from "../graph/Minimap";
import { savePng, saveSvg } from "../graph/pictures";
import { currentRun, liveTick } from "../live";
import * as state from "../state";
import { count, planned } from "../words";
import { SidePanel } from "./SidePanel";

export function PipelineView() {
  const colours = useComputed(() => {
    liveTick.value;
    const live = currentRun();
    if (live) return (name: string) => live.states.get(name);
    const steps = state.showPlan.value ? new Map(state.plan.value?.steps.map(({ node, action }) => [node, action])) : null;
    return (name: string) => steps?.get(name) as string | undefined;
  });
  return (
    <div class="stage">
      <div class="drawing">
        <GraphView stateOf={colours.value} />
        <Tools />
        <Legend />
        <Minimap />
        <ElementList />
      </div>
      <SidePanel />
    </div>
  );
}

function Tools() {
  const { showParameters, showDatasets, showBands, leftToRight, showPlan, namespaces } = state;
  const folds = namespaces.value.names.length > 0;
  return (
    <div class="tools" role="toolbar" aria-label="View">
      <button type="button" title="Show all (0)" onClick={() => handle.value?.fit()}>Fit</button>
      <button type="button" aria-label="Zoom in" onClick={() => handle.value?.zoom(1.3)}>+</button>
      <button type="button" aria-label="Zoom out" onClick={() => handle.value?.zoom(1 / 1.3)}>−</button>
      <Switch signal={leftToRight} title="Left to right" />
      <Switch signal={showBands} title="Layers" />
      <Switch signal={showDatasets} title="Data" />
      <Switch signal={showParameters} title="Parameters" />
      {!isExported && <Switch signal={showPlan} title="Plan" />}
      {folds && <button type="button" onClick={() => state.expandAll(true)}>Unfold all</button>}
      {folds && <button type="button" onClick={() => state.expandAll(false)}>Fold all</button>}
      <button type="button" onClick={savePng}>PNG</button>
      <button type="button" onClick={saveSvg}>SVG</button>
    </div>
  );
}

function Switch({ signal, title }: { signal: { value: boolean }; title: string }) {
  return (
    <button type="button" aria-pressed={signal.value} onClick={() => (signal.value = !signal.value)}>{title}</button>
  );
}

function Legend() {
  const live = currentRun();
  liveTick.value;
  if (live) {
    const done = [...live.states.values()].filter((name) => name !== "running").length;
    return <p class="legend" role="status">Running: {count(done)} of {count(live.total)} nodes</p>;
  }
  if (!state.showPlan.value) return <p class="legend">{count(elementsDrawn.value)} elements</p>;
  const found: Record<string, number> = {};
  for (const { action } of state.plan.value?.steps ?? []) found[action] = (found[action] ?? 0) + 1;
  return (
    <p class="legend" role="status">
      {state.noPlan.value && state.noPlan.value.message}
      {state.plan.value === null ? !state.noPlan.value && "Planning…" : Object.entries(found).map(([action, number]) => (
        <span key={action} class={`state state-${action}`}>{number} {planned(action)}</span>
      ))}
    </p>
  );
}

/** The same elements as a list, for those who do not see the drawing. */
function ElementList() {
  const document = state.graph.value;
  if (!document) return null;
  const pipeline = document.pipelines.find(({ name }) => name === pipelineName.value);
  const names = (pipeline?.nodes ?? []).slice(0, 500).map((number) => document.elements[number]!.name);
  return (
    <nav class="unseen" aria-label="Nodes of the pipeline, in order">
      <ul>
        {names.map((name) => (
          <li key={name}><a href={linkTo({ focus: `node:${name}` })} tabIndex={-1} onClick={(event) => {
            event.preventDefault();
            go({ focus: `node:${name}` });
          }}>{name}</a></li>
        ))}
      </ul>
    </nav>
  );
}
