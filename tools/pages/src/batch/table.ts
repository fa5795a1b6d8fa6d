/** All combinations: filter, sort, choose curves. Rows beyond the first are made when asked for, so
 * that a thousand combinations cost no more than a screenful. */
import type { BatchData, Combination } from "../data";
import { fill, h } from "../dom";
import { axisNumber, intervalText, jsonText, valueText } from "../format";
import { t } from "../texts";
import { fullText, isDefault } from "./model";

const ROWS = 60;

type Condition = (combination: Combination) => boolean;

/** `loss=0.2 connect_ok<0.99 under="dead server" retries`: all must hold. Names may be shortened to
 * their last part.
 * Returns the word that is not understood in place of a condition. */
export function parseFilter(data: BatchData, text: string): Condition | string {
  const conditions: Condition[] = [];
  for (const quoted of text.match(/(?:[^\s,"]|"[^"]*"?)+/g) ?? []) {
    const word = quoted.replaceAll('"', "");
    const match = /^([^<>=!]+)(<=|>=|!=|=|<|>)(.+)$/.exec(word);
    if (!match) {
      const wanted = word.toLowerCase();
      conditions.push((one) => fullText(data, one).toLowerCase().includes(wanted));
      continue;
    }
    const [, name, sign, value] = match as unknown as [string, string, string, string];
    const read = reader(data, name);
    if (!read) return name;
    conditions.push((one) => holds(read(one), sign, value));
  }
  return (one) => conditions.every((condition) => condition(one));
}

type Read = (combination: Combination) => string | number | null;

function reader(data: BatchData, name: string): Read | null {
  const axis = data.axes.findIndex((one) => one.name === name || one.path === name);
  if (axis >= 0) return (one) => jsonText(data.axes[axis]?.values[one.at[axis] ?? 0] ?? null);
  const metric = data.metrics.findIndex((one) => one.name === name);
  if (metric >= 0) return (one) => one.values[metric]?.[0] ?? null;
  return name === "runs" ? (one) => one.runs : null;
}

function holds(have: string | number | null, sign: string, wanted: string): boolean {
  if (have === null) return sign === "!=";
  const a = axisNumber(have);
  const b = axisNumber(wanted.endsWith("%") ? Number(wanted.slice(0, -1)) / 100 : wanted);
  if (a === null || b === null) {
    return sign === "=" ? String(have) === wanted : sign === "!=" && String(have) !== wanted;
  }
  switch (sign) {
    case "=": return a === b;
    case "!=": return a !== b;
    case "<": return a < b;
    case "<=": return a <= b;
    case ">": return a > b;
    default: return a >= b;
  }
}

interface Column {
  name: string;
  read: (combination: Combination) => number | string;
}

/** Metrics that have a value somewhere; counts that are 0 everywhere say nothing either. */
export function metricsShown(data: BatchData): number[] {
  return data.metrics.flatMap((metric, i) => {
    const values = data.combinations.flatMap((one) => one.values[i]?.[0] ?? []);
    const idle = metric.unit !== "share" && values.every((value) => value === 0);
    return idle ? [] : [i];
  });
}

function columnsOf(data: BatchData): Column[] {
  const ordered = (value: string | number | null): string | number => (value === null ? -Infinity : axisNumber(value) ?? value);
  return [
    ...data.axes.map((axis, i) => ({
      name: axis.name, read: (one: Combination) => ordered(jsonText(axis.values[one.at[i] ?? 0] ?? null)),
    })),
    { name: t("runs"), read: (one: Combination) => one.runs },
    ...metricsShown(data).map((i) => ({
      name: data.metrics[i]?.name ?? "", read: (one: Combination) => one.values[i]?.[0] ?? -Infinity,
    })),
  ];
}

export interface Table {
  element: HTMLElement;
  update(): void;
}

/** Which rows are to be seen, and in what order. */
class Rows {
  private max = ROWS;
  private sortBy = -1;
  private upwards = true;

  constructor(private readonly data: BatchData, private readonly columns: Column[]) {}

  /** By another column, or by the same one the other way. */
  sort(column: number): void {
    this.upwards = this.sortBy === column ? !this.upwards : true;
    this.sortBy = column;
  }
  begin(): void {
    this.max = ROWS;
  }
  more(): void {
    this.max += 4 * ROWS;
  }

  order(column: number): string {
    if (column !== this.sortBy) return "none";
    return this.upwards ? "ascending" : "descending";
  }
  /** Indices of the combinations that the filter lets through, in order. */
  matching(wanted: Condition): number[] {
    const all = this.data.combinations;
    const places = all.map((_, place) => place).filter((place) => wanted(all[place] as Combination));
    const column = this.columns[this.sortBy];
    if (!column) return places;
    const sign = this.upwards ? 1 : -1;
    const key = (place: number): number | string => column.read(all[place] as Combination);
    return places.sort((a, b) => sign * compare(key(a), key(b)));
  }
  inSight(places: number[]): number[] {
    return places.slice(0, this.max);
  }
}

function cells(data: BatchData, shown: number[], one: Combination): HTMLElement[] {
  return [
    ...data.axes.map((axis, i) => h("td", { class: "number" }, jsonText(axis.values[one.at[i] ?? 0] ?? null))),
    h("td", { class: "number" }, String(one.runs), isDefault(data, one) ? ` · ${t("default_")}` : ""),
    ...shown.map((i) => {
      const unit = data.metrics[i]?.unit ?? "count";
      const estimate = one.values[i];
      return estimate
        ? h("td", { class: "number" }, valueText(estimate[0], unit), h("small", {}, intervalText(estimate[1], estimate[2], unit)))
        : h("td", { class: "number" }, "–");
    }),
  ];
}

/** The titles of the columns; each sorts by its own. */
function headCells(columns: Column[], sortBy: (column: number) => void): HTMLElement[] {
  return columns.map((column, i) => {
    const button = h("button", { type: "button", class: "link", "aria-label": t("sort_by", { m: column.name }) }, column.name);
    button.addEventListener("click", () => sortBy(i));
    return h("th", { scope: "col", class: "number" }, button);
  });
}

function framed(left: number, filter: HTMLElement, count: HTMLElement, heads: HTMLElement[], body: HTMLElement, more: HTMLElement): HTMLElement {
  return h("section", { id: "combinations" },
    h("h2", {}, t("table")),
    h("div", { class: "controls" }, filter, count),
    left > 0 ? h("p", { class: "hint" }, t("columns_left_out", { n: left })) : null,
    h("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": t("table") }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("show")), ...heads)), body)),
    more);
}

export function combinationTable(data: BatchData, isShown: (i: number) => boolean, toggle: (i: number) => void): Table {
  const columns = columnsOf(data);
  const shown = metricsShown(data);
  const rows = new Rows(data, columns);
  const filter = h("input", { type: "search", placeholder: t("filter_rows_hint"), "aria-label": t("filter_rows"), class: "wide-input" });
  const count = h("p", { class: "hint", "aria-live": "polite" });
  const body = h("tbody");
  const more = h("button", { type: "button" }, t("more_rows"));
  const after = (change: () => void) => (): void => {
    change();
    update();
  };
  const heads = headCells(columns, (column) => after(() => rows.sort(column))());

  const row = (place: number): HTMLElement => {
    const one = data.combinations[place] as Combination;
    const box = h("input", { type: "checkbox", checked: isShown(place), "aria-label": `${t("show")}: ${fullText(data, one)}` });
    box.addEventListener("change", () => toggle(place));
    return h("tr", { class: isShown(place) ? "chosen" : "" }, h("td", {}, box), ...cells(data, shown, one));
  };
  const update = (): void => {
    const wanted = parseFilter(data, filter.value);
    if (typeof wanted === "string") {
      count.textContent = t("bad_filter", { f: wanted });
      return;
    }
    const matching = rows.matching(wanted);
    const inSight = rows.inSight(matching);
    heads.forEach((head, i) => head.setAttribute("aria-sort", rows.order(i)));
    count.textContent = t("rows_of", { n: matching.length, all: data.combinations.length });
    fill(body, ...inSight.map(row));
    more.hidden = inSight.length === matching.length;
  };
  filter.addEventListener("input", after(() => rows.begin()));
  more.addEventListener("click", after(() => rows.more()));
  update();
  return { update, element: framed(data.metrics.length - shown.length, filter, count, heads, body, more) };
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a < b ? -1 : 1;
  return String(a).localeCompare(String(b), "en");
}
