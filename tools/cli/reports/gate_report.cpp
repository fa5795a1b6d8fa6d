#include "reports/gate_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/amounts.hpp"
#include "support/text_table.hpp"

namespace lastack::cli {

namespace {

using batch::GateOutcome;
using batch::GateResult;

std::string outcome_text(const GateResult& result) {
  switch (result.outcome) {
    case GateOutcome::not_worse: return "not worse";
    case GateOutcome::worse: return "worse";
    case GateOutcome::cannot_tell: break;
  }
  if (result.runs_needed && *result.runs_needed > result.difference.pairs) {
    return fmt::format("cannot tell: needs about {} runs", *result.runs_needed);
  }
  if (!result.difference.value) return "cannot tell: no value";
  return "cannot tell: no number of runs would; allow more than " +
         fmt::format("{:g} %", result.tolerance * 100);
}

std::string difference_text(const GateResult& result) {
  const batch::Difference& seen = result.difference;
  if (seen.in_every_pair) {
    return *seen.in_every_pair == 0
               ? std::string{"the same in every pair"}
               : signed_amount(result.metric, *seen.in_every_pair) + " in every pair";
  }
  if (!seen.value) return "-";
  return difference_amount(result.metric, *seen.value, seen.low, seen.high);
}

std::string wanted_text(const GateResult& result) {
  return fmt::format("{} not worse by more than {:g} %", result.metric, result.tolerance * 100);
}

std::string painted(const GateResult& result, Unsure unsure, const Paint& paint) {
  const std::string text = outcome_text(result);
  if (fails(result, unsure)) return paint.red(text);
  return result.outcome == GateOutcome::not_worse ? paint.green(text) : paint.yellow(text);
}

}  // namespace

bool fails(const GateResult& result, Unsure unsure) {
  return result.outcome == GateOutcome::worse ||
         (result.outcome == GateOutcome::cannot_tell && unsure == Unsure::fail);
}

std::string gate_text(const std::vector<GateResult>& results, Unsure unsure, const Paint& paint) {
  const bool settings = std::any_of(results.begin(), results.end(),
                                    [](const GateResult& each) { return !each.settings.empty(); });
  std::vector<std::string> titles{"metric", "allowed", "base", "new", "difference", ""};
  if (settings) titles.insert(titles.begin() + 1, "at");
  TextTable table{titles};
  for (const GateResult& result : results) {
    std::vector<std::string> cells{result.metric, fmt::format("{:g} %", result.tolerance * 100),
                                   measured_text(result.metric, result.before),
                                   measured_text(result.metric, result.now),
                                   difference_text(result)};
    if (settings) cells.insert(cells.begin() + 1, result.settings);
    table.add(std::move(cells), painted(result, unsure, paint));
  }
  return table.text(paint);
}

std::vector<FileResult> gate_cases(const std::vector<GateResult>& results, Unsure unsure,
                                   const std::string& file, const std::string& command) {
  std::vector<FileResult> cases;
  for (const GateResult& result : results) {
    FileResult& each = cases.emplace_back();
    each.file = file;
    each.suite = "lastack compare";
    each.name = result.metric + (result.settings.empty() ? "" : " at " + result.settings);
    each.replay = command;
    run::ExpectationResult expectation;
    expectation.held = !fails(result, unsure);
    expectation.pointer = result.metric;
    expectation.wanted = wanted_text(result);
    expectation.seen = fmt::format("{}: now {}, was {}, difference {}, allowed {:g} %",
                                   outcome_text(result), measured_text(result.metric, result.now),
                                   measured_text(result.metric, result.before),
                                   difference_text(result), result.tolerance * 100);
    if (!result.settings.empty()) expectation.where = "at " + result.settings;
    judge({expectation}, each);
    if (result.outcome != GateOutcome::cannot_tell || !expectation.held) continue;
    each.outcome = Outcome::cannot_tell;
    each.problem = expectation.seen;
  }
  return cases;
}

}  // namespace lastack::cli
