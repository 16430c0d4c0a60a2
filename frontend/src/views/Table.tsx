/** A table of any length: only the rows on screen are in the page. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

export interface Column<T> {
  title: string;
  cell(row: T): ComponentChildren;
  /** What the rows are sorted by when the title is pressed; without it the column is not sorted by. */
  order?(row: T): string | number | null;
  number?: boolean;
  hint?: string;
}

interface Props<T> {
  columns: Column<T>[];
  rows: T[];
  label: string;
  rowKey(row: T): string | number;
  height?: number;
}

const ROW = 30; // pixels
const BEYOND = 12; // rows kept above and below the screen

export function Table<T>({ columns, rows, label, rowKey, height }: Props<T>) {
  const [top, setTop] = useState(0);
  const [sort, setSort] = useState<{ column: number; down: boolean } | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const sorted = sort === null ? rows : inOrder(rows, columns[sort.column]!, sort.down);
  const visible = height ?? box.current?.clientHeight ?? 900;
  const first = Math.max(0, Math.floor(top / ROW) - BEYOND);
  const last = Math.min(sorted.length, Math.ceil((top + visible) / ROW) + BEYOND);
  const press = (column: number) => setSort(sort?.column === column ? { column, down: !sort.down } : { column, down: false });
  return (
    <div
      class="table" ref={box} tabIndex={0} role="region" aria-label={label}
      style={height === undefined ? undefined : { maxHeight: `${height}px` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <table aria-rowcount={sorted.length}>
        <thead>
          <tr>
            {columns.map((column, number) => (
              <th key={column.title} class={column.number ? "number" : ""} title={column.hint} aria-sort={sorting(sort, number)}>
                {column.order ? <button type="button" onClick={() => press(number)}>{column.title}</button> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr aria-hidden="true" style={{ height: `${first * ROW}px` }} />}
          {sorted.slice(first, last).map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.title} class={column.number ? "number" : ""}>{column.cell(row)}</td>
              ))}
            </tr>
          ))}
          {last < sorted.length && <tr aria-hidden="true" style={{ height: `${(sorted.length - last) * ROW}px` }} />}
        </tbody>
      </table>
    </div>
  );
}

function sorting(sort: { column: number; down: boolean } | null, column: number): "ascending" | "descending" | undefined {
  if (sort?.column !== column) return undefined;
  return sort.down ? "descending" : "ascending";
}

function inOrder<T>(rows: T[], { order }: Column<T>, down: boolean): T[] {
  if (!order) return rows;
  const keyed = rows.map((row) => ({ row, key: order(row) }));
  keyed.sort((a, b) => compared(a.key, b.key) * (down && a.key !== null && b.key !== null ? -1 : 1));
  return keyed.map(({ row }) => row);
}

/** Numbers before text, what is missing last. */
function compared(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}
