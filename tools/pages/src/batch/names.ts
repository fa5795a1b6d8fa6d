/** What candidates and conditions are called: by their values, alike ones together, ranges as ranges. */
import type { Axis, Json } from "../data";
import { axisNumber, jsonText, percentText } from "../format";
import { t } from "../texts";

const NAMES_MAX = 6;

/** "1, 2 and 3"; "1, 2, 3, … and 7 more" of many. */
export function listed(names: string[], max = NAMES_MAX): string {
  if (names.length > max) return `${names.slice(0, max).join(", ")}, ${t("and_more", { n: names.length - max })}`;
  const last = names[names.length - 1] ?? "";
  return names.length < 2 ? last : t("list_and", { list: names.slice(0, -1).join(", "), last });
}

/** The value of an axis as people say it, with the default marked. */
function settingText(axis: Axis, value: Json): string {
  const text = jsonText(value);
  return axis.default !== null && jsonText(axis.default) === text ? t("value_default", { v: text }) : text;
}

const RANGE_MIN = 5;
/** All of these are named: one chooses among them. */
const SETTINGS_MAX = 12;

/** These of an axis's values: "3, 4 and 6 (default)"; many that follow each other: "2 to 8 (default: 6)". */
function settingTexts(axis: Axis, places: number[]): string {
  const numbers = axis.values.map(axisNumber);
  // A range says nothing of values that were not tried.
  const follows = (at: number, before: number | undefined): boolean =>
    before !== undefined && at === before + 1 && numbers[at] !== null && numbers[at] === (numbers[before] as number) + 1;
  const runs: number[][] = [];
  for (const at of [...places].sort((a, b) => a - b)) {
    const run = runs[runs.length - 1];
    if (run && follows(at, run[run.length - 1])) run.push(at);
    else runs.push([at]);
  }
  return listed(runs.flatMap((run) => runTexts(axis, run)), SETTINGS_MAX);
}

/** Of values that follow each other. */
function runTexts(axis: Axis, run: number[]): string[] {
  if (run.length < RANGE_MIN) return run.map((at) => settingText(axis, axis.values[at] ?? null));
  const [first, last] = [run[0] ?? 0, run[run.length - 1] ?? 0];
  const range = t("range_to", { a: jsonText(axis.values[first] ?? null), b: jsonText(axis.values[last] ?? null) });
  const inside = run.some((at) => axis.default !== null && jsonText(axis.values[at] ?? null) === jsonText(axis.default));
  return [inside ? t("range_default", { range, v: jsonText(axis.default) }) : range];
}

/** Axes whose values go together in all candidates, as those of a `zip`: one name for them. */
function unitsOf(axes: Axis[], candidates: number[][]): number[][] {
  const units: number[][] = [];
  const goTogether = (a: number, b: number): boolean => {
    const pairs = new Set(candidates.map((at) => `${at[a]},${at[b]}`));
    return [a, b].every((k) => new Set(candidates.map((at) => at[k])).size === pairs.size) && pairs.size > 1;
  };
  axes.forEach((_, k) => {
    const unit = units.find(([first]) => goTogether(first as number, k));
    if (unit) unit.push(k);
    else units.push([k]);
  });
  return units;
}

/** Candidates by the values of these axes. */
export class SettingNames {
  private readonly units: number[][];

  constructor(private readonly axes: Axis[], private readonly candidates: number[][]) {
    this.units = unitsOf(axes, candidates);
  }

  /** Without the axis's name where there is one axis only: "3, 4 and 6 (default)". */
  values(members: number[]): string {
    const [axis] = this.axes;
    if (this.axes.length !== 1 || !axis) return this.full(members);
    return settingTexts(axis, members.map((i) => this.candidates[i]?.[0] ?? 0));
  }

  /** "tcp_syn_retries 3, 4 and 6 (default)"; of several axes the values that go with each other. */
  full(members: number[]): string {
    const places = this.units.map(([k]) => this.placesOf(members, k as number));
    const whole = places.reduce((product, one) => product * one.length, 1) === members.length;
    if (!whole) return `${this.order()} ${this.shortList(members)}`;
    return this.units.map((unit, u) => this.unitText(unit, places[u] ?? [])).join(", ");
  }

  /** For a row of a table whose head is `order`. */
  row(members: number[]): string {
    return this.axes.length === 1 ? this.values(members) : this.shortList(members);
  }

  private placesOf(members: number[], axis: number): number[] {
    return [...new Set(members.map((i) => this.candidates[i]?.[axis] ?? 0))].sort((a, b) => a - b);
  }

  private shortList(members: number[]): string {
    const names = members.map((i) => this.short(i));
    const left = names.length - NAMES_MAX;
    return left > 0 ? `${names.slice(0, NAMES_MAX).join("; ")}; ${t("and_more", { n: left })}` : names.join("; ");
  }

  private unitText(unit: number[], places: number[]): string {
    const axes = unit.map((k) => this.axes[k] as Axis);
    const name = listed(axes.map((axis) => axis.name));
    const [first] = axes as [Axis];
    const tried = new Set(this.candidates.map((at) => at[unit[0] as number])).size;
    if (places.length === tried && tried > 1 && this.units.length > 1) return t("any_value", { name });
    const alike = axes.every((axis) => JSON.stringify(axis.values) === JSON.stringify(first.values));
    if (alike) return `${name} ${settingTexts(first, places)}`;
    const rows = places.map((at) => axes.map((axis) => jsonText(axis.values[at] ?? null)).join(" / "));
    return `${axes.map((axis) => axis.name).join(" / ")} ${rows.join("; ")}`;
  }

  /** As short as a plot has room for: "3", "3 / 4 / 5" in the order of `order`. */
  short(candidate: number): string {
    return this.axes.map((axis, k) => jsonText(axis.values[this.candidates[candidate]?.[k] ?? 0] ?? null)).join(" / ");
  }
  /** What `short` has: "tcp_syn_retries / tcp_orphan_retries". */
  order(): string {
    return this.axes.map((axis) => axis.name).join(" / ");
  }

  isDefault(candidate: number): boolean {
    return this.axes.length > 0 && this.axes.every((axis, k) =>
      axis.default !== null && jsonText(axis.values[this.candidates[candidate]?.[k] ?? 0] ?? null) === jsonText(axis.default));
  }
}

/** A condition's value in words: "5 % loss", "delay 20ms", "dead server". */
function metText(axis: Axis, at: number): string {
  const value = axis.values[at] ?? null;
  if (axis.path === "under") return jsonText(value);
  if (typeof value === "number" && /(^|\.)loss$/.test(axis.path)) return t("loss_of", { p: percentText(value), name: axis.name === "loss" ? "" : axis.name }).trim();
  return `${axis.name} ${jsonText(value)}`;
}

/** "1" and "% loss" of "1 % loss": names of `under` that go with each other by a number in front. */
function numbered(name: string): { number: string; rest: string } | null {
  const match = /^(\d[\d.]*)\s*(\D.*)$/.exec(name);
  return match ? { number: match[1] as string, rest: match[2] as string } : null;
}

/** The ends of several names that differ by the number in front, when nothing of the kind lies between
 * them that is not among them: "1 to 10 % loss". */
function rangeText(names: string[], all: string[]): string | null {
  const parts = names.map(numbered);
  const rest = parts[0]?.rest;
  if (names.length < 3 || parts.some((part) => part === null || part.rest !== rest)) return null;
  const numbers = parts.map((part) => Number(part?.number)).sort((a, b) => a - b);
  const [low, high] = [numbers[0] as number, numbers[numbers.length - 1] as number];
  const between = all.filter((name) => {
    const part = numbered(name);
    return part?.rest === rest && Number(part?.number) >= low && Number(part?.number) <= high;
  });
  return between.length === names.length ? t("range_to", { a: low, b: `${high} ${rest}` }) : null;
}

/** "1" and "5 % loss" in place of "1 % loss" and "5 % loss". */
function togetherBy(names: string[]): string[] {
  const parts = names.map(numbered);
  if (parts.some((part) => part === null || part.rest !== parts[0]?.rest)) return names;
  return names.map((name, i) => (i < names.length - 1 ? parts[i]?.number ?? name : name));
}

export class ConditionNames {
  constructor(private readonly axes: Axis[], private readonly conditions: { at: number[] }[]) {}

  one(condition: number): string {
    const at = this.conditions[condition]?.at ?? [];
    return this.axes.map((axis, k) => metText(axis, at[k] ?? 0)).join(", ");
  }

  /** Several, as a range where they are one. */
  all(conditions: number[]): string {
    const names = conditions.map((i) => this.one(i));
    if (this.axes.length === 1) {
      const range = this.axisRange(conditions) ?? rangeText(names, this.conditions.map((_, i) => this.one(i)));
      if (range) return range;
    }
    const [axis] = this.axes;
    const plain = axis !== undefined && this.axes.length === 1 && names.every((name) => name.startsWith(`${axis.name} `));
    if (plain) return `${axis.name} ${listed(names.map((name) => name.slice(axis.name.length + 1)))}`;
    return listed(togetherBy(names));
  }

  /** Of values of one axis that are numbers and follow each other. */
  private axisRange(conditions: number[]): string | null {
    const axis = this.axes[0] as Axis;
    const known = this.conditions.map((one) => axisNumber(axis.values[one.at[0] ?? 0] ?? null));
    if (conditions.length < 3 || known.some((value) => value === null)) return null;
    const chosen = [...conditions].sort((a, b) => (known[a] as number) - (known[b] as number));
    const [first, last] = [chosen[0] as number, chosen[chosen.length - 1] as number];
    const between = known.filter((value) => (value as number) >= (known[first] as number) && (value as number) <= (known[last] as number));
    if (between.length !== conditions.length) return null;
    const parts = [first, last].map((i) => this.one(i));
    const numbers = parts.map(numbered);
    return numbers[0] && numbers[1] && numbers[0].rest === numbers[1].rest
      ? t("range_to", { a: numbers[0].number, b: parts[1] as string })
      : t("range_to", { a: parts[0] as string, b: (parts[1] as string).replace(`${axis.name} `, "") });
  }
}
