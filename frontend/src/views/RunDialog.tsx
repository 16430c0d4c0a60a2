/** Running what is selected: parameters in a form, and the very command that will run. */

import { useEffect, useRef, useState } from "preact/hooks";
import { address, go, pipelineName, selector } from "../address";
import { api, type ParameterField, type RunOrder } from "../api";
import { told } from "../state";
import { Loaded, useAnswer } from "./loaded";

export function RunDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const wanted = address.value.get("do") === "run";
  useEffect(() => {
    if (wanted) dialog.current?.showModal();
    else dialog.current?.close();
  }, [wanted]);
  return (
    <dialog ref={dialog} aria-label="Run" onClose={() => wanted && go({ do: null }, true)}>
      {wanted && <Form />}
    </dialog>
  );
}

function Form() {
  const [pipeline, select] = [pipelineName.value, selector.value];
  const [edited, setEdited] = useState<Record<string, string>>({});
  const [fresh, setFresh] = useState(false);
  const [workers, setWorkers] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const answer = useAnswer(() => api.parameters(pipeline, select), [pipeline, select]);
  const start = async (event: Event) => {
    event.preventDefault();
    const params = parsed(edited);
    if (typeof params === "string") return setProblem(params);
    const order: RunOrder = { pipeline, select, params, fresh, executor: "", workers };
    try {
      await api.start(order);
      go({ do: null }, true);
    } catch (error) {
      setProblem(told(error));
    }
  };
  return (
    <form onSubmit={(event) => void start(event)}>
      <h2>Run {select || (pipeline === "__default__" ? "everything" : pipeline)}</h2>
      <Loaded answer={answer}>
        {({ fields }) => (
          <fieldset>
            <legend>Parameters</legend>
            {leaves(fields).map(({ path, value, secret, where }) => (
              <label key={path}>
                <span>{path} {where && <small class="quiet">{where}</small>}</span>
                <input
                  type="text" disabled={secret} value={edited[path] ?? JSON.stringify(value)} spellcheck={false}
                  aria-invalid={typeof parsedOne(edited[path]) === "string"}
                  onInput={(event) => setEdited({ ...edited, [path]: event.currentTarget.value })}
                />
              </label>
            ))}
            {fields.length === 0 && <p class="quiet">The selected nodes read none.</p>}
          </fieldset>
        )}
      </Loaded>
      <label class="check"><input type="checkbox" checked={fresh} onChange={(event) => setFresh(event.currentTarget.checked)} /> also what did not change</label>
      <label><span>Worker processes</span><input type="number" min={0} max={64} value={workers} onInput={(event) => setWorkers(Number(event.currentTarget.value))} /></label>
      {problem && <p class="trouble" role="alert">{problem}</p>}
      <p class="actions">
        <button type="submit">Run</button>
        <button type="button" onClick={() => go({ do: null }, true)}>Cancel</button>
      </p>
    </form>
  );
}

interface Leaf {
  path: string;
  value: unknown;
  secret: boolean;
  where: string | null;
}

/** One field a value: groups are taken apart into their dotted names. */
function leaves(fields: ParameterField[]): Leaf[] {
  const found: Leaf[] = [];
  const walk = (path: string, value: unknown, field: ParameterField) => {
    if (value && typeof value === "object" && !Array.isArray(value)) {
      for (const [key, item] of Object.entries(value)) walk(path ? `${path}.${key}` : key, item, field);
    } else found.push({ path, value, secret: field.secret, where: field.where });
  };
  for (const field of fields) walk(field.name === "parameters" ? "" : field.name.replace("params:", ""), field.value, field);
  return found;
}

function parsed(edited: Record<string, string>): Record<string, unknown> | string {
  const params: Record<string, unknown> = {};
  for (const [path, text] of Object.entries(edited)) {
    const found = parsedOne(text);
    if (typeof found === "string") return `${path}: ${found}`;
    params[path] = found!.value;
  }
  return params;
}

function parsedOne(text: string | undefined): { value: unknown } | string | undefined {
  if (text === undefined) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return "not JSON: text stands in double quotes";
  }
}
