// What the tests need: the program, the browser, page data of real runs. Says what is missing and
// ends with 77, which CTest counts as skipped.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "../..");
export const report = join(root, "tools/pages");
export const work = mkdtempSync(join(tmpdir(), "lastack-pages-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(77);
}

const require = createRequire(join(report, "package.json"));
export function need(module) {
  try {
    return require(module);
  } catch {
    return skip(`${module} is not installed; run: npm ci, in tools/pages`);
  }
}

const program = process.argv[2] ?? process.env.LASTACK ?? join(root, "build/release/lastack");
export function needProgram() {
  if (!existsSync(program)) skip(`no program at ${program}; build it, or set LASTACK`);
  return program;
}

export async function needBrowser() {
  const { chromium } = need("playwright-core");
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = places.find((place) => place && existsSync(place));
  if (!executablePath) skip("there is no Chromium; install it (Debian: apt-get install chromium)");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

const lastack = (...args) => execFileSync(needProgram(), args, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });

/** What a page is filled with. */
function dataOf(html) {
  return JSON.parse(/<script id="data" type="application\/json">(.*?)<\/script>/s.exec(readFileSync(html, "utf8"))[1]);
}

/** Runs a scenario of the catalogue, or one given as an object. */
export function runPage(name, scenario) {
  const file = typeof scenario === "string" ? join(root, "scenarios", scenario) : join(work, `${name}.scenario.json`);
  if (typeof scenario !== "string") writeFileSync(file, JSON.stringify(scenario));
  const at = (end) => join(work, name + end);
  lastack("run", file, "-q", "--trace", at(".html"), "--trace", at(".txt"));
  return { html: at(".html"), data: dataOf(at(".html")), text: readFileSync(at(".txt"), "utf8") };
}

/** Runs a sweep given as an object. */
export function batchPage(name, sweep) {
  const at = (end) => join(work, name + end);
  writeFileSync(at(".sweep.json"), JSON.stringify(sweep));
  lastack("sweep", at(".sweep.json"), "--db", at(".sqlite"), "-q");
  lastack("report", at(".sqlite"), "-o", at(".html"));
  return { html: at(".html"), data: dataOf(at(".html")) };
}

/** Searches for the best of an objective given as an object; one that nobody meets has its page too. */
export function tunePage(name, objective) {
  const at = (end) => join(work, name + end);
  writeFileSync(at(".objective.json"), JSON.stringify(objective));
  try {
    lastack("tune", at(".objective.json"), "-q", "--page", at(".html"));
  } catch (error) {
    if (error.status !== 1) throw error;
  }
  return { html: at(".html"), data: dataOf(at(".html")) };
}

/** A page around data of the test's own making. */
export function pageOf(name, text) {
  const page = readFileSync(join(report, "page.html"), "utf8");
  const place = '<script id="data" type="application/json">null</script>';
  const html = join(work, `${name}.html`);
  writeFileSync(html, page.replace(place, () => place.replace("null", () => text.replaceAll("</", "<\\/"))));
  return html;
}

/** A module of the page, as the browser gets it but without one. */
export async function moduleOf(path) {
  const { build } = need("esbuild");
  const out = join(work, `${path.replaceAll("/", "_")}.mjs`);
  await build({ entryPoints: [join(report, "src", path)], bundle: true, format: "esm", outfile: out, logLevel: "error" });
  return import(out);
}
