// The tabs: opened for an explorer of a cell or for a path, found again, and restored on a reload.
import type { ILayoutRestorer, JupyterFrontEnd } from "@jupyterlab/application";
import { MainAreaWidget, WidgetTracker } from "@jupyterlab/apputils";
import type { ServiceManager } from "@jupyterlab/services";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { bridge, type ExplorerHandle } from "../bridge";
import { icon } from "./icon";
import type { Where } from "./kernel";
import { KernelPanel } from "./kerneltab";
import { MovedPanel } from "./movedtab";
import { cellOf, insertCell, type NotebookPanel, notebookOn } from "./notebooks";
import type { ExplorerPanel, Saved } from "./panel";
import type { KernelSettings, Request } from "./request";
import type { Trans } from "./translate";

export type Tab = MainAreaWidget<ExplorerPanel>;

export interface TabsOptions {
  app: JupyterFrontEnd;
  /** The folder of the server, as the page says it. */
  root: string;
  settings(): KernelSettings;
  readonly trans: Trans;
  chooseKernel(): Promise<{ kernelId?: string; kernelName?: string } | null>;
}

let made = 0;

/** A name that the layout has for no other tab, of this page or an earlier one. */
const newName = () => `dataview-${Date.now().toString(36)}-${++made}`;

export class Tabs {
  readonly tracker = new WidgetTracker<Tab>({ namespace: "dataview" });

  constructor(private readonly options: TabsOptions) {}

  /** Opens the tabs of before the reload; JupyterLab puts them where they were. */
  restore(restorer: ILayoutRestorer, command: string): void {
    void restorer.restore(this.tracker, {
      command,
      args: ({ content }) => content.saved() as unknown as ReadonlyPartialJSONObject,
      name: ({ content }) => content.name,
    });
  }

  /** Opens what `saved` described. */
  reopen(saved: Saved): Tab {
    if (saved.kind === "moved") return this.add(this.moved(saved));
    const { kernelId, kernelName, owned, model, request, name } = saved;
    const where = { kernelId, kernelName, folder: folderOf(request) };
    return this.add(this.forRequest(request as Request, where, owned, name, model));
  }

  /** Opens a path in a tab with a kernel. */
  open(request: Request, kernel: Omit<Where, "title" | "folder"> = {}): Tab {
    const where = { ...kernel, folder: folderOf(request) };
    return this.add(this.forRequest(request, where, !kernel.kernelId, newName()));
  }

  /** Moves an explorer from its cell to a tab, or shows the tab that it has. */
  move(id: string): void {
    const { app } = this.options;
    const explorer = bridge().explorers.get(id);
    const there = explorer && this.tabOf(explorer);
    if (there) app.shell.activateById(there.id);
    if (there || !explorer) return;
    const cell = cellOf(app.shell, explorer.home());
    const { title } = explorer.info.peek();
    const notebook = cell?.panel.context.path ?? "";
    const moved = this.moved({ name: newName(), title, model: explorer.model, notebook });
    this.add(moved, cell?.panel);
  }

  /** The tab that shows an explorer. */
  tabOf(explorer: ExplorerHandle): Tab | undefined {
    return this.tracker.find(({ content }) => content.shown === explorer);
  }

  /** The tab that an element is in. */
  tabAround(element: Node): Tab | undefined {
    return this.tracker.find(({ node }) => node.contains(element));
  }

  /** A code cell below the one that `from` comes from; see `LabServices`. */
  insertBelow(code: string, from: HTMLElement): boolean {
    const { shell } = this.options.app;
    const content = this.tabAround(from)?.content;
    const cell = cellOf(shell, content ? (content.shown?.home() ?? null) : from);
    if (cell) return insertCell(shell, cell.panel, cell.index + 1, code);
    if (!(content instanceof KernelPanel) || !content.kernel) return false;
    void this.insertBeside(code, content);
    return true;
  }

  /** Into the notebook on a tab's kernel, which is made where there is none. */
  private async insertBeside(code: string, { kernel, folder }: KernelPanel): Promise<void> {
    const { shell, commands } = this.options.app;
    if (!kernel) return;
    const there = notebookOn(shell, kernel.id);
    if (there) {
      const { length } = there.content.widgets;
      insertCell(shell, there, length, code);
      return;
    }
    const panel = (await commands.execute("notebook:create-new", {
      cwd: folder,
      kernelId: kernel.id,
      kernelName: kernel.name,
      activate: true,
    })) as NotebookPanel & { context: { ready: Promise<void> } };
    await panel.context.ready;
    const cells = panel.content.model?.sharedModel.cells ?? [];
    if (cells.length === 1 && cells[0].getSource() === "") cells[0].setSource(code);
    else insertCell(shell, panel, cells.length, code);
  }

  private moved(saved: { name: string; title: string; model: string; notebook: string }) {
    const { app, trans } = this.options;
    return new MovedPanel({
      ...saved,
      trans,
      openNotebook: (path) => void app.commands.execute("docmanager:open", { path }),
    });
  }

  private forRequest(
    request: Request,
    where: Omit<Where, "title">,
    owned: boolean,
    name: string,
    model?: string,
  ): KernelPanel {
    const { app, root, settings, trans, chooseKernel } = this.options;
    const services = app.serviceManager as ServiceManager.IManager;
    return new KernelPanel({
      ...{ name, request, where, owned, model },
      ...{ services, root, settings, trans, chooseKernel },
    });
  }

  private add(content: ExplorerPanel, beside?: NotebookPanel): Tab {
    const tab: Tab = new MainAreaWidget({ content });
    tab.id = content.name;
    tab.title.icon = icon;
    tab.title.closable = true;
    tab.toolbar.hide();
    content.changed.connect(() => void this.tracker.save(tab));
    const place = beside ? { ref: beside.id, mode: "tab-after" as const } : {};
    this.options.app.shell.add(tab, "main", { activate: true, ...place });
    void this.tracker.add(tab);
    return tab;
  }
}

/** The folder that a request's kernel starts in. */
export function folderOf({ paths }: { paths: string[] }): string {
  const [path] = paths;
  if (/^([~/]|[a-z][a-z0-9+.-]*:)/i.test(path)) return "";
  return path
    .replace(/^\.\/(?=.)/, "")
    .split("/")
    .slice(0, -1)
    .join("/");
}
