// The widget's own code, as the kernel's version of dataview has it: loaded as anywidget loads it.
import type { Model } from "../traits";

interface Widget {
  initialize(props: { model: Model }): () => void;
}

const loaded = new Map<string, Promise<{ default(): Widget }>>();

/** Puts the styles of a widget into the page, once, under the name that anywidget gives them. */
function addStyles(css: string, id: string): void {
  const there = document.querySelector(`style[id='${CSS.escape(id)}']`);
  if (there) {
    if (there.textContent !== css) there.textContent = css;
    return;
  }
  const style = document.createElement("style");
  style.id = id;
  style.textContent = css;
  document.head.append(style);
}

function importText(text: string): Promise<{ default(): Widget }> {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return import(/* webpackIgnore: true */ url).finally(() => URL.revokeObjectURL(url));
}

/** Makes the explorer of a model, without a view; the result ends it. */
export async function makeExplorer(model: Model): Promise<() => void> {
  const code = String(model.get("_esm") ?? "");
  const css = String(model.get("_css") ?? "");
  if (!code) throw new Error("the kernel sent no front end");
  if (css) addStyles(css, String(model.get("_anywidget_id") ?? "dataview"));
  let module = loaded.get(code);
  if (!module) {
    module = importText(code);
    loaded.set(code, module);
    module.catch(() => loaded.delete(code));
  }
  return (await module).default().initialize({ model });
}
