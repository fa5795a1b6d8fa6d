/** What the signs of the ladder mean. */
import { h } from "../dom";
import { barMarkup } from "./draw";
import { t, type TextKey } from "../texts";

const SIGNS: [TextKey, string][] = [
  ["legend_sent", `<g class="arrow plain"><path class="leg" d="M2 6L50 14"/><path class="head" d="M52 14L43 10L42 17Z"/></g>`],
  ["legend_control", `<g class="arrow control"><path class="leg" d="M2 6L50 14"/><path class="head" d="M52 14L43 10L42 17Z"/></g>`],
  ["legend_again", `<g class="arrow control again"><path class="leg" d="M2 6L50 14"/><path class="head" d="M52 14L43 10L42 17Z"/></g>`],
  ["legend_lost", `<g class="arrow"><path class="leg lost" d="M2 6L34 12"/><path class="cross" d="M28 6l12 12m0 -12l-12 12"/></g>`],
  ["legend_discarded", `<g class="arrow"><rect class="bar st-LISTEN" x="46" y="0" width="8" height="20"/><path class="leg discarded" d="M2 6L44 10"/><path class="cross" d="M38 4l12 12m0 -12l-12 12"/></g>`],
  ["legend_forged", `<g class="arrow forged"><circle class="ring" cx="8" cy="6" r="4"/><path class="leg" d="M12 6L50 14"/><path class="head" d="M52 14L43 10L42 17Z"/></g>`],
  ["legend_flying", `<g class="arrow"><path class="leg open" d="M2 6L44 14"/></g>`],
  ["legend_timer", `<path class="timer-start" d="M23 2h6"/><path class="timer" d="M26 2V20"/>`],
  ["legend_fire", `<path class="timer" d="M26 0V10"/><circle class="fire" cx="26" cy="12" r="4.5"/><path class="hand" d="M26 9V12H28.5"/>`],
  ["legend_cancel", `<path class="timer" d="M26 0V16"/><path class="timer-stop" d="M23 16h6"/>`],
  ["legend_silence", `<g class="silence"><rect x="0" y="2" width="56" height="16"/><text x="28" y="14" text-anchor="middle">⋮ 1 s ⋮</text></g>`],
];

const STATES = [
  "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
  "CLOSING", "LAST_ACK", "TIME_WAIT",
];

function sign(markup: string): HTMLElement {
  const box = h("span", { class: "sign", "aria-hidden": "true" });
  box.innerHTML = `<svg width="56" height="20">${markup}</svg>`;
  return box;
}

export function legend(): HTMLElement {
  const states = STATES.map((state) =>
    h("li", {}, sign(barMarkup(state, 20, 1, 12, 18)), state));
  const closed = h("li", {}, sign(`<path class="closed" d="M26 0V20"/>`), "CLOSED");
  return h("details", { class: "legend", open: true },
    h("summary", {}, t("legend")),
    h("ul", {}, ...SIGNS.map(([key, markup]) => h("li", {}, sign(markup), t(key)))),
    h("h3", {}, t("states")),
    h("ul", {}, ...states, closed));
}
