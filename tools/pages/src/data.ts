/**
 * What the page is given: the contract with whoever fills `<script id="data">`. All durations are
 * in seconds and all times of events in nanoseconds, unless a name says otherwise. JavaScript's
 * numbers hold nanoseconds exactly for 104 days; beyond that they are rounded, which a drawing
 * does not show.
 */

/** The version of this contract; the page refuses any other. */
const FORMAT = 1;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

// --- One run ---

/** Header options as the trace has them. */
export interface Options {
  mss?: number;
  wscale?: number;
  sack_permitted?: boolean;
  ts?: [number, number];
  sack?: [number, number][];
}

interface Line {
  /** From 1, in the order of the trace. */
  n: number;
  /** `n` of the event that caused it. */
  cause?: number;
  t_ns: number;
}
/** A segment (or datagram) leaves; a forged one arrives out of nowhere. */
export interface SendEvent extends Line {
  ev: "send" | "forge";
  id: number;
  proto?: "udp";
  src: string;
  dst: string;
  /** tcpdump's letters: "S.", "P.". */
  flags: string;
  seq: number;
  ack?: number;
  len: number;
  win: number;
  options: Options;
  why: string;
}
export interface DropEvent extends Line {
  ev: "drop";
  id: number;
  at: "wire" | "host";
  reason: string;
  /** The node that lost it. */
  node?: string;
}
export interface ChangeEvent extends Line {
  ev: "delay" | "duplicate";
  id: number;
  by_ns: number;
}
export interface ReceiveEvent extends Line {
  ev: "recv";
  id: number;
  host: string;
}
export interface StateEvent extends Line {
  ev: "state";
  local: string;
  /** Absent for LISTEN. */
  remote?: string;
  from: string;
  to: string;
  why: string;
}
export interface TimerEvent extends Line {
  ev: "timer";
  local: string;
  remote?: string;
  timer: string;
  do: "arm" | "fire" | "cancel";
  due_ns: number;
}
export interface AppEvent extends Line {
  ev: "app";
  host: string;
  /** "connect", "accept#1"; "host" for power and settings. */
  who: string;
  call: string;
  result?: string | number;
}
/** One line of the trace, as the formats have it. */
export type TraceEvent =
  | SendEvent
  | DropEvent
  | ChangeEvent
  | ReceiveEvent
  | StateEvent
  | TimerEvent
  | AppEvent;

/** A connection of the summary; times in seconds, null where there is none. */
export interface ConnectionSummary {
  local: string;
  remote: string;
  result: string | null;
  connect_time: number | null;
  close_time: number | null;
  retransmissions: number;
  final_state: string;
  final_state_remote: string;
}

export interface Expectation {
  /** Where it stands: "/expect/0". */
  pointer: string;
  /** Null where it was not judged. */
  held: boolean | null;
  /** False where the run was cut short. */
  judged?: boolean;
  wanted: string;
  seen: string;
  /** Where in the trace, or nothing. */
  where?: string;
}

/** What `lastack run --summary` writes, as far as the page reads it; more keys are welcome. */
export interface RunSummary {
  simulated_seconds: number;
  segments_sent: number;
  segments_lost: number;
  segments_retransmitted: number;
  connects: number;
  connects_ok: number;
  connect_errors?: Record<string, number>;
  connect_time?: number | null;
  recv_errors?: Record<string, number>;
  send_errors?: Record<string, number>;
  connections_failed?: number;
  connections_reset?: number;
  half_open_at_end?: number;
  requests?: number;
  requests_ok?: number;
  /** Mean, in seconds; null where none was answered. */
  request_time?: number | null;
  orphan_time?: number | null;
  syn_cookies_sent?: number;
  connections?: ConnectionSummary[];
  expectations?: Expectation[];
  interrupted?: boolean;
  out_of_memory?: boolean;
}

export interface RunData {
  kind: "run";
  format: number;
  /** Of the program. */
  version: string;
  scenario: string;
  description: string;
  seed: number;
  /** The command that makes the run again. */
  command?: string;
  /** When the simulation ended. */
  ended_ns: number;
  hosts: string[];
  routers?: string[];
  summary: RunSummary;
  /** In the order of the trace. */
  events: TraceEvent[];
  /** How many events of the run are not here. 0 or absent: it is whole. */
  events_left_out?: number;
}

// --- A batch ---

/** A path that varies. */
export interface Axis {
  /** In full: "hosts.proxy.sysctl.tcp_syn_retries". */
  path: string;
  /** As short as is unique: "tcp_syn_retries". */
  name: string;
  /** What one can choose, or what one meets: a loss, a rate. */
  role: "setting" | "condition";
  /** In the order of the sweep. */
  values: Json[];
  /** What holds where nobody sets anything; null where that is not known. */
  default: Json;
}

export type Unit = "s" | "share" | "count" | "bytes";

export interface Metric {
  /** The column: "connect_time.p99". */
  name: string;
  unit: Unit;
  /** Which is better; null where neither is. */
  better: "less" | "more" | null;
}

/** What it is over all runs, its interval, how many runs say something. */
export type Estimate = [value: number, low: number, high: number, n: number];

/** A distribution of connect time. */
export interface Distribution {
  /** How many connects succeeded. */
  count: number;
  /** The same and those that failed. */
  of: number;
  /** Ascending seconds, thinned to a few hundred; the first and the last are minimum and maximum. */
  seconds: number[];
  /** How many took at most so long, by `seconds`; ascending, the last is `count`. */
  upto: number[];
}

export interface Combination {
  /** From 0, as in the database. */
  index: number;
  /** By axis: an index into its values. */
  at: number[];
  runs: number;
  /** By metric; null where no run has a value. */
  values: (Estimate | null)[];
  connect_time?: Distribution;
}

export interface BatchExpectation {
  pointer: string;
  held: boolean;
  /** In words: "connect_ok: at least 0.99, at loss=0.05". */
  wanted: string;
  seen: string;
}

export interface WorstRun {
  /** A metric's index. */
  metric: number;
  /** An index into `combinations`. */
  combination: number;
  replication: number;
  seed: number;
  /** Null: it has no value, as a connect_time of a run in which nothing connected. */
  value: number | null;
  command: string;
}

/** Candidates, by index, that are alike, or that are not told apart where that is not `shown`. */
export interface Alike {
  members: number[];
  shown: boolean;
}

/** A figure of a decision: a metric, or `connected.p99`, the time within which 99 % of all connects
 * have succeeded. */
export interface DecisionFigure {
  name: string;
  /** What one wants of the hosts, or what it takes. */
  kind: "outcome" | "cost";
  unit: Unit;
  better: "less" | "more" | null;
}

/** How long a connect waits until it fails, in seconds. */
export interface GiveUp {
  seconds: number;
  low: number | null;
  high: number | null;
  /** Some were still waiting when their run ended, or it is not known whether. */
  at_least: boolean;
}

/** What is met, with all that is known of the candidates there. */
export interface DecisionCondition {
  /** By axis that is a condition, in order: an index into its values. */
  at: number[];
  /** No connect of any candidate succeeds. */
  dead: boolean;
  /** By candidate: an index into `combinations`; null where it was not tried. */
  combinations: (number | null)[];
  /** By figure, then candidate: value and interval, null where nothing is known. A value that is null
   * is a time that is never reached. */
  cells: ([number | null, number | null, number | null] | null)[][];
  /** By figure, the best first; none where dead. */
  groups: Alike[][];
  /** Who no outcome tells apart; none where dead. */
  classes: Alike[];
  /** By candidate, where dead; null where that is not known. */
  give_up: (GiveUp | null)[];
}

export interface ClaimStep {
  candidates: number[];
  /** Least and most over conditions or candidates; null: never. */
  least: number | null;
  most: number | null;
  at_least: boolean;
}

/** A statement; include/lastack/batch/decision.hpp says what each kind claims. */
export interface Claim {
  kind: "choice" | "no_choice" | "alike" | "worse" | "gives_up" | "dead_untried" | "too_many";
  candidates: number[];
  cheapest: number[];
  conditions: number[];
  figure: number | null;
  steps: ClaimStep[];
  shown: boolean;
}

export interface Decision {
  /** Of all comparisons together. */
  confidence: number;
  /** By axis that is a setting, in order: an index into its values. */
  candidates: number[][];
  figures: DecisionFigure[];
  conditions: DecisionCondition[];
  /** The most important first. */
  claims: Claim[];
}

export interface BatchData {
  kind: "batch";
  format: number;
  version: string;
  name: string;
  description: string;
  /** The scenario's name. */
  scenario: string;
  seed: number;
  /** What was asked for: "10000", "until connect_ok is known to ±0.005". */
  repeat: string;
  runs: number;
  /** Of every interval here: 0.95. */
  confidence: number;
  /** The command that makes the batch again. */
  command?: string;
  axes: Axis[];
  metrics: Metric[];
  combinations: Combination[];
  decision: Decision;
  expectations: BatchExpectation[];
  worst: WorstRun[];
  /** Fewer runs than were asked for, because it was stopped. */
  incomplete?: boolean;
}

// --- A search for the best settings ---

/** A limit or a goal. */
export interface TuneWish {
  kind: "limit" | "goal";
  metric: string;
  unit: Unit;
  /** The condition's name; "" where there is one without a name. */
  under: string;
  /** Of a limit. */
  min: number | null;
  max: number | null;
  /** Of a goal. */
  direction: "minimize" | "maximize" | null;
}

/** What is known of a candidate by one wish. */
export interface TuneCell {
  value: number | null;
  low: number | null;
  high: number | null;
  runs: number;
  /** Of a limit; a goal's is "met". */
  standing: "met" | "open" | "broken";
  /** By which share of the bound it misses a limit that is broken. */
  shortfall: number;
}

export interface TuneCandidate {
  /** By axis: an index into its values. */
  at: number[];
  fate: "best" | "open" | "as_good" | "worse" | "over_limit";
  /** Who it is as good as, or worse than: an index; null where nobody. */
  beaten_by: number | null;
  runs: number;
  /** By wish. */
  cells: TuneCell[];
}

export interface TuneData {
  kind: "tune";
  format: number;
  version: string;
  name: string;
  description: string;
  seed: number;
  confidence: number;
  /** A candidate within this share of another is as good. */
  precision: number;
  runs: number;
  looks: number;
  /** What a plain grid takes to know as much. */
  grid_runs: number;
  conditions: string[];
  axes: Axis[];
  wishes: TuneWish[];
  candidates: TuneCandidate[];
  /** Indices in the order in which people want to read of them, the best first. */
  order: number[];
  /** Those that meet all limits and that none is known to beat, the best by the first goal first. */
  front: number[];
  /** Who misses the limits by the least, where `front` is empty. */
  nearest: number | null;
}

export type PageData = RunData | BatchData | TuneData;

/** What is wrong with data, for people. */
class DataError extends Error {}

function want(holds: boolean, what: string): asserts holds {
  if (!holds) throw new DataError(what);
}

const isArray = (value: unknown): boolean => Array.isArray(value);

function checkRun(data: RunData): void {
  want(typeof data.scenario === "string", "/scenario: want a text");
  want(isArray(data.hosts), "/hosts: want an array");
  want(typeof data.summary === "object" && data.summary !== null, "/summary: want an object");
  want(isArray(data.events), "/events: want an array");
  want(data.events.length > 0, "/events: want at least one event, have none");
}

function checkBatch(data: BatchData): void {
  for (const key of ["axes", "metrics", "combinations", "expectations", "worst"] as const) {
    want(isArray(data[key]), `/${key}: want an array`);
  }
  want(isArray(data.decision?.claims), "/decision/claims: want an array");
  want(data.combinations.length > 0, "/combinations: want at least one, have none");
  want(data.metrics.length > 0, "/metrics: want at least one, have none");
  data.combinations.forEach((combination, i) => {
    want(
      combination.at.length === data.axes.length,
      `/combinations/${i}/at: want ${data.axes.length} values, have ${combination.at.length}`,
    );
    want(
      combination.values.length === data.metrics.length,
      `/combinations/${i}/values: want ${data.metrics.length}, have ${combination.values.length}`,
    );
  });
}

function checkTune(data: TuneData): void {
  for (const key of ["axes", "wishes", "candidates", "order", "front"] as const) {
    want(isArray(data[key]), `/${key}: want an array`);
  }
  want(data.candidates.length > 0, "/candidates: want at least one, have none");
}

/** Reads what stands in the page. Throws DataError with the place, what is wanted and what is
 * there; the page then shows that in place of an empty page. */
export function parsePageData(text: string): PageData {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new DataError(`the data is not JSON, or was cut short: ${(error as Error).message}`);
  }
  want(data !== null, "the page holds no data");
  want(typeof data === "object", "want an object");
  const page = data as PageData;
  want(
    page.format === FORMAT,
    `/format: want ${FORMAT}, have ${JSON.stringify(page.format)}; page and program are of different versions`,
  );
  if (page.kind === "run") checkRun(page);
  else if (page.kind === "batch") checkBatch(page);
  else if (page.kind === "tune") checkTune(page);
  else throw new DataError(`/kind: want "run", "batch" or "tune", have ${JSON.stringify((data as { kind?: unknown }).kind)}`);
  return page;
}
