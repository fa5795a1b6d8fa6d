/** A laid-out conversation with what drawing and pointing need: what lies where, by name. */
import { layOut, type Layout, delayOf, yOfTime } from "./layout";
import type { Conversation, Item, Side, StateSpan, TimerSpan } from "./model";

/** "a12" an arrow, "n5" a note, "t0.3" a timer of the left side, "s1.2" a state of the right one. */
export type Key = string;

/** Height of the stretches by which things are found, in unzoomed pixels. */
const STRETCH = 1024;

export interface Span {
  top: number;
  bottom: number;
}

export interface Scene {
  conversation: Conversation;
  layout: Layout;
  delay: number;
  /** Everything that touches each stretch. */
  stretches: Key[][];
  spans: Map<Key, Span>;
  /** What the keyboard walks through, from top to bottom. */
  walk: Key[];
  walkPlace: Map<Key, number>;
  keyOfEvent: Map<number, Key>;
}

export function makeScene(conversation: Conversation, ended: number): Scene {
  const layout = layOut(conversation, ended);
  const scene: Scene = {
    conversation, layout, delay: delayOf(conversation), stretches: [], spans: new Map(), walk: [],
    walkPlace: new Map(), keyOfEvent: new Map(),
  };
  for (const side of [0, 1] as const) addSpans(scene, side);
  layout.arrows.forEach((place, i) => {
    const key = `a${i}`;
    put(scene, key, place.top, place.bottom);
    scene.keyOfEvent.set(place.arrow.event.n, key);
    for (const leg of place.arrow.legs) if (leg.event) scene.keyOfEvent.set(leg.event.n, key);
  });
  layout.notes.forEach((place, i) => {
    put(scene, `n${i}`, place.y, place.y);
    scene.keyOfEvent.set(place.note.event.n, `n${i}`);
  });
  scene.walk = [...scene.spans.keys()].filter((key) => !key.startsWith("s"));
  scene.walk.sort((a, b) => spanOf(scene, a).top - spanOf(scene, b).top);
  scene.walk.forEach((key, i) => scene.walkPlace.set(key, i));
  return scene;
}

function addSpans(scene: Scene, side: Side): void {
  const { layout, conversation } = scene;
  const yOf = (n: number | undefined, at: number): number =>
    (n === undefined ? undefined : layout.yOfEvent.get(n)) ?? yOfTime(layout, at);
  const bottom = (layout.tops[layout.tops.length - 1] as number) + 16;
  /** A state begins with its instant; of two at one instant the second one beside its name. */
  const stateTop = (span: StateSpan, before: StateSpan | undefined): number => {
    if (!span.event) return 0;
    const second = before?.event && before.from === span.from;
    return second ? yOf(span.event.n, span.from) : yOfTime(layout, span.from);
  };
  conversation.states[side].forEach((span, i) => {
    const next = conversation.states[side][i + 1];
    const top = stateTop(span, conversation.states[side][i - 1]);
    put(scene, `s${side}.${i}`, top, next ? stateTop(next, span) : bottom);
  });
  conversation.timers[side].forEach((span, i) => {
    const key = `t${side}.${i}`;
    const end = span.end === "open" ? bottom : yOf(span.endEvent?.n, span.to);
    const start = yOfTime(layout, span.from);
    put(scene, key, start, Math.max(start, end));
    scene.keyOfEvent.set(span.event.n, key);
    if (span.endEvent && span.end !== "again") scene.keyOfEvent.set(span.endEvent.n, key);
  });
}

function put(scene: Scene, key: Key, top: number, bottom: number): void {
  scene.spans.set(key, { top, bottom });
  for (let i = Math.floor(top / STRETCH); i <= Math.floor(bottom / STRETCH); ++i) {
    (scene.stretches[i] ??= []).push(key);
  }
}

export const spanOf = (scene: Scene, key: Key): Span => scene.spans.get(key) ?? { top: 0, bottom: 0 };

/** What touches the part from `top` to `bottom`, each once. */
export function keysBetween(scene: Scene, top: number, bottom: number): Key[] {
  const found = new Set<Key>();
  const first = Math.max(0, Math.floor(top / STRETCH));
  const last = Math.min(scene.stretches.length - 1, Math.floor(bottom / STRETCH));
  for (let i = first; i <= last; ++i) {
    for (const key of scene.stretches[i] ?? []) {
      const span = spanOf(scene, key);
      if (span.bottom >= top && span.top <= bottom) found.add(key);
    }
  }
  return [...found];
}

export function itemOf(scene: Scene, key: Key): Item | undefined {
  const number = Number(key.slice(1));
  switch (key[0]) {
    case "a": return scene.layout.arrows[number]?.arrow;
    case "n": return scene.layout.notes[number]?.note;
    case "s": return spanItem(scene.conversation.states, key);
    case "t": return spanItem(scene.conversation.timers, key);
    default: return undefined;
  }
}

function spanItem<T extends StateSpan | TimerSpan>(both: [T[], T[]], key: Key): T | undefined {
  const [side, i] = key.slice(1).split(".").map(Number);
  return both[side === 1 ? 1 : 0][i ?? 0];
}
