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
  const rest = 1 - (travel?.reached ?? 1);
  for (let axis = 0; axis < 2; axis++) {
    const [middle, factor] = lens(camera, axis);
    const [toMiddle, toFactor] = lens(to, axis);
    const [fromMiddle, fromFactor] = lens(travel?.from ?? camera, axis);
    for (let i = 0; i < count; i++) {
      const row = 2 * cloud.order[i] + axis;
      let clip = (cloud.points[row] - middle) * factor;
      if (clip - clip !== 0) clip = (next.points[row] - toMiddle) * toFactor;
      else if (travel && rest > 0) {
        const origin = (travel.origins[2 * i + axis] - fromMiddle) * fromFactor;
        clip += rest * (origin - clip);
      }
      places[2 * i + axis] = clip / factor + middle;
    }
  }
  return places;
}

/** What a camera makes of a coordinate: (coordinate - middle) * factor is -1..1 on the screen. */
function lens({ center, rest, scale }: CameraUniforms, axis: number): [number, number] {
  return [center[axis] + rest[axis], scale[axis]];
}
