// What an explorer in a tab of its own is asked to show, and the code that its kernel runs for it.

/** Which columns hold what, as `dv.explore` takes them. */
export const ROLES = ["image", "label", "pred", "confidence", "split", "time", "id"] as const;

export type Roles = Partial<Record<(typeof ROLES)[number], string>>;

export interface Request {
  /** Paths relative to the server's root; or one absolute path or URL. */
  paths: string[];
  roles: Roles;
}

/** What of the settings a kernel is told. */
export interface KernelSettings {
  embedder: string;
  cacheLimit: string;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** True for a path that stays below the server's root, whatever it is joined with. */
export function isBelowRoot(path: string): boolean {
  if (path.startsWith("/") || path.startsWith("~") || SCHEME.test(path)) return false;
  if (path.includes("\\") || path.includes("\0")) return false;
  return !path.split("/").includes("..");
}

/** The name of a path's last part, for a title. */
export function nameOf(path: string): string {
  return path.replace(/\/+$/, "").split("/").pop() || path || "/";
}

/** A path as people write it: "./photos" is how a kernel is told that it is no URL. */
export function shownPath(path: string): string {
  return path.replace(/^\.\/(?=.)/, "");
}

/** A short text for what is shown. */
export function titleOf({ paths }: Request): string {
  return paths.length === 1 ? nameOf(paths[0]) : `${paths.length} images`;
}

/** A JSON text of ASCII characters alone. */
function ascii(value: unknown): string {
  const escaped = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, escaped);
}

/**
 * The code that shows a request: a fixed text with one string in it, whose characters are ASCII
 * and quoted as JSON quotes, which Python reads alike. Whatever is in a path stays in the string.
 */
export function codeFor(request: Request, root: string, settings: KernelSettings): string {
  const given = { ...request, root, ...settings };
  return `from dataview.tabs import open_tab\nopen_tab(${ascii(ascii(given))})`;
}

/** What a link asks for, and whether it may open without a question. */
export interface LinkRequest {
  request: Request;
  kernel: string | null;
  trusted: boolean;
}

/** The parts of a query string that are dataview's. */
export const LINK_PARTS = ["explore", "roles", "kernel", "key"];

/**
 * What the query string of JupyterLab's address asks for: `?explore=PATH&roles=JSON&kernel=NAME`.
 *
 * A path below the server's root is trusted, and so is everything with the `key` that the server
 * wrote into the page. Raises what is malformed, in words.
 */
export function parseLink(search: string, key: string, root = ""): LinkRequest | null {
  const query = new URLSearchParams(search);
  const path = query.get("explore");
  if (path === null) return null;
  if (path === "") throw new Error("?explore= names no path");
  const own = key !== "" && query.get("key") === key;
  const base = root.replace(/\/+$/, "");
  const inside = base.startsWith("/") && path.startsWith(`${base}/`);
  const relative = inside ? path.slice(base.length + 1) : path;
  return {
    request: { paths: [relative], roles: parseRoles(query.get("roles")) },
    kernel: query.get("kernel"),
    trusted: own || isBelowRoot(relative),
  };
}

function parseRoles(text: string | null): Roles {
  if (text === null) return {};
  let roles: unknown;
  try {
    roles = JSON.parse(text);
  } catch {
    throw new Error("&roles= is no JSON");
  }
  if (typeof roles !== "object" || roles === null || Array.isArray(roles)) {
    throw new Error('&roles= is no JSON object such as {"label": "species"}');
  }
  for (const [role, column] of Object.entries(roles)) {
    if (!ROLES.includes(role as never)) {
      throw new Error(`&roles= has ${JSON.stringify(role)}, expected one of ${ROLES.join(", ")}`);
    }
    if (typeof column !== "string") throw new Error(`&roles= names no column for ${role}`);
  }
  return roles as Roles;
}

const IMAGES =
  /\.(jpe?g|jpe|jfif|png|gif|bmp|dib|webp|tiff?|avif|heic|heif|jp2|j2k|ppm|pgm|pbm|pnm|ico|tga)$/i;
const CATALOGS = /\.(csv|tsv|parquet|pq|json)$/i;

/** Whether a file browser's entries can be explored together. */
export function isExplorable(items: { path: string; type: string }[]): boolean {
  if (items.length === 0) return false;
  const isImage = ({ path, type }: { path: string; type: string }) =>
    type !== "directory" && IMAGES.test(path);
  if (items.length > 1) return items.every(isImage);
  const [item] = items;
  return item.type === "directory" || isImage(item) || CATALOGS.test(item.path);
}
