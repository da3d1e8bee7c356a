// Many columns in few groups: the user's own first, then what a scan found, by what it is about.

/** The groups that a scan fills, in the order in which they are shown. */
const ORDER = ["quality", "image", "file", "pixels", "color", "camera"]; // what is wrong comes first

export interface Group<T> {
  /** "": the user's own. */
  key: string;
  items: T[];
}

interface Item {
  group: string;
  kind: string;
}

/**
 * The items by their group: the user's own, the known groups, then others as they come. In "quality"
 * the flags are first.
 */
export function grouped<T extends Item>(items: readonly T[]): Group<T>[] {
  const groups = new Map<string, T[]>(["", ...ORDER].map((key) => [key, []]));
  const first = items.filter(isFlag);
  for (const item of first.length > 0 ? [...first, ...items.filter((i) => !isFlag(i))] : items) {
    const members = groups.get(item.group);
    if (members) members.push(item);
    else groups.set(item.group, [item]);
  }
  return [...groups]
    .filter(([, members]) => members.length > 0)
    .map(([key, members]) => ({ key, items: members }));
}

const isFlag = ({ group, kind }: Item) => group === "quality" && kind === "boolean";

/** Columns that are shown without being asked for. */
const ROOM = 16;

/**
 * The groups that are open until somebody folds them: the user's own and the flags, which take a line
 * each; of the others the first, as far as there is room.
 */
export function openAtFirst(groups: readonly Group<Item>[]): Set<string> {
  const open = new Set<string>();
  let room = ROOM;
  for (const { key, items } of groups) {
    const flags = items.some(isFlag);
    if (!flags) room -= items.length;
    if (key === "" || flags || room >= 0) open.add(key);
  }
  return open;
}

/** The columns whose name has every word of a search in it; the name of a group finds all of it. */
export function found<T extends Item & { text: string }>(
  columns: readonly T[],
  search: string,
): T[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return columns.filter(({ text, group }) => {
    const name = text.toLowerCase();
    return words.every((word) => name.includes(word) || (group !== "" && group.startsWith(word)));
  });
}
