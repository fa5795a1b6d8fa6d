/** The answer in words and by condition, all of it computed from the estimates. */
import type { BatchData, Estimate, Metric } from "../data";
import { fill, h } from "../dom";
import { intervalText, percentText, valueText } from "../format";
import { t } from "../texts";
import { conditionsOf, judgeCombinations, judgeSettings, overlap, roleAxes, settingsOf, type Judged } from "./model";

const NAMES_MAX = 6;
const ROWS_MAX = 60;

const withInterval = (estimate: Estimate, metric: Metric): string =>
  `${valueText(estimate[0], metric.unit)} (${intervalText(estimate[1], estimate[2], metric.unit)})`;

export function answerSection(data: BatchData, first: number, changed: (metric: number) => void): HTMLElement {
  const body = h("div", { "aria-live": "polite" });
  const choice = h("select", { id: "decide" }, ...data.metrics.flatMap((metric, i) =>
    metric.better === null ? [] : [h("option", { value: i, selected: i === first }, metric.name)]));
  const draw = (metric: number): void => fill(body, words(data, metric), table(data, metric));
  choice.addEventListener("change", () => {
    draw(Number(choice.value));
    changed(Number(choice.value));
  });
  draw(first);
  return h("section", { class: "answer", id: "answer" },
    h("div", { class: "answer-head" }, h("h2", {}, t("answer")),
      h("label", {}, `${t("decide_by")} `, choice)),
    body);
}

function words(data: BatchData, index: number): HTMLElement {
  const metric = data.metrics[index] as Metric;
  const sentences = roleAxes(data, "setting").length === 0
    ? withoutSettings(data, index)
    : [...ofSettings(judgeSettings(data, index), metric), ...leftOut(data, index)];
  const conditions = conditionsOf(data).length;
  const direction = metric.better === "more" ? t("ans_direction_more") : t("ans_direction_less");
  const small = [`${metric.name}: ${direction}`, t("confidence", { p: percentText(data.confidence) })];
  if (conditions > 1 && roleAxes(data, "setting").length > 0) small.unshift(t("ans_over", { n: conditions }));
  return h("div", {}, h("p", { class: "lead" }, sentences.join(" ")), h("p", { class: "hint" }, small.join(" · ")));
}

function ofSettings(judged: Judged[], metric: Metric): string[] {
  const best = judged[0];
  if (!best) return [t("ans_none", { metric: metric.name })];
  const chosen = judged.find((one) => one.isDefault);
  const equal = judged.filter((one) => overlap(one.estimate, best.estimate));
  if (equal.length === judged.length) {
    return [t("ans_same"), t("ans_best", { metric: metric.name, setting: best.name, value: withInterval(best.estimate, metric) })];
  }
  const sentences: string[] = [];
  const lead = chosen && equal.includes(chosen) ? chosen : best;
  if (lead === chosen) {
    sentences.push(t("ans_default_best", { setting: chosen.name, value: withInterval(chosen.estimate, metric) }));
  } else {
    sentences.push(t("ans_best", { metric: metric.name, setting: best.name, value: withInterval(best.estimate, metric) }));
    sentences.push(chosen
      ? t("ans_default", { setting: chosen.name, value: withInterval(chosen.estimate, metric) })
      : t("ans_no_default"));
  }
  const others = equal.filter((one) => one !== lead);
  if (others.length > 0) {
    sentences.push(t("ans_as_good", { list: listed(others.map((one) => one.name)) }));
  }
  return sentences;
}

/** Settings that have no average, which is shown only where others have one. */
function leftOut(data: BatchData, index: number): string[] {
  const judged = new Set(judgeSettings(data, index).map((one) => one.name));
  const names = settingsOf(data).map((group) => group.name).filter((name) => !judged.has(name));
  return judged.size === 0 || names.length === 0 ? [] : [t("ans_left_out", { list: listed(names) })];
}

function listed(names: string[]): string {
  const shown = names.slice(0, NAMES_MAX);
  if (names.length > NAMES_MAX) shown.push(t("and_more", { n: names.length - NAMES_MAX }));
  return shown.join("; ");
}

function withoutSettings(data: BatchData, index: number): string[] {
  const metric = data.metrics[index] as Metric;
  const judged = judgeCombinations(data, data.combinations, index)
    .sort((a, b) => a.estimate[0] - b.estimate[0]);
  const [low, high] = [judged[0], judged[judged.length - 1]];
  if (!low || !high) return [t("ans_none", { metric: metric.name })];
  return [t("ans_no_setting", {
    metric: metric.name, low: valueText(low.estimate[0], metric.unit), a: low.name,
    high: valueText(high.estimate[0], metric.unit), b: high.name,
  })];
}

/** Where conditions vary: the best and the default under each. */
function table(data: BatchData, index: number): HTMLElement | null {
  const conditions = conditionsOf(data);
  if (conditions.length < 2 || roleAxes(data, "setting").length === 0) return null;
  const metric = data.metrics[index] as Metric;
  const rows = conditions.slice(0, ROWS_MAX).map((condition) => {
    const judged = judgeCombinations(data, condition.combinations, index);
    const best = judged[0];
    const chosen = judged.find((one) => one.isDefault);
    const cell = (one: Judged | undefined, name: boolean): HTMLElement =>
      h("td", {}, one ? `${name ? `${one.name}: ` : ""}${withInterval(one.estimate, metric)}` : t("no_value"));
    return h("tr", {},
      h("th", { scope: "row" }, condition.name), cell(best, true), cell(chosen, false),
      h("td", {}, best && chosen ? verdict(best, chosen) : ""));
  });
  const more = conditions.length - rows.length;
  if (more > 0) rows.push(h("tr", {}, h("td", { colspan: 4 }, t("ans_more", { n: more }))));
  return h("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": t("answer") }, h("table", {},
    h("thead", {}, h("tr", {}, ...[t("under"), t("best"), t("default_"), t("difference")].map((name) =>
      h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...rows)));
}

const verdict = (best: Judged, chosen: Judged): string =>
  overlap(best.estimate, chosen.estimate) ? `≈ ${t("ans_noise")}` : `≠ ${t("ans_beats")}`;
