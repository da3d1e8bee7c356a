// The JupyterLab extension: its plugins, and what of JupyterLab each of them needs.
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { PageConfig } from "@jupyterlab/coreutils";
import { IFileBrowserFactory } from "@jupyterlab/filebrowser";
import { ILauncher } from "@jupyterlab/launcher";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { ITranslator } from "@jupyterlab/translation";
import { bridge, type ExplorerHandle } from "./bridge";
import { addCommands, COMMANDS } from "./lab/commands";
import { memoryOf } from "./lab/kernel";
import { chooseKernel } from "./lab/kernels";
import { KernelPanel } from "./lab/kerneltab";
import { followLink } from "./lab/link";
import { cellOf, showCell } from "./lab/notebooks";
import { patch } from "./lab/picture";
import { makeServices } from "./lab/services";
import { LiveSettings } from "./lab/settings";
import { Sidebar } from "./lab/sidebar";
import { Tabs } from "./lab/tabs";
import { makeTrans } from "./lab/translate";
import "./lab/lab.css";

const ID = "jupyterlab-dataview:plugin";

const explorers: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: "Explorers of images in tabs, the file browser, the launcher and a sidebar.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [
    ISettingRegistry,
    ITranslator,
    ILabShell,
    ILayoutRestorer,
    IFileBrowserFactory,
    ILauncher,
    ICommandPalette,
  ],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    files: IFileBrowserFactory | null,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
  ) => {
    const trans = makeTrans(translator);
    const settings = new LiveSettings(registry, ID);
    const tabs = new Tabs({
      app,
      root: PageConfig.getOption("serverRoot"),
      settings: () => settings.kernel,
      trans,
      chooseKernel: () => chooseKernel(app.serviceManager, trans),
    });
    bridge().setLab(makeServices(tabs, rendermime, settings, trans));

    const { shell } = app;
    const kernelOf = (explorer: ExplorerHandle) => {
      const content = tabs.tabOf(explorer)?.content;
      if (content instanceof KernelPanel) return content.kernel;
      const cell = cellOf(shell, explorer.home());
      return cell?.panel.sessionContext.session?.kernel ?? null;
    };
    const sidebar = new Sidebar({
      trans,
      whereabouts: (explorer) => {
        const cell = cellOf(shell, explorer.home());
        return cell?.panel.context.path ?? tabs.tabOf(explorer)?.content.title.caption ?? "";
      },
      inTab: (explorer) => tabs.tabOf(explorer) !== undefined,
      memory: async (explorer) => {
        const kernel = kernelOf(explorer);
        return kernel ? memoryOf(kernel) : null;
      },
      show: (explorer) => {
        const tab = tabs.tabOf(explorer);
        const cell = cellOf(shell, explorer.home());
        if (tab) shell.activateById(tab.id);
        else if (cell) showCell(shell, cell.panel, cell.index);
        else tabs.move(explorer.id);
      },
      openTab: (explorer) => tabs.move(explorer.id),
      close: (explorer) => {
        const tab = tabs.tabOf(explorer);
        if (tab?.content instanceof KernelPanel) tab.close();
        else explorer.close();
      },
      begin: () => void app.commands.execute(COMMANDS.ask),
    });
    for (const signal of [tabs.tracker.widgetAdded, tabs.tracker.currentChanged]) {
      signal.connect(() => sidebar.refresh());
    }
    shell.add(sidebar, "left", { rank: 550 });
    restorer?.add(sidebar, sidebar.id);
    const showSidebar = () => shell.activateById(sidebar.id);
    addCommands({ app, tabs, files, launcher, palette, trans, showSidebar });
    if (restorer) tabs.restore(restorer, COMMANDS.restore);

    const restored = labShell?.restored ?? app.restored;
    void Promise.all([restored, settings.ready]).then(() => followLink(tabs, trans));
  },
};

const pictures: JupyterFrontEndPlugin<void> = {
  id: "jupyterlab-dataview:picture",
  description: "Shows an explorer's static picture where its kernel is gone.",
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    app.docRegistry.addWidgetExtension("Notebook", {
      createNew: (panel) => {
        const { content } = panel as { content?: { rendermime?: IRenderMimeRegistry } };
        if (content?.rendermime) patch(content.rendermime);
      },
    });
  },
};

export default [explorers, pictures];
