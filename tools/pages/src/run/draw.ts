/** Draws a part of a scene as SVG markup. Only what lies in the part is made, so that the cost does
 * not depend on how long the run is. */
import { escapeMarkup } from "../dom";
import { durationText, secondsText } from "../format";
import { t } from "../texts";
import { lostPart, timeOfY, type Layout, type PlacedArrow, type PlacedNote } from "./layout";
import type { Leg, Side, StateSpan, TimerSpan } from "./model";
import { flagWords } from "./words";
import { itemOf, keysBetween, spanOf, type Key, type Scene } from "./scene";

export interface Geometry {
  width: number;
  narrow: boolean;
  /** Left edges. */
  time: number;
  bars: [number, number];
  bar: number;
  /** Where words end on the left and begin on the right, and how wide they may be. */
  words: [number, number];
  wordsWidth: number;
  timerStep: number;
}

export function geometryFor(width: number): Geometry {
  const narrow = width < 640;
  const time = narrow ? 34 : 66;
  const wordsWidth = narrow ? 72 : Math.min(150, Math.max(104, width * 0.12));
  const timerStep = narrow ? 6 : 13;
  const timers = 3 * timerStep + 4;
  const bar = narrow ? 8 : 12;
  const left = time + wordsWidth + timers;
  const right = width - wordsWidth - timers - bar - 4;
  return {
    width, narrow, time, bar, bars: [left, right], wordsWidth, timerStep,
    words: [left - timers, right + bar + timers],
  };
}

export interface View {
  scene: Scene;
  geometry: Geometry;
  zoom: number;
  /** What stands at the top of the drawing, in zoomed pixels. */
  origin: number;
  /** The part in sight, in zoomed pixels of the whole. */
  top: number;
  height: number;
  /** What lies below is still to come; in unzoomed pixels. */
  playY: number | null;
}

const LANES: Record<string, number> = { tlp: 1, delack: 1, keepalive: 2, user: 2, persist: 1 };
const laneOf = (timer: string): number => LANES[timer] ?? 0;

/** Where `y` of the scene stands in the drawing. */
const at = (view: View, y: number): number => Math.round((y * view.zoom - view.origin) * 10) / 10;
/** The edges of the part in sight, as they stand in the drawing, with some room. */
const first = (view: View): number => view.top - view.origin - 20;
const last = (view: View): number => view.top - view.origin + view.height + 20;

const MARGIN = 60;

/** What is in sight. */
export function keysInSight(view: View): Key[] {
  const from = (view.top - MARGIN) / view.zoom;
  return keysBetween(view.scene, from, from + (view.height + 2 * MARGIN) / view.zoom);
}

/** Whether a thing looks the same wherever one looks from: not where it is cut at the edges. */
export function isWhole(view: View, key: Key): boolean {
  if (key[0] === "a" || key[0] === "n") return true;
  const { top, bottom } = spanOf(view.scene, key);
  return at(view, top) > first(view) && at(view, bottom) < last(view);
}

export function drawKey(view: View, key: Key): string {
  return `<g id="k-${key}" data-k="${key}" class="k-${key[0]}">${drawItem(view, key)}</g>`;
}

/** Behind everything else. */
export function drawGround(view: View): string {
  const from = (view.top - MARGIN) / view.zoom;
  const to = from + (view.height + 2 * MARGIN) / view.zoom;
  return drawSilences(view, from, to) + drawTimes(view, from, to);
}

export const drawFront = (view: View): string => drawEnd(view) + drawPlay(view);

/** From back to front. */
export const LAYERS = ["s", "t", "a", "n"] as const;

/** All at once, for paper. */
export function drawPart(view: View): string {
  const keys = keysInSight(view);
  const layers = LAYERS.map((layer) => keys.filter((key) => key[0] === layer).map((key) => drawKey(view, key)).join(""));
  return drawGround(view) + layers.join("") + drawFront(view);
}

function drawItem(view: View, key: Key): string {
  const { layout } = view.scene;
  const number = Number(key.slice(1));
  if (key[0] === "a") return drawArrow(view, layout.arrows[number] as PlacedArrow);
  if (key[0] === "n") return drawNote(view, layout.notes[number] as PlacedNote);
  const item = itemOf(view.scene, key);
  if (item?.kind === "state") return drawState(view, key, item);
  if (item?.kind === "timer") return drawTimer(view, key, item);
  return "";
}

// --- Lines of the hosts ---

function drawState(view: View, key: Key, span: StateSpan): string {
  const { top, bottom } = spanOf(view.scene, key);
  const { bars, bar } = view.geometry;
  const y = Math.max(first(view), at(view, top));
  const end = Math.min(last(view), at(view, bottom));
  const x = bars[span.side];
  if (span.state === "CLOSED") {
    const middle = x + bar / 2;
    return `<path class="closed" d="M${middle} ${y}V${end}"/>`;
  }
  return barMarkup(span.state, x, y, bar, Math.max(2, end - y));
}

/** States that share a colour with their neighbour are hatched. */
const HATCHED = new Set(["SYN_RCVD", "FIN_WAIT_2", "LAST_ACK", "CLOSING"]);

export function barMarkup(state: string, x: number, y: number, width: number, height: number): string {
  const box = `x="${x}" y="${y}" width="${width}" height="${height}" rx="2"`;
  const hatch = HATCHED.has(state) ? `<rect class="hatch" ${box} fill="url(#hatch)"/>` : "";
  return `<rect class="bar st-${state}" ${box}/>${hatch}`;
}

function drawTimer(view: View, key: Key, span: TimerSpan): string {
  const { top, bottom } = spanOf(view.scene, key);
  const { bars, bar, timerStep, narrow } = view.geometry;
  const out = 6 + laneOf(span.timer) * timerStep;
  const x = span.side === 0 ? bars[0] - out : bars[1] + bar + out;
  const y = at(view, top);
  const end = at(view, bottom);
  const from = Math.max(first(view), y);
  const to = Math.min(last(view), end);
  const start = `<path class="timer-start" d="M${x - 3} ${y}H${x + 3}"/>`;
  const line = `<path class="timer" d="M${x} ${from}V${to}"/><path class="reach" d="M${x} ${from}V${to}"/>`;
  const middle = (from + to) / 2;
  const name = !narrow && to - from > 52
    ? `<text class="timer-name" transform="translate(${x + (span.side === 0 ? -3 : 10)} ${middle}) rotate(-90)" text-anchor="middle">${span.timer}</text>`
    : "";
  return start + line + name + timerEnd(span, x, end);
}

function timerEnd(span: TimerSpan, x: number, y: number): string {
  if (span.end === "open") return "";
  if (span.end === "fire") {
    return `<circle class="fire" cx="${x}" cy="${y}" r="4.5"/><path class="hand" d="M${x} ${y - 3}V${y}H${x + 2.5}"/>`;
  }
  return `<path class="timer-stop" d="M${x - 3} ${y}H${x + 3}"/>`;
}

// --- Words ---

/** About as many characters as fit. */
function cut(text: string, width: number, perCharacter: number): string {
  const room = Math.floor(width / perCharacter);
  return text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`;
}

const NOTE_SIGNS: Record<string, string> = { timer: "◷ ", discard: "✗ ", host: "⚙ ", call: "", state: "" };

function drawNote(view: View, place: PlacedNote): string {
  if (view.zoom < 0.55 && place.note.note === "call") return "";
  const { words, wordsWidth, narrow } = view.geometry;
  const { note } = place;
  const left = note.side === 0;
  const y = at(view, place.y) + 4;
  const sign = narrow && note.note !== "discard" ? "" : NOTE_SIGNS[note.note] ?? "";
  const text = escapeMarkup(cut(sign + note.text, wordsWidth, narrow ? 5.6 : 6.9));
  const x = words[note.side];
  const reach = `<rect class="reach" x="${left ? x - wordsWidth : x}" y="${y - 12}" width="${wordsWidth}" height="16"/>`;
  return `${reach}<text class="note n-${note.note}" x="${x}" y="${y}" text-anchor="${left ? "end" : "start"}">${text}</text>`;
}

/** Which instants have room for their time; the same wherever one looks from. */
function shownTimes(layout: Layout, zoom: number): Times {
  const known = timesCache.get(layout);
  if (known?.zoom === zoom) return known;
  const shown = new Uint8Array(layout.tops.length);
  let above = -Infinity;
  let last = -Infinity;
  let alike = 0;
  layout.tops.forEach((top, i) => {
    if (top * zoom - above < 14 || layout.times[i] === layout.times[i - 1]) return;
    shown[i] = 1;
    above = top * zoom;
    if ((layout.times[i] as number) - last < 1e6) ++alike;
    last = layout.times[i] as number;
  });
  const times = { zoom, shown, decimals: alike * 10 > layout.tops.length ? 6 : 3 };
  timesCache.set(layout, times);
  return times;
}
interface Times {
  zoom: number;
  shown: Uint8Array;
  /** As many as distinguish neighbours. */
  decimals: number;
}
const timesCache = new WeakMap<Layout, Times>();

function drawTimes(view: View, from: number, to: number): string {
  const { layout } = view.scene;
  const parts: string[] = [];
  const { shown, decimals } = shownTimes(layout, view.zoom);
  for (let i = firstAtOrAfter(layout.tops, from, (top) => top); i < layout.tops.length; ++i) {
    const top = layout.tops[i] as number;
    if (top > to) break;
    if (!shown[i]) continue;
    const y = at(view, top);
    const text = secondsText(layout.times[i] as number, view.geometry.narrow ? 2 : decimals);
    parts.push(`<text class="time" x="${view.geometry.time - 8}" y="${y + 4}" text-anchor="end">${text}</text>`);
  }
  return parts.join("");
}

function firstAtOrAfter<T>(sorted: T[], wanted: number, placeOf: (one: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placeOf(sorted[middle] as T) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function drawSilences(view: View, from: number, to: number): string {
  const { bars, bar, width } = view.geometry;
  const { silences } = view.scene.layout;
  const parts: string[] = [];
  const first = Math.max(0, firstAtOrAfter(silences, from, (silence) => silence.y) - 1);
  for (let i = first; i < silences.length; ++i) {
    const silence = silences[i] as (typeof silences)[number];
    if (silence.y > to) break;
    const y = at(view, silence.y);
    const height = silence.height * view.zoom;
    const middle = (bars[0] + bar + bars[1]) / 2;
    parts.push(
      `<g class="silence"><rect x="0" y="${y}" width="${width}" height="${height}"/>` +
        `<text x="${middle}" y="${y + height / 2 + 4}" text-anchor="middle">⋮ ${escapeMarkup(t("silence", { t: durationText(silence.ns) }))} ⋮</text></g>`,
    );
  }
  return parts.join("");
}

// --- Arrows ---

function drawArrow(view: View, place: PlacedArrow): string {
  const { arrow } = place;
  const { bars, bar } = view.geometry;
  const inner: [number, number] = [bars[0] + bar + 1, bars[1] - 1];
  const forged = arrow.event.ev === "forge";
  const start = { x: forged ? (inner[0] + inner[1]) / 2 : inner[arrow.from], y: at(view, place.y) };
  if (forged) start.y -= 16 * Math.min(1, view.zoom);
  const classes = [
    "arrow", arrow.control ? "control" : "plain", arrow.again ? "again" : "", isSteep(view, place) ? "steep" : "", forged ? "forged" : "",
  ].join(" ");
  const legs = arrow.legs.map((leg, i) => drawLeg(view, place, leg, place.ends[i] as number, start, inner));
  const ring = forged ? `<circle class="ring" cx="${start.x}" cy="${start.y}" r="4"/>` : "";
  const label = drawLabel(view, place, start, inner);
  return `<g class="${classes}">${legs.join("")}${ring}${label}</g>`;
}

interface Point {
  x: number;
  y: number;
}

function drawLeg(view: View, place: PlacedArrow, leg: Leg, end: number, start: Point, inner: [number, number]): string {
  const { arrow } = place;
  const target = inner[arrow.from === 0 ? 1 : 0];
  const share = leg.fate === "lost" ? lostPart(arrow, leg, view.scene.delay) : leg.fate === "open" ? 0.8 : 1;
  const x = start.x + (target - start.x) * share;
  const y = at(view, end);
  const line = `M${start.x} ${start.y}L${x.toFixed(1)} ${y}`;
  const reach = `<path class="reach" d="${line}"/>`;
  const body = `${reach}<path class="leg ${leg.fate}" d="${line}"/>`;
  if (leg.fate === "open") return body;
  if (leg.fate === "arrived") return body + head(start, { x, y });
  const why = leg.fate === "lost" ? lossText(view, place, leg, { x, y }, target) : "";
  return body + cross(x, y) + why;
}

function head(from: Point, to: Point): string {
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const wing = (turn: number): string =>
    `${(to.x - 9 * Math.cos(angle + turn)).toFixed(1)} ${(to.y - 9 * Math.sin(angle + turn)).toFixed(1)}`;
  return `<path class="head" d="M${to.x.toFixed(1)} ${to.y}L${wing(0.38)}L${wing(-0.38)}Z"/>`;
}

const cross = (x: number, y: number): string =>
  `<path class="cross-edge" d="M${x - 6} ${y - 6}l12 12m0 -12l-12 12"/><path class="cross" d="M${x - 6} ${y - 6}l12 12m0 -12l-12 12"/>`;

function lossText(view: View, place: PlacedArrow, leg: Leg, end: Point, target: number): string {
  if (view.zoom < 0.55) return "";
  const right = place.arrow.from === 0;
  const x = end.x + (right ? 11 : -11);
  const room = Math.abs(target - x);
  const whole = `${t("lost")}: ${leg.reason}`;
  const perCharacter = view.geometry.narrow ? 5.6 : 6.9;
  const text = whole.length * perCharacter <= room ? whole : cut(leg.reason, room, perCharacter);
  return `<text class="loss" x="${x}" y="${end.y + 4}" text-anchor="${right ? "start" : "end"}">${escapeMarkup(text)}</text>`;
}

/** Degrees; steeper arrows have their label level, where they begin. */
const STEEP = 38;

function isSteep(view: View, place: PlacedArrow): boolean {
  const { bars } = view.geometry;
  const fall = (place.bottom - place.top) * view.zoom;
  return fall > (bars[1] - bars[0]) * Math.tan((STEEP * Math.PI) / 180);
}

function steepLabel(view: View, { arrow }: PlacedArrow, start: Point, perCharacter: number): string {
  const { bars, bar } = view.geometry;
  const room = (bars[1] - bars[0] - bar) * 0.46;
  const whole = arrow.label.text.length * perCharacter <= room ? arrow.label.text : arrow.label.brief;
  const [x, anchor] = arrow.from === 0 ? [start.x + 10, "start"] : [start.x - 10, "end"];
  return `<text class="label" x="${x}" y="${start.y + 4}" text-anchor="${anchor}">${escapeMarkup(cut(whole, room, perCharacter))}</text>`;
}

/** What remains where there is hardly any room. */
const words = (arrow: PlacedArrow["arrow"]): string =>
  arrow.event.proto === "udp" ? arrow.label.brief : flagWords(arrow.event.flags);

/** The label lies along its arrow, nearer to the sender, so that arrows which cross keep theirs
 * apart. */
function drawLabel(view: View, place: PlacedArrow, start: Point, inner: [number, number]): string {
  if (view.zoom < 0.55) return "";
  const { arrow } = place;
  const target = inner[arrow.from === 0 ? 1 : 0];
  const leg = arrow.legs[0] as Leg;
  const share = leg.fate === "lost" ? lostPart(arrow, leg, view.scene.delay) : leg.fate === "open" ? 0.8 : 1;
  const endX = start.x + (target - start.x) * share;
  const endY = at(view, place.ends[0] as number);
  const perCharacter = view.geometry.narrow ? 6 : 6.6;
  const room = Math.abs(endX - start.x) - 16;
  const full = arrow.label.text.length * perCharacter;
  const brief = arrow.label.brief.length * perCharacter <= room ? arrow.label.brief : words(arrow);
  const text = full <= room ? arrow.label.text : cut(brief, room, perCharacter);
  let angle = (Math.atan2(endY - start.y, endX - start.x) * 180) / Math.PI;
  if (angle > 90) angle -= 180;
  if (angle < -90) angle += 180;
  if (Math.abs(angle) > STEEP) return steepLabel(view, place, start, perCharacter);
  const free = Math.max(0.5 * text.length * perCharacter + 10, 0.42 * Math.abs(endX - start.x));
  const along = Math.min(0.5, free / Math.max(1, Math.abs(endX - start.x)));
  const x = start.x + (endX - start.x) * along;
  const y = start.y + (endY - start.y) * along - 5;
  return `<text class="label" text-anchor="middle" transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${angle.toFixed(2)})">${escapeMarkup(text)}</text>`;
}

// --- The end, and what is to come ---

function drawEnd(view: View): string {
  const { layout } = view.scene;
  const y = at(view, layout.tops[layout.tops.length - 1] as number) + 16;
  if (y < first(view) || y > last(view)) return "";
  const { bars, bar } = view.geometry;
  const middle = (bars[0] + bar + bars[1]) / 2;
  return `<g class="run-end"><path d="M${bars[0]} ${y}H${bars[1] + bar}"/><text x="${middle}" y="${y - 5}" text-anchor="middle">${t("run_ends")}</text></g>`;
}

function drawPlay(view: View): string {
  if (view.playY === null) return "";
  const y = at(view, view.playY);
  const top = Math.max(first(view), y);
  const { width } = view.geometry;
  const time = secondsText(timeOfY(view.scene.layout, view.playY));
  const shade = top < last(view) ? `<rect class="to-come" x="0" y="${top}" width="${width}" height="${last(view) - top + 200}"/>` : "";
  return `${shade}<g class="now"><path d="M0 ${y}H${width}"/><rect x="0" y="${y - 18}" width="66" height="18" rx="3"/><text x="61" y="${y - 5}" text-anchor="end">${time} s</text></g>`;
}

/** The state of a side at a height of the scene, for the head that stays in sight. */
export function stateAt(scene: Scene, side: Side, y: number): string {
  const spans = scene.conversation.states[side];
  let low = 0;
  let high = spans.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (spanOf(scene, `s${side}.${middle}`).top <= y) low = middle;
    else high = middle - 1;
  }
  return spans[low]?.state ?? "CLOSED";
}
