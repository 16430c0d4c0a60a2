import { copyFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

const target = process.env.PLAIT_UI_OUT ?? resolve(import.meta.dirname, "../src/plait/ui/static");

/** One classic script and one style sheet, so that an exported site opens from a file; Plotly beside them. */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: target,
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    lib: { entry: "src/main.tsx", formats: ["iife"], name: "plaitUi", fileName: () => "app.js", cssFileName: "app" },
  },
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [
    {
      name: "beside-the-script",
      closeBundle() {
        copyFileSync("index.html", resolve(target, "index.html"));
        copyFileSync("node_modules/plotly.js-dist-min/plotly.min.js", resolve(target, "plotly.min.js"));
      },
    },
  ],
});
