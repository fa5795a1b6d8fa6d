/** What all plots share: colours that follow the theme, dashes and marks beside the colours, a
 * readout that pointer and keyboard move alike. */
import uPlot from "uplot";
import { h } from "../dom";
import { t } from "../texts";

/** Okabe and Ito, by the page's variables, so that themes may shift them. */
const COLOURS = ["--c-blue", "--c-red", "--c-green", "--c-pink", "--c-orange", "--c-black"];
const DASHES: number[][] = [[], [10, 4], [3, 3], [12, 4, 3, 4], [6, 6], [1, 4]];
const MARKS = ["●", "■", "▲", "◆", "▼", "✚"];
/** As many as can be told apart. */
export const SERIES_MAX = 6;

export const cssColour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#000";
export const colourOf = (i: number): string => cssColour(COLOURS[i % SERIES_MAX] as string);
export const dashOf = (i: number): number[] => DASHES[i % SERIES_MAX] as number[];
const markOf = (i: number): string => MARKS[i % SERIES_MAX] as string;

/** Marks that distinguish series where they are drawn without colour. */
export function drawMarksAt(u: uPlot, i: number, xs: number[], ys: (number | null)[]): void {
  const { ctx } = u;
  ctx.save();
  ctx.fillStyle = colourOf(i);
  ctx.font = `${Math.round(13 * devicePixelRatio)}px sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  xs.forEach((x, k) => {
    const y = ys[k];
    if (y === null || y === undefined) return;
    ctx.fillText(markOf(i), u.valToPos(x, "x", true), u.valToPos(y, "y", true));
  });
  ctx.restore();
}

export function axisStyle(label: string, values: (value: number) => string, size: number): uPlot.Axis {
  return {
    label, labelFont: "11.5px system-ui, sans-serif", labelSize: 22, size, labelGap: 2,
    stroke: () => cssColour("--ink"),
    grid: { stroke: () => cssColour("--line"), width: 1 },
    ticks: { stroke: () => cssColour("--line"), width: 1 },
    values: (_u, splits) => splits.map((v) => (v === null ? "" : values(v))),
  };
}

export interface Chart {
  element: HTMLElement;
  /** Draws anew; `make` is asked for all of it again. */
  update(): void;
}

export interface ChartParts {
  options: Omit<uPlot.Options, "width" | "height">;
  data: uPlot.AlignedData;
  legend: LegendEntry[];
  /** What stands at an index, in words: one line each. */
  read: (index: number) => string[];
  /** Which point is meant, where the nearest in x is not enough. */
  nearest?: (u: uPlot, left: number, top: number) => number;
  /** The indices that keys walk through, in order; by default all. */
  stops?: number[];
}
export interface LegendEntry {
  i: number;
  name: string;
}

function legendRow(entry: LegendEntry): HTMLElement {
  const sign = h("span", { class: "sign", "aria-hidden": "true" });
  const dash = dashOf(entry.i).join(" ");
  sign.innerHTML =
    `<svg width="46" height="16"><path d="M2 8H44" stroke="var(${COLOURS[entry.i % SERIES_MAX]})" stroke-width="2.5" ` +
    `stroke-dasharray="${dash}"/><text x="23" y="12.5" text-anchor="middle" style="fill:var(${COLOURS[entry.i % SERIES_MAX]})">${markOf(entry.i)}</text></svg>`;
  return h("li", {}, sign, entry.name);
}

const HEIGHT = 300;

/** Key -> how many stops it goes on. */
const KEY_STEPS: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 };
/** Two beside each other on paper, or one alone. */
const PRINT_WIDTH = 335;
const PRINT_WIDTH_ALONE = 690;
const PRINT_HEIGHT = 205;

/** A plot with its readout; drawn when it is first updated. */
class PlotView {
  readonly stage: HTMLElement;
  readonly readout = h("output", { class: "readout", "aria-live": "polite" });
  readonly legend = h("ul", { class: "chart-legend" });
  private plot: uPlot | null = null;
  private parts: ChartParts | null = null;
  /** Where the keys are among the stops; -1 before the first key. */
  private place = -1;

  constructor(title: string, private readonly make: () => ChartParts | null) {
    this.stage = h("div", { class: "stage", tabindex: 0, role: "img", "aria-label": `${title}. ${t("plot_keys")}` });
    this.stage.addEventListener("keydown", (event) => this.keyPressed(event));
  }

  update(): void {
    this.plot?.destroy();
    this.plot = null;
    this.place = -1;
    this.parts = this.make();
    this.readout.replaceChildren();
    this.legend.replaceChildren(...(this.parts?.legend ?? []).map(legendRow));
    this.stage.textContent = this.parts ? "" : t("plot_empty");
    if (this.parts) this.plot = this.drawn(this.parts);
  }

  /** Keeps the plot fit for its place, its colours and paper, until `signal` ends it. */
  follow(signal: AbortSignal): void {
    const resized = new ResizeObserver(() => this.fit());
    resized.observe(this.stage);
    signal.addEventListener("abort", () => resized.disconnect());
    const redraw = (): void => this.plot?.redraw();
    document.addEventListener("themechange", redraw, { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw, { signal });
    // Paper is white: the variables are those of print while this is drawn.
    matchMedia("print").addEventListener("change", redraw, { signal });
    window.addEventListener("beforeprint", () => {
      const alone = this.stage.closest(".tune") !== null;
      this.plot?.setSize({ width: alone ? PRINT_WIDTH_ALONE : PRINT_WIDTH, height: PRINT_HEIGHT });
    }, { signal });
    window.addEventListener("afterprint", () => this.resize(this.stage.clientWidth), { signal });
  }

  private drawn(parts: ChartParts): uPlot {
    const size = { width: Math.max(240, this.stage.clientWidth || 600), height: HEIGHT };
    const hooks = { ...parts.options.hooks, setCursor: [(plot: uPlot) => this.pointed(plot)] };
    return new uPlot({ ...parts.options, ...size, hooks, legend: { show: false } }, parts.data, this.stage);
  }

  private say(index: number): void {
    this.readout.replaceChildren(...(this.parts?.read(index) ?? []).map((line) => h("div", {}, line)));
  }

  private pointed(plot: uPlot): void {
    const { left = -1, top = -1, idx } = plot.cursor;
    if (left < 0) return; // the pointer has left: what was read last stays
    const index = this.parts?.nearest ? this.parts.nearest(plot, left, top) : idx;
    if (index !== null && index !== undefined && index >= 0) this.say(index);
  }

  private keyPressed(event: KeyboardEvent): void {
    const stops = this.parts?.stops ?? this.plot?.data[0].map((_, i) => i) ?? [];
    const step = KEY_STEPS[event.key];
    if (step === undefined || stops.length === 0) return;
    event.preventDefault();
    const next = this.place < 0 && step === 1 ? 0 : this.place + step;
    this.place = Math.max(0, Math.min(stops.length - 1, next));
    this.goTo(stops[this.place] as number);
  }

  private goTo(index: number): void {
    const u = this.plot;
    if (!u) return;
    const x = u.data[0][index] as number;
    const series = u.data.findIndex((one, k) => k > 0 && one[index] !== null && one[index] !== undefined);
    const y = series > 0 ? (u.data[series]?.[index] as number) : 0;
    u.setCursor({ left: u.valToPos(x, "x"), top: u.valToPos(y, u.series[series]?.scale ?? "y") }, false);
    this.say(index);
  }

  private fit(): void {
    const width = this.stage.clientWidth;
    if (this.plot && width > 0 && Math.abs(width - this.plot.width) > 2) this.resize(width);
    else if (!this.plot && this.parts) this.update();
  }

  private resize(width: number): void {
    this.plot?.setSize({ width, height: HEIGHT });
  }
}

/** A plot that is `null` says that there is nothing to see. */
export function makeChart(id: string, title: string, note: string, controls: HTMLElement[], make: () => ChartParts | null, signal: AbortSignal): Chart {
  const view = new PlotView(title, make);
  view.follow(signal);
  const element = h("section", { class: "plot", id },
    h("h3", {}, title), h("div", { class: "controls" }, ...controls), view.stage, view.legend, view.readout, h("p", { class: "hint" }, note));
  return { element, update: () => view.update() };
}
