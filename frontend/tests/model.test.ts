import { expect, test } from "vitest";
import { type GraphElement, stateOfElement } from "../src/graph/model";

const states = new Map([["numbers", "done"]]);
const stateOf = (name: string) => states.get(name);

function element(kind: GraphElement["kind"], more: Partial<GraphElement> = {}): GraphElement {
  return { kind, name: "numbers", label: "numbers", ...more };
}

test("only a node has the state of a node, not the data of the same name", () => {
  expect(stateOfElement(element("node"), stateOf)).toBe("done");
  expect(stateOfElement(element("dataset"), stateOf)).toBeUndefined();
  expect(stateOfElement(element("parameter"), stateOf)).toBeUndefined();
  expect(stateOfElement(undefined, stateOf)).toBeUndefined();
});

test("an entry that is wrong is coloured so", () => {
  expect(stateOfElement(element("dataset", { wrong: true }), stateOf)).toBe("failed");
});
