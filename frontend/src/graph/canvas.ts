/**
 * A canvas that shows a drawing and can be moved about. It paints when something changed, once a frame. A large
 * drawing is not painted anew in each frame of a movement: what was painted last is shifted and scaled, and painted
 * sharp again as soon as the movement pauses.
 */

import { between, type Box, type Camera, centred, fitted, isSeen, type Screen, shifted, zoomed } from "./camera";
import { itemAt, paint, type Palette, type Scene } from "./paint";

const HEAVY = 4_000; // edges and items on screen above which a moving picture is reused
const READABLE = 0.8; // the zoom at which what is brought into view is shown, if it was too small
const PAUSE = 90; // milliseconds without movement after which it is painted sharp

export interface CanvasListener {
  hovered(item: number): void;
  clicked(item: number): void;
  doubleClicked(item: number): void;
  moved(camera: Camera): void;
}

export class GraphCanvas {
  camera: Camera = { left: 0, top: 0, scale: 1 };
  private scene: Scene | undefined;
  private frame = 0;
  private sharpen = 0;
  private dirty = false;
  private readonly context: CanvasRenderingContext2D;
  private readonly picture = document.createElement("canvas");
  private pictureCamera: Camera | undefined;
  private flight: { from: Camera; to: Camera; start: number; length: number } | undefined;
  private readonly resizes: ResizeObserver;
  private size = { width: 0, height: 0 };

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private palette: Palette,
    private readonly listener: CanvasListener,
  ) {
    this.context = canvas.getContext("2d", { alpha: false })!;
    this.resizes = new ResizeObserver(() => this.resized());
    this.resizes.observe(canvas);
    this.resized();
    new Pointer(canvas, this, listener);
  }

  show(scene: Scene): void {
    this.scene = scene;
    this.repaint();
  }

  useColours(palette: Palette): void {
    this.palette = palette;
    this.repaint();
  }

  repaint(): void {
    this.dirty = true;
    this.request();
  }

  /** Show a box of the drawing whole. */
  fit(box: Box, animated = true, margin = 40): void {
    this.resized();
    this.fly(fitted(box, this.screen, margin), animated);
  }

  /** Bring a box to the middle, unless it is on screen already and drawn at the least zoom at least. */
  bring(box: Box, leastZoom: number): void {
    this.resized();
    const camera = this.flight?.to ?? this.camera;
    const isLarge = camera.scale >= leastZoom;
    if (!isLarge || !isSeen(box, camera, this.screen)) this.centre(box, isLarge ? camera.scale : READABLE);
  }

  centre(box: Box, scale = this.camera.scale): void {
    this.resized();
    this.fly(centred(box, scale, this.width, this.height), true);
  }

  move(camera: Camera): void {
    this.flight = undefined;
    this.setCamera(camera);
  }

  zoom(factor: number, x = this.width / 2, y = this.height / 2): void {
    this.move(zoomed(this.camera, factor, x, y));
  }

  /** The item at a point of the screen. */
  at(x: number, y: number): number {
    if (!this.scene) return -1;
    const { left, top, scale } = this.camera;
    return itemAt(this.scene.drawing, (x - left) / scale, (y - top) / scale);
  }

  get width(): number {
    return this.canvas.clientWidth;
  }

  get height(): number {
    return this.canvas.clientHeight;
  }

  private get screen(): Screen {
    const tools = this.canvas.parentElement?.querySelector<HTMLElement>(".tools");
    return { width: this.width, height: this.height, top: tools ? tools.offsetTop + tools.offsetHeight : 0 };
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.sharpen);
    this.resizes.disconnect();
  }

  private fly(to: Camera, animated: boolean): void {
    const still = !animated || matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (still) return this.move(to);
    this.flight = { from: this.camera, to, start: performance.now(), length: 260 };
    this.request();
  }

  private setCamera(camera: Camera): void {
    this.camera = camera;
    this.request();
    this.listener.moved(camera);
  }

  /** Take the size that the page gives, as soon as it is asked for; what was in the middle stays there. */
  private resized(): void {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.max(1, Math.round(this.width * ratio)), Math.max(1, Math.round(this.height * ratio))];
    if (width === this.canvas.width && height === this.canvas.height) return;
    [this.canvas.width, this.canvas.height] = [width, height];
    const { size, flight } = this;
    this.size = { width: this.width, height: this.height };
    const [dx, dy] = [(this.width - size.width) / 2, (this.height - size.height) / 2];
    if (flight) this.flight = { ...flight, from: shifted(flight.from, dx, dy), to: shifted(flight.to, dx, dy) };
    this.setCamera(shifted(this.camera, dx, dy));
    cancelAnimationFrame(this.frame);
    this.dirty = true;
    this.paintFrame(performance.now()); // at once: a canvas of another size is empty
  }

  private request(): void {
    this.frame ||= requestAnimationFrame((now) => this.paintFrame(now));
  }

  private paintFrame(now: number): void {
    this.frame = 0;
    if (this.flight) this.advance(now);
    if (!this.scene) return;
    const { drawing } = this.scene;
    const heavy = drawing.visible.length + drawing.source.length > HEAVY;
    if (heavy && !this.dirty && this.pictureCamera) {
      this.shiftPicture();
      clearTimeout(this.sharpen);
      this.sharpen = window.setTimeout(() => this.repaint(), PAUSE);
      return;
    }
    paint(this.context, this.scene, this.camera, this.screen, this.palette);
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.dirty = false;
    if (heavy) this.keepPicture();
  }

  private advance(now: number): void {
    const { from, to, start, length } = this.flight!;
    const part = Math.min(1, Math.max(0, (now - start) / length));
    const camera = between(from, to, part);
    if (part >= 1) this.flight = undefined;
    this.setCamera(part >= 1 ? to : camera);
  }

  private keepPicture(): void {
    this.picture.width = this.canvas.width;
    this.picture.height = this.canvas.height;
    this.picture.getContext("2d", { alpha: false })!.drawImage(this.canvas, 0, 0);
    this.pictureCamera = this.camera;
  }

  private shiftPicture(): void {
    const then = this.pictureCamera!;
    const ratio = this.canvas.width / Math.max(1, this.width);
    const scale = this.camera.scale / then.scale;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.fillStyle = this.palette.background;
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.context.setTransform(
      scale, 0, 0, scale,
      (this.camera.left - then.left * scale) * ratio, (this.camera.top - then.top * scale) * ratio,
    );
    this.context.drawImage(this.picture, 0, 0);
    this.context.setTransform(1, 0, 0, 1, 0, 0);
  }
}

/** Mouse, pen and touch: drag to move, wheel or pinch to zoom. */
class Pointer {
  private readonly down = new Map<number, { x: number; y: number }>();
  private travelled = 0;
  private clickedItem = -1;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly graph: GraphCanvas,
    private readonly listener: CanvasListener,
  ) {
    canvas.addEventListener("pointerdown", (event) => this.pressed(event));
    canvas.addEventListener("pointermove", (event) => this.movedTo(event));
    canvas.addEventListener("pointerup", (event) => this.down.delete(event.pointerId));
    canvas.addEventListener("click", (event) => this.clicked(event));
    canvas.addEventListener("pointercancel", (event) => this.down.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => listener.hovered(-1));
    canvas.addEventListener("dblclick", () => listener.doubleClicked(this.clickedItem));
    canvas.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
  }

  private itemAt({ offsetX, offsetY }: MouseEvent): number {
    return this.graph.at(offsetX, offsetY);
  }

  private pressed(event: PointerEvent): void {
    this.canvas.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.travelled = 0;
  }

  private movedTo(event: PointerEvent): void {
    const last = this.down.get(event.pointerId);
    if (!last) return this.listener.hovered(this.itemAt(event));
    const [dx, dy] = [event.offsetX - last.x, event.offsetY - last.y];
    const other = [...this.down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.pinched(last, event, other);
    else {
      this.travelled += Math.abs(dx) + Math.abs(dy);
      const { left, top, scale } = this.graph.camera;
      if (this.travelled > 3) this.graph.move({ scale, left: left + dx, top: top + dy });
    }
    this.down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  }

  private pinched(last: { x: number; y: number }, event: PointerEvent, other: { x: number; y: number }): void {
    const before = Math.hypot(last.x - other.x, last.y - other.y);
    const after = Math.hypot(event.offsetX - other.x, event.offsetY - other.y);
    if (before > 0) this.graph.zoom(after / before, (event.offsetX + other.x) / 2, (event.offsetY + other.y) / 2);
    this.travelled = 10;
  }

  /** The second click of a double click means what the first did: the first may have moved the drawing. */
  private clicked(event: MouseEvent): void {
    if (this.travelled > 3 || event.detail > 1) return;
    this.clickedItem = this.itemAt(event);
    this.listener.clicked(this.clickedItem);
  }

  private wheeled(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || !event.shiftKey) {
      this.graph.zoom(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 480)), event.offsetX, event.offsetY);
    } else {
      const { left, top, scale } = this.graph.camera;
      this.graph.move({ scale, left: left - event.deltaY * lines, top: top - event.deltaX * lines });
    }
  }
}
