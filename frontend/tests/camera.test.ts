import { expect, test } from "vitest";
import { fitted, isSeen, shifted } from "../src/graph/camera";

const SCREEN = { width: 600, height: 400, top: 40 };

test.each([[100, 100], [5_000, 300], [300, 5_000]])("a box of %i by %i that is fitted is seen whole", (width, height) => {
  const box = { x: -20, y: 70, width, height };
  const camera = fitted(box, SCREEN);
  expect(isSeen(box, camera, SCREEN)).toBe(true);
  expect(camera.top + (box.y + height / 2) * camera.scale).toBeCloseTo(SCREEN.top + (SCREEN.height - SCREEN.top) / 2);
});

test("what lies beyond an edge or below the buttons is not seen", () => {
  const box = { x: 0, y: 0, width: 100, height: 30 };
  const at = (left: number, top: number) => isSeen(box, shifted({ scale: 1, left: 0, top: 0 }, left, top), SCREEN);
  expect(at(0, 40)).toBe(true);
  expect(at(500, 370)).toBe(true);
  expect([at(-1, 40), at(501, 40), at(0, 39), at(0, 371)]).toEqual([false, false, false, false]);
});
