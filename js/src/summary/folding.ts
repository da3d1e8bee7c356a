// Which groups of columns are open: what somebody chose, in any explorer, as long as the page's
// session lasts; else what `openAtFirst` says.
import { signal } from "@preact/signals";

const KEY = "dataview-open-groups";

const chosen = signal<Record<string, boolean>>(remembered());

export function isOpen(group: string, atFirst: ReadonlySet<string>): boolean {
  return chosen.value[group] ?? atFirst.has(group);
}

export function setOpen(group: string, open: boolean): void {
  chosen.value = { ...chosen.peek(), [group]: open };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(chosen.peek()));
  } catch {
    // a page without storage forgets it
  }
}

function remembered(): Record<string, boolean> {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    return Object.fromEntries(Object.entries(kept as object).map(([k, v]) => [k, v === true]));
  } catch {
    return {};
  }
}
