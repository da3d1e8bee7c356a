// The small pictures: fetched in packed chunks for the rows in view, and kept while there is room.
import { effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import type { Transform } from "./plugins/plugins";
import { CancelledError, type Connection, decodeThumbnails, TimeoutError } from "./protocol";

export interface ThumbnailEntry {
  /** A data: URI; null where there is no picture. */
  url: string | null;
  /** Of the full picture, in pixels. */
  width: number;
  height: number;
  /** Why there is no picture. */
  error: string | null;
}

interface Kept extends ThumbnailEntry {
  /** The size it was asked for in. */
  size: number;
}

interface Wish {
  rows: number[];
  size: number;
}

const CHUNK = 48;
const IN_FLIGHT = 3;
/** The long side that is asked for where the usual one would blur. */
const LARGE = 256;
/** Times that a picture may be enlarged before it blurs. */
const ENLARGED = 1.35;
/** Characters of data URIs that are kept. */
const BUDGET = 64e6;

/**
 * Each view (an owner) states the rows it wants, most urgent first; its next statement replaces
 * the last. Chunks that nobody wants any more are cancelled.
 */
export class Thumbnails {
  /** Counts up whenever pictures have come. */
  readonly changed: Signal<number> = signal(0);

  private readonly kept = new Map<number, Kept>();
  private readonly wishes = new Map<string, Wish>();
  private readonly batches = new Map<AbortController, number[]>();
  private spent = 0;
  private paused = false;
  private readonly stops: (() => void)[];

  constructor(
    private readonly connection: Connection,
    private readonly standard: ReadonlySignal<number>,
    /** Through what the pictures are seen. */
    private readonly transform: ReadonlySignal<Transform | null> = signal(null),
  ) {
    this.stops = [
      effect(() => {
        void connection.revived.value;
        this.paused = false;
        untracked(() => this.pump());
      }),
      effect(() => {
        void transform.value;
        untracked(() => this.again());
      }),
    ];
  }

  get(row: number): ThumbnailEntry | undefined {
    return this.kept.get(row);
  }

  /** The pictures of these rows, as `owner` shows them: in squares of `side` CSS pixels. */
  request(rows: number[], owner: string, side = 0): void {
    this.wishes.delete(owner); // so that the latest owner comes first
    if (rows.length > 0) this.wishes.set(owner, { rows, size: this.sizeFor(side) });
    const wanted = this.wanted();
    for (const [controller, batch] of this.batches) {
      if (!batch.some((row) => wanted.has(row))) controller.abort();
    }
    this.pump(wanted);
  }

  clear(): void {
    for (const controller of this.batches.keys()) controller.abort();
    this.kept.clear();
    this.spent = 0;
    this.changed.value++;
  }

  /** Fetches all anew; those that there are stay until the new ones come. */
  private again(): void {
    for (const controller of this.batches.keys()) controller.abort();
    for (const entry of this.kept.values()) {
      entry.size = -1; // never enough
      entry.error = null;
    }
    this.pump();
  }

  destroy(): void {
    for (const stop of this.stops) stop();
    this.wishes.clear();
    this.clear();
  }

  /** The size of the pictures that squares of `side` CSS pixels need. */
  private sizeFor(side: number): number {
    const standard = this.standard.peek();
    return side * devicePixelRatio <= standard * ENLARGED ? standard : LARGE;
  }

  /** The wanted rows, most urgent first, each in the largest size that somebody wants. */
  private wanted(): Map<number, number> {
    const wanted = new Map<number, number>();
    for (const { rows, size } of [...this.wishes.values()].reverse()) {
      for (const row of rows) wanted.set(row, Math.max(size, wanted.get(row) ?? 0));
    }
    return wanted;
  }

  private pump(wanted = this.wanted()): void {
    if (this.paused || this.batches.size >= IN_FLIGHT) return;
    const under = new Set([...this.batches.values()].flat());
    const missing = new Map<number, number[]>(); // by size
    let most = CHUNK * IN_FLIGHT;
    for (const [row, size] of wanted) {
      const entry = this.kept.get(row);
      if (under.has(row) || (entry && isEnough(entry, size))) continue;
      if (!missing.has(size)) missing.set(size, []);
      missing.get(size)!.push(row);
      if (--most === 0) break;
    }
    for (const [size, rows] of missing) {
      while (rows.length > 0 && this.batches.size < IN_FLIGHT) {
        void this.fetch(rows.splice(0, CHUNK), size);
      }
    }
  }

  private async fetch(rows: number[], size: number): Promise<void> {
    const controller = new AbortController();
    this.batches.set(controller, rows);
    try {
      const { signal } = controller;
      const transform = this.transform.peek();
      const type = transform ? "transformed" : "thumbnails";
      const answer = await this.connection.request(type, { ...transform, rows, size }, { signal });
      for (const { row, mime, bytes, width, height, error } of decodeThumbnails(answer)) {
        const url = error || bytes.length === 0 ? null : dataUri(mime, bytes);
        this.keep(row, { url, width, height, error: error ?? (url ? null : "no picture"), size });
      }
    } catch (error) {
      if (error instanceof TimeoutError) this.paused = true;
      else if (!(error instanceof CancelledError)) {
        const words = (error as Error).message;
        for (const row of rows) {
          this.keep(row, { url: null, width: 0, height: 0, error: words, size });
        }
      }
    } finally {
      this.batches.delete(controller);
    }
    this.changed.value++;
    this.pump();
  }

  private keep(row: number, entry: Kept): void {
    this.spent += (entry.url?.length ?? 0) - (this.kept.get(row)?.url?.length ?? 0);
    this.kept.delete(row);
    this.kept.set(row, entry);
    if (this.spent <= BUDGET) return;
    const wanted = this.wanted();
    for (const [old, { url }] of this.kept) {
      if (this.spent <= BUDGET * 0.8) break;
      if (wanted.has(old)) continue;
      this.kept.delete(old);
      this.spent -= url?.length ?? 0;
    }
  }
}

/** Whether a picture is as large as `size`, or as its image, or there can be none. */
function isEnough(entry: Kept, size: number): boolean {
  return entry.error !== null || entry.size >= Math.min(size, Math.max(entry.width, entry.height));
}

const MIMES = new Set(["image/jpeg", "image/png", "image/webp"]);

/** Data URIs are made twice as fast as Blob URLs, and need not be revoked. */
function dataUri(mime: string, bytes: Uint8Array): string | null {
  if (!MIMES.has(mime)) return null;
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return `data:${mime};base64,${btoa(binary)}`;
}
