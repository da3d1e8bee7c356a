// What both kinds of tabs have: a place that an explorer's view fills, or words while there is none.
import { type ISignal, Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import type { ExplorerHandle } from "../bridge";
import { drawPage, type Page } from "./page";

/** What is kept of a tab when the page is reloaded. */
export type Saved = { name: string; title: string } & (
  | { kind: "moved"; model: string; notebook: string }
  | {
      kind: "kernel";
      request: { paths: string[]; roles: { [role: string]: string } };
      kernelId: string;
      kernelName: string;
      owned: boolean;
      model: string;
    }
);

export abstract class ExplorerPanel extends Widget {
  protected explorer: ExplorerHandle | null = null;
  private leave: (() => void) | null = null;
  private unfollow: (() => void) | null = null;
  private readonly saves = new Signal<this, void>(this);

  constructor(
    /** What the layout knows the tab by. */
    readonly name: string,
    title: string,
  ) {
    super();
    this.addClass("dataview-tab");
    this.node.dataset.testid = "dataview-tab";
    this.node.tabIndex = -1;
    this.title.label = title;
  }

  /** What opens the same tab after a reload. */
  abstract saved(): Saved;

  /** The explorer in it; null while there is none. */
  get shown(): ExplorerHandle | null {
    return this.explorer;
  }

  /** Emitted when what `saved` gives has changed. */
  get changed(): ISignal<this, void> {
    return this.saves;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.empty();
    super.dispose();
  }

  /** Closes the whole tab. */
  closeTab(): void {
    (this.parent ?? this).close();
  }

  /** Shows words. */
  protected say(page: Page): void {
    this.empty();
    this.node.replaceChildren(drawPage(page));
  }

  /** Shows an explorer. */
  protected showExplorer(explorer: ExplorerHandle): void {
    this.empty();
    this.explorer = explorer;
    this.leave = explorer.showIn(this.node, {
      lost: () => this.lost(),
      leave: () => this.closeTab(),
    });
    this.unfollow = explorer.info.subscribe(({ title }) => {
      if (this.title.label === title) return;
      this.title.label = title;
      this.saves.emit();
    });
    this.saves.emit();
  }

  /** The view was taken away from outside. */
  protected abstract lost(): void;

  protected empty(): void {
    this.unfollow?.();
    this.leave?.();
    this.leave = this.unfollow = null;
    this.explorer = null;
    this.node.replaceChildren();
  }

  protected override onActivateRequest(): void {
    const view = this.node.querySelector<HTMLElement>(".dataview");
    (view ?? this.node).focus({ preventScroll: true });
  }
}
