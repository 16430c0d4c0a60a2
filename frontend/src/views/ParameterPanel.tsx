/** A parameter: its value, where it is set, and who reads it. */

import { edges, graph, numberOf } from "../state";
import { api } from "../api";
import { ElementLink } from "./links";
import { Loaded, useAnswer } from "./loaded";

export function ParameterPanel({ name }: { name: string }) {
  const readers = readersOf(name);
  const first = readers[0];
  const answer = useAnswer(() => (first ? api.node(first) : Promise.reject(new Error("no node reads it"))), [name, first]);
  return (
    <>
      <Loaded answer={answer}>
        {(node) => {
          const found = node.parameters.find((parameter) => parameter.name === name);
          return (
            <>
              {found?.file && <p class="quiet">{found.file}:{found.line}</p>}
              <pre tabIndex={0}>{JSON.stringify(found?.value, null, 2)}</pre>
            </>
          );
        }}
      </Loaded>
      <h3>Read by</h3>
      <ul class="plain">{readers.map((reader) => <li key={reader}><ElementLink id={`node:${reader}`} /></li>)}</ul>
    </>
  );
}

function readersOf(name: string): string[] {
  const number = numberOf.value.get(name);
  const { from, to } = edges.value;
  const found: string[] = [];
  from.forEach((source, edge) => source === number && found.push(graph.value!.elements[to[edge]!]!.name));
  return found;
}
