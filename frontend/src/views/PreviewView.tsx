/** The beginning of a dataset, drawn as its kind asks for. */

import { api, type Preview } from "../api";
import { ledgerChanged } from "../live";
import { count, plain } from "../words";
import { Loaded, useAnswer, useMore } from "./loaded";
import { type Column, Table } from "./Table";

interface Line {
  cells: unknown[];
  number: number;
}

const MOST = 5_000; // the server's own limit

export function PreviewView({ name, version }: { name: string; version?: string | undefined }) {
  const [limit, more] = useMore(MOST);
  const options = { limit, ...(version === undefined ? {} : { version }) };
  const answer = useAnswer(() => api.preview(name, options), [name, version, limit, ledgerChanged.value]);
  return <Loaded answer={answer}>{(preview) => <Drawn name={name} version={version} preview={preview} more={more} />}</Loaded>;
}

interface DrawnProps {
  name: string;
  version: string | undefined;
  preview: Preview;
  more: (() => void) | null;
}

function Drawn({ name, version, preview, more }: DrawnProps) {
  const { kind, content } = preview;
  if (kind === "table") return <Rows preview={preview} more={more} />;
  if (kind === "image") return <img class="preview" src={content as string} alt={`What ${name} shows`} />;
  if (kind === "html" || kind === "plotly" || kind === "markdown") {
    return <iframe class="preview" sandbox="allow-scripts" src={preview.frame ?? api.frame(name, version)} title={`What ${name} shows`} />;
  }
  if (kind === "files") return <ul class="preview">{(content as string[]).map((file) => <li key={file}>{file}</li>)}</ul>;
  const text = kind === "json" ? JSON.stringify(content, null, 2) : String(content);
  return <pre class="preview" tabIndex={0}>{text}</pre>;
}

function Rows({ preview, more }: Pick<DrawnProps, "preview" | "more">) {
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
        {!preview.complete && more && <> <button type="button" class="small" onClick={more}>More rows</button></>}
      </p>
    </>
  );
}
