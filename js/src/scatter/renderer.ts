// The WebGL2 side of the map: buffers, one shader program, draw calls. It keeps no state of the view.
//
// A row takes 9 bytes of GPU memory: two float32 coordinates and a palette index, in drawing order
// (draworder.ts). Two lists say what is drawn: `base` and, over it, `top` (the selected rows). Depth
// and not the order of the calls puts one over the other, so either can be drawn in parts, over
// several frames, into the same picture.

import type { CameraUniforms } from "./camera";
import type { DrawLists } from "./draworder";
import fragmentSource from "./points.frag";
import vertexSource from "./points.vert";

export type Color = [number, number, number];

/** Everything about a picture but the points themselves; sizes in device pixels, colours 0..1. */
export interface Look {
  camera: CameraUniforms;
  before: CameraUniforms;
  time: number;
  size: number;
  alpha: number;
  highlight: number;
  muted: Color;
  background: Color;
}

type List = keyof DrawLists;

const POSITION = 0;
const BEFORE = 1;
const COLOR = 2;
const STAGING_ROWS = 1 << 16;
const AT_ONCE = 200_000; // rows of which the coordinates are uploaded in one frame
const UNIFORMS = [
  "u_center",
  "u_rest",
  "u_scale",
  "u_time",
  "u_size",
  "u_alpha",
  "u_mute",
  "u_highlight",
  "u_muted",
  "u_background",
] as const;

export class Renderer {
  private readonly gl: WebGL2RenderingContext;
  private readonly uniforms: Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;
  private readonly buffers: Record<"position" | "before" | "color" | List, WebGLBuffer>;
  private lists: DrawLists = { base: null, top: null };
  private n = 0;
  /** While points travel: how many of the drawing order do. */
  private limit = Number.POSITIVE_INFINITY;
  /** How many have their coordinates in the buffer, and where those of the others are. */
  private uploaded = 0;
  private rest: { points: Float32Array; order: Uint32Array } | null = null;
  private fence: WebGLSync | null = null;

  /** Throws an Error where the browser has no WebGL2. */
  constructor(canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", {
      // parts of a picture are added in later frames
      preserveDrawingBuffer: true,
      antialias: false,
      powerPreference: "high-performance",
    });
    if (!gl) throw new Error("This browser has no WebGL2");
    this.gl = gl;
    const program = link(gl);
    const locations = UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]);
    this.uniforms = Object.fromEntries(locations);
    const buffer = () => gl.createBuffer() as WebGLBuffer;
    this.buffers = {
      position: buffer(),
      before: buffer(),
      color: buffer(),
      base: buffer(),
      top: buffer(),
    };
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  }

  /**
   * Coordinates of all rows, uploaded in drawing order: the first ones now, the others by `fill`.
   * `before`, where the map has just changed, has those that the first points come from: until
   * `arrive`, only they are drawn.
   */
  setPoints(points: Float32Array, order: Uint32Array, before: Float32Array | null): void {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.position);
    gl.bufferData(gl.ARRAY_BUFFER, points.byteLength, gl.STATIC_DRAW);
    this.attribute(POSITION, "position", 2);
    this.uploaded = 0;
    this.rest = { points, order };
    this.fill();
    if (!before) {
      this.arrive();
      return;
    }
    this.limit = before.length / 2;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.before);
    gl.bufferData(gl.ARRAY_BUFFER, before, gl.STATIC_DRAW);
    this.attribute(BEFORE, "before", 2);
  }

  /** Uploads the next coordinates; true when these were the last. */
  fill(): boolean {
    if (!this.rest) return false;
    const { points, order } = this.rest;
    const from = this.uploaded;
    this.uploaded = Math.min(from + AT_ONCE, order.length);
    this.put("position", points, 2, order, from, this.uploaded);
    if (this.uploaded < order.length) return false;
    this.rest = null;
    return true;
  }

  get filling(): boolean {
    return this.rest !== null;
  }

  /** All points are at their places. */
  arrive(): void {
    const gl = this.gl;
    this.limit = Number.POSITIVE_INFINITY;
    gl.disableVertexAttribArray(BEFORE);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.before);
    gl.bufferData(gl.ARRAY_BUFFER, 0, gl.STATIC_DRAW);
  }

  /** Palette index of every row. */
  setColors(index: Uint8Array, order: Uint32Array): void {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.color);
    gl.bufferData(gl.ARRAY_BUFFER, order.length, gl.STATIC_DRAW);
    this.put("color", index, 1, order, 0, order.length);
    this.attribute(COLOR, "color", 1);
  }

  /** 256 RGB colours. */
  setPalette(palette: Uint8Array): void {
    const gl = this.gl;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, 256, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, palette);
  }

  /** What is drawn of `n` rows; they are muted under a selection. */
  setLists(n: number, lists: DrawLists): void {
    const { gl } = this;
    this.n = n;
    this.lists = lists;
    for (const list of ["base", "top"] as const) {
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers[list]);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, lists[list] ?? new Uint32Array(0), gl.STATIC_DRAW);
    }
  }

  /** How many entries of a list there are to draw. */
  count(list: List): number {
    const entries = this.lists[list];
    const limit = Math.min(this.limit, this.uploaded);
    if (!entries) return list === "base" ? Math.min(this.n, limit) : 0;
    return limit < this.n ? below(entries, limit) : entries.length;
  }

  resize(width: number, height: number): void {
    const { canvas } = this.gl;
    if (canvas.width === width && canvas.height === height) return;
    canvas.width = width;
    canvas.height = height;
    this.gl.viewport(0, 0, width, height);
  }

  /** An empty picture with this look. */
  clear(look: Look): void {
    const gl = this.gl;
    const u = this.uniforms;
    const { before, camera } = look;
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniform2fv(u.u_center, [...before.center, ...camera.center]);
    gl.uniform2fv(u.u_rest, [...before.rest, ...camera.rest]);
    gl.uniform2fv(u.u_scale, [...before.scale, ...camera.scale]);
    gl.uniform1f(u.u_time, look.time);
    gl.uniform1f(u.u_size, look.size);
    gl.uniform1f(u.u_alpha, look.alpha);
    gl.uniform1i(u.u_highlight, look.highlight);
    gl.uniform3fv(u.u_muted, look.muted);
    gl.uniform3fv(u.u_background, look.background);
  }

  /** Adds the entries `from` to `to` of a list to the picture. */
  draw(list: List, from: number, to: number): void {
    const gl = this.gl;
    if (to <= from) return;
    gl.uniform1f(this.uniforms.u_mute, list === "base" && this.lists.top ? 1 : 0);
    if (!this.lists[list]) {
      gl.drawArrays(gl.POINTS, from, to - from);
    } else {
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers[list]);
      gl.drawElements(gl.POINTS, to - from, gl.UNSIGNED_INT, 4 * from);
    }
  }

  /** Marks the end of a frame's drawing: `busy` until the GPU has done it. */
  submit(): void {
    const gl = this.gl;
    gl.deleteSync(this.fence);
    this.fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  get busy(): boolean {
    const gl = this.gl;
    if (!this.fence || gl.isContextLost()) return false;
    return gl.getSyncParameter(this.fence, gl.SYNC_STATUS) !== gl.SIGNALED;
  }

  destroy(): void {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  /** Copies the values of some rows into a buffer in drawing order, with no second copy of all. */
  private put(
    name: "position" | "color",
    values: Float32Array | Uint8Array,
    width: 1 | 2,
    order: Uint32Array,
    from: number,
    to: number,
  ): void {
    const gl = this.gl;
    const rows = Math.min(STAGING_ROWS, to - from);
    const floats = values instanceof Float32Array;
    const staging = floats ? new Float32Array(rows * width) : new Uint8Array(rows * width);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    for (let start = from; start < to; start += rows) {
      const stop = Math.min(start + rows, to);
      for (let i = start, k = 0; i < stop; i++) {
        for (let j = 0; j < width; j++) staging[k++] = values[width * order[i] + j];
      }
      const offset = start * width * staging.BYTES_PER_ELEMENT;
      gl.bufferSubData(gl.ARRAY_BUFFER, offset, staging, 0, (stop - start) * width);
    }
  }

  private attribute(location: number, name: "position" | "before" | "color", width: 1 | 2): void {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.enableVertexAttribArray(location);
    if (name === "color") gl.vertexAttribIPointer(location, width, gl.UNSIGNED_BYTE, 0, 0);
    else gl.vertexAttribPointer(location, width, gl.FLOAT, false, 0, 0);
  }
}

/** How many of some ascending numbers are below a limit. */
function below(entries: Uint32Array, limit: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram() as WebGLProgram;
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource],
  ] as const) {
    const shader = gl.createShader(type) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(program)?.map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`The map's shaders do not compile: ${logs?.join(" ")}`);
  }
  return program;
}
