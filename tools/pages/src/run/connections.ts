/** The list of conversations: filter by words and outcome, choose one. */
import { fill, h } from "../dom";
import { durationText, secondsText } from "../format";
import { t } from "../texts";
import type { Conversation, RunModel } from "./model";

/** More are found by filtering. */
const ROWS_MAX = 200;

const FILTERS = ["all", "outcome_ok", "outcome_failed", "outcome_open", "outcome_lossy"] as const;
type Filter = (typeof FILTERS)[number];

function passes(conversation: Conversation, filter: Filter): boolean {
  switch (filter) {
    case "all": return true;
    case "outcome_ok": return conversation.outcome === "ok";
    case "outcome_failed": return conversation.outcome === "failed";
    case "outcome_open": return conversation.outcome === "open";
    case "outcome_lossy": return conversation.lost > 0;
  }
}

function outcomeText(conversation: Conversation): string {
  if (conversation.datagrams) return t("datagrams");
  if (conversation.outcome === "open") return `– ${t("outcome_open")}`;
  if (conversation.outcome === "failed") return `✗ ${conversation.result}`;
  const took = durationText((conversation.connected ?? 0) - conversation.started);
  return `✓ ${t("outcome_ok")}, ${took}`;
}

/** Whether a conversation has all the words that were typed. */
function has(conversation: Conversation, words: string[]): boolean {
  const text = `${conversation.ends.join(" ")} ${conversation.result} ${outcomeText(conversation)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function row(conversation: Conversation, chosen: boolean, pick: () => void): HTMLElement {
  const button = h("button", { type: "button", class: "link", "aria-current": chosen ? "true" : null },
    `${conversation.ends[0]} → ${conversation.ends[1]}`);
  button.addEventListener("click", pick);
  return h("tr", { class: chosen ? "chosen" : "" },
    h("td", {}, button), h("td", {}, outcomeText(conversation)),
    h("td", { class: "number" }, secondsText(conversation.started)),
    h("td", { class: "number" }, String(conversation.lost)),
    h("td", { class: "number" }, String(conversation.again)));
}

function framed(controls: HTMLElement[], body: HTMLElement): HTMLElement {
  return h("section", { class: "connections" },
    h("h2", {}, t("connections")),
    h("div", { class: "controls" }, ...controls),
    h("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": t("connections") },
      h("table", {},
        h("thead", {}, h("tr", {},
          h("th", { scope: "col" }, t("from_to")), h("th", { scope: "col" }, t("outcome")),
          h("th", { scope: "col", class: "number" }, `${t("time")}/s`),
          h("th", { scope: "col", class: "number" }, t("lost_short")),
          h("th", { scope: "col", class: "number" }, t("retrans_short")))),
        body)));
}

export function connectionList(model: RunModel, first: number, choose: (conversation: Conversation) => void): HTMLElement {
  const { conversations } = model;
  const all = Math.max(conversations.length, model.data.summary.connects);
  let chosen = first;
  const words = h("input", { type: "search", placeholder: t("filter_hint"), "aria-label": t("filter") });
  const kind = h("select", { "aria-label": t("outcome") }, ...FILTERS.map((name) => h("option", { value: name }, t(name))));
  const count = h("p", { class: "hint", "aria-live": "polite" });
  const body = h("tbody");

  const pick = (conversation: Conversation): void => {
    chosen = conversation.index;
    draw();
    choose(conversation);
  };
  const draw = (): void => {
    const wanted = words.value.trim().toLowerCase().split(/\s+/).filter((word) => word !== "");
    const matching = conversations.filter((one) => passes(one, kind.value as Filter) && has(one, wanted));
    fill(body, ...matching.slice(0, ROWS_MAX).map((one) => row(one, one.index === chosen, () => pick(one))));
    const rest = matching.length - ROWS_MAX;
    count.textContent = t("of_connections", { n: matching.length, all }) +
      (rest > 0 ? ` · ${t("more_connections", { n: rest })}` : "");
  };
  words.addEventListener("input", draw);
  kind.addEventListener("change", draw);
  draw();
  return framed([words, kind, count], body);
}
