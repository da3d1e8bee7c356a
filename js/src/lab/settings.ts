// JupyterLab's settings page for dataview (schema/plugin.json), as what widgets and kernels obey.
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Settings } from "../bridge";
import type { KernelSettings } from "./request";

type Composite = { [key: string]: unknown };

const THEMES = ["auto", "light", "dark"] as const;

function within(value: unknown, least: number, most: number, otherwise: number): number {
  const isNumber = typeof value === "number" && Number.isFinite(value);
  return isNumber ? Math.min(most, Math.max(least, Math.round(value))) : otherwise;
}

/** What every widget on the page obeys. */
export function widgetSettings(given: Composite): Settings {
  const theme = THEMES.find((each) => each === given.theme) ?? "auto";
  return {
    theme,
    thumbnailSize: within(given.thumbnailSize, 28, 256, 72),
    height: within(given.height, 320, 4000, 640),
  };
}

/** What the kernel of a tab is told when it opens. */
export function kernelSettings(given: Composite): KernelSettings {
  const text = (value: unknown) => (typeof value === "string" ? value.trim() : "");
  return { embedder: text(given.embedder) || "auto", cacheLimit: text(given.cacheLimit) };
}

/** Both, as they are now; the defaults until they are loaded, and where there is no registry. */
export class LiveSettings {
  readonly widget: ReadonlySignal<Settings>;
  private readonly current = signal(widgetSettings({}));
  private composite: Composite = {};
  /** Settled when the person's settings are here. */
  readonly ready: Promise<void>;

  constructor(registry: ISettingRegistry | null, plugin: string) {
    this.widget = this.current;
    this.ready = registry ? this.load(registry, plugin) : Promise.resolve();
  }

  get kernel(): KernelSettings {
    return kernelSettings(this.composite);
  }

  private async load(registry: ISettingRegistry, plugin: string): Promise<void> {
    try {
      const settings = await registry.load(plugin);
      const take = () => {
        this.composite = settings.composite as Composite;
        this.current.value = widgetSettings(this.composite);
      };
      settings.changed.connect(take);
      take();
    } catch (error) {
      console.warn("dataview: the settings could not be loaded", error);
    }
  }
}
