/** Running what is selected: parameters in a form, and the very command that will run. */

import { useEffect, useRef, useState } from "preact/hooks";
import { address, CLOSED, go, pipelineName, selector } from "../address";
import { api, type Order } from "../api";
import { runsGoingOn } from "../live";
import { asText, changes, leavesOf, type Leaf, textsOf } from "../parameters";
import { graph, told } from "../state";
import { Loaded, useAnswer } from "./loaded";

const PATIENCE = 150; // milliseconds without a key before the server is asked

export function RunDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const wanted = address.value.get("do") === "run";
  useEffect(() => {
    if (wanted) dialog.current?.showModal();
    else dialog.current?.close();
  }, [wanted]);
  return (
    <dialog ref={dialog} aria-label="Run" onClose={() => wanted && close()}>
      {wanted && <Asked />}
    </dialog>
  );
}

function close(): void {
  go(CLOSED, true);
}

/** What the dialog is about, with its parameters; `edited` are the texts that an earlier run brings along. */
interface Wanted {
  pipeline: string;
  select: string;
  leaves: Leaf[];
  edited: Record<string, string>;
  /** Where the earlier run took place. */
  environment: string | null;
}

function Asked() {
  const [what, again] = [address.value.get("what"), address.value.get("again")];
  const [pipeline, select] = [pipelineName.value, selector.value];
  const answer = useAnswer(() => asked({ pipeline, select }, what, again), [pipeline, select, what, again]);
  return (
    <>
      <h2>Run {answer.value && titleOf(answer.value)}</h2>
      <Loaded answer={answer}>{(found) => <Form key={JSON.stringify(found)} asked={found} />}</Loaded>
      {!answer.value && <p class="actions"><button type="button" onClick={close}>Close</button></p>}
    </>
  );
}

function titleOf({ pipeline, select }: Wanted): string {
  return select || (pipeline === "__default__" ? "everything" : pipeline);
}

/** What the page shows, unless the address names a selector, or a run whose order is to be repeated. */
async function asked(page: { pipeline: string; select: string }, what: string | null, again: string | null): Promise<Wanted> {
  const run = again === null ? null : (await api.run(again)).run;
  const pipeline = run?.pipeline ?? page.pipeline;
  const select = what ?? (run ? run.selection ?? "" : page.select);
  const { fields, schema } = await api.parameters(pipeline, select);
  const leaves = leavesOf(fields, schema);
  return { pipeline, select, leaves, edited: run ? textsOf(leaves, run.parameters) : {}, environment: run?.environment ?? null };
}

function Form({ asked: { pipeline, select, leaves, edited: begun, environment } }: { asked: Wanted }) {
  const [edited, setEdited] = useState(begun);
  const [fresh, setFresh] = useState(false);
  const [workers, setWorkers] = useState(0);
  const { starting, waitsFor, outcome, start } = useStarting();
  const { params, problems } = changes(leaves, edited);
  const order: Order = { pipeline, select, params, fresh, executor: "", workers };
  const judged = useCommand(order);
  const wrong: Record<string, string> = { ...judged.problems, ...problems };
  const elsewhere = judged.others.filter(() => Object.keys(problems).length === 0);
  const here = graph.value?.project.environment;
  const stopped = Object.keys(wrong).length > 0 || starting;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!Object.keys(problems).length) void start(order);
  };
  return (
    <form onSubmit={submit}>
      {environment !== null && environment !== here && <p class="trouble">That run was in the environment {environment}, and this one will be in {here}.</p>}
      <fieldset>
        <legend>Parameters</legend>
        {leaves.map((leaf) => (
          <Field
            key={leaf.path} leaf={leaf} text={edited[leaf.path] ?? asText(leaf, leaf.value)} changed={leaf.path in params} problem={wrong[leaf.path]}
            onText={(text) => setEdited({ ...edited, [leaf.path]: text })}
          />
        ))}
        {leaves.length === 0 && <p class="quiet">The selected nodes read none.</p>}
      </fieldset>
      <label class="check"><input type="checkbox" checked={fresh} onChange={(event) => setFresh(event.currentTarget.checked)} /> also what did not change</label>
      <label><span>Worker processes</span><input type="number" min={0} max={64} value={workers} onInput={(event) => setWorkers(Number(event.currentTarget.value))} /></label>
      {judged.command && <pre class="command" tabIndex={0} aria-label="The command that runs">{judged.command}</pre>}
      {elsewhere.map((text) => <p key={text} class="trouble" role="alert">{text}</p>)}
      {outcome.refused && <p class="trouble" role="alert">{outcome.refused}</p>}
      {waitsFor && <p role="status">Waits until run {waitsFor} ends.</p>}
      {outcome.nothing && <p role="status">Everything is up to date: nothing ran.</p>}
      <p class="actions">
        <button type="submit" disabled={stopped}>{starting ? "Starting…" : "Run"}</button>
        <button type="button" onClick={close}>{outcome.nothing ? "Close" : "Cancel"}</button>
      </p>
    </form>
  );
}

/** Starting a run; whoever leaves the dialog before it has begun does not want it any more. */
function useStarting() {
  const ticket = useRef<string | null>(null);
  const [others, setOthers] = useState<string[] | null>(null);
  const [outcome, setOutcome] = useState<{ refused?: string; nothing?: boolean }>({});
  useEffect(() => () => {
    if (ticket.current) void api.cancel(ticket.current, true).catch(() => null); // it ended meanwhile
    ticket.current = null;
  }, []);
  const start = async (order: Order) => {
    const mine = (ticket.current = newTicket());
    setOthers(runsGoingOn().map(({ id }) => id));
    setOutcome({});
    const found = await api.start(order, mine).then(({ run }) => ({ nothing: run === null }), (error: unknown) => ({ refused: told(error) }));
    if (ticket.current !== mine) return;
    ticket.current = null;
    if ("nothing" in found && !found.nothing) return close();
    setOutcome(found);
    setOthers(null);
  };
  const waitsFor = others?.find((id) => runsGoingOn().some((run) => run.id === id));
  return { starting: others !== null, waitsFor, outcome, start };
}

/** Not `randomUUID`, which a page that another machine serves without TLS does not have. */
function newTicket(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface FieldProps {
  leaf: Leaf;
  text: string;
  changed: boolean;
  problem: string | undefined;
  onText: (text: string) => void;
}

function Field({ leaf, text, changed, problem, onText }: FieldProps) {
  const id = `parameter ${leaf.path}`;
  const shared = { id, disabled: leaf.secret, "aria-invalid": problem !== undefined, "aria-describedby": `${id} about` };
  return (
    <div class={`field${changed ? " changed" : ""}`}>
      <label for={id}>{leaf.path}</label>
      <Input leaf={leaf} text={text} shared={shared} onText={onText} />
      <small id={`${id} about`} class={problem ? "wrong" : "quiet"} role={problem ? "alert" : undefined}>
        {problem ?? (changed ? `instead of ${asText(leaf, leaf.value) || "nothing"}` : leaf.where)}
      </small>
      {changed && <button type="button" class="plain" onClick={() => onText(asText(leaf, leaf.value))} aria-label={`${leaf.path} as configured`} title="As configured">↺</button>}
    </div>
  );
}

function Input({ leaf, text, shared, onText }: { leaf: Leaf; text: string; shared: object; onText: (text: string) => void }) {
  if (leaf.secret) return <input type="text" value="***" {...shared} />;
  switch (leaf.kind) {
    case "boolean":
      return <input type="checkbox" checked={text === "true"} onChange={(event) => onText(String(event.currentTarget.checked))} {...shared} />;
    case "choice":
      return (
        <select value={text} onChange={(event) => onText(event.currentTarget.value)} {...shared}>
          {leaf.nullable && <option value="">nothing</option>}
          {leaf.choices.map((choice) => <option key={String(choice)} value={JSON.stringify(choice)}>{String(choice)}</option>)}
        </select>
      );
    case "json":
      return <textarea rows={Math.min(6, Math.ceil((text.length + 1) / 30))} spellcheck={false} value={text} onInput={(event) => onText(event.currentTarget.value)} {...shared} />;
    default:
      return (
        <input
          type="text" inputMode={leaf.kind === "text" ? "text" : "decimal"} spellcheck={false} value={text}
          onInput={(event) => onText(event.currentTarget.value)} {...shared}
        />
      );
  }
}

/** The command of an order, and what the project says of its parameters: asked when nobody types. */
function useCommand(order: Order) {
  const [found, setFound] = useState<{ command: string | null; problems: Record<string, string>; others: string[] }>({ command: null, problems: {}, others: [] });
  const key = JSON.stringify(order);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      api.command(order).then(
        ({ command, problems }) => {
          if (!current) return;
          const named = problems.filter(({ parameter }) => parameter !== null);
          const others = problems.filter(({ parameter }) => parameter === null).map(({ message, hint }) => (hint ? `${message}: ${hint}` : message));
          setFound({ command, problems: Object.fromEntries(named.map(({ parameter, message }) => [parameter!, message])), others });
        },
        (error: unknown) => current && setFound({ command: null, problems: {}, others: [told(error)] }),
      );
    }, PATIENCE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key]);
  return found;
}
