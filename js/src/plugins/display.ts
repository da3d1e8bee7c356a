// What a panel has made, as something a page can show without trusting it.
import type { Output } from "./plugins";

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** A picture as a data: URI; null: there is none. In an <img>, no script of an SVG runs. */
export function picture(output: Output): string | null {
  const svg = output.data["image/svg+xml"];
  const drawn = Array.isArray(svg) ? svg.join("") : svg;
  if (typeof drawn === "string") {
    return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn)}`;
  }
  for (const mime of PICTURES) {
    const bytes = output.bytes[mime];
    if (bytes) return `data:${mime};base64,${base64(bytes)}`;
    const text = output.data[mime];
    if (typeof text === "string" && /^[A-Za-z0-9+/=\s]+$/.test(text)) {
      return `data:${mime};base64,${text.replace(/\s/g, "")}`;
    }
  }
  return null;
}

/** The richest MIME type that only JupyterLab's renderers know; null: there is none. */
export function special(output: Output): string | null {
  const found = Object.keys(output.data).filter(
    (mime) => /^application\/.+\+json$/.test(mime) && !mime.includes("jupyter.widget"),
  );
  return found[0] ?? null;
}

/** A whole page around HTML of others, in the colours of the theme. */
export function document_(html: string, dark: boolean): string {
  const [text, line] = dark ? ["#eee", "#555"] : ["#222", "#ccc"];
  const style =
    `:root{color-scheme:${dark ? "dark" : "light"}}` +
    `body{margin:8px;font:13px system-ui,sans-serif;color:${text}}` +
    `table{border-collapse:collapse}td,th{padding:2px 6px;border:1px solid ${line}}`;
  return `<!doctype html><meta charset="utf-8"><style>${style}</style>${html}`;
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(binary);
}
