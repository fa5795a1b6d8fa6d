/** The page of a batch: the decision, what it rests on condition by condition, then everything else. */
import type { BatchData, Combination, DecisionCondition } from "../data";
import { copyButton, fill, h, pair, type Child } from "../dom";
import { jsonText, percentText } from "../format";
import { preferenceControls } from "../prefs";
import { t } from "../texts";
import { answerSection } from "./answer";
import { SERIES_MAX } from "./chart";
import { namesOf } from "./claims";
import { conditionsSection } from "./conditions";
import { conditionsOf, decidedAt, firstMetric, fullText, mostTelling, type Group } from "./model";
import { axisChart, ecdfChart, type Curve, type Shown } from "./plots";
import { statesSection } from "./states";
import { combinationTable } from "./table";
import { frontChart } from "./tradeoff";
import { worstSection } from "./worst";

/** Ends what listens for the page before, when the language changes. */
let listening = new AbortController();

/** What the reader sees of a batch, and may change. */
class Selection {
  readonly shown: Shown = { curves: [], condition: 0 };
  readonly conditions: Group[];
  /** The condition to begin with. */
  readonly start: number;

  constructor(private readonly data: BatchData) {
    this.conditions = conditionsOf(data);
    this.start = mostTelling(data, firstMetric(data));
    this.take(this.start);
  }

  take(place: number): void {
    const group = this.conditions[place];
    if (!group) return;
    const decided = decidedAt(this.data, group);
    this.shown.condition = decided ? this.data.decision.conditions.indexOf(decided) : 0;
    this.shown.curves = curvesOf(this.data, group, decided);
  }
  has(place: number): boolean {
    return this.shown.curves.some((curve) => curve.place === place);
  }
  /** One more than can be told apart takes the place of the first. */
  toggle(place: number): void {
    const { curves } = this.shown;
    const at = curves.findIndex((curve) => curve.place === place);
    if (at >= 0) curves.splice(at, 1);
    else curves.push({ place, name: fullText(this.data, this.data.combinations[place] as Combination) });
    if (curves.length > SERIES_MAX) curves.shift();
  }
}

/** A curve for each class of alike ones: the default's, then as the sweep has them. */
function curvesOf(data: BatchData, group: Group, decided: DecisionCondition | undefined): Curve[] {
  const names = namesOf(data);
  const everyone = data.decision.candidates.map((_, i) => ({ members: [i] }));
  const classes: { members: number[] }[] = decided && decided.classes.length > 0 ? decided.classes : everyone;
  const curves = classes.flatMap(({ members }) => {
    const place = members.map((i) => decided?.combinations[i]).find((one) => one !== null && one !== undefined);
    const name = names.settings.full(members) || t("always");
    return place === undefined || place === null ? [] : [{ place, name, first: members[0] as number, isDefault: members.some((i) => names.settings.isDefault(i)) }];
  });
  const kept = [...curves].sort((a, b) => Number(b.isDefault) - Number(a.isDefault)).slice(0, SERIES_MAX);
  if (kept.length > 0) return kept.sort((a, b) => a.first - b.first);
  return group.combinations.slice(0, SERIES_MAX).map((one) => ({ place: data.combinations.indexOf(one), name: fullText(data, one) }));
}

export function showBatch(root: HTMLElement, data: BatchData, redraw: () => void): void {
  listening.abort();
  listening = new AbortController();
  const { signal } = listening;
  const selection = new Selection(data);
  const { shown, conditions, start } = selection;

  const charts = [ecdfChart(data, shown, signal), frontChart(data, shown, signal), axisChart(data, shown, signal)];
  const states = statesSection(data, () => shown.curves);
  const update = (): void => {
    charts.forEach((chart) => chart?.update());
    states?.update();
    table.update();
  };
  const table = combinationTable(data, (i) => selection.has(i), (i) => { selection.toggle(i); update(); });
  const names = namesOf(data);
  const titles = conditions.map((one) => {
    const decided = decidedAt(data, one);
    return decided ? names.conditions.one(data.decision.conditions.indexOf(decided)) : one.name;
  });
  const where = whereControl(data, titles, start, (place) => { selection.take(place); update(); });
  const hasTimes = data.combinations.some((one) => one.connect_time);
  fill(root,
    h("header", { class: "top" },
      h("div", {}, h("p", { class: "kind" }, t("batch_kind")), h("h1", {}, data.name)), preferenceControls(redraw)),
    h("main", { class: "batch" },
      data.incomplete ? h("p", { class: "warning", role: "note" }, t("incomplete")) : null,
      answerSection(data), expectations(data), conditionsSection(data), where,
      h("div", { class: "plots" }, hasTimes ? charts[0]?.element : null, charts[1]?.element, charts[2]?.element, states?.element),
      table.element, worstSection(data), asked(data)),
    h("footer", {}, h("p", {}, `${t("version")} ${data.version} · ${t("seed")} ${data.seed} · ${t("confidence", { p: percentText(data.confidence) })}`,
      h("span", { class: "on-paper" }, t("print_left_out")))));
  update();
}

function whereControl(data: BatchData, names: string[], start: number, changed: (place: number) => void): HTMLElement {
  const select = h("select", { id: "where" }, ...names.map((name, i) =>
    h("option", { value: i, selected: i === start }, name || t("always"))));
  select.addEventListener("change", () => changed(Number(select.value)));
  return h("div", { class: "controls where" },
    data.combinations.length > 0 ? h("label", {}, `${t("under")} `, select) : null,
    h("span", { class: "hint" }, t("shown_hint", { n: SERIES_MAX })));
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
