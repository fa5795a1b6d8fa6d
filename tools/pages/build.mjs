// Makes page.html: one file with all scripts and styles in it, the same bytes every time.
// With --check it compares instead of writing, and fails where page.html is not what src/ makes.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

const here = dirname(fileURLToPath(import.meta.url));
const page = join(here, "page.html");
const bytesMax = 250_000;

async function bundle(entry) {
  const result = await build({
    entryPoints: [join(here, entry)],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    loader: { ".css": "css" },
  });
  return result.outputFiles[0].text.trim();
}

const shell = await readFile(join(here, "src/shell.html"), "utf8");
const css = (await bundle("src/style.css")).replaceAll("</", "<\\/");
const js = (await bundle("src/main.ts")).replaceAll("</script", "<\\/script");
const text = shell.replace("/*CSS*/", () => css).replace("/*JS*/", () => js);

const bytes = Buffer.byteLength(text);
if (bytes > bytesMax) {
  console.error(`page.html: want at most ${bytesMax} bytes, have ${bytes}`);
  process.exit(1);
}
if (process.argv.includes("--check")) {
  const committed = await readFile(page, "utf8").catch(() => "");
  if (committed !== text) {
    console.error("page.html is not what src/ makes; run: npm run build");
    process.exit(1);
  }
  console.log(`page.html is what src/ makes (${bytes} bytes)`);
} else {
  await writeFile(page, text);
  console.log(`page.html: ${bytes} bytes`);
}
