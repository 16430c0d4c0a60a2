/** Parameters as fields of a form: of which kind each is, what a typed text stands for, and what it cannot be. */

import type { ParameterField } from "./api";

export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  pattern?: string;
  description?: string;
  default?: unknown;
  $ref?: string;
  $defs?: Record<string, Schema>;
}

/** `json` is for lists, groups, and whatever is neither a number, a text, nor yes or no. */
export type Kind = "boolean" | "integer" | "number" | "text" | "choice" | "json";

export interface Leaf {
  path: string;
  value: unknown;
  kind: Kind;
  /** May be left empty, which stands for null. */
  nullable: boolean;
  choices: unknown[];
  schema: Schema;
  secret: boolean;
  where: string | null;
}

/** One field a value: groups are taken apart into their dotted names, in their order, those left to their default last. */
export function leavesOf(fields: ParameterField[], schema: Schema): Leaf[] {
  const found = new Map<string, Leaf>();
  const walk = (path: string, value: unknown, field: ParameterField) => {
    if (value && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length) {
      const below = (key: string) => (path ? `${path}.${key}` : key);
      for (const [key, item] of Object.entries(value)) walk(below(key), item, field);
      for (const [key, { default: usual }] of Object.entries((path && schemaAt(schema, path.split(".")).properties) || {})) {
        if (!(key in value) && usual !== undefined) walk(below(key), usual, { ...field, where: "by default" });
      }
    } else if (!found.has(path)) found.set(path, leaf(path, value, field, schema));
  };
  for (const field of fields) walk(field.name === "parameters" ? "" : field.name.replace("params:", ""), field.value, field);
  return [...found.values()];
}

function leaf(path: string, value: unknown, { secret, where }: ParameterField, root: Schema): Leaf {
  const { schema, nullable } = withoutNull(schemaAt(root, path.split(".")), root);
  const kind = kindOf(schema, value);
  return { path, value, kind, nullable: nullable || value === null, choices: schema.enum ?? [], schema, secret, where };
}

/** What is declared of a value, by its names from the outside in; nothing where nothing is. */
export function schemaAt(root: Schema, names: string[]): Schema {
  let found: Schema | undefined = root;
  for (const name of names) {
    found = found && resolved(found, root);
    const below: Schema | boolean | undefined = found?.properties?.[name] ?? found?.additionalProperties;
    found = typeof below === "object" ? below : undefined;
  }
  return found ? resolved(found, root) : {};
}

function resolved(schema: Schema, root: Schema): Schema {
  const { $ref, ...rest } = schema;
  const own = $ref ? { ...(root.$defs?.[$ref.replace("#/$defs/", "")] ?? {}), ...rest } : schema;
  const { allOf, ...alone } = own;
  return allOf ? allOf.reduce<Schema>((all, one) => ({ ...all, ...resolved(one, root) }), alone) : own;
}

function withoutNull(schema: Schema, root: Schema): { schema: Schema; nullable: boolean } {
  const { anyOf, ...alone } = schema;
  const members = (anyOf ?? []).map((member) => resolved(member, root));
  const others = members.filter(({ type }) => type !== "null");
  if (others.length === members.length) return { schema, nullable: false };
  return { schema: others.length === 1 ? { ...alone, ...others[0] } : schema, nullable: true };
}

function kindOf(schema: Schema, value: unknown): Kind {
  if (schema.enum) return "choice";
  switch (schema.type) {
    case "boolean": return "boolean";
    case "integer": return "integer";
    case "number": return "number";
    case "string": return "text";
  }
  if (Object.keys(schema).length) return "json";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return "number";
  return typeof value === "string" ? "text" : "json";
}

/** How a value stands in its field; whole numbers that JavaScript cannot hold come as texts. */
export function asText({ kind }: Pick<Leaf, "kind">, value: unknown): string {
  if (value === null || value === undefined) return "";
  const isBare = kind === "text" || (kind === "integer" && typeof value === "string");
  return isBare ? String(value) : JSON.stringify(value);
}

/** The texts that make parameters what they were in an earlier run, where that is not what they are today. */
export function textsOf(leaves: Leaf[], earlier: Record<string, unknown>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const leaf of leaves) {
    const value = leaf.secret ? undefined : valueAt(earlier, leaf.path);
    if (value === undefined || JSON.stringify(value) === JSON.stringify(leaf.value)) continue;
    found[leaf.path] = asText(leaf, value);
  }
  return found;
}

function valueAt(values: Record<string, unknown>, path: string): unknown {
  if (path in values) return values[path];
  return path.split(".").reduce<unknown>(
    (found, name) => (found && typeof found === "object" ? (found as Record<string, unknown>)[name] : undefined),
    values,
  );
}

export type Parsed = { value: unknown } | { problem: string };

/** What a text in a field stands for, or why it cannot be. */
export function parse(leaf: Leaf, text: string): Parsed {
  const { kind, schema } = leaf;
  if (text === "" && kind !== "text") return leaf.nullable ? { value: null } : { problem: "something must stand here" };
  if (text === "" && leaf.value === null) return { value: null };
  if (kind === "text") {
    return schema.pattern !== undefined && !looksLike(schema.pattern, text) ? { problem: `must look like ${schema.pattern}` } : { value: text };
  }
  if (kind === "integer" || kind === "number") return number(leaf, text);
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: "not JSON: texts stand in double quotes" };
  }
}

/** A pattern that only Python knows, such as `(?i)yes`, is left to the project, which judges every value again. */
function looksLike(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

function number({ kind, schema }: Leaf, text: string): Parsed {
  const value = Number(text);
  if (!/\d/.test(text) || !Number.isFinite(value)) return { problem: "not a number" };
  if (kind === "integer" && !Number.isInteger(value)) return { problem: "not a whole number" };
  if (kind === "integer" && !Number.isSafeInteger(value)) return { problem: "too large to be typed here exactly: give it to the command" };
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  if (minimum !== undefined && value < minimum) return { problem: `must be at least ${minimum}` };
  if (maximum !== undefined && value > maximum) return { problem: `must be at most ${maximum}` };
  if (above !== undefined && value <= above) return { problem: `must be more than ${above}` };
  if (below !== undefined && value >= below) return { problem: `must be less than ${below}` };
  return { value };
}

/** The parameters that differ from the configuration, and what is wrong with others, by dotted name. */
export function changes(leaves: Leaf[], edited: Record<string, string>) {
  const params: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const leaf of leaves) {
    const text = edited[leaf.path];
    if (text === undefined || text === asText(leaf, leaf.value)) continue;
    const found = parse(leaf, text);
    if ("problem" in found) problems[leaf.path] = found.problem;
    else if (JSON.stringify(found.value) !== JSON.stringify(leaf.value)) params[leaf.path] = found.value;
  }
  return { params, problems };
}
