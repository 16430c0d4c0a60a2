import { expect, test } from "vitest";
import { NestedLayout } from "../src/graph/nested";
import { paint, type Palette, type Scene } from "../src/graph/paint";
import { flat } from "./graphs";

/** What is written when a scene is painted, and where. */
function written(scene: Scene, top: number): { text: string; y: number }[] {
  const found: { text: string; y: number }[] = [];
  const context = new Proxy({ canvas: { width: 600, clientWidth: 600 }, font: "" } as Record<string, unknown>, {
    get: (target, name: string) => {
      if (name === "fillText") return (text: string, _x: number, y: number) => found.push({ text, y });
      if (name === "measureText") return (text: string) => ({ width: 6 * text.length });
      return name in target ? target[name] : () => undefined;
    },
  });
  const palette = { states: {} } as Palette;
  const camera = { scale: 1, left: 0, top: 0 };
  paint(context as unknown as CanvasRenderingContext2D, scene, camera, { width: 600, height: 400, top }, palette);
  return found;
}

test("from left to right the titles of the bands stand below the buttons", () => {
  const graph = { ...flat([-1, -1], [], [[0, 1]]), band: Int32Array.of(0, 1) };
  const scene: Scene = {
    drawing: new NestedLayout(graph).draw({ open: new Uint8Array(0), leftToRight: true }),
    elements: [{ kind: "dataset", name: "a", label: "a" }, { kind: "dataset", name: "b", label: "b" }],
    namespaces: { names: [], above: new Int32Array(0), nodes: new Int32Array(0), numbers: new Map() },
    open: new Uint8Array(0),
    layers: ["raw", "primary"],
    leftToRight: true,
    state: () => undefined,
    lit: undefined,
    hovered: -1,
    selected: -1,
  };
  const titles = written(scene, 64).filter(({ text }) => scene.layers.includes(text));
  expect(titles.map(({ text }) => text)).toEqual(["raw", "primary"]);
  for (const { y } of titles) expect(y).toBeGreaterThan(64);
});
