// The notebooks of the page: which cell an explorer is in, and cells that are added.
//
// JupyterLab's notebook package is not imported: what is used of a panel is a few fields, and the
// shell lists the panels.
import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { Kernel } from "@jupyterlab/services";
import type { Widget } from "@lumino/widgets";

interface Cell {
  node: HTMLElement;
}

export interface NotebookPanel extends Widget {
  content: Widget & {
    widgets: readonly Cell[];
    activeCellIndex: number;
    deselectAll(): void;
    model: {
      readOnly: boolean;
      sharedModel: {
        cells: readonly { getSource(): string; setSource(text: string): void }[];
        insertCell(index: number, cell: object): unknown;
      };
    } | null;
  };
  context: { path: string };
  sessionContext: {
    session: { kernel: Kernel.IKernelConnection | null } | null;
  };
}

type Shell = JupyterFrontEnd["shell"];
const AREAS = ["main", "left", "right", "down"];

function isNotebook(widget: Widget): widget is NotebookPanel {
  const { content, context } = widget as unknown as Partial<NotebookPanel>;
  return Boolean(context && content?.widgets && content.model?.sharedModel?.insertCell);
}

/** Every notebook that is open. */
export function notebooks(shell: Shell): NotebookPanel[] {
  return AREAS.flatMap((area) => {
    try {
      return [...shell.widgets(area)].filter(isNotebook);
    } catch {
      return []; // this shell has no such area
    }
  });
}

/** The notebook and the number of the cell that an element is in. */
export function cellOf(shell: Shell, element: Node | null) {
  if (!element) return null;
  for (const panel of notebooks(shell)) {
    const index = panel.content.widgets.findIndex(({ node }) => node.contains(element));
    if (index >= 0) return { panel, index };
  }
  return null;
}

/** The notebook that runs on a kernel. */
export function notebookOn(shell: Shell, kernel: string): NotebookPanel | null {
  const runs = ({ sessionContext }: NotebookPanel) => sessionContext.session?.kernel?.id === kernel;
  return notebooks(shell).find(runs) ?? null;
}

/** Adds a code cell at a place in a notebook and makes it the active one; false: read-only. */
export function insertCell(
  shell: Shell,
  panel: NotebookPanel,
  index: number,
  source: string,
): boolean {
  const { content } = panel;
  if (!content.model || content.model.readOnly) return false;
  content.model.sharedModel.insertCell(index, { cell_type: "code", source, metadata: {} });
  content.deselectAll();
  content.activeCellIndex = index;
  shell.activateById(panel.id);
  content.widgets[index]?.node.scrollIntoView({ block: "nearest" });
  return true;
}

/** Shows a cell. */
export function showCell(shell: Shell, panel: NotebookPanel, index: number): void {
  shell.activateById(panel.id);
  panel.content.deselectAll();
  panel.content.activeCellIndex = index;
  panel.content.widgets[index]?.node.scrollIntoView({ block: "start" });
}
