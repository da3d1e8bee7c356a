// Points on their way from one map into the next, or into a better version of the same one.
//
// Only the first points of the drawing order travel, a fair sample of a large map; the others are
// drawn again when these have arrived. A travel can be left for another at any moment: its points
// then start from where they are.

import type { CameraUniforms } from "./camera";
import type { Cloud } from "./cloud";

/** Points that travel, at most. */
export const TRAVELLERS = 200_000;

export class Travel {
  private start = 0;
  private part = 0;

  /**
   * `origins`: where the points come from, x0 y0 x1 y1 ... in drawing order, as the camera `from` sees
   * them. `steady`: at an even pace, as one leg of many.
   */
  constructor(
    readonly origins: Float32Array,
    readonly from: CameraUniforms,
    private readonly duration: number,
    private readonly steady: boolean,
  ) {}

  /** How far the points are, 0..1, in the frame at `now`. */
  advance(now: number): number {
    this.start ||= now;
    const time = Math.min((now - this.start) / this.duration, 1);
    this.part = this.steady ? time : time * time * (3 - 2 * time);
    return this.part;
  }

  /** How far they were in the last frame. */
  get reached(): number {
    return this.part;
  }
}

/**
 * Where the points of `cloud` stand on the screen now, in the coordinates of the camera that sees
 * them, in drawing order: at their places, or on the way there. `next` and `to`, the cloud and the
 * camera of the coming map, say where those are that have no place yet: where they will be.
 */
export function standing(
  cloud: Cloud,
  camera: CameraUniforms,
  travel: Travel | null,
  next: Cloud,
  to: CameraUniforms,
): Float32Array {
  const count = Math.min(cloud.n, TRAVELLERS);
  const places = new Float32Array(2 * count);
  const part = travel?.reached ?? 1;
  for (let axis = 0; axis < 2; axis++) {
    const here = projector(camera, axis);
    const coming = projector(to, axis);
    const before = travel && projector(travel.from, axis);
    for (let i = 0; i < count; i++) {
      const row = 2 * cloud.order[i] + axis;
      let clip = here.clip(cloud.points[row]);
      if (before && part < 1) clip += (1 - part) * (before.clip(travel.origins[2 * i + axis]) - clip);
      places[2 * i + axis] = here.data(clip - clip === 0 ? clip : coming.clip(next.points[row]));
    }
  }
  return places;
}

/** From data coordinates to the screen (-1..1) and back, along one axis. */
function projector({ center, rest, scale }: CameraUniforms, axis: number) {
  const [middle, factor] = [center[axis] + rest[axis], scale[axis]];
  return {
    clip: (value: number) => (value - middle) * factor,
    data: (clip: number) => clip / factor + middle,
  };
}
