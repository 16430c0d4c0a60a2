/** Which pipeline, which part of it, the search over all, and the command that runs what is selected. */

import { useEffect, useRef, useState } from "preact/hooks";
import { go, pipelineName, selector, view } from "../address";
import { api, isExported, type SearchHit } from "../api";
import { graph, selection } from "../state";

export function TopBar() {
  const document = graph.value;
  return (
    <header class="bar">
      <label>
        <span>Pipeline</span>
        <select value={pipelineName.value} onChange={(event) => go({ pipeline: event.currentTarget.value, select: null })}>
          {document?.pipelines.map(({ name }) => <option key={name} value={name}>{name === "__default__" ? "all" : name}</option>)}
        </select>
      </label>
      {!isExported && <SelectorField />}
      <SearchField />
    </header>
  );
}

function SelectorField() {
  const [text, setText] = useState(selector.value);
  useEffect(() => setText(selector.value), [selector.value]);
  const found = selection.value;
  const command = found?.command ?? `plait run${pipelineName.value === "__default__" ? "" : ` --pipeline ${pipelineName.value}`}`;
  return (
    <div class="selector">
      <form onSubmit={(event) => {
        event.preventDefault();
        go({ select: text.trim() || null });
      }}>
        <label>
          <span>Select</span>
          <input
            type="text" name="select" value={text} spellcheck={false} autocomplete="off"
            placeholder="tag:daily  +model  a..b  state:stale" aria-invalid={!!found?.error}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      </form>
      {found?.error
        ? <span class="trouble" role="alert">{[found.error.message, found.error.hint].filter(Boolean).join(" · ")}</span>
        : <code class="command" title="Copy" tabIndex={0} role="button" onClick={() => void navigator.clipboard?.writeText(command)}
            onKeyDown={(event) => event.key === "Enter" && void navigator.clipboard?.writeText(command)}>{command}</code>}
    </div>
  );
}

function SearchField() {
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<SearchHit[] | null>(null);
  const hits = found ?? [];
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focusHere = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (event.key !== "/" || typing) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", focusHere);
    return () => removeEventListener("keydown", focusHere);
  }, []);
  useEffect(() => {
    if (!query.trim()) return setFound(null);
    let wanted = true;
    const take = (answer: SearchHit[] | null) => {
      if (!wanted) return;
      setFound(answer);
      setAt(0);
    };
    const timer = setTimeout(() => void find(query).then(take, () => take(null)), 80);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [query]);
  const choose = (hit: SearchHit | undefined) => {
    if (!hit) return;
    go({ view: null, focus: hit.id, ...(view.value === "pipeline" ? {} : { run: null }) });
    setQuery("");
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => setAt(Math.min(at + 1, hits.length - 1)),
    ArrowUp: () => setAt(Math.max(at - 1, 0)),
    Enter: () => choose(hits[at]),
    Escape: () => setQuery(""),
  };
  return (
    <div class="search">
      <label>
        <span>Search</span>
        <input
          ref={input} type="search" value={query} placeholder="names, code, columns  ( / )" autocomplete="off"
          list={undefined} role="combobox" aria-expanded={hits.length > 0} aria-controls="hits"
          aria-activedescendant={hits.length ? `hit-${at}` : undefined}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (!keys[event.key]) return;
            event.preventDefault();
            keys[event.key]!();
          }}
        />
      </label>
      {found?.length === 0 && <p class="nothing" role="status">Nothing found</p>}
      {hits.length > 0 && (
        <ul id="hits" role="listbox" aria-label="Found">
          {hits.map((hit, number) => (
            <li key={hit.id} id={`hit-${number}`} role="option" aria-selected={number === at} onMouseDown={() => choose(hit)}>
              <span class={`kind kind-${hit.kind}`}>{hit.kind}</span> <strong>{hit.name}</strong>
              {hit.field !== "name" && <span class="quiet"> {hit.field}: {hit.excerpt}</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The server searches code and columns too; an exported page names only. */
async function find(query: string): Promise<SearchHit[]> {
  if (!isExported) return (await api.search(query)).hits;
  const words = query.toLowerCase().split(/\s+/);
  const elements = graph.value?.elements ?? [];
  return elements
    .filter(({ name, doc, location }) => words.every((word) => `${name} ${doc ?? ""} ${location ?? ""}`.toLowerCase().includes(word)))
    .slice(0, 30)
    .map(({ kind, name }) => ({ id: kind === "parameter" ? name : `${kind}:${name}`, kind, name, field: "name", excerpt: "", score: 1 }));
}
