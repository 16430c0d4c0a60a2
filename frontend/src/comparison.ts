/** What differs between runs, as rows with a cell for each run. */

import type { RunDetails } from "./api";

export type Rows = Record<string, unknown[]>;

/** Every name that any of them has, with the value of each, in their order. */
export function sideBySide(found: Record<string, unknown>[]): Rows {
  const names = new Set(found.flatMap(Object.keys));
  return Object.fromEntries([...names].map((name) => [name, found.map((values) => values[name] ?? null)]));
}

/** Whether two values are the same by what is in them. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Only the names whose values are not all the same. */
export function differing(found: Record<string, unknown>[]): Rows {
  return Object.fromEntries(Object.entries(sideBySide(found)).filter(([, values]) => !values.every((value) => same(value, values[0]))));
}

/** Only the names that all of them have. */
function inAll(rows: Rows): Rows {
  return Object.fromEntries(Object.entries(rows).filter(([, cells]) => cells.every((cell) => cell !== null)));
}

/** Nested parameters by their dotted names. */
export function flat(values: Record<string, unknown>, above = ""): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const group = value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0;
    if (group) Object.assign(found, flat(value as Record<string, unknown>, `${above}${name}.`));
    else found[`${above}${name}`] = value;
  }
  return found;
}

/** The parts of a comparison, in the order they are read. */
export function sectionsOf(runs: RunDetails[]): [string, Rows][] {
  const of = (key: "status" | "seconds") =>
    runs.map(({ nodes }) => Object.fromEntries(nodes.map((node) => [node.node, node[key]])));
  return [
    ["Metrics", sideBySide(runs.map(({ metrics_as_of }) => metrics_as_of))],
    ["Parameters that differ", differing(runs.map(({ run }) => flat(run.parameters)))],
    ["Data that differs", differing(runs.map(({ data }) => data))],
    ["Libraries that differ", inAll(differing(runs.map(({ run }) => run.versions)))],
    ["Outcomes that differ", differing(of("status"))],
    ["Times", sideBySide(of("seconds"))],
  ];
}
