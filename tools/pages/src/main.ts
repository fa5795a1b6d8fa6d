import { parsePageData, type PageData } from "./data";
import { fill, h } from "./dom";
import { startPreferences } from "./prefs";
import { t } from "./texts";
import { showRun } from "./run/page";
import { showBatch } from "./batch/page";
import { showTune } from "./tune/page";

function show(root: HTMLElement, data: PageData): void {
  const redraw = (): void => show(root, data);
  document.title = `${data.kind === "run" ? data.scenario : data.name} · Lastack`;
  if (data.kind === "run") showRun(root, data, redraw);
  else if (data.kind === "batch") showBatch(root, data, redraw);
  else showTune(root, data, redraw);
}

function showError(root: HTMLElement, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  fill(
    root,
    h("main", { class: "problem", role: "alert" },
      h("h1", {}, t("data_error")), h("p", {}, text), h("p", {}, t("data_error_hint"))),
  );
}

function start(): void {
  const root = document.getElementById("page");
  if (!root) return;
  startPreferences();
  try {
    const place = document.getElementById("data");
    const data = parsePageData(place?.textContent ?? "");
    if (place) place.textContent = ""; // megabytes that nobody needs twice
    show(root, data);
  } catch (error) {
    showError(root, error);
  }
}

start();
