/** Time in each state: one stacked bar a combination, with the figures beside it; TIME_WAIT apart. */
import type { BatchData, Combination } from "../data";
import { fill, h } from "../dom";
import { valueText } from "../format";
import { t } from "../texts";
import { barMarkup } from "../run/draw";
import type { Curve } from "./plots";

/** The sums over all hosts; parts of one host have a third word. */
interface StateMetric {
  index: number;
  state: string;
}
function stateMetrics(data: BatchData): StateMetric[] {
  return data.metrics.flatMap((metric, index) => {
    const match = /^time_in\.([A-Z_0-9]+)$/.exec(metric.name);
    return match ? [{ index, state: match[1] as string }] : [];
  });
}

/** Dwarfs all others, as it lasts a minute whatever the connection did. */
const APART = "TIME_WAIT";

export function statesSection(data: BatchData, curves: () => Curve[]): { element: HTMLElement; update(): void } | null {
  const metrics = stateMetrics(data).filter(({ index }) => data.combinations.some((one) => (one.values[index]?.[0] ?? 0) > 0));
  if (metrics.length === 0) return null;
  const body = h("div", { class: "state-bars" });
  const among = metrics.filter(({ state }) => state !== APART);
  const apart = metrics.filter(({ state }) => state === APART);
  const update = (): void => {
    const chosen = curves().map(({ place, name }) => ({ name, one: data.combinations[place] as Combination }));
    const most = (of: StateMetric[]): number =>
      Math.max(...chosen.map(({ one }) => of.reduce((sum, { index }) => sum + (one.values[index]?.[0] ?? 0), 0)), 1e-12);
    const bars = (of: StateMetric[]): HTMLElement[] => chosen.map(({ name, one }) => bar(name, one, of, most(of)));
    fill(body, ...(among.length > 0 ? bars(among) : []),
      ...(apart.length > 0 ? [h("div", { class: "apart" }, h("h3", {}, t("states_apart", { state: APART })), ...bars(apart))] : []));
  };
  return {
    element: h("section", { class: "plot wide", id: "plot-states" },
      h("h3", {}, t("plot_states")), body, h("p", { class: "hint" }, t("plot_states_note"))),
    update,
  };
}

function bar(name: string, one: Combination, metrics: StateMetric[], most: number): HTMLElement {
  let x = 0;
  const parts: string[] = [];
  const words: string[] = [];
  const signs: HTMLElement[] = [];
  for (const { index, state } of metrics) {
    const value = one.values[index]?.[0] ?? 0;
    if (value <= 0) continue;
    const width = (value / most) * 1000;
    parts.push(barMarkup(state, x, 0, width, 26));
    words.push(`${state} ${valueText(value, "s")}`);
    x += width;
    const sign = h("span", { class: "sign", "aria-hidden": "true" });
    sign.innerHTML = `<svg width="14" height="14">${barMarkup(state, 1, 1, 12, 12)}</svg>`;
    signs.push(h("li", {}, sign, `${state} ${valueText(value, "s")}`));
  }
  const drawing = h("div", { class: "state-bar", role: "img", "aria-label": words.join(", ") });
  drawing.innerHTML = `<svg viewBox="0 0 1000 26" preserveAspectRatio="none" width="100%" height="26">${parts.join("")}</svg>`;
  return h("div", { class: "state-row" }, h("h4", {}, name), drawing, h("ul", { class: "state-words" }, ...signs));
}
