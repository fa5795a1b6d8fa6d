#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "lastack/compare/nearest.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::compare {

/// What came of holding a scenario's runs against its recordings.
struct CaseVerdict {
  Nearest nearest;         ///< the best of all seeds and recordings
  std::uint64_t seed = 0;  ///< the run that came nearest
  bool steady = true;      ///< whether the recordings agree among themselves
  bool interrupted = false;

  /// Whether a run agrees with one of the recordings.
  bool agrees() const { return nearest.comparison.agrees(); }
};

/// Runs the scenario with up to `seeds` seeds (its own, then 1001, 1002 …) until one agrees with
/// one of the recordings: real timers fire on a grid whose phase differs, and the phase comes from
/// the seed. Requires seeds >= 1 and one recording at least. `stop` turning true ends it early.
CaseVerdict check_case(const scenario::Scenario& scenario, const std::vector<History>& recordings,
                       std::uint64_t seeds, const std::atomic<bool>* stop = nullptr);

/// The history of one run of a scenario.
History history_of_run(const scenario::Scenario& scenario, std::uint64_t seed,
                       const std::atomic<bool>* stop = nullptr);

}  // namespace lastack::compare
