/** The decision: first what to choose, then what that rests on, one claim after the other. */
import type { BatchData, Claim } from "../data";
import { h } from "../dom";
import { percentText, valueText } from "../format";
import { t } from "../texts";
import { claimText, figureTitle, namesOf } from "./claims";
import { firstMetric, judgeCombinations, roleAxes } from "./model";

/** As many as are read; the others are one click away. */
const CLAIMS_MAX = 8;

export function answerSection(data: BatchData): HTMLElement {
  const names = namesOf(data);
  const { claims, figures } = data.decision;
  const say = (claim: Claim): string => claimText(data, claim, names);
  const isCost = (claim: Claim): boolean => claim.kind === "worse" && figures[claim.figure ?? 0]?.kind === "cost";
  const isLead = (claim: Claim): boolean => claim.kind === "choice" || claim.kind === "no_choice" || claim.kind === "too_many";
  /** That 99 % never connect follows from how many do, which is said too. */
  const follows = (claim: Claim): boolean => claim.kind === "worse" && ["connected.p99", "answered.p99"].includes(figures[claim.figure ?? 0]?.name ?? "") &&
    claim.steps.every((step) => step.most === null && step.least === null);
  const isAside = (claim: Claim): boolean => isCost(claim) || follows(claim);
  const lead = claims.filter(isLead).map(say);
  const rest = claims.filter((claim) => !isLead(claim) && !isAside(claim)).map(say);
  const costs = claims.filter(isAside).map(say);
  const items = (texts: string[]): HTMLElement[] => texts.map((text) => h("li", {}, text));
  const more = [...rest.slice(CLAIMS_MAX), ...costs];
  return h("section", { class: "answer", id: "answer" },
    h("h2", {}, t("answer")),
    h("p", { class: "lead" }, [judgedBy(data, lead), ...lead].join(" ").trim() || withoutSettings(data) || t("ans_nothing")),
    rest.length > 0 ? h("ul", { class: "claims" }, ...items(rest.slice(0, CLAIMS_MAX))) : null,
    more.length > 0 ? h("details", { class: "costs" }, h("summary", {}, t("what_it_takes", { n: more.length })), h("ul", { class: "claims" }, ...items(more))) : null,
    hint(data));
}

/** Where it is not about connects, "best" is said together with by what. */
function judgedBy(data: BatchData, lead: string[]): string {
  const outcomes = data.decision.figures.filter((figure) => figure.kind === "outcome");
  if (lead.length === 0 || outcomes.length === 0 || outcomes.some((figure) => figure.name === "connect_ok")) return "";
  return t("judged_by", { list: outcomes.map(figureTitle).join("; ") });
}

/** What the words mean, and how sure they are. */
function hint(data: BatchData): HTMLElement | null {
  const { claims, confidence, figures } = data.decision;
  if (claims.length === 0) return null;
  const outcomes = figures.filter((figure) => figure.kind === "outcome").map(figureTitle);
  return h("p", { class: "hint" }, t("alike_means", { list: outcomes.join("; "), p: percentText(confidence) }));
}

/** Nothing to choose: from where to where the first metric goes over the conditions. */
function withoutSettings(data: BatchData): string {
  if (roleAxes(data, "setting").length > 0) return "";
  const index = firstMetric(data);
  const metric = data.metrics[index];
  if (!metric) return "";
  const judged = judgeCombinations(data, data.combinations, index).sort((a, b) => a.estimate[0] - b.estimate[0]);
  const [low, high] = [judged[0], judged[judged.length - 1]];
  if (!low || !high) return t("ans_none", { metric: metric.name });
  return t("ans_no_setting", {
    metric: metric.name, low: valueText(low.estimate[0], metric.unit), a: low.name || t("always"),
    high: valueText(high.estimate[0], metric.unit), b: high.name || t("always"),
  });
}
