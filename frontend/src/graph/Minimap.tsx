/** The whole drawing in a corner, with a frame around what is on screen. */

import { useEffect, useRef } from "preact/hooks";
import { handle } from "./GraphView";
import { readPalette } from "./palette";
import type { Camera } from "./camera";
import type { Drawing } from "./nested";

const WIDTH = 180;
const HEIGHT = 120;

export function Minimap() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current!;
    let last = "";
    let frame = 0;
    const look = () => {
      frame = requestAnimationFrame(look);
      const graph = handle.value;
      const drawing = graph?.drawing();
      if (!graph || !drawing) return;
      const camera = graph.camera();
      const state = `${drawing.drawn} ${drawing.extent.width} ${camera.left} ${camera.top} ${camera.scale} ${graph.picture().clientWidth} ${document.documentElement.dataset.theme}`;
      if (state === last) return;
      last = state;
      draw(element, drawing, camera, graph.picture());
    };
    frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, []);
  const move = (event: MouseEvent) => {
    const graph = handle.value;
    const drawing = graph?.drawing();
    if (!graph || !drawing) return;
    const { scale, left, top } = placed(drawing);
    graph.look((event.offsetX - left) / scale, (event.offsetY - top) / scale);
  };
  return <canvas ref={canvas} class="minimap" width={WIDTH * 2} height={HEIGHT * 2} aria-hidden="true" onClick={move} />;
}

function placed({ extent }: Drawing): Camera {
  const scale = Math.min((WIDTH - 12) / Math.max(1, extent.width), (HEIGHT - 12) / Math.max(1, extent.height));
  return { scale, left: (WIDTH - extent.width * scale) / 2, top: (HEIGHT - extent.height * scale) / 2 };
}

function draw(element: HTMLCanvasElement, drawing: Drawing, camera: Camera, screen: HTMLCanvasElement): void {
  const context = element.getContext("2d")!;
  const palette = readPalette(element);
  const { scale, left, top } = placed(drawing);
  context.setTransform(2, 0, 0, 2, 0, 0);
  context.clearRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = palette.muted;
  context.beginPath();
  for (const item of drawing.visible) {
    if (item >= drawing.elements && drawing.height[item]! > 60) continue;
    const size = Math.max(1, drawing.width[item]! * scale);
    context.rect(left + drawing.x[item]! * scale, top + drawing.y[item]! * scale, size, Math.max(1, drawing.height[item]! * scale));
  }
  context.fill();
  context.strokeStyle = palette.accent;
  context.lineWidth = 1.5;
  context.strokeRect(
    left + (-camera.left / camera.scale) * scale,
    top + (-camera.top / camera.scale) * scale,
    (screen.clientWidth / camera.scale) * scale,
    (screen.clientHeight / camera.scale) * scale,
  );
}
