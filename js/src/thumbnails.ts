// The small pictures: fetched in packed chunks for the rows in view, and kept while there is room.
import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
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

const CHUNK = 48;
const IN_FLIGHT = 3;
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
  private readonly wishes = new Map<string, number[]>();
  private readonly batches = new Map<AbortController, number[]>();
  private spent = 0;
  private size = 0;
  private paused = false;
  private readonly stop: () => void;

  constructor(
    private readonly connection: Connection,
    private readonly standard: ReadonlySignal<number>,
  ) {
    this.stop = effect(() => {
      void connection.revived.value;
      this.paused = false;
      this.pump();
    });
  }

  get(row: number): ThumbnailEntry | undefined {
    return this.kept.get(row);
  }

  request(rows: number[], owner: string): void {
    this.wishes.delete(owner); // so that the latest owner comes first
    if (rows.length > 0) this.wishes.set(owner, rows);
    const wanted = this.wanted();
    for (const [controller, batch] of this.batches) {
      if (!batch.some((row) => wanted.has(row))) controller.abort();
    }
    this.pump(wanted);
  }

  /** Asks for larger pictures from now on when tiles of `pixels` would blur the usual ones. */
  fit(pixels: number): void {
    const standard = this.standard.peek();
    const size = pixels <= standard * 1.35 ? standard : 256;
    if (size === this.size) return;
    this.size = size;
    this.pump();
  }

  clear(): void {
    for (const controller of this.batches.keys()) controller.abort();
    this.kept.clear();
    this.spent = 0;
    this.changed.value++;
  }

  destroy(): void {
    this.stop();
    this.wishes.clear();
    this.clear();
  }

  private wanted(): Set<number> {
    return new Set([...this.wishes.values()].reverse().flat());
  }

  private pump(wanted = this.wanted()): void {
    if (this.paused || this.batches.size >= IN_FLIGHT) return;
    const size = this.size || this.standard.peek();
    const under = new Set([...this.batches.values()].flat());
    const missing: number[] = [];
    for (const row of wanted) {
      const entry = this.kept.get(row);
      if ((!entry || (entry.size < size && !entry.error)) && !under.has(row)) missing.push(row);
      if (missing.length === CHUNK * IN_FLIGHT) break;
    }
    while (missing.length > 0 && this.batches.size < IN_FLIGHT) {
      void this.fetch(missing.splice(0, CHUNK), size);
    }
  }

  private async fetch(rows: number[], size: number): Promise<void> {
    const controller = new AbortController();
    this.batches.set(controller, rows);
    try {
      const { signal } = controller;
      const answer = await this.connection.request("thumbnails", { rows, size }, { signal });
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
