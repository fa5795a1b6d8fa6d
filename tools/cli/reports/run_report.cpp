#include "reports/run_report.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "reports/test_report.hpp"

namespace lastack::cli {

namespace {

/// A ladder of at most so many lines is printed unasked.
constexpr std::ptrdiff_t short_lines = 70;
/// With more connections than this a ladder is no help, so none is drawn unasked.
constexpr std::uint64_t few_connections = 20;
/// What --ladder shows: all that anyone might read.
constexpr trace::LadderLimits whole{
    .ladders = 10'000, .first_steps = 1'000'000, .last_steps = 1'000, .loose_calls = 10'000};

/// Whether so few connections and flows will be that a ladder of them can be read.
bool has_few_connections(const scenario::Scenario& scenario) {
  const std::uint64_t flows = scenario.datagram_flows.size();
  return flows <= few_connections &&
         app::prospect(scenario.connectors, scenario.stop_at).connections <=
             few_connections - flows;
}

std::string name_of(const scenario::Scenario& scenario) {
  if (!scenario.name.empty()) return scenario.name;
  return std::filesystem::path{scenario.file}.stem().string();
}

}  // namespace

RunReport::RunReport(const scenario::Scenario& scenario, const Look& look)
    : scenario_{scenario},
      look_{look},
      paint_{look.colour} {
  switch (look.ladder) {
    case LadderChoice::never: break;
    case LadderChoice::always: ladder_.emplace(whole); break;
    case LadderChoice::when_short:
      if (has_few_connections(scenario)) ladder_.emplace();
      break;
  }
}

void RunReport::print_head() const {
  fmt::print(look_.stream, "{}\n", paint_.bold(printable(name_of(scenario_))));
  fmt::print(look_.stream, "{}", paint_.dim(wrapped(scenario_.description, look_.columns)));
}

void RunReport::print_ladder() const {
  constexpr const char* hint = "--ladder prints it, --trace FILE.txt writes it";
  if (!ladder_) {
    if (look_.ladder != LadderChoice::never) {
      fmt::print(look_.stream, "\n{}\n",
                 paint_.dim(fmt::format("Many connections, so no ladder: {}.", hint)));
    }
    return;
  }
  trace::LadderSheet sheet = ladder_->sheet();
  sheet.scenario.clear();  // print_head has said it
  sheet.description.clear();
  const std::string text = trace::to_text(
      sheet, {.columns = look_.columns,
              .colour = look_.colour == Colour::on ? trace::Colour::ansi : trace::Colour::none,
              .charset = look_.charset});
  const auto lines = std::count(text.begin(), text.end(), '\n');
  if (look_.ladder == LadderChoice::when_short && lines > short_lines) {
    fmt::print(look_.stream, "\n{}\n",
               paint_.dim(fmt::format("A ladder of {} lines: {}.", lines, hint)));
  } else {
    fmt::print(look_.stream, "{}", text);
  }
}

void RunReport::print_run(const run::Summary& summary) const {
  print_ladder();
  fmt::print(look_.stream, "\n");
  if (summary.out_of_memory) {
    fmt::print(look_.stream, "{}\n",
               paint_.yellow(fmt::format("Out of memory after {:.3f} simulated seconds.",
                                         summary.simulated_seconds)));
  }
  if (summary.standstill) {
    fmt::print(look_.stream, "{}\n",
               paint_.yellow(fmt::format("Stopped: time stands still at {:.3f} s.",
                                         summary.simulated_seconds)));
  }
  if (summary.interrupted) {
    fmt::print(look_.stream, "{}\n",
               paint_.yellow(fmt::format("Interrupted after {:.3f} simulated seconds.",
                                         summary.simulated_seconds)));
  }
  if (summary.stopped_at_default) {
    fmt::print(
        look_.stream, "{}\n",
        paint_.yellow(fmt::format("Stopped at 10 min, the default of stop_at; {} still to come.",
                                  summary.events_to_come == 1
                                      ? "1 event was"
                                      : fmt::format("{} events were", summary.events_to_come))));
  }
  fmt::print(look_.stream, "{}", printable_lines(run::to_text(summary, look_.columns)));
}

void RunReport::print_expectations(const run::Summary& summary, bool only_failures) const {
  const auto& all = summary.expectations;
  if (summary.cut_short() && !all.empty()) {
    fmt::print(look_.stream, "expected    {}\n",
               paint_.yellow(fmt::format(
                   "{} not judged: the run {}", all.size(),
                   summary.interrupted ? "was interrupted" : "ended because memory ran short")));
    return;
  }
  const auto failed =
      std::count_if(all.begin(), all.end(), [](const auto& result) { return !result.held; });
  if (all.empty() || (only_failures && failed == 0)) return;
  if (failed == 0) {
    fmt::print(look_.stream, "expected    {}\n",
               paint_.green(fmt::format("{0} of {0} held", all.size())));
    return;
  }
  fmt::print(look_.stream, "expected    {}\n",
             paint_.red(fmt::format("{} of {} failed", failed, all.size())));
  for (const run::ExpectationResult& result : all) {
    if (!result.held) fmt::print(look_.stream, "{}", to_text(result, paint_, 2));
  }
}

}  // namespace lastack::cli
