/** The worst runs of a metric, each with the command that runs it again. */
import type { BatchData } from "../data";
import { copyButton, fill, h } from "../dom";
import { valueText } from "../format";
import { t } from "../texts";
import { fullText } from "./model";

export function worstSection(data: BatchData): HTMLElement | null {
  const metrics = [...new Set(data.worst.map((one) => one.metric))].sort((a, b) => a - b);
  if (metrics.length === 0) return null;
  const wanted = data.metrics.findIndex((one) => one.name === "connect_time.max");
  const first = metrics.includes(wanted) ? wanted : metrics[0];
  const body = h("tbody");
  const choice = h("select", { "aria-label": t("metric") }, ...metrics.map((i) =>
    h("option", { value: i, selected: i === first }, data.metrics[i]?.name ?? "")));
  const draw = (): void => {
    const metric = Number(choice.value);
    const unit = data.metrics[metric]?.unit ?? "count";
    fill(body, ...data.worst.filter((one) => one.metric === metric).map((one) => {
      const combination = data.combinations[one.combination];
      return h("tr", {},
        h("td", { class: "number" }, one.value === null ? t("no_value") : valueText(one.value, unit)),
        h("td", {}, combination ? fullText(data, combination) : ""),
        h("td", { class: "number" }, String(one.seed)),
        h("td", { class: "command" }, h("code", {}, one.command), " ", copyButton(() => one.command, t("copy"), t("copied"))));
    }));
  };
  choice.addEventListener("change", draw);
  draw();
  return h("section", { id: "worst" },
    h("h2", {}, t("worst")),
    h("div", { class: "controls" }, h("label", {}, `${t("metric")} `, choice), h("span", { class: "hint" }, t("worst_note"))),
    h("p", { class: "hint on-paper" }, data.metrics[first ?? 0]?.name ?? ""),
    h("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": t("worst") }, h("table", {},
      h("thead", {}, h("tr", {},
        h("th", { scope: "col", class: "number" }, t("metric")), h("th", { scope: "col" }, t("combinations")),
        h("th", { scope: "col", class: "number" }, t("seed")), h("th", { scope: "col" }, t("command")))),
      body)));
}
