#include <fmt/format.h>

#include "ci/formats.hpp"
#include "lastack/core/text.hpp"
#include "support/escape.hpp"
#include "support/unmatched.hpp"

namespace lastack::cli {

namespace {

std::string tap_diagnostics(const FileResult& result) {
  std::string text = "  ---\n";
  if (!result.problem.empty()) text += "  message: " + quoted(result.problem) + "\n";
  if (!result.failed.empty()) text += "  failed:\n";
  for (const run::ExpectationResult& failure : result.failed) {
    text += "    - expectation: " + quoted(failure.pointer) + "\n";
    text += "      wanted: " + quoted(failure.wanted) + "\n";
    text += "      seen: " + quoted(failure.seen) + "\n";
    if (!failure.where.empty()) text += "      where: " + quoted(failure.where) + "\n";
  }
  return text + "  replay: " + quoted(replay_command(result)) + "\n  ...\n";
}

}  // namespace

std::string tap(const std::vector<FileResult>& results) {
  std::string text = fmt::format("TAP version 13\n1..{}\n", results.size());
  std::size_t number = 0;
  for (const FileResult& result : results) {
    const bool failure = is_failure(result.outcome);
    text += fmt::format(
        "{} {} - {}", failure ? "not ok" : "ok", ++number,
        escaped(printable(result.name.empty() ? result.file : result.name), {{'#', "\\#"}}));
    if (result.outcome == Outcome::skipped || result.outcome == Outcome::cannot_tell) {
      text += " # SKIP " + printable(result.problem);
    }
    if (result.outcome == Outcome::unchecked) text += " # expects nothing";
    text += "\n";
    for (const scenario::Unmatched& one : result.unmatched) {
      text += "# warning: " + printable(to_text(result.file, one)) + "\n";
    }
    if (failure) text += tap_diagnostics(result);
  }
  return text;
}

}  // namespace lastack::cli
