// A saved notebook shows the static picture of an explorer whose kernel is gone, where the widget
// renderer alone writes "Error displaying widget: model not found".
//
// The widget itself needs none of this. An explorer's output is a bundle of the widget, a PNG
// and the text "Explorer(...)"; here the renderer of the first is watched, and while it holds
// text instead of a view, the second is put in its place.
import type { IRenderMime, IRenderMimeRegistry } from "@jupyterlab/rendermime";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const PICTURE = "image/png";

/** How long "Loading widget..." may stand before the picture does, in milliseconds. */
const PATIENCE = 1500;

/** The picture in the output of an explorer as a data URI, or null for any other output. */
export function pictureOf(data: IRenderMime.IMimeModel["data"]): string | null {
  const text = data["text/plain"];
  const picture = data[PICTURE];
  if (typeof picture !== "string" || typeof text !== "string") return null;
  return text.startsWith("Explorer(") ? `data:${PICTURE};base64,${picture}` : null;
}

function figure(src: string): HTMLElement {
  const element = document.createElement("figure");
  element.className = "dataview-static";
  element.style.margin = "0";
  const image = document.createElement("img");
  image.src = src;
  image.alt = "the view as it was when the notebook was saved";
  image.style.maxWidth = "100%";
  const caption = document.createElement("figcaption");
  caption.textContent = "run the cell to explore";
  caption.style.cssText = "color: var(--jp-ui-font-color2); font-size: var(--jp-ui-font-size1)";
  element.append(image, caption);
  return element;
}

/** Keeps `node` showing the picture while it has no view. Returns what ends that. */
export function standIn(node: HTMLElement, src: string, patience = PATIENCE): () => void {
  const picture = figure(src);
  let timer: ReturnType<typeof setTimeout> | undefined;

  const show = () => {
    const hasView = [...node.children].some((child) => child !== picture);
    if (!hasView) node.replaceChildren(picture);
  };
  let held = false; // it has shown a view
  const update = () => {
    clearTimeout(timer);
    const others = [...node.childNodes].filter((child) => child !== picture);
    const viewed = others.some((child) => child instanceof Element);
    held ||= viewed;
    if (viewed) picture.remove();
    else if (others.some((child) => child.textContent?.startsWith("Error"))) show();
    else if (others.length > 0 || held) timer = setTimeout(show, patience);
  };

  const observer = new MutationObserver(update);
  observer.observe(node, { childList: true });
  update();
  return () => {
    observer.disconnect();
    clearTimeout(timer);
    picture.remove();
  };
}

/** Makes every widget renderer that `rendermime` creates from now on stand in for an explorer. */
export function patch(rendermime: Pick<IRenderMimeRegistry, "createRenderer">): void {
  const create = rendermime.createRenderer;
  rendermime.createRenderer = function (this: IRenderMimeRegistry, mimeType) {
    const renderer = create.call(this, mimeType);
    if (mimeType !== WIDGET) return renderer;
    const render = renderer.renderModel;
    let end: (() => void) | undefined;
    renderer.renderModel = function (this: IRenderMime.IRenderer, model) {
      end?.();
      const rendered = render.call(this, model);
      const src = pictureOf(model.data);
      end = src === null ? undefined : standIn(renderer.node, src);
      return rendered;
    };
    renderer.disposed.connect(() => end?.());
    return renderer;
  };
}
