#include "reports/compare_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lastack/batch/estimate.hpp"
#include "lastack/core/text.hpp"
#include "reports/amounts.hpp"
#include "support/text_table.hpp"

namespace lastack::cli {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> statistics{
    {{".mean", "mean"},
     {".median", "median"},
     {".p90", "90th percentile of"},
     {".p99", "99th percentile of"},
     {".p99.9", "99.9th percentile of"},
     {".max", "longest"}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> counts{
    {{"syn_sent", "SYNs sent"},
     {"synack_sent", "SYN-ACKs sent"},
     {"fin_sent", "FINs sent"},
     {"rst_sent", "RSTs sent"},
     {"segments_sent", "segments sent"},
     {"segments_retransmitted", "segments retransmitted"},
     {"segments_lost", "segments lost"},
     {"listen_drops", "SYNs and ACKs dropped by listeners"},
     {"listen_overflows", "overflows of accept queues"},
     {"half_open_at_end", "half-open connections at the end"},
     {"syn_cookies_sent", "SYN cookies sent"},
     {"connections_reset", "connections reset"},
     {"connections_failed", "connections that failed after the connect"}}};

/// What of a share is missing to all.
std::string missing(const std::string& share) {
  return share == "request_ok" ? "unanswered requests" : "failures";
}

/// "SYN_SENT", of one host "SYN_SENT at proxy".
std::string state_of(const std::string& state_and_host) {
  const auto dot = state_and_host.find('.');
  if (dot == std::string::npos) return state_and_host;
  return state_and_host.substr(0, dot) + " at " + state_and_host.substr(dot + 1);
}

std::string subject(const std::string& metric) {
  if (batch::is_share(metric)) return missing(metric);
  for (const auto& [end, words] : statistics) {
    const auto family = metric.find("_time.");
    if (family == std::string::npos || !metric.ends_with(end)) continue;
    std::string what = metric.substr(0, family);
    std::replace(what.begin(), what.end(), '_', ' ');
    return fmt::format("{} {}", words, what);
  }
  for (const auto& [name, words] : counts) {
    if (metric == name) return std::string{words};
  }
  const auto dot = metric.find('.');
  if (metric.starts_with("time_in."))
    return "socket-seconds in " + state_of(metric.substr(dot + 1));
  if (metric.starts_with("peak.")) return "most sockets in " + metric.substr(dot + 1);
  for (const std::string_view call : {"connect", "recv", "send"}) {
    if (!metric.starts_with(fmt::format("{}_error.", call))) continue;
    return fmt::format("{}s that failed with {}", call, metric.substr(dot + 1));
  }
  return metric;
}

/// "4.1 %"; small shares keep two digits: "0.0021 %".
std::string percent(double share) { return fmt::format("{:.3g} %", share * 100); }

std::string ratio(double now, double before) {
  const double factor = std::max(now / before, before / now);
  constexpr double grows_long = 1000;  // from here on :.3g has an exponent
  const std::string text =
      factor < grows_long ? fmt::format("{:.3g}", factor) : fmt::format("{:.0f}", factor);
  return (now >= before ? "× " : "÷ ") + text;
}

/// Whether no interval can be trusted, so that a difference may or may not be there.
bool is_too_few(const batch::Contrast& contrast) {
  const batch::Difference& seen = contrast.difference;
  if (seen.in_every_pair || seen.verdict != batch::Verdict::within_noise) return false;
  return seen.low && seen.high ? !seen.settled : !seen.low && !seen.high;
}

std::string difference_text(const batch::Contrast& contrast) {
  const batch::Difference& seen = contrast.difference;
  const std::string& metric = contrast.metric;
  if (seen.in_every_pair) {
    if (*seen.in_every_pair == 0) return "the same in every pair";
    return signed_amount(metric, *seen.in_every_pair) + " in every pair";
  }
  if (!seen.value) return "no value to compare";
  if (seen.verdict == batch::Verdict::within_noise) {
    return is_too_few(contrast) ? "too few runs to tell" : "within noise";
  }
  const std::string verdict = seen.verdict == batch::Verdict::higher ? "higher" : "lower";
  if (!seen.settled || !seen.low || !seen.high) {
    return fmt::format("{} in each of {} pairs", verdict, seen.pairs);
  }
  const double least = std::min(std::abs(*seen.low), std::abs(*seen.high));
  const double most = std::max(std::abs(*seen.low), std::abs(*seen.high));
  return fmt::format("{} by {}", verdict, difference_range(metric, least, most));
}

bool stands_out(const batch::Contrast& contrast) {
  return contrast.difference.verdict != batch::Verdict::within_noise;
}

/// Whether neither side has a value.
bool is_void(const batch::Contrast& contrast) {
  return !contrast.here.value && !contrast.baseline.value;
}

void append(std::string& list, const std::string& text) {
  list += (list.empty() ? "" : ", ") + text;
}

/// What one value comes to: what stands out, what does not, and what there is no value of. `value`
/// and `baseline` name the sides.
std::string words_of(const batch::Alternative& alternative, const std::string& value,
                     const std::string& baseline) {
  std::string clear;
  std::string noise;
  std::string too_few;
  std::string without;
  std::string only_here;
  std::string only_before;
  for (const batch::Contrast& contrast : alternative.contrasts) {
    const std::string name = subject(contrast.metric);
    if (is_void(contrast)) {
      append(without, name);
    } else if (!contrast.here.value) {
      append(only_before, name);
    } else if (!contrast.baseline.value) {
      append(only_here, name);
    } else if (stands_out(contrast)) {
      append(clear, effect_in_words(contrast));
    } else {
      append(is_too_few(contrast) ? too_few : noise, name);
    }
  }
  std::string text = clear;
  const auto add = [&text](const std::string& words, const std::string& names) {
    if (!names.empty()) text += (text.empty() ? "" : "; ") + words + names;
  };
  if (clear.empty() && !noise.empty()) text = "nothing that stands out of the noise";
  if (!clear.empty()) add("the same or within noise: ", noise);
  add("too few runs to tell: ", too_few);
  add(fmt::format("no value at {}: ", value), only_before);
  add(fmt::format("no value at {}: ", baseline), only_here);
  add("no value at either: ", without);
  return text.empty() ? "nothing differs" : text;
}

/// Whether the database tells how long a connect takes to fail.
bool keeps_waits(const batch::Store& store) {
  const std::vector<std::string>& metrics = store.info().metrics;
  return std::any_of(metrics.begin(), metrics.end(), [](const std::string& metric) {
    return metric.starts_with("time_in.SYN_SENT");
  });
}

}  // namespace

std::string effect_in_words(const batch::Contrast& contrast) {
  const std::string& metric = contrast.metric;
  const auto& here = contrast.here.value;
  const auto& before = contrast.baseline.value;
  if (!here || !before) return subject(metric) + ": no value";
  if (batch::is_share(metric)) {
    return fmt::format("{} {} → {}", missing(metric), percent(1 - *before), percent(1 - *here));
  }
  if (batch::is_time(metric)) {
    return fmt::format("{} {} → {}", subject(metric), amount(metric, *before),
                       amount(metric, *here));
  }
  if (batch::unit_of(metric) == batch::Unit::socket_seconds) {  // the subject has the unit
    const auto number = [&metric](double value) {
      const std::string text = amount(metric, value);
      return text.substr(0, text.find(' '));
    };
    return fmt::format("{} {} → {}", subject(metric), number(*before), number(*here));
  }
  if (*before > 0 && *here > 0) return subject(metric) + " " + ratio(*here, *before);
  return fmt::format("{} {} → {}", subject(metric), amount(metric, *before), amount(metric, *here));
}

std::string comparison_text(const batch::Store& store, const batch::ContrastQuery& query,
                            const std::vector<batch::ContrastGroup>& groups, int columns,
                            const Paint& paint) {
  const scenario::Grid& grid = store.info().grid;
  const std::string name = printable(batch::short_names(grid)[query.axis]);
  const std::vector<std::string>& values = grid.axes[query.axis].values;
  const std::string baseline = printable(batch::value_text(values[query.baseline]));
  std::string text =
      fmt::format("{}\n{} against {}, {:g} % intervals\n", paint.bold(printable(store.info().name)),
                  name, baseline, query.confidence * 100);
  for (const batch::ContrastGroup& group : groups) {
    text += group.others.empty() ? "\n" : "\n" + paint.bold(printable("at " + group.others)) + "\n";
    bool some_rows = false;
    TextTable table{{name, "metric", "here", fmt::format("at {}", baseline), "difference"}};
    for (const batch::Alternative& alternative : group.alternatives) {
      const std::string value = printable(batch::value_text(values[alternative.value]));
      text +=
          wrapped(fmt::format("{} = {}: {}", name, value, words_of(alternative, value, baseline)),
                  columns, 2);
      for (const batch::Contrast& contrast : alternative.contrasts) {
        if (is_void(contrast)) continue;
        some_rows = true;
        table.add({value, contrast.metric, measured_text(contrast.metric, contrast.here),
                   measured_text(contrast.metric, contrast.baseline), difference_text(contrast)});
      }
    }
    if (group.dead && !keeps_waits(store)) {
      text += wrapped(
          "No connect succeeds here. Keep the metric time_in.SYN_SENT to see how long each takes "
          "to fail.",
          columns, 2);
    }
    if (some_rows) text += "\n" + table.text(paint);
  }
  return text;
}

}  // namespace lastack::cli
