// A tab for the explorer of a notebook's cell: the view leaves the cell, and returns when it closes.
import { bridge, type ExplorerHandle } from "../bridge";
import { ExplorerPanel, type Saved } from "./panel";
import type { Trans } from "./translate";

/** Milliseconds after a reload that the notebook has for bringing its explorer. */
const PATIENCE = 15_000;
/** Milliseconds in which a model that went away may come again: JupyterLab connects anew. */
const RETURN = 3_000;

interface Options {
  name: string;
  title: string;
  /** The model of the explorer, which may still have to come. */
  model: string;
  /** The path of its notebook. */
  notebook: string;
  readonly trans: Trans;
  openNotebook(path: string): void;
}

export class MovedPanel extends ExplorerPanel {
  private readonly stop: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: Options) {
    super(options.name, options.title);
    this.stop = bridge().explorers.onChange(() => this.meet());
    this.say({ text: options.trans("Waiting for the notebook of this explorer …") });
    this.timer = setTimeout(() => this.miss(), PATIENCE);
    this.meet();
  }

  saved(): Saved {
    const { name, model, notebook } = this.options;
    return { kind: "moved", name, title: this.title.label, model, notebook };
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.stop();
    clearTimeout(this.timer);
    super.dispose();
  }

  protected lost(): void {
    const { explorer } = this;
    if (!explorer) return;
    this.explorer = null; // its view is gone already
    if (bridge().explorers.list().includes(explorer)) {
      this.closeTab(); // its cell is gone
      return;
    }
    this.say({ text: this.options.trans("Waiting for the notebook of this explorer …") });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.closeTab(), RETURN);
  }

  private meet(): void {
    const there = bridge().explorers.list();
    if (this.explorer && !there.includes(this.explorer)) this.lost();
    if (this.explorer) return;
    const explorer = there.find(({ model }: ExplorerHandle) => model === this.options.model);
    if (!explorer) return;
    clearTimeout(this.timer);
    this.showExplorer(explorer);
  }

  private miss(): void {
    const { trans, notebook, openNotebook } = this.options;
    this.say({
      text: trans("The explorer is gone: its notebook is closed, or its kernel was restarted."),
      failed: true,
      actions: [
        {
          text: trans("Open the notebook"),
          testid: "tab-notebook",
          run: () => openNotebook(notebook),
        },
        { text: trans("Close"), testid: "tab-close", run: () => this.closeTab() },
      ],
    });
  }
}
