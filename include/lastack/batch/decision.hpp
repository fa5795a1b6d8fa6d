#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/batch/sample.hpp"
#include "lastack/batch/store.hpp"

// What a sweep says to whoever has to choose: claims, each with its numbers.

namespace lastack::batch {

/// Whether whoever runs the hosts chooses the value of a path, as that of a sysctl; else it is a
/// condition that one meets, as a loss or the name of a condition of `under`.
bool is_setting(std::string_view path);

/// Time within which 99 % of all connects have succeeded, those that fail counting as never: a
/// figure of decisions. `connect_time.p99` is of those that succeeded only, and looks better the
/// more of the slow ones are given up.
inline constexpr std::string_view connected_p99 = "connected.p99";
/// The same of requests: until 99 % of them are answered.
inline constexpr std::string_view answered_p99 = "answered.p99";

/// What a decision looks at.
struct DecisionFigure {
  enum class Kind : std::uint8_t {
    outcome,  ///< what one wants of the hosts; where there is none, costs are outcomes
    cost,     ///< what it takes: socket-seconds
  };
  std::string name;  ///< a figure's (`find_figure`), `connected_p99` or `answered_p99`
  Kind kind = Kind::outcome;

  friend bool operator==(const DecisionFigure&, const DecisionFigure&) = default;
};

/// A figure of one candidate under one condition, in the metric's unit.
struct DecisionCell {
  bool there = false;           ///< whether a run says anything
  std::optional<double> value;  ///< of `connected_p99` and `answered_p99`, nothing: never
  std::optional<double> low;  ///< of the interval of `shown_confidence`; nothing: unknown, or never
  std::optional<double> high;
};

/// Candidates, by index, that one figure does not tell apart from the best of them.
struct AlikeGroup {
  std::vector<std::size_t> members;  ///< ascending
  std::size_t best = 0;              ///< the member with the best value
  /// Whether all are shown to lie within the margin of the best. If not, one may differ by more,
  /// but these runs do not show it.
  bool shown = true;
  /// How far each member is from the best of the first group, as paired difference, above 0 where
  /// worse; none in the first group.
  std::vector<Difference> worse;
};

/// Candidates that no outcome tells apart.
struct AlikeClass {
  std::vector<std::size_t> members;  ///< ascending
  bool shown = true;                 ///< as in AlikeGroup, for every outcome

  friend bool operator==(const AlikeClass&, const AlikeClass&) = default;
};

/// How long a connect waits until it fails, in seconds, where none succeeds: the socket-seconds in
/// SYN_SENT for each connect. No metric has the times of connects that failed.
struct GiveUp {
  double seconds = 0;
  std::optional<double> low;  ///< where all runs have as many connects
  std::optional<double> high;
  /// Some connect was still waiting when its run ended, or the metrics kept do not say whether.
  bool at_least = false;
};

/// One statement. Which numbers it has depends on its kind.
struct Claim {
  enum class Kind : std::uint8_t {
    /// `candidates` are shown worse than none by no outcome under no condition where any connect
    /// succeeds; `cheapest` of these fail soonest where none does.
    choice,
    /// Every candidate is shown worse by some outcome somewhere; than `candidates` no other is
    /// better somewhere and worse nowhere.
    no_choice,
    alike,         ///< no outcome tells `candidates` apart under `conditions`
    worse,         ///< by `figure`, under `conditions`, each step against `candidates`
    gives_up,      ///< under `conditions` no connect succeeds; `steps` say after what time it fails
    dead_untried,  ///< retries vary, and no condition shows what they cost where nobody answers
    too_many,      ///< more candidates than are compared (`candidates_max`)
  };
  struct Step {
    std::vector<std::size_t> candidates;
    /// `worse`: the least and the greatest difference over the conditions, above 0. `gives_up`: the
    /// least and the greatest time of the candidates. Nothing: never.
    std::optional<double> least;
    std::optional<double> most;
    bool at_least = false;  ///< as in GiveUp
  };
  Kind kind = Kind::choice;
  std::vector<std::size_t> candidates;
  std::vector<std::size_t> cheapest;
  std::vector<std::size_t> conditions;
  std::optional<std::size_t> figure;
  std::vector<Step> steps;
  bool shown = true;  ///< `choice`, `alike`: as in AlikeGroup
};

/// What the settings of a sweep come to, condition by condition. Nothing is averaged over
/// conditions.
///
/// A **candidate** is what one may choose: a value of every axis that is a setting. A **condition**
/// is what one meets: a value of every other axis. Two candidates are compared by the paired
/// difference of a figure (`difference`) under one condition: they are *alike* where its interval
/// lies within a margin (0.2 % of the connects; 5 % of a time or a number), *not told apart* where
/// it holds 0, else one is *worse*. Candidates are taken best first, each into the group of the
/// first best that it is not worse than.
///
/// All comparisons hold together with `confidence`: the error of each is its share of what is
/// permitted (Bonferroni), over all pairs of candidates, all figures and all conditions.
struct Decision {
  static constexpr std::size_t candidates_max = 100;

  struct Candidate {
    std::vector<std::size_t> at;  ///< of each axis that is a setting, in order: index of its value
  };
  struct Condition {
    std::vector<std::size_t> at;  ///< the same of the others
    bool dead = false;            ///< no connect of any candidate succeeds
    std::vector<std::optional<std::uint64_t>> combinations;  ///< by candidate
    std::vector<std::vector<DecisionCell>> cells;            ///< by figure, then candidate
    std::vector<std::vector<AlikeGroup>> groups;  ///< by figure, best first; none where dead
    std::vector<AlikeClass> classes;              ///< none where dead
    std::vector<std::optional<GiveUp>> give_up;   ///< by candidate, where dead and known
  };
  double confidence = 0.95;
  std::vector<std::size_t> settings;  ///< axes, ascending
  std::vector<std::size_t> met;       ///< the other axes
  std::vector<Candidate> candidates;
  std::vector<DecisionFigure> figures;
  std::vector<Condition> conditions;
  std::vector<Claim> claims;  ///< in the order in which they matter
};

/// Throws StoreError where the database cannot be read.
Decision decide(const Store& store);

}  // namespace lastack::batch
