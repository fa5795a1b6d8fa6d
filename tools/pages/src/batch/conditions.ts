/** A table for each condition: who is alike in one row, a column for each figure that is known there.
 * Nothing here is a mean over conditions. */
import type { Alike, BatchData, DecisionCondition, DecisionFigure } from "../data";
import { h } from "../dom";
import { intervalText, valueText } from "../format";
import { t } from "../texts";
import { figureTitle, namesOf, rangeText, type Names } from "./claims";

const TABLES = 12;

type Cell = [number | null, number | null, number | null] | null;

/** "99.8 %", or from where to where of several; their intervals together below. */
function cellOf(cells: Cell[], figure: DecisionFigure): HTMLElement {
  const kind = `number ${figure.kind}`;
  const known = cells.filter((cell): cell is [number | null, number | null, number | null] => cell !== null);
  if (known.length === 0) return h("td", { class: kind }, "–");
  const values = known.map(([value]) => value);
  const numbers = values.filter((value): value is number => value !== null);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)].map((value) => valueText(value, figure.unit));
  const text = numbers.length === 0 ? t("never") : low === high ? String(low) : rangeText(String(low), String(high));
  const lows = known.map(([, one]) => one);
  const highs = known.map(([, , one]) => one);
  const bounded = numbers.length === values.length && [...lows, ...highs].every((one) => one !== null);
  return h("td", { class: kind }, numbers.length > 0 && numbers.length < values.length ? `${text}; ${t("never")}` : text,
    bounded ? interval(Math.min(...(lows as number[])), Math.max(...(highs as number[])), figure) : null);
}

const NARROW = 0.01;

/** None where it is hardly wider than the figure is shown. No figure is below 0. */
function interval(low: number, high: number, figure: Pick<DecisionFigure, "unit">): HTMLElement | null {
  const narrow = figure.unit !== "share" && high - low <= NARROW * high;
  return narrow ? null : h("small", {}, intervalText(Math.max(0, low), high, figure.unit));
}

/** Those in the first group of every outcome. */
function isBest(data: BatchData, condition: DecisionCondition, candidate: number): boolean {
  return data.decision.figures.every((figure, f) =>
    figure.kind === "cost" || !condition.groups[f]?.[0] || condition.groups[f]?.[0]?.members.includes(candidate));
}

interface Column {
  figure: DecisionFigure;
  f: number;
}
/** Those that say something here: shares, and what is not 0 everywhere. */
function columnsOf(data: BatchData, condition: DecisionCondition): Column[] {
  return data.decision.figures.flatMap((figure, f) => {
    const known = (condition.cells[f] ?? []).filter((cell) => cell !== null);
    return known.some((cell) => figure.unit === "share" || cell?.[0] !== 0) ? [{ figure, f }] : [];
  });
}

function liveTable(data: BatchData, condition: DecisionCondition, names: Names): HTMLElement {
  const shown = columnsOf(data, condition);
  const row = (alike: Alike): HTMLElement => {
    const best = isBest(data, condition, alike.members[0] as number) && condition.classes.length > 1;
    return h("tr", { class: best ? "best" : "" },
      h("th", { scope: "row" }, `${names.settings.row(alike.members) || t("always")}${best ? " ✓" : ""}`,
        alike.shown ? null : h("small", {}, t("not_told_apart"))),
      ...shown.map(({ figure, f }) => cellOf(alike.members.map((i) => condition.cells[f]?.[i] ?? null), figure)));
  };
  return tableOf(data, shown.map(({ figure }) => h("th", { scope: "col", class: `number ${figure.kind}` }, figureTitle(figure))), condition.classes.map(row));
}

function deadTable(data: BatchData, condition: DecisionCondition, place: number, names: Names): HTMLElement {
  const claim = data.decision.claims.find((one) => one.kind === "gives_up" && one.conditions.includes(place));
  const steps = claim?.steps ?? [];
  const rows = steps.map((step) => {
    const text = step.least === null ? "–" : valueText(step.least, "s");
    const known = step.candidates.flatMap((i) => condition.give_up[i] ?? []);
    const bounded = known.every((one) => one.low !== null && one.high !== null);
    return h("tr", {}, h("th", { scope: "row" }, names.settings.row(step.candidates)),
      h("td", { class: "number" }, step.at_least ? t("at_least", { x: text }) : text,
        bounded ? interval(Math.min(...known.map((one) => one.low as number)), Math.max(...known.map((one) => one.high as number)), { unit: "s" }) : null));
  });
  return rows.length > 0 ? tableOf(data, [h("th", { scope: "col", class: "number" }, t("fig_gives_up"))], rows) : h("p", { class: "hint" }, t("claim_dead_unknown", { where: "" }).trim());
}

function tableOf(data: BatchData, heads: HTMLElement[], rows: HTMLElement[]): HTMLElement {
  const first = namesOf(data).settings.order();
  return h("div", { class: "fit" }, h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, first), ...heads)),
    h("tbody", {}, ...rows)));
}

export function conditionsSection(data: BatchData): HTMLElement | null {
  const { conditions, candidates } = data.decision;
  if (candidates.length === 0 || conditions.every((one) => one.cells.length === 0)) return null;
  const names = namesOf(data);
  const card = (condition: DecisionCondition, i: number): HTMLElement =>
    h("section", { class: condition.dead ? "condition dead" : "condition" }, h("h3", {}, names.conditions.one(i) || t("always")),
      condition.dead ? deadTable(data, condition, i, names) : liveTable(data, condition, names));
  const widest = Math.max(...conditions.map((one) => columnsOf(data, one).filter(({ figure }) => figure.kind === "outcome").length));
  const cards = h("div", { class: `cards ${widest > 3 ? "wide" : widest > 2 ? "half" : ""}` }, ...conditions.slice(0, TABLES).map(card));
  const more = h("button", { type: "button" }, t("ans_more", { n: conditions.length - TABLES }));
  more.addEventListener("click", () => {
    cards.append(...conditions.slice(TABLES).map((one, i) => card(one, i + TABLES)));
    more.remove();
  });
  return h("section", { id: "conditions" }, h("h2", {}, t("by_condition")), cards, conditions.length > TABLES ? more : null);
}
