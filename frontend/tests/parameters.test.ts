import { expect, test } from "vitest";
import { asText, changes, leavesOf, parse, textsOf, type Leaf, type Schema } from "../src/parameters";

const SCHEMA: Schema = {
  type: "object",
  properties: {
    depth: { type: "integer", minimum: 1, maximum: 9 },
    rate: { anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }] },
    model: { $ref: "#/$defs/Model" },
  },
  $defs: { Model: { type: "object", properties: { kind: { enum: ["tree", "line"] }, name: { type: "string", pattern: "^[a-z]+$" }, answer: { type: "string", pattern: "(?i)yes|no" } } } },
};
const field = (name: string, value: unknown) => ({ name: `params:${name}`, value, secret: false, where: null });
const leaves = leavesOf(
  [field("depth", 3), field("rate", null), field("model", { kind: "tree", name: "oak", answer: "yes" }), field("tags", ["a"]), field("on", true), field("free", "x"), field("half", 0.5)],
  SCHEMA,
);
const named = Object.fromEntries(leaves.map((leaf) => [leaf.path, leaf])) as Record<string, Leaf>;

test("each value has a field of its kind, as declared or else as it is", () => {
  expect(Object.fromEntries(leaves.map(({ path, kind }) => [path, kind]))).toEqual({
    depth: "integer", rate: "number", "model.kind": "choice", "model.name": "text", "model.answer": "text", tags: "json", on: "boolean", free: "text", half: "number",
  });
  expect(named["model.kind"]!.choices).toEqual(["tree", "line"]);
});

test.each([
  ["depth", "4", { value: 4 }],
  ["depth", "4.5", { problem: "not a whole number" }],
  ["depth", "0", { problem: "must be at least 1" }],
  ["depth", "10", { problem: "must be at most 9" }],
  ["depth", "four", { problem: "not a number" }],
  ["depth", "", { problem: "something must stand here" }],
  ["rate", "", { value: null }],
  ["rate", "0", { problem: "must be more than 0" }],
  ["half", "1e-3", { value: 0.001 }],
  ["model.kind", '"line"', { value: "line" }],
  ["model.name", "Oak", { problem: "must look like ^[a-z]+$" }],
  ["model.answer", "NO", { value: "NO" }],
  ["depth", "9007199254740993", { problem: "too large to be typed here exactly: give it to the command" }],
  ["free", "7", { value: "7" }],
  ["free", "", { value: "" }],
  ["tags", '["b"]', { value: ["b"] }],
  ["tags", "[b]", { problem: "not JSON: texts stand in double quotes" }],
])("in the field of %s %s stands for %o", (path, text, found) => {
  expect(parse(named[path]!, text)).toEqual(found);
});

test("what is left to its default has a field too, which changes nothing", () => {
  const schema: Schema = {
    properties: { model: { $ref: "#/$defs/Model" } },
    $defs: { Model: { properties: { kind: { type: "string" }, rows: { type: "integer", default: 5 }, guess: { anyOf: [{ type: "string" }, { type: "null" }], default: null }, names: { type: "array" } } } },
  };
  const found = leavesOf([field("model", { kind: "tree" })], schema);
  expect(found.map(({ path, value, where }) => [path, value, where])).toEqual([["model.kind", "tree", null], ["model.rows", 5, "by default"], ["model.guess", null, "by default"]]);
  expect(changes(found, { "model.rows": "5", "model.guess": "" })).toEqual({ params: {}, problems: {} });
  expect(changes(found, { "model.rows": "7" })).toEqual({ params: { "model.rows": 7 }, problems: {} });
});

test("what stands in a field at first changes nothing", () => {
  const edited = Object.fromEntries(leaves.map((leaf) => [leaf.path, asText(leaf, leaf.value)]));
  expect(changes(leaves, edited)).toEqual({ params: {}, problems: {} });
});

test("only what differs is changed, and what is wrong is told by name", () => {
  expect(changes(leaves, { depth: "5", half: "0.50", free: "y", tags: "[" })).toEqual({
    params: { depth: 5, free: "y" },
    problems: { tags: "not JSON: texts stand in double quotes" },
  });
});

test("an earlier run brings along what differs from today, and no secrets", () => {
  const fields = [field("n", 2), field("g", { a: 1, b: "x" }), { ...field("key", "***"), secret: true }, field("new", 1)];
  expect(textsOf(leavesOf(fields, {}), { n: 2, g: { a: 7, b: "y" }, key: "told" })).toEqual({ "g.a": "7", "g.b": "y" });
});

test("a whole number that came as text, being too large, stands in its field as a number", () => {
  const [leaf] = leavesOf([field("depth", "9007199254740993")], SCHEMA) as [Leaf];
  expect(asText(leaf, leaf.value)).toBe("9007199254740993");
  expect(changes([leaf], { depth: "9007199254740993" })).toEqual({ params: {}, problems: {} });
  expect(changes([leaf], { depth: "9007199254740992" }).problems.depth).toContain("too large");
});
