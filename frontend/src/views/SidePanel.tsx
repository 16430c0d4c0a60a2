/** What is known of the element that is selected. */

import { focus, go, pipelineName } from "../address";
import { graph, numberOf, selectorOf } from "../state";
import { DatasetPanel } from "./DatasetPanel";
import { NodePanel } from "./NodePanel";
import { ParameterPanel } from "./ParameterPanel";

export function SidePanel() {
  const id = focus.value;
  if (!id || id.startsWith("ns:")) return null;
  const element = graph.value?.elements[numberOf.value.get(id) ?? -1];
  const name = element?.name ?? id.replace(/^(node|dataset):/, "");
  const kind = element?.kind ?? (id.startsWith("node:") ? "node" : id.startsWith("dataset:") ? "dataset" : "parameter");
  return (
    <aside class="panel" tabIndex={-1} aria-label={`${kind} ${name}`} onKeyDown={(event) => event.key === "Escape" && close()}>
      <header>
        <span class={`kind kind-${kind}`}>{kind}</span>
        <h2>{name}</h2>
        <button type="button" class="icon" aria-label="Close" onClick={close}>×</button>
      </header>
      {kind === "node" && <Slices name={name} />}
      <div class="body">
        {kind === "node" && <NodePanel name={name} />}
        {kind === "dataset" && <DatasetPanel name={name} />}
        {kind === "parameter" && <ParameterPanel name={name} />}
      </div>
    </aside>
  );
}

/** The keyboard goes on where the panel came from. */
function close(): void {
  go({ focus: null });
  document.querySelector<HTMLElement>("canvas.graph")?.focus();
}

/** The selections that begin at a node. */
function Slices({ name }: { name: string }) {
  const node = selectorOf(name);
  const slices = [["This", node], ["With ancestors", `+${node}`], ["With descendants", `${node}+`]] as const;
  return (
    <nav class="slices" aria-label="Select">
      {slices.map(([title, select]) => (
        <button key={title} type="button" onClick={() => go({ select, pipeline: pipelineName.value })}>{title}</button>
      ))}
    </nav>
  );
}
