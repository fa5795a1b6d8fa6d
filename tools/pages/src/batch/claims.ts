/** The decision's claims in words. What they claim was worked out by the program (sim/batch). */
import type { BatchData, Claim, ClaimStep, DecisionFigure } from "../data";
import { percentText, spanText, valueText } from "../format";
import { t, type TextKey } from "../texts";
import { ConditionNames, SettingNames } from "./names";
import { roleAxes } from "./model";

export interface Names {
  settings: SettingNames;
  conditions: ConditionNames;
}

export function namesOf(data: BatchData): Names {
  const axes = (role: "setting" | "condition") => roleAxes(data, role).flatMap((i) => data.axes[i] ?? []);
  return {
    settings: new SettingNames(axes("setting"), data.decision.candidates),
    conditions: new ConditionNames(axes("condition"), data.decision.conditions),
  };
}

/** What a figure is called in a head of a table. */
export function figureTitle(figure: DecisionFigure): string {
  const titles: Record<string, TextKey> = {
    connect_ok: "fig_connect_ok", "connected.p99": "fig_connected_p99", request_ok: "fig_request_ok", "answered.p99": "fig_answered_p99", "orphan_time.mean": "fig_orphan_time",
    half_open_at_end: "fig_half_open", bytes_delivered: "fig_bytes",
  };
  const state = /^time_in\.(.+)$/.exec(figure.name)?.[1];
  if (state) return t("fig_time_in", { state });
  const key = titles[figure.name];
  return key ? t(key) : figure.name;
}

/** Differences to two digits: they are known to no more. */
function amountText(value: number, figure: DecisionFigure): string {
  const rounded = Number(value.toPrecision(2));
  return figure.unit === "share" ? percentText(rounded) : valueText(rounded, figure.unit);
}

/** "0.2 to 1.8 %". */
export const rangeText = (low: string, high: string): string => spanText(low, high, t("to"));

function stepText(step: ClaimStep, figure: DecisionFigure): string {
  const least = step.least === null ? "" : amountText(step.least, figure);
  if (step.most === null) return least;
  const most = amountText(step.most, figure);
  return least === most ? most : rangeText(least, most);
}

function reachedKey(step: ClaimStep): TextKey {
  if (step.most !== null) return "step_reached";
  return step.least === null ? "step_never" : "step_some_never";
}

function worseStep(step: ClaimStep, figure: DecisionFigure, names: Names): string {
  const s = names.settings.values(step.candidates);
  const x = stepText(step, figure);
  const state = /^time_in\.(.+)$/.exec(figure.name)?.[1];
  if (state) return t("step_time_in", { s, x, state });
  switch (figure.name) {
    case "connect_ok": return t("step_connect_ok", { s, x });
    case "request_ok": return t("step_request_ok", { s, x });
    case "connected.p99":
    case "answered.p99": return t(reachedKey(step), { s, x, what: t(figure.name === "connected.p99" ? "of_connects" : "of_requests") });
    case "orphan_time.mean": return t("step_orphan", { s, x });
    case "half_open_at_end": return t("step_half_open", { s, x });
    case "bytes_delivered": return t("step_bytes", { s, x });
    default: return t(figure.better === "more" ? "step_less" : "step_more", { s, x, metric: figure.name });
  }
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function choiceText(data: BatchData, claim: Claim, names: Names): string {
  const s = names.settings.full(claim.candidates);
  const everyone = claim.candidates.length === data.decision.candidates.length;
  const where = t(data.decision.conditions.some((one) => one.dead) ? "under_every_live" : "under_every");
  if (!claim.shown) return everyone ? t("claim_choice_all_open") : t("claim_choice_open", { s, where });
  if (claim.candidates.length === 1) return t("claim_choice_one", { s, where });
  return everyone ? t("claim_choice_all", { where }) : t("claim_choice", { s, where });
}

const cheapestText = (claim: Claim, names: Names): string =>
  claim.cheapest.length === 0 ? "" : t("claim_cheapest", { c: names.settings.values(claim.cheapest) });

function alikeText(claim: Claim, all: number, names: Names): string {
  const place = names.conditions.all(claim.conditions);
  const where = place === "" ? t("always") : t("at_place", { where: place });
  const everyone = claim.candidates.length === all;
  const s = names.settings.full(claim.candidates);
  if (everyone) return t(claim.shown ? "claim_alike_all" : "claim_open_all", { where });
  return t(claim.shown ? "claim_alike" : "claim_open", { s, where });
}

function noChoiceText(data: BatchData, claim: Claim, names: Names): string {
  const some = claim.candidates.length < data.decision.candidates.length;
  return some ? `${t("claim_no_choice")} ${t("claim_worth", { s: names.settings.full(claim.candidates) })}` : t("claim_no_choice");
}

function giveUpText(data: BatchData, claim: Claim, names: Names): string {
  const where = upper(names.conditions.all(claim.conditions) || t("always"));
  if (claim.steps.length === 0) return t("claim_dead_unknown", { where });
  const times = claim.steps.map((step) => {
    const [least, most] = [step.least ?? 0, step.most ?? 0].map((value) => valueText(value, "s")) as [string, string];
    const text = least === most ? least : rangeText(least, most);
    return t("step_gives_up", { s: names.settings.values(step.candidates), x: step.at_least ? t("at_least", { x: text }) : text });
  });
  const said = t("claim_gives_up", { where, times: times.join(", ") });
  const unknown = claim.steps.some((step) => step.at_least) && !data.metrics.some((metric) => metric.name.startsWith("connect_error."));
  return unknown ? `${said} ${t("claim_keep_errors")}` : said;
}

/** Longer names are said once, where it is said that they are alike. */
const BEST_MAX = 60;

/** One claim as a sentence. */
export function claimText(data: BatchData, claim: Claim, names: Names): string {
  const all = data.decision.candidates.length;
  switch (claim.kind) {
    case "choice": return [choiceText(data, claim, names), cheapestText(claim, names)].filter((text) => text !== "").join(" ");
    case "no_choice": return noChoiceText(data, claim, names);
    case "alike": return alikeText(claim, all, names);
    case "worse": {
      const figure = data.decision.figures[claim.figure ?? 0] as DecisionFigure;
      const steps = claim.steps.map((step) => worseStep(step, figure, names)).join("; ");
      const best = names.settings.values(claim.candidates);
      const where = upper(names.conditions.all(claim.conditions) || t("always"));
      return t("claim_worse", { where, best: best.length > BEST_MAX ? t("the_best") : best, steps });
    }
    case "gives_up": return giveUpText(data, claim, names);
    case "dead_untried": return t("claim_dead_untried");
    case "too_many": return t("claim_too_many");
  }
}
