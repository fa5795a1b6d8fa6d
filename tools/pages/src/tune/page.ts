/** The page of a search: the decision, what each limit and goal came to, the trade-off, all candidates. */
import type { TuneCandidate, TuneCell, TuneData, TuneWish } from "../data";
import { fill, h, pair } from "../dom";
import { intervalText, jsonText, percentText, valueText } from "../format";
import { preferenceControls } from "../prefs";
import { t, type TextKey } from "../texts";
import { SettingNames } from "../batch/names";
import { tradeOffChart, type Measure, type TradeOff } from "../batch/tradeoff";

const ROWS = 30;
const LIST_MAX = 4;

let listening = new AbortController();

export const tuneNames = (data: TuneData): SettingNames => new SettingNames(data.axes, data.candidates.map((one) => one.at));

/** "connect_ok under 5 % loss". */
export const wishName = (wish: TuneWish): string => (wish.under === "" ? wish.metric : t("wish_under", { metric: wish.metric, under: wish.under }));

/** "at least 99.9 %", "as small as can be". */
export function wishText(wish: TuneWish): string {
  if (wish.kind === "goal") return t(wish.direction === "minimize" ? "wish_least" : "wish_most");
  const [min, max] = [wish.min, wish.max].map((bound) => (bound === null ? null : valueText(bound, wish.unit)));
  if (min !== null && max !== null) return t("range_to", { a: String(min), b: String(max) });
  return min !== null ? t("at_least", { x: String(min) }) : t("at_most", { x: String(max) });
}

export function cellText(cell: TuneCell, wish: TuneWish): string {
  if (cell.value === null) return "–";
  const value = valueText(cell.value, wish.unit);
  return cell.low === null || cell.high === null ? value : `${value} (${intervalText(cell.low, cell.high, wish.unit)})`;
}

const standingText = (cell: TuneCell): string =>
  cell.standing === "met" ? `✓ ${t("limit_met")}` : cell.standing === "broken" ? `✗ ${t("limit_broken")}` : `? ${t("limit_open")}`;

/** How a limit that is not met is missed. */
export function missText(data: TuneData, candidate: TuneCandidate, i: number): string {
  const [wish, cell] = [data.wishes[i] as TuneWish, candidate.cells[i] as TuneCell];
  const facts = { name: wishName(wish), wanted: wishText(wish), seen: cellText(cell, wish) };
  if (cell.standing === "broken") return t("limit_missed", { ...facts, by: percentText(Number(cell.shortfall.toPrecision(2))) });
  return t("limit_not_decided", facts);
}

/** The decision in sentences: the first is the answer. */
export function tuneSentences(data: TuneData): string[] {
  const names = tuneNames(data);
  const goals = data.wishes.filter((wish) => wish.kind === "goal");
  const withFate = (fate: TuneCandidate["fate"]): number[] => data.order.filter((i) => data.candidates[i]?.fate === fate);
  const list = (members: number[]): string => {
    const shown = members.slice(0, LIST_MAX).map((i) => names.full([i]));
    const rest = members.length - shown.length;
    return rest > 0 ? `${shown.join("; ")}; ${t("and_more", { n: rest })}` : shown.join("; ");
  };
  const [best, ...others] = data.front;
  if (best === undefined) {
    const nearest = data.nearest ?? 0;
    const candidate = data.candidates[nearest] as TuneCandidate;
    const missed = data.wishes.flatMap((wish, i) => (wish.kind === "limit" && candidate.cells[i]?.standing !== "met" ? [missText(data, candidate, i)] : []));
    return [t("tune_none", { s: names.full([nearest]) }), ...missed];
  }
  const sentences: string[] = [];
  const limits = data.wishes.length > goals.length;
  if (goals.length > 1 && others.length > 0) sentences.push(t(limits ? "tune_front" : "tune_front_free", { n: data.front.length }));
  else sentences.push(t(limits ? "tune_best" : "tune_best_free", { s: names.full([best]) }));
  if (goals.length > 1 && others.length > 0) sentences.push(...data.front.slice(0, 2 * LIST_MAX).map((i) => frontText(data, i, names)));
  else if (others.length > 0) sentences.push(t("tune_not_told", { list: list(others) }));
  const asGood = withFate("as_good");
  if (asGood.length > 0) sentences.push(t("tune_as_good", { list: list(asGood), p: percentText(data.precision) }));
  const open = withFate("open");
  if (open.length > 0) sentences.push(t("tune_open", { list: list(open) }));
  return sentences;
}

/** One of the front: what it comes to by each goal. */
function frontText(data: TuneData, candidate: number, names: SettingNames): string {
  const values = data.wishes.flatMap((wish, i) =>
    wish.kind === "goal" ? [`${wishName(wish)} ${cellText(data.candidates[candidate]?.cells[i] as TuneCell, wish)}`] : []);
  return `${names.full([candidate])}: ${values.join("; ")}.`;
}

function answer(data: TuneData): HTMLElement {
  const [lead, ...rest] = tuneSentences(data);
  const lives = (fate: TuneCandidate["fate"]): number => data.candidates.filter((one) => one.fate === fate).length;
  const facts = t("tune_cost", { n: data.candidates.length, runs: data.runs, looks: data.looks, grid: data.grid_runs, p: percentText(data.confidence) });
  const out = t("tune_out", { limits: lives("over_limit"), worse: lives("worse") });
  return h("section", { class: "answer", id: "answer" }, h("h2", {}, t("answer")),
    h("p", { class: "lead" }, lead ?? ""),
    rest.length > 0 ? h("ul", { class: "claims" }, ...rest.map((text) => h("li", {}, text))) : null,
    h("p", { class: "hint" }, `${out} ${facts}`));
}

/** What the best, or the nearest, comes to by each limit and goal. */
function achieved(data: TuneData): HTMLElement {
  const chosen = data.front[0] ?? data.nearest ?? 0;
  const candidate = data.candidates[chosen] as TuneCandidate;
  const rows = data.wishes.map((wish, i) => {
    const cell = candidate.cells[i] as TuneCell;
    return h("tr", {}, h("td", {}, wish.kind === "limit" ? standingText(cell) : t("goal")), h("th", { scope: "row" }, wishName(wish)),
      h("td", {}, wishText(wish)), h("td", { class: "number" }, cellText(cell, wish)), h("td", { class: "number" }, String(cell.runs)));
  });
  return h("section", { id: "achieved" }, h("h2", {}, t("achieved_by", { s: tuneNames(data).full([chosen]) })),
    h("div", { class: "fit" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, ""), ...[t("metric"), t("wanted")].map((name) => h("th", { scope: "col" }, name)),
        h("th", { scope: "col", class: "number" }, t("seen")), h("th", { scope: "col", class: "number" }, t("runs")))),
      h("tbody", {}, ...rows))));
}

/** Figures without a value anywhere are no columns. */
const wishesShown = (data: TuneData): number[] =>
  data.wishes.flatMap((_, i) => (data.candidates.some((one) => one.cells[i]?.value !== null) ? [i] : []));

/** A name that may be broken where it has an underscore. */
const breakable = (name: string): (Node | string)[] =>
  name.split("_").flatMap((part, i): (Node | string)[] => (i === 0 ? [part] : [h("wbr"), `_${part}`]));

function whyText(data: TuneData, place: number): string {
  const candidate = data.candidates[place] as TuneCandidate;
  if (candidate.fate === "best" && data.wishes.filter((wish) => wish.kind === "goal").length > 1) return t("fate_front");
  const by = candidate.beaten_by === null ? "" : tuneNames(data).short(candidate.beaten_by);
  if (candidate.fate === "over_limit") {
    const broken = candidate.cells.flatMap((cell, i) => (cell.standing === "broken" ? [wishName(data.wishes[i] as TuneWish)] : []));
    return t("fate_over_limit", { list: broken.join("; ") });
  }
  return t(`fate_tune_${candidate.fate}` as TextKey, { by });
}

function candidates(data: TuneData): HTMLElement {
  const shown = wishesShown(data);
  const row = (place: number): HTMLElement => {
    const candidate = data.candidates[place] as TuneCandidate;
    return h("tr", { class: candidate.fate === "best" ? "chosen" : candidate.fate === "open" ? "" : "out" },
      ...data.axes.map((axis, k) => h("td", { class: "number" }, jsonText(axis.values[candidate.at[k] ?? 0] ?? null))),
      ...shown.map((i) => cell(candidate.cells[i] as TuneCell, data.wishes[i] as TuneWish)),
      h("td", { class: "number" }, String(candidate.runs)), h("td", {}, whyText(data, place)));
  };
  const body = h("tbody", {}, ...data.order.slice(0, ROWS).map(row));
  const left = data.order.length - ROWS;
  const more = h("button", { type: "button" }, t("more_rows"));
  more.addEventListener("click", () => {
    body.append(...data.order.slice(ROWS).map(row));
    more.remove();
  });
  return h("section", { id: "candidates" }, h("h2", {}, t("all_candidates", { n: data.candidates.length })),
    h("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": t("all_candidates", { n: data.candidates.length }) }, h("table", {},
      h("thead", {}, h("tr", {}, ...data.axes.map((axis) => h("th", { scope: "col", class: "number" }, ...breakable(axis.name))),
        ...shown.map((i) => h("th", { scope: "col", class: "number wish" }, wishName(data.wishes[i] as TuneWish), h("small", {}, wishText(data.wishes[i] as TuneWish)))),
        h("th", { scope: "col", class: "number" }, t("runs")), h("th", { scope: "col" }, ""))), body)),
    left > 0 ? more : null, h("p", { class: "hint on-paper" }, t("print_candidates")));
}

function cell(one: TuneCell, wish: TuneWish): HTMLElement {
  const mark = wish.kind === "goal" || one.standing === "met" ? "" : one.standing === "broken" ? " ✗" : " ?";
  const bounded = one.value !== null && one.low !== null && one.high !== null;
  return h("td", { class: `number ${one.standing}` }, one.value === null ? "–" : `${valueText(one.value, wish.unit)}${mark}`,
    bounded ? h("small", {}, intervalText(one.low as number, one.high as number, wish.unit)) : null);
}

/** Two goals against each other; a goal against the first limit where there is but one. */
function tradeOffOf(data: TuneData): TradeOff {
  const names = tuneNames(data);
  const lessIsBetter = (wish: TuneWish): boolean => (wish.kind === "goal" ? wish.direction === "minimize" : wish.max !== null);
  return {
    measures: data.wishes.map((wish): Measure => ({ name: wishName(wish), unit: wish.unit, better: lessIsBetter(wish) ? "less" : "more", tolerance: 0 })),
    points: data.candidates.flatMap((one, i) => (one.fate === "over_limit" ? [] : [{
      name: names.full([i]), label: names.short(i), alike: i, values: one.cells.map((cell) => cell.value),
      verdict: { onFront: one.fate === "best" || one.fate === "open", text: whyText(data, i) },
    }])),
    isOutcome: () => false,
  };
}

function firstOf(data: TuneData): [number, number] {
  const goals = data.wishes.flatMap((wish, i) => (wish.kind === "goal" ? [i] : []));
  const limit = data.wishes.findIndex((wish) => wish.kind === "limit");
  return goals.length > 1 ? [goals[1] as number, goals[0] as number] : [goals[0] ?? 0, Math.max(0, limit)];
}

export function showTune(root: HTMLElement, data: TuneData, redraw: () => void): void {
  listening.abort();
  listening = new AbortController();
  const chart = tradeOffChart(() => tradeOffOf(data), () => firstOf(data), () => `${t("tune_points")} · ${tuneNames(data).order()}`, t("tune_points_note"), listening.signal);
  fill(root,
    h("header", { class: "top" },
      h("div", {}, h("p", { class: "kind" }, t("tune_kind")), h("h1", {}, data.name)), preferenceControls(redraw)),
    h("main", { class: "batch tune" }, answer(data), achieved(data), chart ? h("div", { class: "plots" }, chart.element) : null, candidates(data),
      h("section", { class: "asked" }, h("h2", {}, t("asked")), data.description ? h("p", { class: "description" }, data.description) : null,
        h("dl", { class: "figures" }, pair(t("conditions"), data.conditions.filter((name) => name !== "").join("; ") || t("always")),
          pair(t("in_all"), String(data.runs)), pair(t("seed"), String(data.seed)), pair(t("intervals"), percentText(data.confidence))))),
    h("footer", {}, h("p", {}, `${t("version")} ${data.version} · ${t("seed")} ${data.seed}`)));
  chart?.update();
}
