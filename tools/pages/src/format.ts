/** Numbers and times as people read them; the same words as the program's text outputs. */
import type { Json, Unit } from "./data";

function trimmed(value: number, unit: string): string {
  const decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${String(Number(value.toFixed(decimals)))} ${unit}`;
}

/** "1.05 s", "20 ms". */
export function durationText(ns: number): string {
  if (ns < 0) return `-${durationText(-ns)}`;
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return trimmed(ns / 1e3, "µs");
  if (ns < 1e9) return trimmed(ns / 1e6, "ms");
  return trimmed(ns / 1e9, "s");
}

/** A time since the run began, in seconds: "1.100". */
export function secondsText(ns: number, decimals = 3): string {
  return (ns / 1e9).toFixed(decimals);
}

/** Four digits that count. */
function numberText(value: number): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

export function valueText(value: number, unit: Unit): string {
  switch (unit) {
    case "s":
      if (value === 0) return "0 s";
      return value < 0 || value >= 1000 ? `${numberText(value)} s` : durationText(value * 1e9);
    case "share":
      return percentText(value);
    case "count":
    case "bytes":
      return numberText(value);
  }
}

/** A share near one shows how far from one it is. */
export function percentText(share: number): string {
  const rest = Math.min(share, 1 - share);
  const decimals = rest === 0 ? 0 : rest < 0.0001 ? 4 : rest < 0.001 ? 3 : rest < 0.1 ? 2 : 1;
  return `${String(Number((share * 100).toFixed(decimals)))} %`;
}

export function intervalText(low: number, high: number, unit: Unit): string {
  return spanText(valueText(low, unit), valueText(high, unit), " … ");
}

/** Two values with what stands between them, and their unit once: "1.05 … 3.1 s". */
export function spanText(low: string, high: string, between: string): string {
  const [number, unit] = low.split(" ");
  return unit !== undefined && high.endsWith(` ${unit}`) ? `${number}${between}${high}` : `${low}${between}${high}`;
}

export function jsonText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What a value of an axis is as a number: 0.05, "20ms" in seconds, "10Mbit"; else nothing. */
export function axisNumber(value: Json): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  const match = /^(-?[0-9.]+)\s*(ns|us|ms|s|min|h|bit|Kbit|kbit|Mbit|Gbit|\/s)?$/.exec(value);
  if (!match) return null;
  const factor: Record<string, number> = {
    ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600,
    bit: 1, Kbit: 1e3, kbit: 1e3, Mbit: 1e6, Gbit: 1e9, "/s": 1,
  };
  return Number(match[1]) * (factor[match[2] ?? "s"] ?? 1);
}
