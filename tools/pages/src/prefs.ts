/** Language and theme: the browser's, unless the reader chooses; what was chosen is kept. */
import { currentLanguage, t, useLanguage, type Language } from "./texts";
import { h } from "./dom";

export type Theme = "auto" | "light" | "dark";

/** Pages from files may be refused storage; then a choice lasts as long as the page. */
function stored(key: string): string | null {
  try {
    return localStorage.getItem(`lastack.${key}`);
  } catch {
    return null;
  }
}
function store(key: string, value: string): void {
  try {
    localStorage.setItem(`lastack.${key}`, value);
  } catch {
    /* nothing to be done */
  }
}

let theme: Theme = "auto";

export function startPreferences(): void {
  const wanted = stored("language");
  const browser: Language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  setLanguage(wanted === "en" || wanted === "zh" ? wanted : browser);
  const kept = stored("theme");
  setTheme(kept === "light" || kept === "dark" ? kept : "auto");
}

function setLanguage(language: Language): void {
  useLanguage(language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

function setTheme(wanted: Theme): void {
  theme = wanted;
  if (wanted === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = wanted;
}

/** The two switches; `redraw` makes the page anew. */
export function preferenceControls(redraw: () => void): HTMLElement {
  const languages = h(
    "select",
    { "aria-label": t("language"), id: "language" },
    h("option", { value: "en", selected: currentLanguage() === "en" }, "English"),
    h("option", { value: "zh", selected: currentLanguage() === "zh" }, "中文"),
  );
  languages.addEventListener("change", () => {
    store("language", languages.value);
    setLanguage(languages.value as Language);
    redraw();
    document.getElementById("language")?.focus();
  });
  const themes = h(
    "select",
    { "aria-label": t("theme"), id: "theme" },
    ...(["auto", "light", "dark"] as const).map((name) =>
      h("option", { value: name, selected: theme === name }, t(`theme_${name}`)),
    ),
  );
  themes.addEventListener("change", () => {
    store("theme", themes.value);
    setTheme(themes.value as Theme);
    document.dispatchEvent(new Event("themechange"));
  });
  const print = h("button", { type: "button" }, t("print"));
  print.addEventListener("click", () => window.print());
  return h("div", { class: "prefs" }, languages, themes, print);
}
