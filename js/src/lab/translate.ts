// The extension's words in the person's language: language packs know them as `jupyterlab_dataview`.
import type { ITranslator } from "@jupyterlab/translation";

/** A text in the person's language; %1, %2, ... in it stand for the arguments. */
export type Trans = (text: string, ...args: (string | number)[]) => string;

/** Puts arguments into a text, each as it is. */
export function fill(text: string, args: readonly (string | number)[]): string {
  return text.replace(/%(\d)/g, (mark, number) => String(args[Number(number) - 1] ?? mark));
}

const MARKS = ["%1", "%2", "%3", "%4"];

export function makeTrans(translator: ITranslator | null): Trans {
  const bundle = translator?.load("jupyterlab_dataview");
  // JupyterLab puts in what it is given, or "undefined": the marks stand for themselves
  return (text, ...args) => fill(bundle?.__(text, ...MARKS) ?? text, args);
}
