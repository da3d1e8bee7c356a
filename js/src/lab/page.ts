// What a tab shows while there is no view in it: words, and what can be done.

export interface Page {
  text: string;
  /** All that there is to know, folded away. */
  detail?: string;
  failed?: boolean;
  actions?: { text: string; testid: string; run(): void }[];
  /** What the words behind the detail say. */
  more?: string;
}

/** The page as an element; every text in it is text. */
export function drawPage({ text, detail, failed, actions = [], more = "Details" }: Page) {
  const page = document.createElement("div");
  page.className = "dataview-page";
  page.dataset.testid = failed ? "tab-error" : "tab-waiting";
  const words = document.createElement("p");
  words.setAttribute("role", failed ? "alert" : "status");
  words.textContent = text;
  page.append(words);
  const row = document.createElement("div");
  row.className = "dataview-page-actions";
  for (const { text: label, testid, run } of actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "jp-mod-styled jp-Dialog-button";
    button.dataset.testid = testid;
    button.textContent = label;
    button.addEventListener("click", run);
    row.append(button);
  }
  if (actions.length > 0) page.append(row);
  if (detail) {
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = more;
    const all = document.createElement("pre");
    all.textContent = detail;
    details.append(summary, all);
    page.append(details);
  }
  return page;
}
