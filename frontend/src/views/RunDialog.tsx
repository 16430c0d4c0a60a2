/** Running what is selected: parameters in a form, and the very command that will run. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { address, go, pipelineName, selector } from "../address";
import { api, type Order, type ParameterField } from "../api";
import { asText, changes, leavesOf, type Leaf, type Schema } from "../parameters";
import { told } from "../state";
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
    <dialog ref={dialog} aria-label="Run" onClose={() => wanted && go({ do: null }, true)}>
      {wanted && <Asked />}
    </dialog>
  );
}

function Asked() {
  const [pipeline, select] = [pipelineName.value, selector.value];
  const answer = useAnswer(() => api.parameters(pipeline, select), [pipeline, select]);
  return (
    <>
      <h2>Run {select || (pipeline === "__default__" ? "everything" : pipeline)}</h2>
      <Loaded answer={answer}>{({ fields, schema }) => <Form fields={fields} schema={schema} />}</Loaded>
    </>
  );
}

function Form({ fields, schema }: { fields: ParameterField[]; schema: Schema }) {
  const [pipeline, select] = [pipelineName.value, selector.value];
  const [edited, setEdited] = useState<Record<string, string>>({});
  const [fresh, setFresh] = useState(false);
  const [workers, setWorkers] = useState(0);
  const [starting, setStarting] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const leaves = useMemo(() => leavesOf(fields, schema), [fields, schema]);
  const { params, problems } = changes(leaves, edited);
  const order: Order = { pipeline, select, params, fresh, executor: "", workers };
  const judged = useCommand(order);
  const wrong: Record<string, string> = { ...judged.problems, ...problems };
  const elsewhere = judged.others.filter(() => Object.keys(problems).length === 0);
  const stopped = Object.keys(wrong).length > 0 || starting;
  const start = async (event: Event) => {
    event.preventDefault();
    if (Object.keys(problems).length) return;
    setStarting(true);
    setRefused(null);
    try {
      await api.start(order);
      go({ do: null }, true);
    } catch (error) {
      setRefused(told(error));
      setStarting(false);
    }
  };
  return (
    <form onSubmit={(event) => void start(event)}>
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
      {[...elsewhere, ...(refused ? [refused] : [])].map((text) => <p key={text} class="trouble" role="alert">{text}</p>)}
      <p class="actions">
        <button type="submit" disabled={stopped}>{starting ? "Starting…" : "Run"}</button>
        <button type="button" onClick={() => go({ do: null }, true)}>Cancel</button>
      </p>
    </form>
  );
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
