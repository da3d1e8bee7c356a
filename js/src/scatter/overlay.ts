// What is drawn over the points: the lasso in the making, the outline of the current selection and a
// ring around the hovered point. One SVG; nothing here redraws the points.

import type { Expr } from "../expressions";
import { lassosIn } from "../selection";
import type { Camera } from "./camera";

const NS = "http://www.w3.org/2000/svg";

export class Overlay {
  readonly root = document.createElementNS(NS, "svg");
  private readonly outlinePath = this.child("path", "outline");
  private readonly lassoPath = this.child("path", "lasso");
  private readonly ringCircle = this.child("circle", "ring");

  constructor(el: HTMLElement) {
    this.root.setAttribute("class", "dataview-map-overlay");
    el.append(this.root);
  }

  /** The outline in the making, in pixels. */
  lasso(path: number[] | null): void {
    this.lassoPath.setAttribute("d", path ? closed(path) : "");
  }

  /** Outlines of the lassos of a selection that belong to a map. */
  outline(selection: Expr | null, map: string | null, camera: Camera): void {
    const lassos = lassosIn(selection).filter(({ on }) => on === map);
    const paths = lassos.map(({ polygon }) =>
      closed(polygon.flatMap((p) => camera.toScreen(...p))),
    );
    this.outlinePath.setAttribute("d", paths.join(""));
  }

  ring(x: number, y: number, radius: number): void {
    this.ringCircle.setAttribute("cx", x.toFixed(1));
    this.ringCircle.setAttribute("cy", y.toFixed(1));
    this.ringCircle.setAttribute("r", radius.toFixed(1));
  }

  destroy(): void {
    this.root.remove();
  }

  private child(tag: "path" | "circle", name: string): SVGElement {
    const child = document.createElementNS(NS, tag);
    child.setAttribute("class", `dataview-map-${name}`);
    this.root.append(child);
    return child;
  }
}

function closed(path: number[]): string {
  const pairs: string[] = [];
  for (let i = 0; i < path.length; i += 2)
    pairs.push(`${path[i].toFixed(1)},${path[i + 1].toFixed(1)}`);
  return `M${pairs.join("L")}Z`;
}
