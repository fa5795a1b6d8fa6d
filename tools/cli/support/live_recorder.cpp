#include "support/live_recorder.hpp"

#include <utility>

#include <fmt/format.h>

#include "lastack/compare/read.hpp"
#include "support/diagnostics.hpp"

namespace lastack::cli {

bool can_record_live(const std::string& command) {
  const kernel::Rights rights = kernel::check_rights();
  for (const std::string& missing : rights.missing) diagnostics::error("{}: {}", command, missing);
  for (const std::string& limit : rights.limits) diagnostics::warn("{}: {}", command, limit);
  return rights.missing.empty();
}

std::vector<compare::History> record_live(const scenario::Scenario& scenario, unsigned repeat,
                                          const std::atomic<bool>& stop) {
  using Reason = NotRecorded::Reason;
  const auto refusals = kernel::refusals(scenario);
  if (!refusals.empty()) throw NotRecorded{Reason::skipped, refusals.front().what()};
  std::vector<kernel::KernelRun> runs;
  while (runs.size() < repeat && !stop) {
    kernel::LabResult result = kernel::record(scenario, {}, &stop);
    if (result.outcome == kernel::Outcome::skipped) {
      throw NotRecorded{Reason::skipped, result.reason};
    }
    if (result.outcome == kernel::Outcome::late) {
      throw NotRecorded{Reason::late, fmt::format("late in each of {} tries", result.tries)};
    }
    if (result.run) runs.push_back(std::move(*result.run));
  }
  return compare::read_recordings(kernel::recordings_json(scenario, runs), "this machine");
}

}  // namespace lastack::cli
