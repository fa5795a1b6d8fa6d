#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lastack/compare/reason.hpp"
#include "lastack/fuzz/kind.hpp"
#include "lastack/fuzz/witness.hpp"

namespace lastack::fuzz {

/// How much is asked before a difference is believed.
struct JudgeOptions {
  std::size_t accounts = 12;        ///< of the model, at most
  std::size_t recordings = 3;       ///< that must agree with each other for a steady difference
  std::size_t racy_accounts = 16;   ///< of the model, where they do not
  std::size_t racy_recordings = 6;  ///< of the witness, where they do not
  Sides sides{};                    ///< what witness and model are called
};

/// What came of a scenario.
struct Verdict {
  enum class Outcome {
    agrees,
    racy_and_agrees,  ///< the witness answers otherwise each time, once as the model does
    differs,
    not_judged,   ///< it could not be recorded: `reason` says why
    interrupted,  ///< `stop` turned true
  };
  Outcome outcome = Outcome::agrees;
  std::string reason{};
  // What follows is of a difference.
  bool steady = true;     ///< the recordings agree with each other
  std::string kind{};     ///< kind_of
  compare::Reason why{};  ///< reason_of
  std::string text{};     ///< the first divergence: "client #3: kernel …; lastack …"
  double at_s = 0;        ///< when it comes, in seconds
  std::vector<Recording> recordings{};  ///< of every outcome that has some
};

/// Holds what a witness says against a model.
class Judge {
 public:
  /// Both must outlive the judge.
  Judge(Witness& witness, const Model& model, JudgeOptions options = {})
      : witness_{witness},
        model_{model},
        options_{std::move(options)} {}

  /// Judges a scenario. One that agrees at once is recorded once; a difference is recorded again
  /// until it is known to be steady, or racy. Throws ScenarioError.
  Verdict judge(const std::string& name, const std::string& json,
                const std::atomic<bool>& stop) const;

  /// The same with one recording: the kind of its first divergence, or nothing where there is none
  /// and where it cannot be recorded. For a scenario that is none, too.
  std::optional<std::string> kind_at_first_sight(const std::string& name, const std::string& json,
                                                 const std::atomic<bool>& stop) const;

 private:
  Witness& witness_;
  const Model& model_;
  JudgeOptions options_;
};

}  // namespace lastack::fuzz
