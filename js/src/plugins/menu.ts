// The plugins in the menus of the header: choosing one that has not run yet runs it.
import type { Store } from "../store";
import type { Kind } from "./plugins";

const TITLES: Partial<Record<Kind, string>> = {
  clusterer: "run a clusterer",
  sorter: "run a sorter",
  projector: "run a projector",
  embedder: "run an embedder",
};
const MARK = "run\u0000"; // no column's number and no map's name begins so

/** Those of a kind whose result is not there, or is out of date, as a group of options. */
export function runnable(store: Store, kind: Kind) {
  const options = store.plugins
    .of(kind)
    .filter(({ columns, maps = [], stale }) => stale || (columns.length === 0 && maps.length === 0))
    .map(({ name }) => ({ value: `${MARK}${kind}\u0000${name}`, text: name }));
  return options.length > 0 ? [{ title: TITLES[kind] ?? kind, options }] : [];
}

/** Runs what an option of `runnable` means; false where it is another option. */
export function runOption(store: Store, value: string): boolean {
  if (!value.startsWith(MARK)) return false;
  const [, kind, name] = value.split("\u0000");
  const plugin = store.plugins.find(kind as Kind, name);
  if (plugin) store.plugins.run(plugin);
  return true;
}
