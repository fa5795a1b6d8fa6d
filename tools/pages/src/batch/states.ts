/** Time in each state: one stacked bar a combination, with the figures beside it. */
import type { BatchData, Combination } from "../data";
import { fill, h } from "../dom";
import { valueText } from "../format";
import { t } from "../texts";
import { barMarkup } from "../run/draw";
import { fullText } from "./model";

/** The sums over all hosts; parts of one host have a third word. */
function stateMetrics(data: BatchData): { index: number; state: string }[] {
  return data.metrics.flatMap((metric, index) => {
    const match = /^time_in\.([A-Z_0-9]+)$/.exec(metric.name);
    return match ? [{ index, state: match[1] as string }] : [];
  });
}

export function statesSection(data: BatchData, curves: () => number[]): { element: HTMLElement; update(): void } | null {
  const metrics = stateMetrics(data);
  if (metrics.length === 0) return null;
  const body = h("div", { class: "state-bars" });
  const update = (): void => {
    const chosen = curves().map((i) => data.combinations[i] as Combination);
    const total = (one: Combination): number => metrics.reduce((sum, { index }) => sum + (one.values[index]?.[0] ?? 0), 0);
    const most = Math.max(...chosen.map(total), 1e-12);
    fill(body, ...chosen.map((one) => bar(one, most)));
  };
  const bar = (one: Combination, most: number): HTMLElement => {
    let x = 0;
    const parts: string[] = [];
    const words: string[] = [];
    for (const { index, state } of metrics) {
      const value = one.values[index]?.[0] ?? 0;
      if (value <= 0) continue;
      const width = (value / most) * 1000;
      parts.push(barMarkup(state, x, 0, width, 26));
      words.push(`${state} ${valueText(value, "s")}`);
      x += width;
    }
    const drawing = h("div", { class: "state-bar", role: "img", "aria-label": words.join(", ") });
    drawing.innerHTML = `<svg viewBox="0 0 1000 26" preserveAspectRatio="none" width="100%" height="26">${parts.join("")}</svg>`;
    const legend = h("ul", { class: "state-words" }, ...metrics.flatMap(({ index, state }) => {
      const value = one.values[index]?.[0] ?? 0;
      if (value <= 0) return [];
      const sign = h("span", { class: "sign", "aria-hidden": "true" });
      sign.innerHTML = `<svg width="14" height="14">${barMarkup(state, 1, 1, 12, 12)}</svg>`;
      return [h("li", {}, sign, `${state} ${valueText(value, "s")}`)];
    }));
    return h("div", { class: "state-row" }, h("h4", {}, fullText(data, one)), drawing, legend);
  };
  return {
    element: h("section", { class: "plot wide", id: "plot-states" },
      h("h3", {}, t("plot_states")), body, h("p", { class: "hint" }, t("plot_states_note"))),
    update,
  };
}
