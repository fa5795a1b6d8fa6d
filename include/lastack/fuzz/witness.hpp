#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lastack/compare/history.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::fuzz {

/// What the one who is asked did in a scenario, once.
struct Recording {
  compare::History history;
  std::string json;  ///< in the form of tests/oracle/traces: {"recordings": [this one]}
};

/// A recording, or why there is none.
struct Testimony {
  enum class Outcome {
    recorded,
    late,         ///< the machine was too busy, in every try
    skipped,      ///< this kernel cannot be asked, or the machine refuses: `reason` says why
    interrupted,  ///< `stop` turned true
  };
  Outcome outcome = Outcome::recorded;
  std::string reason{};
  std::optional<Recording> recording{};
};

/// Who is asked what happens in a scenario, and may answer otherwise each time.
class Witness {
 public:
  Witness() = default;
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  virtual ~Witness() = default;

  /// Asks once more. May be called from several threads at once.
  virtual Testimony ask(const scenario::Scenario& scenario, const std::atomic<bool>& stop) = 0;
};

/// This machine's own kernel; at most `labs` scenarios run at once, whoever asks.
std::unique_ptr<Witness> kernel_witness(unsigned labs);

/// Whom the witness is held against: how a scenario goes there, in so many accounts. Each of them
/// is right.
class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  /// The account at this place, from 0; nothing where there are no more. Always the same for a
  /// place. May be called from several threads at once.
  virtual std::optional<compare::History> account(const std::string& name, const std::string& json,
                                                  std::size_t place,
                                                  const std::atomic<bool>& stop) const = 0;
};

/// The simulator, with a seed for each account: the scenario's own, then 1001, 1002 and so on.
/// Every other account, from the second on, has the lag of a machine, by turns one with a slow wire
/// and one with a busy processor (tools/guide/fuzz.md): a scenario that asks what comes first in
/// one instant has more than one right answer. `overrides` change the scenario for it alone, which
/// shows what would be found if it were wrong.
std::unique_ptr<Model> simulator_model(std::vector<scenario::Override> overrides);

/// Recordings of another kernel: NAME.trace.json in a folder.
std::unique_ptr<Model> recordings_model(std::string folder);

/// Several recordings of one scenario as one file of them. Requires one at least.
std::string joined(std::span<const Recording> recordings);

}  // namespace lastack::fuzz
