// Where the widget and the JupyterLab extension meet: two bundles of one page, loaded in any order.
//
// Both find one object at a global symbol; whoever comes first makes it. The widget registers each
// of its explorers there, the extension what only JupyterLab can do. In other front ends nobody
// registers the latter, and `bridge().lab` stays null.
//
// Each bundle has its own copy of the signals library, whose `.value` does not know the effects of
// the other's: what crosses the bridge is read with `peek` and followed with `subscribe`.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Progress } from "./protocol";

/** A signal of the other bundle. */
export interface Watched<T> {
  peek(): T;
  /** Calls `listener` with the value now and after each change; returns what ends that. */
  subscribe(listener: (value: T) => void): () => void;
}

export interface SliceInfo {
  name: string;
  /** null: not counted yet. */
  count: number | null;
}

/** What there is to say about an explorer in a list of them. */
export interface ExplorerInfo {
  title: string;
  n: number;
  selected: number;
  slices: SliceInfo[];
  progress: Progress;
}

/** Where a view is shown that has left its cell. */
export interface Place {
  /** The cell that the view came from is gone, and the view with it. */
  lost(): void;
  /** The person asks for the view in its cell again. */
  leave(): void;
}

/** One explorer of the page: a store, whatever shows it. */
export interface ExplorerHandle {
  /** Its name on this page; the model's id, with a number where two stores have one model. */
  readonly id: string;
  /** The id of the widget model, which the kernel knows too. */
  readonly model: string;
  readonly info: Watched<ExplorerInfo>;
  /** Calls `listener` after each change of `info`; returns what ends that. */
  subscribe(listener: () => void): () => void;
  /** The view moves there whole, and fills it; the returned function moves it back. */
  showIn(el: HTMLElement, place?: Partial<Place>): () => void;
  /** An element in the notebook's cell: the view's, or the one that keeps its place. */
  home(): HTMLElement | null;
  /** Selects a slice. */
  select(name: string): void;
  /** Takes every view of it away. The kernel keeps the explorer. */
  close(): void;
}

/** The settings that a widget obeys wherever it is. */
export interface Settings {
  theme: "auto" | "light" | "dark";
  /** The side of a picture in the grid, in px. */
  thumbnailSize: number;
  /** Of a view in a cell, in px, where the code that made it says none. */
  height: number;
}

/** What JupyterLab does for a widget. */
export interface LabServices {
  /** A new code cell below the one that `from` is in, active and not run; false where it cannot. */
  insertBelow(code: string, from: HTMLElement): boolean;
  /** Moves an explorer to a tab of its own, or shows the tab that it has. */
  openTab(id: string): void;
  /** Draws a bundle with JupyterLab's renderers, untrusted; the result takes it away. */
  render(
    bundle: { [mime: string]: unknown },
    metadata: object,
    el: HTMLElement,
  ): Promise<() => void>;
  readonly settings: Watched<Settings>;
  /** The text in the person's language. */
  trans(text: string): string;
}

export interface Bridge {
  readonly version: number;
  readonly explorers: {
    list(): readonly ExplorerHandle[];
    get(id: string): ExplorerHandle | undefined;
    add(explorer: ExplorerHandle): () => void;
    /** Calls `listener` when one comes or goes. */
    onChange(listener: () => void): () => void;
  };
  /** null outside JupyterLab. */
  readonly lab: LabServices | null;
  setLab(services: LabServices): () => void;
  /** Calls `listener` when JupyterLab's services come or go. */
  onLab(listener: () => void): () => void;
}

const KEY = Symbol.for("dataview");
const VERSION = 1;

class Listeners {
  private readonly all = new Set<() => void>();

  add(listener: () => void): () => void {
    this.all.add(listener);
    return () => this.all.delete(listener);
  }

  call(): void {
    for (const listener of [...this.all]) listener();
  }
}

function create(): Bridge {
  const explorers = new Set<ExplorerHandle>();
  const [changes, arrivals] = [new Listeners(), new Listeners()];
  let lab: LabServices | null = null;
  return {
    version: VERSION,
    explorers: {
      list: () => [...explorers],
      get: (id) => [...explorers].find((explorer) => explorer.id === id),
      add(explorer) {
        explorers.add(explorer);
        changes.call();
        return () => {
          if (explorers.delete(explorer)) changes.call();
        };
      },
      onChange: (listener) => changes.add(listener),
    },
    get lab() {
      return lab;
    },
    setLab(services) {
      lab = services;
      arrivals.call();
      return () => {
        if (lab !== services) return;
        lab = null;
        arrivals.call();
      };
    },
    onLab: (listener) => arrivals.add(listener),
  };
}

/** The meeting place of this page. */
export function bridge(): Bridge {
  const page = globalThis as unknown as Record<symbol, Bridge | undefined>;
  const there = page[KEY];
  if (there?.version === VERSION) return there;
  // A page that was not reloaded may hold an older extension or widget: they do not meet.
  const made = create();
  page[KEY] = made;
  return made;
}

const here = signal<LabServices | null>(null);
let watching = false;

/** JupyterLab's services as a signal of this bundle, for what is drawn only where they are. */
export function labServices(): ReadonlySignal<LabServices | null> {
  if (!watching) {
    watching = true;
    const meet = () => {
      here.value = bridge().lab;
    };
    bridge().onLab(meet);
    meet();
  }
  return here;
}
