/** A plot of trade-offs: named points, and what no other beats joined by a line. */
import type uPlot from "uplot";
import { h } from "../dom";
import { valueText } from "../format";
import type { BatchData, DecisionCondition, Unit } from "../data";
import { t } from "../texts";
import { axisStyle, colourOf, cssColour, makeChart, type Chart, type ChartParts } from "./chart";
import { namesOf } from "./claims";
import { choice, isOfSurvivors, padded, shareWithin, type Shown } from "./plots";

/** What one may hold against another. */
export interface Measure {
  name: string;
  unit: Unit;
  better: "less" | "more";
  /** Differences below this share of the value are none. */
  tolerance: number;
}

/** One that may be chosen. */
export interface Point {
  /** In full. */
  name: string;
  /** Beside the point. */
  label: string;
  /** What was found out of it by more than the two measures; then that is what counts. */
  verdict?: { onFront: boolean; text: string };
  /** By measure; null where it is not known. */
  values: (number | null)[];
  /** Points of one class are not told apart by what comes of them. */
  alike: number;
}

/** How a point stands against the others. */
export interface Standing {
  point: Point;
  x: number;
  y: number;
  /** Whether it is off the front. */
  beaten: boolean;
  /** Who beats it: as good in both and better in one. */
  beatenBy: Standing | null;
  /** In what it is worse than that one. */
  worseIn: ("x" | "y")[];
}

/** Below 0: `a` is better. 0: as good, or not told apart. */
function compared(a: Point, b: Point, index: number, measure: Measure, outcome: boolean): number {
  const [va, vb] = [a.values[index] as number, b.values[index] as number];
  if (outcome && a.alike === b.alike) return 0;
  if (Math.abs(va - vb) <= measure.tolerance * Math.min(Math.abs(va), Math.abs(vb))) return 0;
  return measure.better === "less" ? va - vb : vb - va;
}

/** Where the points stand by two measures, in the order of x. `isOutcome`: whether a measure is one of
 * those by which points are alike. */
export function standings(points: Point[], measures: Measure[], x: number, y: number, isOutcome: (measure: number) => boolean): Standing[] {
  const known = points.filter((point) => point.values[x] !== null && point.values[y] !== null);
  const all: Standing[] = known.map((point) => ({ point, x: point.values[x] as number, y: point.values[y] as number, beaten: false, beatenBy: null, worseIn: [] }));
  const against = (a: Standing, b: Standing, which: number): number =>
    compared(a.point, b.point, which, measures[which] as Measure, isOutcome(which));
  const beats = (a: Standing, b: Standing): boolean => {
    const both = [against(a, b, x), against(a, b, y)];
    return both.every((one) => one <= 0) && both.some((one) => one < 0);
  };
  for (const one of all) {
    if (one.point.verdict) {
      one.beaten = !one.point.verdict.onFront;
      continue;
    }
    const better = all.filter((other) => beats(other, one));
    one.beatenBy = better.find((other) => !all.some((third) => beats(third, other))) ?? better[0] ?? null;
    one.beaten = one.beatenBy !== null;
    if (!one.beatenBy) continue;
    if (against(one.beatenBy, one, x) < 0) one.worseIn.push("x");
    if (against(one.beatenBy, one, y) < 0) one.worseIn.push("y");
  }
  return all.sort((a, b) => a.x - b.x || a.y - b.y);
}

/** What stands beside a point that is beaten: only what is so. */
export function beatenText(one: Standing, x: Measure, y: Measure): string {
  if (one.point.verdict) return one.point.verdict.text;
  if (!one.beatenBy) return t("front");
  const by = one.beatenBy.point.name;
  if (one.worseIn.length === 2) return t("beaten_in_both", { by });
  return one.worseIn[0] === "x" ? t("beaten_in_one", { by, worse: x.name, same: y.name }) : t("beaten_in_one", { by, worse: y.name, same: x.name });
}

export interface TradeOff {
  measures: Measure[];
  points: Point[];
  isOutcome: (measure: number) => boolean;
}

/** `first` says which measures to begin with. */
export function tradeOffChart(make: () => TradeOff, first: (of: TradeOff) => [number, number], heading: () => string, note: string, signal: AbortSignal): Chart | null {
  const start = make();
  if (start.measures.length < 2) return null;
  let [x, y] = first(start);
  const names = start.measures.map((measure, i): [number, string] => [i, measure.name]);
  const controls = [
    choice(t("x_axis"), names, x, (value) => { x = value; chart.update(); }),
    choice(t("y_axis"), names, y, (value) => { y = value; chart.update(); }),
  ];
  const title = h("p", { class: "hint under" });
  const chart = makeChart("plot-front", t("plot_front"), note, controls, () => {
    title.textContent = heading();
    return partsOf(make(), x, y);
  }, signal);
  chart.element.querySelector("h3")?.after(title);
  return chart;
}

const direction = (measure: Measure): string =>
  `${measure.name} (${measure.better === "more" ? t("ans_direction_more") : t("ans_direction_less")})`;

function partsOf(of: TradeOff, x: number, y: number): ChartParts | null {
  const [mx, my] = [of.measures[x] as Measure, of.measures[y] as Measure];
  const all = standings(of.points, of.measures, x, y, of.isOutcome);
  if (all.length === 0) return null;
  return {
    data: [all.map((one) => one.x), all.map((one) => (one.beaten ? one.y : null)), all.map((one) => (one.beaten ? null : one.y))],
    legend: [],
    read: (index) => {
      const one = all[index];
      if (!one) return [];
      return [
        `${one.point.name} (${one.beaten ? "○" : "◆"} ${beatenText(one, mx, my)}):`,
        `${mx.name} ${valueText(one.x, mx.unit)}, ${my.name} ${valueText(one.y, my.unit)}`,
      ];
    },
    nearest: (u, left, top) => {
      let best = -1;
      let least = Infinity;
      all.forEach((one, i) => {
        const far = Math.hypot(u.valToPos(one.x, "x") - left, u.valToPos(one.y, "y") - top);
        if (far < least) [least, best] = [far, i];
      });
      return least < 60 ? best : -1;
    },
    options: {
      scales: { x: { time: false, range: (_u, min, max) => roomy(min, max) }, y: { range: (_u, min, max) => padded(min, max) } },
      axes: [axisStyle(direction(mx), (v) => valueText(v, mx.unit), 44), axisStyle(direction(my), (v) => valueText(v, my.unit), 70)],
      series: [{},
        { stroke: () => cssColour("--soft"), paths: () => null, points: { show: true, size: 7, fill: () => cssColour("--bg") } },
        { stroke: () => colourOf(0), width: 2, spanGaps: true, points: { show: false } },
      ],
      hooks: { draw: [(u) => drawDiamonds(u), (u) => drawNames(u, all)] },
    },
  };
}

/** Room for the names beside the points. */
function roomy(min: number, max: number): [number, number] {
  const room = (max - min || Math.abs(max) || 1) * 0.08;
  return [min - room, max + 2 * room];
}

/** The front's points are diamonds, so that they stand out without colour. */
function drawDiamonds(u: uPlot): void {
  const { ctx } = u;
  ctx.save();
  ctx.fillStyle = colourOf(0);
  const r = 6 * devicePixelRatio;
  u.data[2]?.forEach((y, i) => {
    if (y === null || y === undefined) return;
    const x = u.valToPos(u.data[0][i] as number, "x", true);
    const top = u.valToPos(y, "y", true);
    ctx.beginPath();
    ctx.moveTo(x, top - r);
    ctx.lineTo(x + r, top);
    ctx.lineTo(x, top + r);
    ctx.lineTo(x - r, top);
    ctx.fill();
  });
  ctx.restore();
}

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}
const meet = (a: Box, b: Box): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** A fine line to a name that stands apart from its point, so that it is nobody else's. */
function drawLeader(ctx: CanvasRenderingContext2D, from: { x: number; y: number }, name: Box, near: number): void {
  const x = Math.max(name.x, Math.min(from.x, name.x + name.w));
  const y = Math.max(name.y, Math.min(from.y, name.y + name.h));
  const far = Math.hypot(x - from.x, y - from.y);
  if (far < near * 1.5) return;
  ctx.strokeStyle = cssColour("--soft");
  ctx.lineWidth = near / 9;
  ctx.beginPath();
  ctx.moveTo(from.x + ((x - from.x) * near) / far / 1.5, from.y + ((y - from.y) * near) / far / 1.5);
  ctx.lineTo(x, y);
  ctx.stroke();
}

/** Points that lie on each other share a name; a name that finds no room is left to the readout. */
function drawNames(u: uPlot, all: Standing[]): void {
  const { ctx } = u;
  const scale = devicePixelRatio;
  const near = 7 * scale;
  const places: { x: number; y: number; names: string[] }[] = [];
  for (const one of all) {
    const [x, y] = [u.valToPos(one.x, "x", true), u.valToPos(one.y, "y", true)];
    const there = places.find((place) => Math.hypot(place.x - x, place.y - y) < near);
    if (there) there.names.push(one.point.label);
    else places.push({ x, y, names: [one.point.label] });
  }
  ctx.save();
  ctx.font = `${Math.round(12 * scale)}px sans-serif`;
  ctx.fillStyle = cssColour("--ink");
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  const taken: Box[] = places.map(({ x, y }) => ({ x: x - near, y: y - near, w: 2 * near, h: 2 * near }));
  for (const { x, y, names } of places) {
    const text = names.length > 4 ? `${names.slice(0, 3).join(", ")}, …` : names.join(", ");
    const [w, height] = [ctx.measureText(text).width, 14 * scale];
    const aside = [x + 10 * scale, x - 10 * scale - w, x - w / 2];
    const tries = [-10, 10, -24, 24, -38, 38].flatMap((far) => aside.map((bx): [number, number] => [bx, y + far * scale]));
    const { left, top, width, height: full } = u.bbox;
    const fits = tries.map(([bx, by]): Box => ({ x: bx, y: by - height / 2, w, h: height })).find((box) =>
      box.x >= left && box.x + box.w <= left + width && box.y >= top && box.y + box.h <= top + full && !taken.some((one) => meet(one, box)));
    if (!fits) continue;
    taken.push(fits);
    drawLeader(ctx, { x, y }, fits, near);
    ctx.fillText(text, fits.x, fits.y + height / 2);
  }
  ctx.restore();
}

// --- Of a batch ---

const LATE = [1, 3, 10, Infinity];

/** What candidates come to under one condition. Figures of those connects that succeeded are none of
 * these: who gives up sooner has faster ones. */
function batchTradeOff(data: BatchData, shown: Shown): TradeOff {
  const { conditions, candidates } = data.decision;
  const here = conditions[shown.condition] as DecisionCondition;
  const names = namesOf(data);
  const timed = data.combinations.some((one) => one.connect_time);
  const dead = conditions.flatMap((one, i) => (one.give_up.some((cost) => cost !== null) ? [{ one, name: names.conditions.one(i) }] : []));
  const metrics = data.metrics.flatMap((metric, i) =>
    metric.better === null || isOfSurvivors(metric.name) || data.combinations.every((one) => !one.values[i]?.[0]) ? [] : [{ metric, i }]);
  const combinationAt = (condition: DecisionCondition, candidate: number) => {
    const place = condition.combinations[candidate];
    return place === null || place === undefined ? undefined : data.combinations[place];
  };
  const combinationOf = (candidate: number) => combinationAt(here, candidate);
  // What a setting gains under one condition it may cost under another.
  const figures = new Set(data.decision.figures.map((figure) => figure.name));
  const elsewhere = conditions.flatMap((condition, c) => (condition === here || condition.dead ? [] :
    metrics.flatMap(({ metric, i }) => (figures.has(metric.name) ? [{ condition, metric, i, where: names.conditions.one(c) }] : []))));
  const late = (candidate: number, seconds: number): number | null => {
    const times = combinationOf(candidate)?.connect_time;
    return times ? 1 - shareWithin(times, seconds) : null;
  };
  const lates = timed ? LATE : [];
  return {
    measures: [
      ...lates.map((s): Measure => ({ name: s === Infinity ? t("never_connected") : t("late", { s }), unit: "share", better: "less", tolerance: 0 })),
      ...dead.map(({ name }): Measure => ({ name: t("gives_up_at", { where: name }), unit: "s", better: "less", tolerance: 0.05 })),
      ...metrics.map(({ metric }): Measure => ({ name: metric.name, unit: metric.unit, better: metric.better as "less" | "more", tolerance: 0 })),
      ...elsewhere.map(({ metric, where }): Measure => ({ name: `${metric.name}, ${where}`, unit: metric.unit, better: metric.better as "less" | "more", tolerance: 0 })),
    ],
    points: candidates.map((_, candidate) => ({
      name: names.settings.full([candidate]),
      label: data.axes.filter((axis) => axis.role === "setting").length === 1 ? names.settings.values([candidate]) : names.settings.short(candidate),
      alike: here.classes.findIndex((one) => one.members.includes(candidate)),
      values: [
        ...lates.map((s) => late(candidate, s)),
        ...dead.map(({ one }) => one.give_up[candidate]?.seconds ?? null),
        ...metrics.map(({ i }) => combinationOf(candidate)?.values[i]?.[0] ?? null),
        ...elsewhere.map(({ condition, i }) => combinationAt(condition, candidate)?.values[i]?.[0] ?? null),
      ],
    })),
    isOutcome: (measure) => !here.dead && (measure < lates.length || metrics[measure - lates.length - dead.length]?.metric.unit === "share"),
  };
}

/** What a dead server costs against who is late, where that is known; else the share that varies most
 * against what varies most of what it takes. */
function firstMeasures(of: TradeOff, dead: number, lates: number): [number, number] {
  const spread = (measure: number): number => {
    const values = of.points.flatMap((point) => point.values[measure] ?? []);
    return values.length > 0 ? Math.max(...values) - Math.min(...values) : -1;
  };
  const places = [...Array(lates).keys()];
  const most = (among: number[], far: (measure: number) => number): number | undefined =>
    among.reduce<number | undefined>((best, i) => (best === undefined || far(i) > far(best) ? i : best), undefined);
  const all = [...of.measures.keys()];
  const shares = all.filter((i) => i >= lates && of.measures[i]?.unit === "share");
  const y = lates > 0 ? places.reduce((best, i) => (spread(i) >= spread(best) ? i : best), 0) : most(shares, spread) ?? 0;
  const others = all.filter((i) => i >= lates && i !== y && of.measures[i]?.unit !== "share");
  const relative = (measure: number): number => {
    const high = Math.max(...of.points.flatMap((point) => Math.abs(point.values[measure] ?? 0)));
    return high > 0 ? spread(measure) / high : -1;
  };
  const costs = others.filter((i) => of.measures[i]?.name.startsWith("time_in."));
  const x = dead > 0 ? lates : most(costs, relative) ?? others[0] ?? (y === 0 ? 1 : 0);
  return [x, y];
}

export function frontChart(data: BatchData, shown: Shown, signal: AbortSignal): Chart | null {
  if (data.decision.candidates.length < 2) return null;
  const names = namesOf(data);
  const lates = data.combinations.some((one) => one.connect_time) ? LATE.length : 0;
  const dead = data.decision.conditions.filter((one) => one.give_up.some((cost) => cost !== null)).length;
  return tradeOffChart(() => batchTradeOff(data, shown), (of) => firstMeasures(of, dead, lates),
    () => `${t("at_where", { where: names.conditions.one(shown.condition) || t("always") })} · ${names.settings.order()}`, t("plot_front_note"), signal);
}

