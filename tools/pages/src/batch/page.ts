/** The page of a batch: what was asked, the answer, then everything that it rests on. */
import type { BatchData, Combination } from "../data";
import { copyButton, fill, h, pair, type Child } from "../dom";
import { jsonText, percentText } from "../format";
import { preferenceControls } from "../prefs";
import { t } from "../texts";
import { answerSection } from "./answer";
import { SERIES_MAX } from "./chart";
import { conditionsOf, firstMetric, isDefault, judgeCombinations, mostTelling, type Group } from "./model";
import { axisChart, ecdfChart, frontChart, type Shown } from "./plots";
import { statesSection } from "./states";
import { combinationTable } from "./table";
import { worstSection } from "./worst";

/** Ends what listens for the page before, when the language changes. */
let listening = new AbortController();

/** What the reader sees of a batch, and may change. */
class Selection {
  readonly shown: Shown = { curves: [], condition: [] };
  readonly conditions: Group[];
  /** The condition to begin with. */
  readonly start: number;

  constructor(private readonly data: BatchData, private readonly metric: number) {
    this.conditions = conditionsOf(data);
    this.start = mostTelling(data, metric);
    this.take(this.start);
  }

  take(place: number): void {
    this.shown.condition = this.conditions[place]?.combinations ?? [];
    this.shown.curves = curvesOf(this.data, this.shown.condition, this.metric);
  }
  has(curve: number): boolean {
    return this.shown.curves.includes(curve);
  }
  /** One more than there are colours takes the place of the first. */
  toggle(curve: number): void {
    const { curves } = this.shown;
    const at = curves.indexOf(curve);
    if (at >= 0) curves.splice(at, 1);
    else curves.push(curve);
    if (curves.length > SERIES_MAX) curves.shift();
  }
}

export function showBatch(root: HTMLElement, data: BatchData, redraw: () => void): void {
  listening.abort();
  listening = new AbortController();
  const { signal } = listening;
  const metric = firstMetric(data);
  const selection = new Selection(data, metric);
  const { shown, conditions, start } = selection;

  const charts = [ecdfChart(data, shown, signal), axisChart(data, shown, signal), frontChart(data, shown, signal)];
  const states = statesSection(data, () => shown.curves);
  const update = (): void => {
    charts.forEach((chart) => chart?.update());
    states?.update();
    table.update();
  };
  const table = combinationTable(data, (i) => selection.has(i), (i) => { selection.toggle(i); update(); }, signal);
  const where = whereControl(data, conditions.map((one) => one.name), start, (place) => { selection.take(place); update(); });
  const hasTimes = data.combinations.some((one) => one.connect_time);
  fill(root,
    h("header", { class: "top" },
      h("div", {}, h("p", { class: "kind" }, t("batch_kind")), h("h1", {}, data.name)), preferenceControls(redraw)),
    h("main", { class: "batch" },
      data.incomplete ? h("p", { class: "warning", role: "note" }, t("incomplete")) : null,
      asked(data), answerSection(data, metric, () => undefined), expectations(data), where,
      h("div", { class: "plots" }, hasTimes ? charts[0]?.element : null, charts[1]?.element, charts[2]?.element, states?.element),
      table.element, worstSection(data)),
    h("footer", {}, h("p", {}, `${t("version")} ${data.version} · ${t("seed")} ${data.seed}`)));
  update();
}

/** The default and the best first, then the others as the sweep has them. */
function curvesOf(data: BatchData, combinations: Combination[], metric: number): number[] {
  const best = judgeCombinations(data, combinations, metric)[0]?.combinations[0];
  const chosen = combinations.find((one) => isDefault(data, one));
  const first = [...new Set([chosen, best, ...combinations])].filter((one): one is Combination => one !== undefined);
  const places = first.slice(0, SERIES_MAX).map((one) => data.combinations.indexOf(one));
  return places.sort((a, b) => a - b);
}

function whereControl(data: BatchData, names: string[], start: number, changed: (place: number) => void): HTMLElement {
  const select = h("select", { id: "where" }, ...names.map((name, i) =>
    h("option", { value: i, selected: i === start }, name || t("always"))));
  select.addEventListener("change", () => changed(Number(select.value)));
  return h("div", { class: "controls where" },
    data.combinations.length > 0 ? h("label", {}, `${t("under")} `, select) : null,
    h("span", { class: "hint" }, t("shown_hint")));
}

function asked(data: BatchData): HTMLElement {
  const { command } = data;
  const axes = data.axes.map((axis) => h("tr", {},
    h("th", { scope: "row" }, h("code", {}, axis.path)),
    h("td", {}, axis.role === "setting" ? t("role_setting") : t("role_condition")),
    h("td", {}, axis.values.map(jsonText).join(", ")),
    h("td", {}, axis.default === null ? "–" : jsonText(axis.default))));
  return h("section", { class: "asked" },
    h("h2", {}, t("asked")),
    data.description ? h("p", { class: "description" }, data.description) : null,
    h("div", { class: "table-box" }, h("table", {},
      h("thead", {}, h("tr", {}, ...[t("axis"), "", t("values"), t("default_value")].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...axes))),
    h("dl", { class: "figures" },
      pair(t("combinations"), String(data.combinations.length)),
      pair(t("runs_each"), data.repeat),
      pair(t("in_all"), String(data.runs)),
      pair(t("seed"), String(data.seed)),
      pair(t("of_scenario"), data.scenario),
      pair(t("intervals"), percentText(data.confidence))),
    command ? h("p", {}, h("code", {}, command), " ", copyButton(() => command, t("copy"), t("copied"))) : null);
}

function expectations(data: BatchData): Child {
  if (data.expectations.length === 0) return null;
  const failed = data.expectations.filter((one) => !one.held).length;
  const word = failed === 0
    ? `✓ ${t("all_held", { n: data.expectations.length })}`
    : `✗ ${t("some_failed", { n: failed, all: data.expectations.length })}`;
  return h("details", { class: `expectations ${failed ? "bad" : "good"}`, open: failed > 0 },
    h("summary", {}, `${t("expectations")}: ${word}`),
    h("div", { class: "table-box" }, h("table", {}, h("tbody", {}, ...data.expectations.map((one) => h("tr", {},
      h("td", {}, one.held ? `✓ ${t("held")}` : `✗ ${t("failed")}`), h("td", {}, one.wanted), h("td", {}, one.seen)))))));
}
