// `?explore=` in JupyterLab's address: an explorer for whoever follows the link.
import { Dialog, showDialog } from "@jupyterlab/apputils";
import { PageConfig } from "@jupyterlab/coreutils";
import { Widget } from "@lumino/widgets";
import { complain } from "./commands";
import { LINK_PARTS, parseLink } from "./request";
import type { Tabs } from "./tabs";
import type { Trans } from "./translate";

/** The page's address without what this extension has read, so that a reload asks for nothing. */
export function cleaned(url: URL): string {
  for (const part of LINK_PARTS) url.searchParams.delete(part);
  return `${url.pathname}${url.search}${url.hash}`;
}

/** Milliseconds in which JupyterLab, as it starts, may write the address that it began with. */
const STARTING = [0, 300, 1000, 3000, 6000];

/** Takes the request out of the address, and again where JupyterLab puts it back. */
function clean(): void {
  const url = new URL(window.location.href);
  if (url.searchParams.has("explore")) history.replaceState(history.state, "", cleaned(url));
}

/** Opens what the address asks for; what a link from anywhere may not open unasked, it asks for. */
export async function followLink(tabs: Tabs, trans: Trans): Promise<void> {
  try {
    const { search } = window.location;
    if (!new URLSearchParams(search).has("explore")) return;
    for (const wait of STARTING) setTimeout(clean, wait);
    const link = parseLink(
      search,
      PageConfig.getOption("dataviewKey"),
      PageConfig.getOption("serverRoot"),
    );
    if (!link) return;
    if (!link.trusted && !(await mayOpen(link.request.paths[0], trans))) return;
    tabs.open(link.request, link.kernel ? { kernelName: link.kernel } : {});
  } catch (error) {
    complain(trans, error);
  }
}

async function mayOpen(path: string, trans: Trans): Promise<boolean> {
  const body = new Widget();
  body.node.dataset.testid = "link-question";
  const words = document.createElement("p");
  words.textContent = trans("The link that brought you here asks to explore:");
  const what = document.createElement("pre");
  what.className = "dataview-link-path";
  what.textContent = path;
  const warning = document.createElement("p");
  warning.textContent = trans(
    "It is not below the folder of this server. A kernel would read it with your rights.",
  );
  body.node.append(words, what, warning);
  const { button } = await showDialog({
    title: trans("Explore?"),
    body,
    buttons: [
      Dialog.cancelButton({ label: trans("Cancel") }),
      Dialog.okButton({ label: trans("Explore") }),
    ],
    defaultButton: 0,
  });
  return button.accept;
}
