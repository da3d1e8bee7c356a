// What JupyterLab does for the widgets of the page; see bridge.ts.
import type { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { Widget } from "@lumino/widgets";
import type { LabServices } from "../bridge";
import type { LiveSettings } from "./settings";
import type { Tabs } from "./tabs";
import type { Trans } from "./translate";

export function makeServices(
  tabs: Tabs,
  rendermime: IRenderMimeRegistry,
  settings: LiveSettings,
  trans: Trans,
): LabServices {
  return {
    insertBelow: (code, from) => tabs.insertBelow(code, from),
    openTab: (id) => tabs.move(id),
    settings: settings.widget,
    trans,
    async render(bundle, metadata, el) {
      const data = bundle as never;
      const mime = rendermime.preferredMimeType(data, "ensure");
      if (!mime) throw new Error(`nothing to show ${Object.keys(bundle).join(", ")} with`);
      const renderer = rendermime.createRenderer(mime);
      const model = rendermime.createModel({ data, metadata: metadata as never, trusted: false });
      try {
        await renderer.renderModel(model);
      } catch (error) {
        renderer.dispose();
        throw error;
      }
      if (el.isConnected) Widget.attach(renderer, el);
      else el.append(renderer.node);
      return () => {
        renderer.dispose();
        renderer.node.remove();
      };
    },
  };
}
