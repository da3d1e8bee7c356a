// Bundles the front end.
//
//   node build.mjs widget [--watch]   src/widget.ts -> ../dataview/static/widget.js and widget.css
//   node build.mjs lab                src/lab.ts    -> lib/lab.js and lab.css, which jupyter-builder packs
//
// The widget is one ES module with everything inside: it needs no network and no CDN.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const [target, flag] = process.argv.slice(2);

const shared = {
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
  legalComments: "none",
};

const options = {
  widget: {
    ...shared,
    entryPoints: ["src/widget.ts"],
    outdir: "../dataview/static",
    minify: flag !== "--watch",
    sourcemap: flag === "--watch" ? "inline" : false,
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".glsl": "text", ".vert": "text", ".frag": "text", ".svg": "text" },
    metafile: true,
    write: flag === "--watch",
  },
  lab: {
    ...shared,
    entryPoints: ["src/lab.ts"],
    outdir: "lib",
    jsx: "automatic",
    jsxImportSource: "preact",
    external: ["@jupyterlab/*", "@lumino/*"], // JupyterLab has them
  },
}[target];

if (!options) {
  console.error("usage: node build.mjs widget [--watch] | lab");
  process.exit(2);
}

/** esbuild has printed what is wrong: a stack trace would add nothing. */
const build = () => esbuild.build(options).catch(() => process.exit(1));

if (flag === "--watch") {
  const context = await esbuild.context(options);
  await context.watch();
  console.log("watching js/src, writing ../dataview/static");
} else if (target === "widget") {
  const { outputFiles } = await build();
  rmSync(options.outdir, { recursive: true, force: true });
  mkdirSync(options.outdir, { recursive: true });
  for (const { path, contents } of outputFiles) {
    writeFileSync(path, contents);
    const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
    const name = path.split(/[\\/]/).pop();
    console.log(`${name}: ${kb(contents.length)}, ${kb(gzipSync(contents).length)} gzip`);
  }
} else {
  await build();
}
