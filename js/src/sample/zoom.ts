// Where a picture lies in its place: as large as fits, or zoomed around a point.

export interface View {
  /** Pixels of the place for one of the picture. */
  scale: number;
  /** The picture's centre from the place's centre. */
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** The scale at which the picture just fits; small pictures are enlarged, up to 16 times. */
export function fit(picture: Size, place: Size): number {
  if (!picture.width || !picture.height) return 1;
  return Math.min(place.width / picture.width, place.height / picture.height, 16);
}

/** Zooms by a factor around a point, given from the place's centre. */
export function zoom(view: View, factor: number, x: number, y: number, smallest: number): View {
  const scale = Math.min(64, Math.max(Math.min(smallest, 1), view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}
