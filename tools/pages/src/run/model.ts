/**
 * Sorts a trace into conversations: segments with their fates, states as spans, timers as spans,
 * calls. The rules (which pairs are one conversation, who stands left, whose call it is, what is
 * "again") are those of the C++ ladder; a test holds the two to the same ladders.
 */
import type { AppEvent, RunData, SendEvent, StateEvent, TimerEvent, TraceEvent } from "../data";
import { durationText } from "../format";
import { callText, delayedText, isAgain, labelOf, type Label } from "./words";

/** The end that spoke first stands left: 0. */
export type Side = 0 | 1;
export const other = (side: Side): Side => (side === 0 ? 1 : 0);

export type Fate = "arrived" | "lost" | "discarded" | "open";

/** Where one copy of a packet went. */
export interface Leg {
  fate: Fate;
  /** When it ended; of one still on its way when it left. */
  at: number;
  reason: string;
  /** Of its end, where there is one. */
  event: TraceEvent | null;
}

export interface Arrow {
  kind: "arrow";
  event: SendEvent;
  from: Side;
  again: boolean;
  /** It can change a state. */
  control: boolean;
  label: Label;
  copies: number;
  legs: Leg[];
}

export type NoteKind = "state" | "call" | "timer" | "discard" | "host";
/** Words beside one end's line. */
export interface Note {
  kind: "note";
  note: NoteKind;
  event: TraceEvent;
  side: Side;
  text: string;
}

export interface StateSpan {
  kind: "state";
  side: Side;
  state: string;
  from: number;
  /** The end of the run where nothing ends it. */
  to: number;
  /** None for the state before the first event. */
  event: StateEvent | null;
  next: StateEvent | null;
}

export type TimerEnd = "fire" | "cancel" | "again" | "open";
export interface TimerSpan {
  kind: "timer";
  side: Side;
  timer: string;
  from: number;
  to: number;
  due: number;
  end: TimerEnd;
  event: TimerEvent;
  endEvent: TimerEvent | null;
}

/** What can be pointed at. */
export type Item = Arrow | Note | StateSpan | TimerSpan;

export type Outcome = "ok" | "failed" | "open";

export interface Conversation {
  index: number;
  datagrams: boolean;
  ends: [string, string];
  hosts: [string, string];
  iss: [number | undefined, number | undefined];
  arrows: Arrow[];
  notes: Note[];
  states: [StateSpan[], StateSpan[]];
  timers: [TimerSpan[], TimerSpan[]];
  started: number;
  connected: number | null;
  outcome: Outcome;
  /** "ok", "ETIMEDOUT", "" where nothing was said. */
  result: string;
  lost: number;
  again: number;
}

export interface RunModel {
  data: RunData;
  conversations: Conversation[];
  byNumber: Map<number, TraceEvent>;
  /** Calls that never led to a segment. */
  looseCalls: AppEvent[];
}

const hostOf = (end: string): string => end.slice(0, end.lastIndexOf(":"));

interface Flight {
  conversation: Conversation;
  arrow: Arrow;
  landedAt: number;
}
interface Place {
  conversation: Conversation;
  side: Side;
}

class Builder {
  readonly conversations: Conversation[] = [];
  readonly looseCalls: AppEvent[] = [];
  readonly byNumber = new Map<number, TraceEvent>();
  private readonly byPair = new Map<string, Conversation>();
  private readonly byHost = new Map<string, Place[]>();
  private readonly byEnd = new Map<string, Place[]>();
  private readonly flights = new Map<number, Flight>();
  private readonly owners = new Map<number, Conversation>();
  private readonly listening = new Set<string>();
  private readonly apps = new Map<string, Place>();
  private readonly accepted = new Set<Conversation>();
  private unplaced: AppEvent[] = [];

  constructor(private readonly data: RunData) {}

  run(): RunModel {
    for (const event of this.data.events) {
      this.byNumber.set(event.n, event);
      this.take(event);
    }
    this.looseCalls.push(...this.unplaced);
    this.conversations.forEach((conversation) => this.finish(conversation));
    const { conversations, byNumber, looseCalls, data } = this;
    return { data, conversations, byNumber, looseCalls };
  }

  private take(event: TraceEvent): void {
    switch (event.ev) {
      case "send":
      case "forge": return this.send(event);
      case "recv": return this.land(event, "arrived", "");
      case "drop": return this.drop(event);
      case "delay":
      case "duplicate": return this.change(event);
      case "state": return this.state(event);
      case "timer": return this.timer(event);
      case "app": return this.app(event);
    }
  }

  private conversationOf(local: string, remote: string, datagrams: boolean): Conversation {
    const key = (local < remote ? `${local}|${remote}` : `${remote}|${local}`) + (datagrams ? "|u" : "");
    const known = this.byPair.get(key);
    if (known) return known;
    const made: Conversation = {
      index: this.conversations.length, datagrams, ends: [local, remote],
      hosts: [hostOf(local), hostOf(remote)], iss: [undefined, undefined], arrows: [], notes: [],
      states: [[], []], timers: [[], []], started: 0, connected: null, outcome: "open", result: "",
      lost: 0, again: 0,
    };
    this.byPair.set(key, made);
    this.conversations.push(made);
    for (const side of [0, 1] as const) {
      const place = { conversation: made, side };
      pushTo(this.byHost, made.hosts[side], place);
      pushTo(this.byEnd, made.ends[side], place);
      if (!datagrams && this.listening.has(made.ends[side])) this.openState(made, side, "LISTEN", 0, null);
    }
    return made;
  }

  private sideOf(conversation: Conversation, end: string): Side {
    return conversation.ends[0] === end ? 0 : 1;
  }

  private note(conversation: Conversation, note: NoteKind, side: Side, event: TraceEvent, text: string): void {
    this.owners.set(event.n, conversation);
    conversation.notes.push({ kind: "note", note, side, event, text });
  }

  // --- Packets ---

  private send(event: SendEvent): void {
    const conversation = this.conversationOf(event.src, event.dst, event.proto === "udp");
    const side = this.sideOf(conversation, event.src);
    if (event.ev === "send") {
      this.placeCalls(event, event.src, conversation);
      if (event.flags.includes("S")) conversation.iss[side] = event.seq;
    }
    const again = isAgain(event);
    const arrow: Arrow = {
      kind: "arrow", event, from: side, again, control: /[SFR]/.test(event.flags), copies: 1, legs: [],
      label: labelOf(event, conversation.iss[side], conversation.iss[other(side)]),
    };
    if (again) ++conversation.again;
    conversation.arrows.push(arrow);
    this.owners.set(event.n, conversation);
    this.flights.set(event.id, { conversation, arrow, landedAt: -1 });
  }

  private land(event: TraceEvent & { id: number }, fate: Fate, reason: string): void {
    const flight = this.flights.get(event.id);
    if (!flight) return;
    this.owners.set(event.n, flight.conversation);
    flight.arrow.legs.push({ fate, at: event.t_ns, reason, event });
    flight.landedAt = event.t_ns;
    if (fate !== "arrived") ++flight.conversation.lost;
  }

  private drop(event: TraceEvent & { ev: "drop" }): void {
    const flight = this.flights.get(event.id);
    if (!flight) return;
    const sender = flight.conversation.hosts[flight.arrow.from];
    const where = event.at === "wire" && event.node !== undefined && event.node !== sender;
    const reason = event.reason + (where ? ` at ${event.node}` : "");
    if (event.at === "wire") {
      this.land(event, "lost", reason);
    } else if (flight.landedAt === event.t_ns) {
      this.note(flight.conversation, "discard", other(flight.arrow.from), event, reason);
    } else {
      this.land(event, "discarded", reason);
    }
  }

  private change(event: TraceEvent & { ev: "delay" | "duplicate" }): void {
    const flight = this.flights.get(event.id);
    if (!flight) return;
    const words = event.ev === "delay" ? delayedText(event.by_ns) : "doubled";
    const { label } = flight.arrow;
    flight.arrow.label = { text: `${label.text} · ${words}`, brief: `${label.brief} · ${words}` };
    if (event.ev === "duplicate") ++flight.arrow.copies;
    this.owners.set(event.n, flight.conversation);
  }

  // --- Connections ---

  private openState(conversation: Conversation, side: Side, state: string, at: number, event: StateEvent | null): void {
    const spans = conversation.states[side];
    const last = spans[spans.length - 1];
    if (last) {
      last.to = at;
      last.next = event;
    }
    spans.push({ kind: "state", side, state, from: at, to: this.data.ended_ns, event, next: null });
  }

  private state(event: StateEvent): void {
    if (event.remote === undefined) return this.listens(event);
    const conversation = this.conversationOf(event.local, event.remote, false);
    this.placeCalls(event, event.local, conversation);
    this.enter(conversation, this.sideOf(conversation, event.local), event);
  }

  private enter(conversation: Conversation, side: Side, event: StateEvent): void {
    if (conversation.states[side].length === 0) {
      this.openState(conversation, side, event.from, 0, null);
    }
    this.openState(conversation, side, event.to, event.t_ns, event);
    this.note(conversation, "state", side, event, event.to);
  }

  /** A listener belongs to every conversation of its end that has no connection there now. */
  private listens(event: StateEvent): void {
    if (event.to === "LISTEN") this.listening.add(event.local);
    else this.listening.delete(event.local);
    for (const { conversation, side } of this.byEnd.get(event.local) ?? []) {
      const spans = conversation.states[side];
      const now = spans[spans.length - 1]?.state ?? "CLOSED";
      if (!conversation.datagrams && now === event.from) this.enter(conversation, side, event);
    }
  }

  private timer(event: TimerEvent): void {
    if (event.remote === undefined) return;
    const conversation = this.conversationOf(event.local, event.remote, false);
    this.owners.set(event.n, conversation);
    const side = this.sideOf(conversation, event.local);
    const spans = conversation.timers[side];
    const running = findLast(spans, (span) => span.timer === event.timer);
    const open = running?.end === "open" ? running : undefined;
    if (event.do === "fire") {
      const ran = open ? ` ${durationText(event.t_ns - open.from)}` : "";
      this.note(conversation, "timer", side, event, event.timer + ran);
    }
    if (open) {
      open.to = event.t_ns;
      open.endEvent = event;
      open.end = event.do === "arm" ? "again" : event.do;
    }
    if (event.do === "arm") {
      spans.push({
        kind: "timer", side, timer: event.timer, from: event.t_ns, to: this.data.ended_ns,
        due: event.due_ns, end: "open", event, endEvent: null,
      });
    }
  }

  // --- Applications ---

  private app(event: AppEvent): void {
    if (event.who === "host") return this.tellAll(event);
    const place = this.placeOf(event);
    if (!place) {
      this.dropOldCalls(event.t_ns);
      this.unplaced.push(event);
      return;
    }
    this.apps.set(`${event.host} ${event.who}`, place);
    if (event.call === "accepted") this.accepted.add(place.conversation);
    this.tellCall(place, event);
  }

  private tellCall({ conversation, side }: Place, event: AppEvent): void {
    if (event.call === "connect") conversation.started = event.t_ns;
    if (event.call === "connected") {
      conversation.result = String(event.result ?? "ok");
      conversation.outcome = conversation.result === "ok" ? "ok" : "failed";
      conversation.connected = event.t_ns;
    }
    this.note(conversation, "call", side, event, callText(event));
  }

  /** Whose connection a call concerns: that of the event that caused it; else that of the earlier
   * calls of the same name, which several connectors of a host may share. */
  private placeOf(event: AppEvent): Place | null {
    if (event.call === "connect") return null;
    const owner = event.cause === undefined ? undefined : this.owners.get(event.cause);
    const named = this.apps.get(`${event.host} ${event.who}`);
    if (owner && named?.conversation !== owner) {
      return { conversation: owner, side: this.sideAt(owner, event) };
    }
    if (named && !this.unplaced.some((call) => call.n === event.cause)) return named;
    return event.call === "accepted" ? this.oldestUnaccepted(event.host) : null;
  }

  private sideAt(conversation: Conversation, event: AppEvent): Side {
    const [left, right] = conversation.hosts;
    if (left === right) return event.who.startsWith("accept") ? 1 : 0;
    return left === event.host ? 0 : 1;
  }

  private oldestUnaccepted(host: string): Place | null {
    for (const conversation of this.conversations) {
      const spans = conversation.states[1];
      const now = spans[spans.length - 1]?.state ?? "CLOSED";
      const fits = conversation.hosts[1] === host && !this.accepted.has(conversation);
      if (fits && now !== "CLOSED" && now !== "LISTEN") return { conversation, side: 1 };
    }
    return null;
  }

  /** Calls that wait for their connection find it in what they caused, or in what their host does
   * at the same instant. */
  private placeCalls(event: TraceEvent, local: string, conversation: Conversation): void {
    const host = hostOf(local);
    const found = this.unplaced.findIndex((call) => {
      const caused = event.cause === call.n;
      const atOnce = event.cause === undefined && call.t_ns === event.t_ns;
      return call.host === host && call.call === "connect" && (caused || atOnce);
    });
    const call = this.unplaced[found];
    if (!call) return;
    this.unplaced.splice(found, 1);
    const place = { conversation, side: this.sideOf(conversation, local) };
    this.apps.set(`${call.host} ${call.who}`, place);
    this.tellCall(place, call);
  }

  private dropOldCalls(now: number): void {
    while (this.unplaced[0] && this.unplaced[0].t_ns < now) {
      this.looseCalls.push(this.unplaced.shift() as AppEvent);
    }
  }

  /** Power and settings concern all conversations of a host. */
  private tellAll(event: AppEvent): void {
    const places = this.byHost.get(event.host) ?? [];
    for (const { conversation, side } of places) {
      this.note(conversation, "host", side, event, callText(event));
    }
    if (places.length === 0) this.looseCalls.push(event);
  }

  private finish(conversation: Conversation): void {
    for (const arrow of conversation.arrows) {
      if (arrow.legs.length === 0) {
        arrow.legs.push({ fate: "open", at: arrow.event.t_ns, reason: "", event: null });
      }
    }
    for (const side of [0, 1] as const) {
      if (conversation.states[side].length === 0) this.openState(conversation, side, "CLOSED", 0, null);
    }
  }
}

function pushTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The running timer of a kind is among the last; there are no more kinds than eight. */
function findLast<T>(list: T[], holds: (item: T) => boolean): T | undefined {
  for (let i = list.length - 1; i >= 0 && i >= list.length - 16; --i) {
    const item = list[i] as T;
    if (holds(item)) return item;
  }
  return undefined;
}

export const buildRun = (data: RunData): RunModel => new Builder(data).run();
