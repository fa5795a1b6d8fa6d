/** How segments and calls are named; the same words as the text ladder (sim/trace/ladder.cpp). */
import type { AppEvent, SendEvent } from "../data";
import { durationText } from "../format";

const FLAG_WORDS: [string, string][] = [
  ["S", "SYN"], ["F", "FIN"], ["R", "RST"], ["P", "PSH"], [".", "ACK"],
];

/** "SYN ACK", in the order in which people say it. */
export function flagWords(flags: string): string {
  const words = FLAG_WORDS.filter(([letter]) => flags.includes(letter)).map(([, word]) => word);
  return words.length > 0 ? words.join(" ") : "no flags";
}

/** Octets in one connection; a number farther away is another connection's. */
const CONNECTION_MAX = 2 ** 30;

/** Counted from the initial sequence number, as Wireshark does. */
export function seqText(seq: number, iss: number | undefined): string {
  if (iss !== undefined) {
    const relative = (seq - iss + 2 ** 32) % 2 ** 32;
    if (relative < CONNECTION_MAX) return String(relative);
  }
  return seq === 0 ? "0" : `${seq} abs`;
}

const REMARKS: Record<string, string> = {
  rto: "again", synack_timeout: "again", synack_repeat: "again", syn_repeat: "again",
  tlp: "loss probe", fast_retransmit: "fast retransmit", dup_ack: "duplicate",
  challenge: "challenge", keepalive: "keepalive", window_probe: "window probe",
  window_update: "window update",
};
const REPEATS = new Set(["rto", "tlp", "fast_retransmit", "synack_timeout", "synack_repeat", "syn_repeat"]);

export const isAgain = (send: SendEvent): boolean => send.ev === "send" && REPEATS.has(normal(send.why));
/** Names of reasons may be written with either dash. */
const normal = (why: string): string => why.replace(/[- ]/g, "_");

export interface Label {
  text: string;
  /** For where there is little room. */
  brief: string;
}

/** `own` and `peer`: initial sequence numbers, as far as they were seen. */
export function labelOf(send: SendEvent, own: number | undefined, peer: number | undefined): Label {
  if (send.proto === "udp") {
    return { text: `datagram ${send.seq} len=${send.len}`, brief: `datagram ${send.seq}` };
  }
  const forged = send.ev === "forge";
  const words = (forged ? "forged " : "") + flagWords(send.flags);
  const seq = ` seq=${seqText(send.seq, forged && send.flags.includes("S") ? undefined : own)}`;
  const ack = send.ack === undefined ? "" : ` ack=${seqText(send.ack, peer)}`;
  const len = send.len > 0 ? ` len=${send.len}` : "";
  const win = send.win === 0 && !send.flags.includes("R") ? " win=0" : "";
  const seqMatters = send.len > 0 || send.ack === undefined;
  const remark = forged ? undefined : REMARKS[normal(send.why)];
  const end = remark === undefined ? "" : ` · ${remark}`;
  return { text: words + seq + ack + len + win + end, brief: words + (seqMatters ? seq + len : ack) + win + end };
}

/** "connect: ETIMEDOUT", "recv eof 20000", "shutdown write". */
export function callText(app: AppEvent): string {
  const { call, result } = app;
  if (result === undefined || result === "ok") return call;
  if (typeof result === "number") return `${call} ${result}`;
  if (call === "connected") return `connect: ${result}`;
  return /^E[A-Z]/.test(result) ? `${call}: ${result}` : `${call} ${result}`;
}

export const delayedText = (ns: number): string => `delayed ${durationText(ns)}`;
