/** Asks the layout worker; only the newest question is answered. */

import type { Drawing, FlatGraph, View } from "./nested";
import LayoutWorker from "./worker?worker&inline";
import type { LayoutAnswer, LayoutRequest } from "./worker";

export class Layouter {
  private readonly worker = new LayoutWorker();
  private asked = 0;
  private settle: ((drawing: Drawing | null) => void) | undefined;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<LayoutAnswer>) => {
      if (data.id === this.asked) this.settle?.(data.drawing);
    };
  }

  /** Return the drawing of a view, or null when another one was asked for meanwhile. */
  draw(view: View, graph?: FlatGraph): Promise<Drawing | null> {
    this.settle?.(null);
    const request: LayoutRequest = { id: ++this.asked, view, ...(graph && { graph }) };
    return new Promise((resolve) => {
      this.settle = resolve;
      this.worker.postMessage(request);
    });
  }

  close(): void {
    this.worker.terminate();
  }
}
