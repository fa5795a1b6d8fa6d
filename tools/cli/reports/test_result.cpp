#include "reports/test_result.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lastack/core/text.hpp"

namespace lastack::cli {

void judge(const std::vector<run::ExpectationResult>& expectations, FileResult& result) {
  result.expectations = expectations.size();
  for (const run::ExpectationResult& expectation : expectations) {
    if (!expectation.held) result.failed.push_back(expectation);
  }
  if (expectations.empty()) {
    result.outcome = Outcome::unchecked;
  } else {
    result.outcome = result.failed.empty() ? Outcome::held : Outcome::failed;
  }
}

void judge_strictly(const std::vector<scenario::Unmatched>& unmatched, FileResult& result) {
  for (const scenario::Unmatched& one : unmatched) {
    run::ExpectationResult failure;
    failure.pointer = one.pointer;
    failure.wanted = "something that it matches (--strict)";
    failure.seen = one.problem;
    result.failed.push_back(std::move(failure));
    ++result.expectations;
    result.outcome = Outcome::failed;
  }
}

bool is_failure(Outcome outcome) {
  return outcome == Outcome::failed || outcome == Outcome::bad || outcome == Outcome::not_run;
}

std::size_t count_of(const std::vector<FileResult>& results, Outcome outcome) {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(),
                    [outcome](const FileResult& r) { return r.outcome == outcome; }));
}

std::string replay_command(const FileResult& result) {
  if (!result.replay.empty()) return result.replay;
  std::string command = fmt::format("lastack {} {}", result.command, shell_word(result.file));
  if (result.seed) command += fmt::format(" --seed {}", *result.seed);
  return command;
}

}  // namespace lastack::cli
