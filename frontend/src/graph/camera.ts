/** Which part of the drawing is on screen: a point of the drawing is at `x * scale + left`, `y * scale + top`. */

export interface Camera {
  left: number;
  top: number;
  scale: number;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The canvas in pixels; its upper part, down to `top`, lies below the buttons. */
export interface Screen {
  width: number;
  height: number;
  top: number;
}

export const MOST_ZOOM = 3;
export const LEAST_ZOOM = 0.002;

/** Zoom by a factor, keeping the point of the drawing below the pointer where it is. */
export function zoomed(camera: Camera, factor: number, atX: number, atY: number): Camera {
  const scale = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, camera.scale * factor));
  const ratio = scale / camera.scale;
  return { scale, left: atX - (atX - camera.left) * ratio, top: atY - (atY - camera.top) * ratio };
}

/** The camera that shows a box whole, not larger than `largest`. */
export function fitted(box: Box, { width, height, top }: Screen, margin = 40, largest = 1.1): Camera {
  const across = (width - 2 * margin) / Math.max(box.width, 1);
  const along = (height - top - 2 * margin) / Math.max(box.height, 1);
  const scale = Math.max(LEAST_ZOOM, Math.min(largest, across, along));
  return shifted(centred(box, scale, width, height - top), 0, top);
}

/** The camera that has the middle of a box in the middle of the screen. */
export function centred(box: Box, scale: number, width: number, height: number): Camera {
  return {
    scale,
    left: width / 2 - (box.x + box.width / 2) * scale,
    top: height / 2 - (box.y + box.height / 2) * scale,
  };
}

export function shifted({ scale, left, top }: Camera, dx: number, dy: number): Camera {
  return { scale, left: left + dx, top: top + dy };
}

/** Whether a box is on screen whole, and not below the buttons. */
export function isSeen(box: Box, { scale, left, top }: Camera, screen: Screen): boolean {
  const [x, y] = [box.x * scale + left, box.y * scale + top];
  return x >= 0 && x + box.width * scale <= screen.width && y >= screen.top && y + box.height * scale <= screen.height;
}

export function between(from: Camera, to: Camera, part: number): Camera {
  const eased = 1 - (1 - part) ** 3;
  const mix = (a: number, b: number) => a + (b - a) * eased;
  const scale = from.scale * (to.scale / from.scale) ** eased;
  return { scale, left: mix(from.left, to.left), top: mix(from.top, to.top) };
}

export function seen(camera: Camera, width: number, height: number): Box {
  return {
    x: -camera.left / camera.scale,
    y: -camera.top / camera.scale,
    width: width / camera.scale,
    height: height / camera.scale,
  };
}
