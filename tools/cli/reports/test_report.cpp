#include "reports/test_report.hpp"

#include <string_view>

#include <fmt/format.h>

#include "lastack/core/text.hpp"

namespace lastack::cli {

namespace {

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// "3 scenarios and 1 sweep": what ran to its end.
std::string ran_text(const std::vector<FileResult>& results) {
  std::size_t scenarios = 0;
  std::size_t sweeps = 0;
  for (const FileResult& result : results) {
    const bool ran = result.outcome == Outcome::held || result.outcome == Outcome::failed ||
                     result.outcome == Outcome::unchecked;
    if (ran) ++(result.command == "sweep" ? sweeps : scenarios);
  }
  const std::string of_sweeps = plural(sweeps, "sweep", "sweeps");
  if (scenarios == 0 && sweeps > 0) return of_sweeps;
  const std::string text = plural(scenarios, "scenario", "scenarios");
  return sweeps == 0 ? text : text + " and " + of_sweeps;
}

}  // namespace

std::string to_text(const run::ExpectationResult& result, const Paint& paint, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string text = margin + paint.bold(printable(result.pointer)) + "\n";
  text += margin + "  wanted  " + printable(result.wanted) + "\n";
  text += margin + "  seen    " + paint.red(printable(result.seen)) + "\n";
  if (!result.where.empty()) text += margin + "  where   " + printable(result.where) + "\n";
  return text;
}

std::string failure_text(const FileResult& result, const Paint& paint) {
  if (result.outcome == Outcome::bad) {
    std::string text = paint.red("bad") + "    " + printable_lines(result.problem) + "\n";
    for (std::size_t at = text.find('\n'); at + 1 < text.size(); at = text.find('\n', at + 1)) {
      text.insert(at + 1, "       ");  // further errors stand below the first
    }
    return text;
  }
  std::string text = paint.red("failed") + " " + paint.bold(printable(result.file)) + "\n";
  for (const run::ExpectationResult& failure : result.failed) text += to_text(failure, paint, 7);
  return text + "       replay: " + printable(replay_command(result)) + "\n";
}

std::string totals_text(const std::vector<FileResult>& results, const Paint& paint) {
  const std::size_t held = count_of(results, Outcome::held);
  const std::size_t failed = count_of(results, Outcome::failed);
  const std::size_t unchecked = count_of(results, Outcome::unchecked);
  const std::size_t bad = count_of(results, Outcome::bad);
  const std::size_t skipped = count_of(results, Outcome::skipped);
  const std::size_t not_run = count_of(results, Outcome::not_run);

  std::string text = ran_text(results) + " ran: ";
  const std::string held_text = fmt::format("{} held", held);
  text += held > 0 && failed + bad + not_run == 0 ? paint.green(held_text) : held_text;
  if (failed > 0) text += ", " + paint.red(fmt::format("{} failed", failed));
  if (unchecked > 0) text += fmt::format(", {} not checked (no `expect`)", unchecked);
  if (bad > 0) text += "; " + paint.red(plural(bad, "bad file", "bad files"));
  if (not_run > 0) text += "; " + paint.yellow(fmt::format("{} not run", not_run));
  if (skipped > 0) text += "; " + plural(skipped, "file", "files") + " skipped";
  return text;
}

}  // namespace lastack::cli
