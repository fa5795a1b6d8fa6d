/** Questions to a batch: which combinations belong together, which is best, which is the default. */
import type { BatchData, Combination, DecisionCondition, Estimate, Metric } from "../data";
import { jsonText } from "../format";

/** Combinations that differ only in what one can choose. */
export interface Group {
  /** "loss=0.2, delay=20ms", "dead server"; empty where nothing varies. */
  name: string;
  key: string;
  combinations: Combination[];
}

export function roleAxes(data: BatchData, role: "setting" | "condition"): number[] {
  return data.axes.flatMap((axis, i) => (axis.role === role ? [i] : []));
}

export function placeText(data: BatchData, combination: Combination, axes: number[]): string {
  return axes.flatMap((i) => {
    const axis = data.axes[i];
    const value = jsonText(axis?.values[combination.at[i] ?? 0] ?? null);
    return axis?.path === "under" ? [value] : [`${axis?.name}=${value}`];
  }).join(", ");
}

export const fullText = (data: BatchData, combination: Combination): string =>
  placeText(data, combination, data.axes.map((_, i) => i));

function groupsBy(data: BatchData, axes: number[]): Group[] {
  const groups = new Map<string, Group>();
  for (const combination of data.combinations) {
    const key = axes.map((i) => combination.at[i]).join(",");
    let group = groups.get(key);
    if (!group) {
      group = { key, name: placeText(data, combination, axes), combinations: [] };
      groups.set(key, group);
    }
    group.combinations.push(combination);
  }
  return [...groups.values()];
}

export const conditionsOf = (data: BatchData): Group[] => groupsBy(data, roleAxes(data, "condition"));

/** Whether every setting has its default; unknown defaults are never met. */
export function isDefault(data: BatchData, combination: Combination): boolean {
  const axes = roleAxes(data, "setting");
  return axes.length > 0 && axes.every((i) => {
    const axis = data.axes[i];
    if (!axis || axis.default === null) return false;
    return jsonText(axis.values[combination.at[i] ?? 0] ?? null) === jsonText(axis.default);
  });
}

interface Judged {
  name: string;
  isDefault: boolean;
  estimate: Estimate;
  combination: Combination;
}

export function valueOf(combination: Combination, metric: number): Estimate | null {
  return combination.values[metric] ?? null;
}

export function judgeCombinations(data: BatchData, combinations: Combination[], metric: number): Judged[] {
  const settings = roleAxes(data, "setting");
  const axes = settings.length > 0 ? settings : data.axes.map((_, i) => i);
  const judged = combinations.flatMap((one) => {
    const estimate = valueOf(one, metric);
    return estimate
      ? [{ name: placeText(data, one, axes), isDefault: isDefault(data, one), estimate, combination: one }]
      : [];
  });
  return sorted(judged, data.metrics[metric] as Metric);
}

/** Of equals the default comes first, then the sweep's order. */
function sorted(judged: Judged[], metric: Metric): Judged[] {
  const sign = metric.better === "more" ? -1 : 1;
  return judged.sort(
    (a, b) => sign * (a.estimate[0] - b.estimate[0]) || Number(b.isDefault) - Number(a.isDefault),
  );
}

/** The metric that plots begin with. */
export function firstMetric(data: BatchData): number {
  const wanted = ["connect_ok", "request_ok", "bytes_delivered"];
  for (const name of wanted) {
    const place = data.metrics.findIndex((metric) => metric.name === name);
    if (place >= 0) return place;
  }
  const judged = data.metrics.findIndex((metric) => metric.better !== null);
  return Math.max(0, judged);
}

/** How a condition stands in the decision, by the place of its group. */
export const decidedAt = (data: BatchData, group: Group): DecisionCondition | undefined =>
  data.decision.conditions.find((one) => one.combinations.includes(group.combinations[0]?.index ?? -1));

/** The condition under which settings differ most, for there is most to see. */
export function mostTelling(data: BatchData, metric: number): number {
  let best = 0;
  let widest = -1;
  conditionsOf(data).forEach((group, i) => {
    const means = group.combinations.flatMap((one) => (valueOf(one, metric) ? [(valueOf(one, metric) as Estimate)[0]] : []));
    const width = means.length > 0 ? Math.max(...means) - Math.min(...means) : -1;
    if (width > widest) {
      widest = width;
      best = i;
    }
  });
  return best;
}
