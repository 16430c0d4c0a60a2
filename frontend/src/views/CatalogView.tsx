/** All datasets as a table. */

import { useState } from "preact/hooks";
import { api, type CatalogRow, isExported } from "../api";
import { graphChanged } from "../live";
import { ElementLink } from "./links";
import { Loaded, useAnswer } from "./loaded";
import { Table } from "./Table";

export function CatalogView() {
  const answer = useAnswer(() => api.catalog(), [graphChanged.value]);
  return (
    <section class="page">
      <h1>Catalog</h1>
      <Loaded answer={answer}>{({ datasets }) => <Datasets rows={datasets} />}</Loaded>
    </section>
  );
}

function Datasets({ rows }: { rows: CatalogRow[] }) {
  const [query, setQuery] = useState("");
  const [layer, setLayer] = useState("");
  const [state, setState] = useState("");
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = rows.filter((row) => {
    const text = `${row.name} ${row.type} ${row.location ?? ""} ${row.doc ?? ""} ${row.used_by.join(" ")}`.toLowerCase();
    return words.every((word) => text.includes(word)) && (!layer || row.layer === layer) && (!state || row.state === state);
  });
  return (
    <>
      <p class="filters">
        <label><span>Filter</span><input type="search" value={query} onInput={(event) => setQuery(event.currentTarget.value)} /></label>
        <Choice title="Layer" value={layer} choose={setLayer} options={rows.map((row) => row.layer)} />
        <Choice title="State" value={state} choose={setState} options={rows.map((row) => row.state)} />
        {!isExported && <span>Data dictionary: <a href="/api/catalog.csv" download="catalog.csv">CSV</a>, <a href="/api/catalog.md" download="catalog.md">Markdown</a></span>}
      </p>
      <Table
        label="Datasets" rows={shown} rowKey={({ name }) => name} height={640}
        columns={[
          { title: "Name", cell: ({ name }) => <ElementLink id={`dataset:${name}`} />, order: ({ name }) => name },
          { title: "Type", cell: ({ type }) => type, order: ({ type }) => type },
          { title: "Layer", cell: (row) => row.layer, order: (row) => row.layer ?? null },
          { title: "State", cell: (row) => <span class={`state state-${row.state}`}>{row.state}</span>, order: (row) => row.state },
          { title: "Place", cell: ({ location }) => <code>{location}</code>, order: (row) => row.location ?? null },
          { title: "Made by", cell: ({ producer }) => producer && <ElementLink id={`node:${producer}`} />, order: (row) => row.producer },
          { title: "Used by", cell: ({ used_by: nodes }) => nodes.join(", "), order: ({ used_by: nodes }) => nodes.length },
          { title: "Description", cell: ({ doc }) => doc },
        ]}
      />
      <p class="quiet">{shown.length} of {rows.length}</p>
    </>
  );
}

function Choice({ title, value, choose, options }: { title: string; value: string; choose(value: string): void; options: (string | null | undefined)[] }) {
  const names = [...new Set(options.filter((name): name is string => !!name))];
  return (
    <label>
      <span>{title}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">any</option>
        {names.map((name) => <option key={name}>{name}</option>)}
      </select>
    </label>
  );
}
