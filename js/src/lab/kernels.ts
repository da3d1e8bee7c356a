// Which kernel an explorer is to run in: a new one of a kind, or one that runs already.
import { InputDialog } from "@jupyterlab/apputils";
import type { ServiceManager } from "@jupyterlab/services";
import type { Trans } from "./translate";

export interface KernelChoice {
  kernelId?: string;
  kernelName?: string;
}

interface Running {
  kernelId: string;
  kernelName: string;
  text: string;
}

/** The choices by what they are called; those that run come last, and no two are called alike. */
export function kernelChoices(
  specs: { name: string; display_name: string; language: string }[],
  running: Running[],
  trans: Trans,
): Map<string, KernelChoice> {
  const choices = new Map<string, KernelChoice>();
  const add = (text: string, choice: KernelChoice) => {
    let name = text;
    for (let n = 2; choices.has(name); n++) name = `${text} (${n})`;
    choices.set(name, choice);
  };
  const languages = new Map(specs.map(({ name, language }) => [name, language]));
  for (const { name, display_name, language } of specs) {
    if (language === "python") add(`${trans("New")}: ${display_name}`, { kernelName: name });
  }
  for (const { kernelId, kernelName, text } of running) {
    if ((languages.get(kernelName) ?? "python") !== "python") continue;
    add(`${trans("Running")}: ${text}`, { kernelId, kernelName });
  }
  return choices;
}

/** Asks; null where the person would rather not. */
export async function chooseKernel(
  services: ServiceManager.IManager,
  trans: Trans,
): Promise<KernelChoice | null> {
  const { kernelspecs, sessions } = services;
  await Promise.all([kernelspecs.ready, sessions.refreshRunning().catch(() => {})]);
  const specs = Object.values(kernelspecs.specs?.kernelspecs ?? {}).filter((spec) => spec != null);
  const running = [...sessions.running()].flatMap(({ kernel, path, name }) =>
    kernel ? [{ kernelId: kernel.id, kernelName: kernel.name, text: name || path }] : [],
  );
  const choices = kernelChoices(specs, running, trans);
  const { value } = await InputDialog.getItem({
    title: trans("Choose a kernel for the explorer"),
    label: trans("A kernel that runs keeps its variables, and gets the explorer as one more."),
    items: [...choices.keys()],
    okLabel: trans("Choose"),
  });
  return value === null ? null : (choices.get(value) ?? null);
}
