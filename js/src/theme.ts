// Whether the page is dark, by the colour that the widget really has.
import { type ReadonlySignal, signal } from "@preact/signals";

const darkness = signal(false);

/** True on a dark page: for colours that CSS cannot give, those on a canvas. */
export const dark: ReadonlySignal<boolean> = darkness;

/** Follows the theme of the page that `root` is on; returns what ends that. */
export function watchTheme(root: HTMLElement): () => void {
  const look = () => {
    const channels = getComputedStyle(root)
      .backgroundColor.match(/[\d.]+/g)
      ?.map(Number);
    if (!channels || channels.length < 3 || !root.isConnected) return;
    const [r, g, b] = channels;
    darkness.value = 0.299 * r + 0.587 * g + 0.114 * b < 128;
  };
  // A theme is a change of attributes on the body, and of stylesheets that may come later.
  const observer = new MutationObserver(() => {
    look();
    setTimeout(look, 300);
  });
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true });
  }
  observer.observe(root, { attributeFilter: ["data-theme"] }); // the setting of JupyterLab
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", look);
  const first = requestAnimationFrame(look);
  return () => {
    observer.disconnect();
    media.removeEventListener("change", look);
    cancelAnimationFrame(first);
  };
}
