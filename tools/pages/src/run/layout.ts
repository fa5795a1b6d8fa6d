/**
 * Where everything of a conversation stands from top to bottom. Time runs down; short waits are
 * drawn to scale with the link's delay, long ones as a silence of fixed height that says how long
 * it is. What one side does at one instant stands in slots below each other, nothing above its cause.
 */
import type { Arrow, Conversation, Leg, Note, Side } from "./model";
import { other } from "./model";

/** Pixels, before zooming. */
const SLOT = 19;
const DELAY = 46;
const GAP_MIN = 14;
const SILENCE = 58;
const TOP = 26;
const LOST_ROOM = 22;

export interface Silence {
  y: number;
  height: number;
  ns: number;
}
export interface PlacedArrow {
  arrow: Arrow;
  /** Where it leaves, and where each leg ends. */
  y: number;
  ends: number[];
  top: number;
  bottom: number;
}
export interface PlacedNote {
  note: Note;
  y: number;
}
export interface Layout {
  height: number;
  /** Instants, ascending, and where each begins. */
  times: number[];
  tops: number[];
  /** Where the last slot of each instant ends. */
  bottoms: number[];
  silences: Silence[];
  /** By `top`. */
  arrows: PlacedArrow[];
  /** By `y`. */
  notes: PlacedNote[];
  /** By event number: where it stands. */
  yOfEvent: Map<number, number>;
}

/** What takes a slot of a side at an instant. */
interface Mark {
  at: number;
  order: number;
  /** The event that caused it. */
  cause: number | undefined;
  side: Side;
  lane: "note" | "leave" | "land";
  /** It ends below, without reaching the other side. */
  sinks?: boolean;
  put: (y: number) => void;
}

/** The shortest way of a segment, which is what the drawing takes for a delay. */
function quickest(conversation: Conversation): number {
  let best = Infinity;
  for (const arrow of conversation.arrows) {
    if (arrow.event.ev === "forge") continue;
    for (const leg of arrow.legs) {
      const way = leg.at - arrow.event.t_ns;
      if (leg.fate === "arrived" && way > 0) best = Math.min(best, way);
    }
  }
  return Number.isFinite(best) ? best : 1e7;
}

/** As in the text ladder: ten times the delay, from 10 ms to a second. */
const longGap = (delay: number): number => Math.max(1e7, Math.min(delay, 1e8) * 10);

function collect(conversation: Conversation, placed: PlacedArrow[], notes: PlacedNote[]): Mark[] {
  const marks: Mark[] = [];
  for (const arrow of conversation.arrows) {
    const place: PlacedArrow = { arrow, y: 0, ends: arrow.legs.map(() => 0), top: 0, bottom: 0 };
    placed.push(place);
    marks.push({
      at: arrow.event.t_ns, order: arrow.event.n, cause: arrow.event.cause, side: arrow.from,
      lane: "leave", sinks: arrow.legs.some((leg) => leg.fate === "lost"), put: (y) => (place.y = y),
    });
    arrow.legs.forEach((leg, i) => {
      if (leg.fate !== "arrived" && leg.fate !== "discarded") return;
      marks.push({
        at: leg.at, order: leg.event?.n ?? 0, cause: leg.event?.cause, side: other(arrow.from),
        lane: "land", put: (y) => (place.ends[i] = y),
      });
    });
  }
  for (const note of conversation.notes) {
    const place: PlacedNote = { note, y: 0 };
    notes.push(place);
    marks.push({ at: note.event.t_ns, order: note.event.n, cause: note.event.cause, side: note.side, lane: "note", put: (y) => (place.y = y) });
  }
  return marks.sort((a, b) => a.at - b.at || a.order - b.order);
}

export function layOut(conversation: Conversation, ended: number): Layout {
  const layout: Layout = {
    height: 0, times: [], tops: [], bottoms: [], silences: [], arrows: [], notes: [], yOfEvent: new Map(),
  };
  const marks = collect(conversation, layout.arrows, layout.notes);
  const delay = quickest(conversation);
  let y = TOP;
  for (let i = 0; i < marks.length; ) {
    const at = (marks[i] as Mark).at;
    y = advance(layout, at, y, delay);
    const used = new Map<string, number>();
    const slotOf = new Map<number, number>(); // of this instant's events
    let slots = 1;
    for (; i < marks.length && (marks[i] as Mark).at === at; ++i) {
      const mark = marks[i] as Mark;
      const lane = `${mark.lane}${mark.side}`;
      const below = mark.cause === undefined ? undefined : slotOf.get(mark.cause);
      const slot = Math.max(used.get(lane) ?? 0, below ?? 0); // nothing stands above its cause
      slotOf.set(mark.order, slot);
      used.set(lane, slot + 1);
      slots = Math.max(slots, slot + 1);
      mark.put(y + slot * SLOT);
      layout.yOfEvent.set(mark.order, y + slot * SLOT);
    }
    layout.times.push(at);
    layout.tops.push(y);
    y += (slots - 1) * SLOT;
    layout.bottoms.push(y);
    if (loses(marks, i, at)) y += LOST_ROOM;
  }
  y = advance(layout, ended, y, delay);
  layout.times.push(ended);
  layout.tops.push(y);
  layout.bottoms.push(y);
  layout.height = y + 40;
  finish(layout, delay);
  return layout;
}

/** Whether something that leaves at the instant before `end` is lost: its cross lies below. */
function loses(marks: Mark[], end: number, at: number): boolean {
  for (let i = end - 1; i >= 0 && (marks[i] as Mark).at === at; --i) {
    if ((marks[i] as Mark).sinks) return true;
  }
  return false;
}

/** The way down from the last instant to `at`. */
function advance(layout: Layout, at: number, y: number, delay: number): number {
  const last = layout.times[layout.times.length - 1] ?? 0;
  const wait = at - last;
  if (layout.times.length > 0 && wait === 0) return y + SLOT;
  if (wait >= longGap(delay)) {
    layout.silences.push({ y: y + 8, height: SILENCE - 16, ns: wait });
    return y + SILENCE;
  }
  if (layout.times.length === 0) return y;
  return y + Math.max(GAP_MIN, Math.min(1.4, wait / delay) * DELAY);
}

/** Ends of what did not reach the other side: where time says, but never flat. */
function finish(layout: Layout, delay: number): void {
  for (const place of layout.arrows) {
    place.arrow.legs.forEach((leg, i) => {
      if (leg.fate !== "lost" && leg.fate !== "open") return;
      const share = leg.fate === "open" ? 0.8 : lostPart(place.arrow, leg, delay);
      place.ends[i] = endOf(layout, place, share, delay);
    });
    place.top = Math.min(place.y, ...place.ends);
    place.bottom = Math.max(place.y, ...place.ends);
  }
  layout.arrows.sort((a, b) => a.top - b.top);
  layout.notes.sort((a, b) => a.y - b.y);
}

/** As steep as if it had arrived; where a silence follows, as steep as others are at least. */
function endOf(layout: Layout, place: PlacedArrow, share: number, delay: number): number {
  const sent = place.arrow.event.t_ns;
  const fall = yOfTime(layout, sent + delay * share) - yOfTime(layout, sent);
  const inSilence = layout.silences.some((one) => one.y > place.y - 1 && one.y < place.y + fall);
  return place.y + Math.max(DELAY * share, inSilence ? 0 : fall);
}

/** How far it came, as a share of the way: by its time, between a third and nine tenths. What a link
 * loses at once is drawn as lost midway, for the trace does not know more. */
export function lostPart(arrow: Arrow, leg: Leg, delay: number): number {
  const share = (leg.at - arrow.event.t_ns) / delay;
  return share <= 0 ? 0.55 : Math.min(0.9, Math.max(0.35, share));
}

export { quickest as delayOf };

/** The last instant at or before `at`. */
function placeOfTime(layout: Layout, at: number): number {
  let low = 0;
  let high = layout.times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((layout.times[middle] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function yOfTime(layout: Layout, at: number): number {
  let i = placeOfTime(layout, at);
  // The end of the run may stand below what happened at the same time.
  while (i > 0 && layout.times[i - 1] === at) --i;
  const time = layout.times[i] as number;
  if (at <= time || i + 1 >= layout.times.length) return layout.tops[i] as number;
  const bottom = layout.bottoms[i] as number;
  const share = (at - time) / ((layout.times[i + 1] as number) - time);
  return bottom + share * ((layout.tops[i + 1] as number) - bottom);
}

export function timeOfY(layout: Layout, y: number): number {
  let low = 0;
  let high = layout.tops.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((layout.tops[middle] as number) <= y) low = middle;
    else high = middle - 1;
  }
  const bottom = layout.bottoms[low] as number;
  const time = layout.times[low] as number;
  const next = layout.tops[low + 1];
  if (y <= bottom || next === undefined) return time;
  return time + ((y - bottom) / (next - bottom)) * ((layout.times[low + 1] as number) - time);
}
