/** The page of one run. */
import type { Expectation, RunData, RunSummary } from "../data";
import { copyButton, fill, h, pair, type Child } from "../dom";
import { durationText, secondsText } from "../format";
import { preferenceControls } from "../prefs";
import { t, type TextKey } from "../texts";
import { connectionList } from "./connections";
import { makeLadder, type LadderView } from "./ladder";
import { legend } from "./legend";
import { buildRun, type RunModel } from "./model";
import { callText } from "./words";

const LOOSE_CALLS_MAX = 100;

/** Kept over changes of the language. */
const models = new WeakMap<RunData, RunModel>();
let ladder: LadderView | null = null;

export function showRun(root: HTMLElement, data: RunData, redraw: () => void): void {
  ladder?.stop();
  const model = models.get(data) ?? buildRun(data);
  models.set(data, model);
  const view = (ladder = makeLadder(model));
  const firstShown = mostTelling(model);
  const many = model.conversations.length > 1;
  fill(
    root,
    h("a", { class: "skip", href: "#ladder" }, t("skip")),
    h("header", { class: "top" },
      h("div", {}, h("p", { class: "kind" }, t("run_kind")), h("h1", {}, data.scenario)),
      preferenceControls(redraw)),
    h("main", { class: "run" },
      data.description ? h("p", { class: "description" }, data.description) : null,
      warnings(data), summary(data), expectations(data),
      many ? connectionList(model, firstShown, (conversation) => view.show(conversation)) : null,
      view.element, looseCalls(model), legend()),
    h("footer", {}, footer(data)),
  );
  const first = model.conversations[firstShown];
  if (first) view.show(first);
}

/** The one that people look for: what failed, else what lost or repeated something, else the first. */
function mostTelling(model: RunModel): number {
  const all = model.conversations;
  const found = all.find((one) => one.outcome === "failed") ?? all.find((one) => one.lost > 0) ??
    all.find((one) => one.again > 0);
  return found?.index ?? 0;
}

function warnings(data: RunData): Child {
  const texts: string[] = [];
  if (data.summary.interrupted || data.summary.out_of_memory) texts.push(t("interrupted"));
  if (data.events_left_out) texts.push(t("left_out", { n: data.events_left_out }));
  return texts.length > 0 ? h("p", { class: "warning", role: "note" }, texts.join(" ")) : null;
}

/** "ECONNRESET ×2" for each errno; `call` stands before it. */
const counted = (errors: Record<string, number> | undefined, call = ""): string[] =>
  Object.entries(errors ?? {}).map(([name, n]) => `${call}${name} ×${n}`);

const timePair = (name: TextKey, seconds: number | null | undefined): Child =>
  seconds === null || seconds === undefined ? null : pair(t(name), durationText(seconds * 1e9));

const countPair = (name: TextKey, count: number | undefined): Child =>
  count ? pair(t(name), String(count)) : null;

/** What became of connections that were up, as far as there is something to say. */
function afterConnect(s: RunSummary): Child[] {
  const calls = [...counted(s.recv_errors, "recv "), ...counted(s.send_errors, "send ")].join(", ");
  return [
    s.requests ? pair(t("requests"), `${s.requests_ok} / ${s.requests}`) : null,
    timePair("request_time", s.request_time),
    countPair("failed_later", s.connections_failed),
    calls ? pair(t("failed_calls"), calls) : null,
    countPair("resets", s.connections_reset),
    countPair("half_open", s.half_open_at_end),
    timePair("orphan_time", s.orphan_time),
    countPair("syn_cookies", s.syn_cookies_sent),
  ];
}

function summary(data: RunData): HTMLElement {
  const s = data.summary;
  const errors = counted(s.connect_errors).join(", ");
  const connected = `${s.connects_ok} / ${s.connects}${errors ? ` (${errors})` : ""}`;
  return h("dl", { class: "figures" },
    pair(t("simulated"), durationText(data.ended_ns)),
    pair(t("segments"), String(s.segments_sent)),
    pair(t("lost"), String(s.segments_lost)),
    pair(t("retransmitted"), String(s.segments_retransmitted)),
    pair(t("connected_of"), connected),
    timePair("connect_time", s.connect_time),
    ...afterConnect(s),
    pair(t("seed"), String(data.seed)));
}

function expectations(data: RunData): Child {
  const all = data.summary.expectations ?? [];
  if (all.length === 0) return null;
  const judged = (one: Expectation): boolean => one.judged !== false;
  const failed = all.filter((one) => judged(one) && !one.held).length;
  const word = !all.every(judged)
    ? `– ${t("not_judged")}`
    : failed === 0
    ? `✓ ${t("all_held", { n: all.length })}`
    : `✗ ${t("some_failed", { n: failed, all: all.length })}`;
  return h("details", { class: `expectations ${failed ? "bad" : "good"}`, open: failed > 0 },
    h("summary", {}, `${t("expectations")}: ${word}`),
    h("div", { class: "table-box" }, h("table", {},
      h("thead", {}, h("tr", {}, ...["", t("wanted"), t("seen"), t("where")].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...all.map((one) => h("tr", {},
        h("td", {}, !judged(one) ? `– ${t("not_judged")}` : one.held ? `✓ ${t("held")}` : `✗ ${t("failed")}`),
        h("td", {}, one.wanted), h("td", {}, one.seen), h("td", {}, one.where ?? "")))))));
}

/** A connect that got no port, or no socket, never meets the ladder. */
function looseCalls(model: RunModel): Child {
  const all = model.looseCalls;
  if (all.length === 0) return null;
  const rest = all.length - LOOSE_CALLS_MAX;
  return h("section", { class: "loose" }, h("h2", {}, t("loose_calls")),
    h("ul", {}, ...all.slice(0, LOOSE_CALLS_MAX).map((call) =>
      h("li", {}, `${secondsText(call.t_ns)}  ${call.host} ${call.who}: ${callText(call)}`))),
    rest > 0 ? h("p", { class: "hint" }, t("and_more", { n: rest })) : null);
}

function footer(data: RunData): HTMLElement {
  const { command } = data;
  return h("div", {},
    command ? h("p", {}, `${t("again_command")}: `, h("code", {}, command), " ", copyButton(() => command, t("copy"), t("copied"))) : null,
    h("p", {}, `${t("version")} ${data.version} · ${t("seed")} ${data.seed} · ${t("hosts")}: ${data.hosts.join(", ")}`));
}
