import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

const text = /\.(vert|frag|glsl|svg)$/;

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  plugins: [
    {
      name: "text",
      enforce: "pre",
      load: (id) =>
        text.test(id) ? `export default ${JSON.stringify(readFileSync(id, "utf8"))}` : undefined,
    },
  ],
  test: { include: ["tests/**/*.test.{ts,tsx}"], environment: "happy-dom", passWithNoTests: true },
});
