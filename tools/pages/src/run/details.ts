/** What is said of the thing that was pointed at: the decoded header, its fate, the reason, and the
 * chain of causes back to where it began. */
import type { Options, SendEvent, TraceEvent } from "../data";
import { fill, h, pair, type Child } from "../dom";
import { durationText, secondsText } from "../format";
import { dropText, t, whyText } from "../texts";
import { other, type Arrow, type Item, type Leg, type Note, type RunModel, type StateSpan, type TimerSpan } from "./model";
import type { Scene } from "./scene";
import { callText, flagWords, seqText } from "./words";

const time = (ns: number): string => `${secondsText(ns, 6)} s`;

export interface DetailsContext {
  model: RunModel;
  scene: Scene;
  /** Goes to the thing of an event, where this conversation has one. */
  goTo: (event: number) => void;
}

function eventOf(item: Item): TraceEvent | null {
  return item.event;
}

export function showDetails(panel: HTMLElement, item: Item, context: DetailsContext): void {
  const event = eventOf(item);
  fill(
    panel,
    h("h3", {}, titleOf(item)),
    h("dl", {}, ...linesOf(item, context.scene)),
    event ? h("h4", {}, t("cause")) : null,
    event ? causes(event, context) : null,
  );
}

/** The card beside the pointer: the same without the causes. */
export function showCard(card: HTMLElement, item: Item, scene: Scene): void {
  fill(card, h("strong", {}, titleOf(item)), h("dl", {}, ...linesOf(item, scene)));
}

function titleOf(item: Item): string {
  switch (item.kind) {
    case "arrow": return item.label.text;
    case "state": return item.state;
    case "timer": return `${t("timer")} ${item.timer}`;
    case "note": return item.note === "discard" ? `${t("discard")}: ${item.text}` : item.text;
  }
}

function linesOf(item: Item, scene: Scene): Child[] {
  switch (item.kind) {
    case "arrow": return arrowLines(item, scene);
    case "state": return stateLines(item);
    case "timer": return timerLines(item);
    case "note": return noteLines(item, scene);
  }
}

// --- Segments ---

function arrowLines(arrow: Arrow, scene: Scene): Child[] {
  const { event } = arrow;
  const { iss } = scene.conversation;
  const number = (value: number, from: number | undefined): string => {
    const relative = seqText(value, from);
    return relative.endsWith("abs") ? `${value} (${t("absolute")})` : `${relative} (${t("absolute")} ${value})`;
  };
  const tcp = event.proto !== "udp";
  return [
    pair(t("from_to"), `${event.src} → ${event.dst}`),
    pair(t("sent"), time(event.t_ns)),
    ...arrow.legs.map((leg, i) => pair(arrow.legs.length > 1 ? `${t("fate")}, ${t("copy_n", { n: i + 1 })}` : t("fate"), fateText(arrow, leg))),
    tcp ? pair(t("flags"), `${flagWords(event.flags)} [${event.flags}]`) : null,
    tcp ? pair(t("seq"), number(event.seq, iss[arrow.from])) : null,
    event.ack === undefined ? null : pair(t("ack"), number(event.ack, iss[other(arrow.from)])),
    pair(t("len"), `${event.len} ${t("octets")}`),
    tcp ? pair(t("win"), `${event.win} (${t("scaled")})`) : null,
    tcp ? pair(t("options"), optionsText(event.options)) : null,
    pair(t("reason"), reasonText(event)),
  ];
}

const reasonText = (event: SendEvent): string =>
  event.ev === "forge" ? t("forged") : whyText(event.why);

/** Why it ended so, and at which node where that is not plain. */
function endText({ event, reason }: Leg): string {
  if (event?.ev !== "drop") return reason;
  return dropText(event.reason) + (reason === event.reason ? "" : ` · ${event.node}`);
}

function fateText(arrow: Arrow, leg: Leg): string {
  const way = leg.at - arrow.event.t_ns;
  const after = leg.event && way > 0 ? ` ${time(leg.at)} (${t("after", { t: durationText(way) })})` : "";
  switch (leg.fate) {
    case "arrived": return t("fate_arrived") + after;
    case "lost": return t("fate_lost", { r: endText(leg) }) + after;
    case "discarded": return t("fate_discarded", { r: endText(leg) }) + after;
    case "open": return t("fate_open");
  }
}

function optionsText(options: Options): string {
  const parts: string[] = [];
  if (options.mss !== undefined) parts.push(t("opt_mss", { v: options.mss }));
  if (options.wscale !== undefined) parts.push(t("opt_wscale", { v: options.wscale }));
  if (options.sack_permitted) parts.push(t("opt_sack_permitted"));
  if (options.ts) parts.push(t("opt_ts", { a: options.ts[0], b: options.ts[1] }));
  if (options.sack) parts.push(t("opt_sack", { v: options.sack.map(([l, r]) => `${l}–${r}`).join(", ") }));
  return parts.length > 0 ? parts.join("; ") : t("none");
}

// --- States, timers, calls ---

function stateLines(span: StateSpan): Child[] {
  return [
    pair(t("entered"), time(span.from), span.event ? ` · ${span.event.why}` : ""),
    pair(t("left"), span.next ? `${time(span.to)} → ${span.next.to} · ${span.next.why}` : t("for_now")),
    span.to > span.from ? pair(t("lasted"), durationText(span.to - span.from)) : null,
  ];
}

const TIMER_ENDS = { fire: "fired", cancel: "cancelled", again: "rearmed", open: "running" } as const;

function timerLines(span: TimerSpan): Child[] {
  return [
    pair(t("armed"), time(span.from)),
    pair(t("due"), `${time(span.due)} (${t("after", { t: durationText(span.due - span.from) })})`),
    pair(t(TIMER_ENDS[span.end]), span.end === "open" ? "" : `${time(span.to)} (${t("after", { t: durationText(span.to - span.from) })})`),
  ];
}

function noteLines(note: Note, scene: Scene): Child[] {
  const { event, side } = note;
  if (note.note === "state") {
    const span = scene.conversation.states[side].find((one) => one.event === event);
    if (span) return [pair(t("host_event"), scene.conversation.ends[side]), ...stateLines(span)];
  }
  return [pair(t("host_event"), scene.conversation.ends[side]), pair(t("time"), time(event.t_ns))];
}

// --- Causes ---

/** One line of the trace in words. */
function describe(event: TraceEvent, model: RunModel): string {
  switch (event.ev) {
    case "send": return `${event.src} → ${event.dst}: ${flagWords(event.flags)} · ${event.why}`;
    case "forge": return `${t("forged")} ${flagWords(event.flags)} → ${event.dst}`;
    case "recv": return `${event.host}: ${t("arrived")} · ${describeSegment(event.id, event.cause, model)}`;
    case "drop": return `${t(event.at === "wire" ? "lost" : "discard")}: ${dropText(event.reason)}`;
    case "delay":
    case "duplicate": return event.ev;
    case "state": return `${event.local}: ${event.from} → ${event.to} · ${event.why}`;
    case "timer": {
      const verb = { arm: "armed", fire: "fired", cancel: "cancelled" } as const;
      return `${event.local}: ${t("timer")} ${event.timer} · ${t(verb[event.do])}`;
    }
    case "app": return `${event.host} ${event.who}: ${callText(event)}`;
  }
}

function describeSegment(id: number, cause: number | undefined, model: RunModel): string {
  const sent = cause === undefined ? undefined : model.byNumber.get(cause);
  return sent && (sent.ev === "send" || sent.ev === "forge") ? flagWords(sent.flags) : `#${id}`;
}

const CHAIN_MAX = 40;

function causes(event: TraceEvent, context: DetailsContext): HTMLElement {
  const lines: HTMLElement[] = [];
  let now: TraceEvent | undefined = event;
  while (now?.cause !== undefined && lines.length < CHAIN_MAX) {
    now = context.model.byNumber.get(now.cause);
    if (!now) break;
    const { n } = now;
    const words = `${secondsText(now.t_ns)} s  ${describe(now, context.model)}`;
    const known = context.scene.keyOfEvent.has(n);
    const button = h("button", { type: "button", class: "link", click: () => context.goTo(n) }, words);
    lines.push(h("li", { title: t("line", { n }) }, known ? button : words));
  }
  if (lines.length === 0) return h("p", {}, t("no_cause"));
  return h("ol", { class: "causes" }, ...lines);
}
