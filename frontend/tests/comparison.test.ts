import { expect, test } from "vitest";
import { differing, flat, sectionsOf, sideBySide } from "../src/comparison";
import type { RunDetails } from "../src/api";

test("each name has a cell for each run", () => {
  expect(sideBySide([{ a: 1 }, { a: 2, b: 3 }])).toEqual({ a: [1, 2], b: [null, 3] });
});

test("what is the same everywhere is left out, lists too", () => {
  expect(differing([{ a: 1, b: [1], c: 0 }, { a: 1, b: [1], c: null }])).toEqual({ c: [0, null] });
});

test("nested parameters go by dotted names, and empty groups stay", () => {
  expect(flat({ model: { depth: 3, names: [1] }, none: {} })).toEqual({ "model.depth": 3, "model.names": [1], none: {} });
});

test("of several runs only what differs is told, in their order", () => {
  const ran = (depth: number, seconds: number, status: string) =>
    ({
      run: { parameters: { model: { depth, kind: "tree" } }, versions: { polars: "1" } },
      nodes: [{ node: "fit", status, seconds }],
      data: { scores: `sha256:${depth}` },
      metrics: {},
      metrics_as_of: { "scores.mean": depth },
    }) as unknown as RunDetails;
  expect(Object.fromEntries(sectionsOf([ran(3, 0.5, "done"), ran(4, 0.7, "failed"), ran(3, 0.6, "done")]))).toEqual({
    Metrics: { "scores.mean": [3, 4, 3] },
    "Parameters that differ": { "model.depth": [3, 4, 3] },
    "Data that differs": { scores: ["sha256:3", "sha256:4", "sha256:3"] },
    "Libraries that differ": {},
    "Outcomes that differ": { fit: ["done", "failed", "done"] },
    Times: { fit: [0.5, 0.7, 0.6] },
  });
});
