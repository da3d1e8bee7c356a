// The commands: in the file browser's menu, the launcher, the palette.
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { type ICommandPalette, InputDialog, showErrorMessage } from "@jupyterlab/apputils";
import type { IFileBrowserFactory } from "@jupyterlab/filebrowser";
import type { ILauncher } from "@jupyterlab/launcher";
import { bridge, type ExplorerHandle } from "../bridge";
import { icon } from "./icon";
import { chooseKernel } from "./kernels";
import { cellOf } from "./notebooks";
import type { Saved } from "./panel";
import { isExplorable, type Request } from "./request";
import type { Tabs } from "./tabs";
import type { Trans } from "./translate";

export const COMMANDS = {
  path: "dataview:explore-path",
  pathWith: "dataview:explore-path-with-kernel",
  ask: "dataview:explore",
  openTab: "dataview:open-tab",
  bringBack: "dataview:bring-back",
  sidebar: "dataview:show-explorers",
  restore: "dataview:restore-tab",
} as const;

export interface CommandsOptions {
  app: JupyterFrontEnd;
  tabs: Tabs;
  files: IFileBrowserFactory | null;
  launcher: ILauncher | null;
  palette: ICommandPalette | null;
  readonly trans: Trans;
  showSidebar(): void;
}

export function addCommands(options: CommandsOptions): void {
  const { app, tabs, files, launcher, palette, trans, showSidebar } = options;
  const { commands, serviceManager } = app;

  /** What is selected in the file browser, or what the caller names. */
  const chosen = (args: { [key: string]: unknown }): Request | null => {
    const given = args.paths ?? (args.path === undefined ? null : [args.path]);
    if (Array.isArray(given)) {
      const paths = given.filter((path) => typeof path === "string" && path !== "") as string[];
      return paths.length > 0 ? { paths, roles: {} } : null;
    }
    const items = [...(files?.tracker.currentWidget?.selectedItems() ?? [])];
    if (!isExplorable(items)) return null;
    const { contents } = serviceManager;
    // "./": a folder may be called "~" or "s3:", and is a folder all the same
    return { paths: items.map(({ path }) => `./${contents.localPath(path)}`), roles: {} };
  };
  const isFromMenu = (args: { [key: string]: unknown }) => args.isMenu === true;

  commands.addCommand(COMMANDS.path, {
    label: trans("Explore images"),
    caption: trans("Open linked views of these images in a tab with a kernel of its own"),
    icon: (args) => (isFromMenu(args) ? icon : undefined),
    isVisible: (args) => chosen(args) !== null,
    execute: (args) => {
      const request = chosen(args);
      const kernel = typeof args.kernelId === "string" ? { kernelId: args.kernelId } : {};
      return request ? tabs.open(request, kernel) : undefined;
    },
  });
  commands.addCommand(COMMANDS.pathWith, {
    label: trans("Explore images with a kernel …"),
    caption: trans("Choose the kernel, or one that runs already"),
    isVisible: (args) => chosen(args) !== null,
    execute: async (args) => {
      const request = chosen(args);
      const kernel = request && (await chooseKernel(serviceManager, trans));
      return request && kernel ? tabs.open(request, kernel) : undefined;
    },
  });
  commands.addCommand(COMMANDS.ask, {
    label: (args) => (args.isPalette ? trans("Explore images …") : trans("Image explorer")),
    caption: trans("Open linked views of a folder, glob, table or URL of images"),
    icon: (args) => (args.isPalette ? undefined : icon),
    execute: async (args) => {
      const folder = typeof args.cwd === "string" ? args.cwd : "";
      const { value } = await InputDialog.getText({
        title: trans("Explore images"),
        label: trans(
          "A folder, glob, image, CSV, Parquet or COCO JSON file below the server's root; an absolute path or a URL",
        ),
        text: folder ? `${folder}/` : "",
        placeholder: "photos/",
        okLabel: trans("Explore"),
        selectionRange: 0,
      });
      if (value === null) return undefined;
      const path = value.trim().replace(/(?<=.)\/+$/, "") || ".";
      return tabs.open({ paths: [path], roles: {} });
    },
  });
  commands.addCommand(COMMANDS.openTab, {
    label: trans("Move the Explorer to Its Own Tab"),
    isEnabled: () => explorerInFront(app) !== null,
    execute: () => {
      const explorer = explorerInFront(app);
      if (explorer) tabs.move(explorer.id);
    },
  });
  commands.addCommand(COMMANDS.bringBack, {
    label: trans("Bring the Explorer Back to Its Cell"),
    isEnabled: () => movedInFront(tabs) !== null,
    execute: () => movedInFront(tabs)?.close(),
  });
  commands.addCommand(COMMANDS.sidebar, {
    label: trans("Show Running Explorers"),
    execute: showSidebar,
  });
  commands.addCommand(COMMANDS.restore, {
    label: trans("Open an Explorer Again"),
    isVisible: () => false,
    execute: (args) => tabs.reopen(args as unknown as Saved),
  });

  const category = "dataview";
  palette?.addItem({ command: COMMANDS.ask, category, args: { isPalette: true } });
  for (const command of [COMMANDS.openTab, COMMANDS.bringBack, COMMANDS.sidebar]) {
    palette?.addItem({ command, category });
  }
  launcher?.add({ command: COMMANDS.ask, category: trans("Other"), rank: 3 });
}

/** The explorer of the active cell of the notebook in front. */
function explorerInFront({ shell }: JupyterFrontEnd): ExplorerHandle | null {
  for (const explorer of bridge().explorers.list()) {
    const cell = cellOf(shell, explorer.home());
    if (!cell || cell.panel !== shell.currentWidget) continue;
    if (cell.panel.content.activeCellIndex === cell.index) return explorer;
  }
  return null;
}

function movedInFront({ tracker }: Tabs) {
  const tab = tracker.currentWidget;
  return tab?.isVisible && tab.content.saved().kind === "moved" ? tab : null;
}

/** Tells a failure that has no tab to be told in. */
export function complain(trans: Trans, error: unknown): void {
  const words = error instanceof Error ? error.message : String(error);
  void showErrorMessage(trans("dataview"), words);
}
