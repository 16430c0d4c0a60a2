/** The beginning of a dataset, drawn as its kind asks for. */

import { api, type Preview } from "../api";
import { ledgerChanged } from "../live";
import { count, plain } from "../words";
import { Loaded, useAnswer } from "./loaded";
import { type Column, Table } from "./Table";

interface Line {
  cells: unknown[];
  number: number;
}

const ROWS = 200;

export function PreviewView({ name }: { name: string }) {
  const answer = useAnswer(() => api.preview(name, { limit: ROWS }), [name, ledgerChanged.value]);
  return <Loaded answer={answer}>{(preview) => <Drawn name={name} preview={preview} />}</Loaded>;
}

function Drawn({ name, preview }: { name: string; preview: Preview }) {
  const { kind, content } = preview;
  if (kind === "table") return <Rows preview={preview} />;
  if (kind === "image") return <img class="preview" src={content as string} alt={`What ${name} shows`} />;
  if (kind === "html" || kind === "plotly" || kind === "markdown") {
    return <iframe class="preview" sandbox="allow-scripts" src={preview.frame ?? api.frame(name)} title={`What ${name} shows`} />;
  }
  if (kind === "files") return <ul class="preview">{(content as string[]).map((file) => <li key={file}>{file}</li>)}</ul>;
  const text = kind === "json" ? JSON.stringify(content, null, 2) : String(content);
  return <pre class="preview" tabIndex={0}>{text}</pre>;
}

function Rows({ preview }: { preview: Preview }) {
  const names = Object.keys(preview.columns ?? {});
  const rows = (preview.content as unknown[][]).map((cells, number): Line => ({ cells, number }));
  const numeric = names.map((_, column) => rows.every(({ cells }) => cells[column] === null || typeof cells[column] === "number"));
  return (
    <>
      <Table
        label="First rows"
        height={320}
        rows={rows}
        rowKey={({ number }) => number}
        columns={names.map((title, column): Column<Line> => ({
          title,
          hint: preview.columns![title]!,
          number: numeric[column]!,
          cell: ({ cells }) => plain(cells[column]),
          order: ({ cells }) => (cells[column] ?? null) as string | number | null,
        }))}
      />
      <p class="quiet">
        {preview.complete
          ? `all ${count(rows.length)} rows`
          : `the first ${count(rows.length)} rows${preview.rows === null ? "" : ` of ${count(preview.rows)}`}`}
      </p>
    </>
  );
}
