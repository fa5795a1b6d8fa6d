#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lastack/compare/nearest.hpp"
#include "lastack/compare/reason.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::compare {

/// What came of holding a scenario's runs against its recordings.
struct CaseVerdict {
  Nearest nearest;         ///< the best of all seeds and recordings
  std::uint64_t seed = 0;  ///< the run that came nearest
  bool steady = true;      ///< whether the recordings agree among themselves
  bool interrupted = false;
  std::optional<Reason> reason{};  ///< why it differs, by its look; nothing: it agrees

  /// Whether a run agrees with one of the recordings.
  bool agrees() const { return nearest.comparison.agrees(); }
};

/// The nth seed with which a scenario is run to be held against recordings, from 0: its own, then
/// 1001, 1002 and so on.
std::uint64_t nth_seed(const scenario::Scenario& scenario, std::uint64_t nth);

/// Runs the scenario with up to `seeds` seeds (those of nth_seed) until one agrees with
/// one of the recordings: real timers fire on a grid whose phase differs, and the phase comes from
/// the seed. Requires seeds >= 1 and one recording at least. `stop` turning true ends it early.
CaseVerdict check_case(const scenario::Scenario& scenario, const std::vector<History>& recordings,
                       std::uint64_t seeds, const std::atomic<bool>* stop = nullptr);

/// How much is asked before a case is said to differ.
struct Patience {
  std::size_t recordings = 1;  ///< made in any case; 1 at least
  std::size_t tries = 4;       ///< recordings in all, where it differs
  std::uint64_t seeds = 1;     ///< runs in any case; 1 at least
  /// Runs at least, once it is recorded anew.
  static constexpr std::uint64_t further_seeds = 6;
};

/// The next recording of a scenario; nothing when it was interrupted.
using Record = std::function<std::optional<History>()>;

/// Records the scenario and checks it; one that differs is recorded again and held against more
/// seeds, until a run agrees or `patience` is used up. More recordings also show whether the case
/// is steady.
CaseVerdict check_until_sure(const scenario::Scenario& scenario, const Record& record,
                             const Patience& patience, const std::atomic<bool>* stop = nullptr);

/// The history of one run of a scenario.
History history_of_run(const scenario::Scenario& scenario, std::uint64_t seed,
                       const std::atomic<bool>* stop = nullptr);

}  // namespace lastack::compare
