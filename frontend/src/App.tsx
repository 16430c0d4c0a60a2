import { go, view, type ViewName } from "./address";
import { isExported } from "./api";
import { connection, currentRun, liveTick } from "./live";
import { failure, graph, theme, unknownPipeline } from "./state";
import { CatalogView } from "./views/CatalogView";
import { CompareView } from "./views/CompareView";
import { Link } from "./views/links";
import { PipelineView } from "./views/PipelineView";
import { PlanView } from "./views/PlanView";
import { RunDialog } from "./views/RunDialog";
import { RunsView } from "./views/RunsView";
import { RunView } from "./views/RunView";
import { TopBar } from "./views/TopBar";

const VIEWS: Record<ViewName, () => preact.JSX.Element> = {
  pipeline: PipelineView,
  plan: PlanView,
  runs: RunsView,
  run: RunView,
  compare: CompareView,
  catalog: CatalogView,
};

export function App() {
  const Shown = VIEWS[view.value] ?? PipelineView;
  return (
    <>
      <Rail />
      <div class="main">
        <TopBar />
        <Problems />
        <main><Shown /></main>
      </div>
      <RunDialog />
    </>
  );
}

function Rail() {
  const at = (name: ViewName) => view.value === name || (name === "runs" && ["run", "compare"].includes(view.value));
  const places: [ViewName, string][] = [["pipeline", "Pipeline"], ["plan", "Plan"], ["runs", "Runs"], ["catalog", "Catalog"]];
  const { project } = graph.value ?? {};
  return (
    <nav class="rail" aria-label="Views">
      <p class="brand">{project?.name ?? "Plait"}<small>{project?.environment}</small></p>
      {places.filter(([name]) => !isExported || name !== "plan").map(([name, title]) => (
        <Link key={name} to={{ view: name === "pipeline" ? null : name, run: null }} current={at(name)}>{title}</Link>
      ))}
      <LiveBadge />
      {!isExported && project && !project.read_only && <button type="button" class="run" onClick={() => go({ do: "run" })}>Run…</button>}
      <button type="button" class="quiet" onClick={() => (theme.value = next(theme.value))}>
        {theme.value === "dark" ? "Dark" : theme.value === "light" ? "Light" : "Auto"}
      </button>
    </nav>
  );
}

function next(current: string): string {
  return current === "" ? "dark" : current === "dark" ? "light" : "";
}

function LiveBadge() {
  liveTick.value;
  const run = currentRun();
  if (!run) return null;
  const done = [...run.states.values()].filter((state) => state !== "running").length;
  return <Link class="live" to={{ view: "run", run: run.id }}>Running {done} of {run.total}</Link>;
}

function Problems() {
  const problems = graph.value?.problems ?? [];
  const lost = connection.value !== "open";
  return (
    <div aria-live="polite">
      {lost && (
        <p class="trouble">
          The server does not answer; what is shown may be old.
          {connection.value === "closed" && <> Open the address that <code>plait ui</code> printed.</>}
        </p>
      )}
      {failure.value && !lost && <p class="trouble">{failure.value}</p>}
      {unknownPipeline.value !== null && <p class="trouble">There is no pipeline '{unknownPipeline.value}'</p>}
      {problems.map(({ message, why, where }) => (
        <p key={message} class="trouble">
          {[message, why].filter(Boolean).join(" · ")} <span class="quiet">{Array.isArray(where) ? where.join(", ") : where}</span>
          {graph.value?.stale && <em> What is drawn is the last good picture.</em>}
        </p>
      ))}
    </div>
  );
}
