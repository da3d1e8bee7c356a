// Decides how much is drawn in a frame.
//
// While the view moves, that is the prefix of the drawing order that fits into a frame; as long as
// nothing changes, the following frames add the rest in larger parts. How many points fit is learnt from how
// long the GPU took over the last ones.

import type { Look, Renderer } from "./renderer";

const FRAME = 18; // ms that the points of a frame may take while the view moves
const FILL = 5; // times as many points in a frame that adds to a picture
const SETTLE = 150; // ms without a movement before the rest is added
const OVERHEAD = 30; // ms that a frame may take whatever is in it
const LEAST = 30_000; // points

/** What the painter uses of the renderer. */
export type Canvas = Pick<Renderer, "busy" | "clear" | "count" | "draw" | "submit">;

export class Painter {
  /** Points that fit into a frame, as far as is known. */
  budget = 50_000;
  private look: Look | null = null;
  private part = 0; // of both lists that is in the picture
  private movedAt = Number.NEGATIVE_INFINITY;
  private sent: { at: number; points: number; allowed: number } | null = null;

  constructor(private readonly canvas: Canvas) {}

  /** A new picture; `moving` where the next one is likely to follow at once. */
  restart(look: Look, now: number, moving: boolean): void {
    this.look = look;
    this.part = 0;
    this.movedAt = moving ? now : Number.NEGATIVE_INFINITY;
  }

  /** Draws what this frame has time for; true where it must be called again in the next one. */
  step(now: number): boolean {
    const { canvas, part, look } = this;
    if (canvas.busy) return true;
    this.learn(now);
    if (part >= 1 || !look) return false;
    if (part > 0 && now - this.movedAt < SETTLE) return true;
    if (part === 0) canvas.clear(look);
    const times = now === this.movedAt ? 1 : FILL;
    const [base, top] = [canvas.count("base"), canvas.count("top")];
    const to = Math.min(part + (times * this.budget) / Math.max(base + top, 1), 1);
    canvas.draw("top", Math.floor(part * top), Math.floor(to * top));
    canvas.draw("base", Math.floor(part * base), Math.floor(to * base));
    canvas.submit();
    this.sent = { at: now, points: (to - part) * (base + top), allowed: times * FRAME };
    this.part = to;
    return true;
  }

  private learn(now: number): void {
    if (!this.sent) return;
    const { at, points, allowed } = this.sent;
    this.sent = null;
    // a small part says nothing about how much would fit
    if (points < (0.9 * this.budget * allowed) / FRAME) return;
    const fits = Math.min(allowed / Math.max(now - at - OVERHEAD, 1), 2.5);
    this.budget = Math.max(this.budget * Math.sqrt(fits), LEAST);
  }
}
