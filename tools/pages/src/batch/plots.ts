/** The plots of a batch. */
import uPlot from "uplot";
import type { Axis, BatchData, Combination, Distribution, Estimate, Metric } from "../data";
import { h } from "../dom";
import { axisNumber, durationText, intervalText, jsonText, percentText, valueText } from "../format";
import { t } from "../texts";
import { axisStyle, colourOf, dashOf, drawMarksAt, makeChart, SERIES_MAX, type Chart, type ChartParts } from "./chart";
import { namesOf } from "./claims";
import { firstMetric, placeText, valueOf } from "./model";

/** A combination that stands for itself and those that are alike. */
export interface Curve {
  /** An index into `combinations`. */
  place: number;
  /** "tcp_syn_retries 3, 4 and 6". */
  name: string;
}

/** What the reader has chosen to see. */
export interface Shown {
  /** At most SERIES_MAX. */
  curves: Curve[];
  /** The chosen condition, for the trade-off: an index into the decision's. */
  condition: number;
}

const checkbox = (label: string, on: boolean, changed: (on: boolean) => void): HTMLElement => {
  const box = h("input", { type: "checkbox", checked: on });
  box.addEventListener("change", () => changed(box.checked));
  return h("label", { class: "check" }, box, ` ${label}`);
};

export function choice(label: string, names: [number, string][], chosen: number, changed: (value: number) => void): HTMLElement {
  const select = h("select", { "aria-label": label }, ...names.map(([value, name]) =>
    h("option", { value, selected: value === chosen }, name)));
  select.addEventListener("change", () => changed(Number(select.value)));
  return h("label", {}, `${label} `, select);
}

/** Times that only those have that succeeded. */
export const isOfSurvivors = (name: string): boolean => name.startsWith("connect_time") || name.startsWith("request_time");

/** A metric's name; such times say whose they are. */
const metricName = (metric: Metric): string =>
  isOfSurvivors(metric.name) ? t("of_survivors", { m: metric.name }) : metric.name;

/** Those that have a value somewhere. */
const metricNames = (data: BatchData): [number, string][] => data.metrics.flatMap((metric, i): [number, string][] =>
  data.combinations.some((one) => valueOf(one, i)) ? [[i, metricName(metric)]] : []);

// --- How long a connect takes ---

/** The share that was done within `seconds`. */
export function shareWithin(distribution: Distribution, seconds: number): number {
  let low = 0;
  let high = distribution.seconds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((distribution.seconds[middle] as number) <= seconds) low = middle + 1;
    else high = middle;
  }
  return low === 0 || distribution.of === 0 ? 0 : (distribution.upto[low - 1] as number) / distribution.of;
}

export function ecdfChart(data: BatchData, shown: Shown, signal: AbortSignal): Chart {
  let log: boolean | null = null;
  const controls = [checkbox(t("log_scale"), true, (on) => { log = on; chart.update(); })];
  const names = namesOf(data);
  const chart = makeChart("plot-ecdf", t("plot_ecdf"), t("plot_ecdf_note"), controls, () => {
    at.textContent = t("at_where", { where: names.conditions.one(shown.condition) || t("always") });
    return ecdfParts(data, shown, log ?? true);
  }, signal);
  const at = h("p", { class: "hint" });
  chart.element.querySelector("h3")?.after(at);
  return chart;
}

function ecdfParts(data: BatchData, shown: Shown, log: boolean): ChartParts | null {
  const curves = shown.curves.flatMap(({ place, name }) => {
    const distribution = data.combinations[place]?.connect_time;
    return distribution ? [{ name, distribution }] : [];
  });
  const all = [...new Set(curves.flatMap((curve) => curve.distribution.seconds))].sort((a, b) => a - b);
  if (all.length === 0) return null;
  const useLog = log && (all[0] as number) > 0;
  const smallest = all[0] as number;
  const xs = [useLog ? smallest * 0.8 : 0, ...all, (all[all.length - 1] as number) * (useLog ? 1.25 : 1.05)];
  const ys = curves.map((curve) => xs.map((x) => shareWithin(curve.distribution, x)));
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    data: [xs, ...ys],
    legend: curves.map((curve, i) => ({ i, name: curve.name })),
    read: (index) => [
      `${durationText((xs[index] as number) * 1e9)}:`,
      ...curves.map((curve, i) => `${curve.name}: ${percentText(ys[i]?.[index] ?? 0)}`),
    ],
    stops: all.map((_, i) => i + 1),
    options: {
      scales: { x: { time: false, distr: useLog ? 3 : 1 }, y: { range: [0, 1.02] } },
      axes: [
        axisStyle(t("connect_time_each"), (v) => durationText(v * 1e9), 44),
        axisStyle(t("connects"), (v) => percentText(v), 56),
      ],
      series: [{}, ...curves.map((_, i) => ({
        stroke: () => colourOf(i), width: 2, dash: dashOf(i), points: { show: false }, ...(stepped ? { paths: stepped } : {}),
      }))],
      hooks: {
        draw: [(u) => curves.forEach((curve, i) => {
          const places = marksAlong(xs, useLog, i, curves.length);
          drawMarksAt(u, i, places, places.map((x) => shareWithin(curve.distribution, x)));
        })],
      },
    },
  };
}

/** Where curve `i` of `n` gets its marks: evenly over the width, beside those of the others. */
function marksAlong(xs: number[], log: boolean, i: number, n: number): number[] {
  const [first, last] = [xs[0] as number, xs[xs.length - 1] as number];
  return [0, 1, 2, 3].map((k) => {
    const share = (k + (i + 0.5) / n) / 4;
    return log ? first * (last / first) ** share : first + (last - first) * share;
  });
}

// --- A metric against an axis, with bands ---

interface AxisScale {
  numbers: number[];
  names: string[];
  log: boolean;
}

/** Values that are no numbers stand side by side. */
function scaleOf(axis: Axis): AxisScale {
  const names = axis.values.map(jsonText);
  const numbers = axis.values.map(axisNumber);
  if (numbers.some((value) => value === null)) return { numbers: names.map((_, i) => i), names, log: false };
  const known = numbers as number[];
  const log = known.length > 3 && Math.min(...known) > 0 && Math.max(...known) / Math.min(...known) >= 30;
  return { numbers: known, names, log };
}

export function axisChart(data: BatchData, shown: Shown, signal: AbortSignal): Chart | null {
  if (data.axes.length === 0) return null;
  const numeric = (i: number): boolean => data.axes[i]?.values.every((value) => axisNumber(value) !== null) ?? false;
  const places = data.axes.map((_, i) => i);
  let axis = places.find((i) => data.axes[i]?.role === "condition" && numeric(i)) ?? places.find(numeric) ?? 0;
  let metric = firstMetric(data);
  const controls = [
    choice(t("metric"), metricNames(data), metric, (value) => { metric = value; chart.update(); }),
    choice(t("x_axis"), data.axes.map((one, i) => [i, one.name]), axis, (value) => { axis = value; chart.update(); }),
  ];
  const chart = makeChart("plot-axis", t("plot_axis"), t("plot_axis_note", { p: percentText(data.confidence) }), controls,
    () => axisParts(data, shown, axis, metric), signal);
  return chart;
}

/** Combinations that differ along one axis only. */
interface AxisLine {
  name: string;
  /** In the order of the axis; null where a value has no combination. */
  estimates: (Estimate | null)[];
}

/** A line for each of the shown curves; those that differ along the axis only are one. */
function linesAlong(data: BatchData, shown: Shown, axis: number, order: number[], metricIndex: number): AxisLine[] {
  const others = data.axes.map((_, i) => i).filter((i) => i !== axis);
  const keyOf = (one: Combination): string => others.map((i) => one.at[i]).join(",");
  const wanted = [...new Set(shown.curves.map(({ place }) => keyOf(data.combinations[place] as Combination)))].slice(0, SERIES_MAX);
  return wanted.map((key) => {
    const members = data.combinations.filter((one) => keyOf(one) === key);
    const estimates = order.map((at) => {
      const member = members.find((one) => one.at[axis] === at);
      return member ? valueOf(member, metricIndex) : null;
    });
    const name = placeText(data, members[0] as Combination, others) || metricName(data.metrics[metricIndex] as Metric);
    return { name, estimates };
  });
}

function estimateText(estimate: Estimate | null | undefined, unit: Metric["unit"]): string {
  if (!estimate) return t("no_value");
  return `${valueText(estimate[0], unit)} (${intervalText(estimate[1], estimate[2], unit)})`;
}

function axisParts(data: BatchData, shown: Shown, axis: number, metricIndex: number): ChartParts | null {
  const scale = scaleOf(data.axes[axis] as Axis);
  const order = scale.numbers.map((_, i) => i).sort((a, b) => (scale.numbers[a] as number) - (scale.numbers[b] as number));
  const metric = data.metrics[metricIndex] as Metric;
  const lines = linesAlong(data, shown, axis, order, metricIndex);
  if (lines.every((line) => line.estimates.every((one) => one === null))) return null;
  const xs = order.map((at) => scale.numbers[at] as number);
  const names = order.map((at) => scale.names[at] as string);
  const columns = lines.flatMap((line) => ([0, 1, 2] as const).map((k) => line.estimates.map((one) => (one ? one[k] : null))));
  const axisName = data.axes[axis]?.name ?? "";
  return {
    data: [xs, ...columns],
    legend: lines.map((line, i) => ({ i, name: line.name })),
    read: (index) => [
      `${axisName} = ${names[index]}:`,
      ...lines.map((line) => `${line.name}: ${estimateText(line.estimates[index], metric.unit)}`),
    ],
    options: {
      scales: { x: { time: false, distr: scale.log ? 3 : 1 }, y: { range: (_u, min, max) => padded(min, max) } },
      axes: [
        { ...axisStyle(axisName, (v) => names[xs.indexOf(v)] ?? "", 44), splits: () => xs, filter: (_u, splits) => splits },
        axisStyle(metricName(metric), (v) => valueText(v, metric.unit), 70),
      ],
      ...withBands(lines.length),
      hooks: { draw: [(u) => lines.forEach((line, i) => drawMarksAt(u, i, xs, line.estimates.map((one) => one?.[0] ?? null)))] },
    },
  };
}

/** Each line is three series: the mean, and the ends of its interval with a band between them. */
function withBands(lines: number): Pick<uPlot.Options, "series" | "bands"> {
  const places = [...Array(lines).keys()];
  return {
    series: [{}, ...places.flatMap((i) => [
      { stroke: () => colourOf(i), width: 2, dash: dashOf(i), points: { show: false } },
      { stroke: () => `${colourOf(i)}60`, width: 1, points: { show: false } },
      { stroke: () => `${colourOf(i)}60`, width: 1, points: { show: false } },
    ])],
    bands: places.map((i) => ({ series: [i * 3 + 3, i * 3 + 2] as uPlot.Band.Bounds, fill: () => `${colourOf(i)}28` })),
  };
}

export function padded(min: number, max: number): [number, number] {
  const room = (max - min || Math.abs(max) || 1) * 0.06;
  return [min - room, max + room];
}
