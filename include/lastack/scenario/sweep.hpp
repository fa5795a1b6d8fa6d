#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/scenario/condition.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::scenario {

/// One path of `vary` with its values, JSON texts as an Override takes them.
struct Axis {
  std::string path;
  std::vector<std::string> values;
};

/// Which values of an axis show whether all of them are of the right kind and within bounds, in
/// order, at most so many: of all that are written alike but for their numbers (integers and
/// fractions apart) those with the smallest and the largest number at each place. Where there are
/// more, what the fewest values are like comes first.
std::vector<std::size_t> outermost_values(const Axis& axis, std::size_t most);

/// The path of the axis whose values are the names of the conditions of `under`.
inline constexpr std::string_view under_path = "under";

/// All combinations of the axes' values.
struct Grid {
  std::vector<Axis> axes;  ///< in the file's order
  /// Axes whose values go together, by index; those in one `zip` are one dimension. The last
  /// dimension is the fastest.
  std::vector<std::vector<std::size_t>> dimensions;

  /// How many combinations there are; 1 without axes.
  std::uint64_t size() const;
  /// For each axis, which of its values a combination has. Requires combination < size().
  std::vector<std::size_t> values_of(std::uint64_t combination) const;
  /// The other way round; nothing where values that go together do not.
  std::optional<std::uint64_t> combination_of(const std::vector<std::size_t>& values) const;
  /// The same as paths and values, the condition's name among them: for people and tables.
  std::vector<Override> settings_of(std::uint64_t combination) const;
  /// The same as overrides of the scenario, without those of the condition.
  std::vector<Override> overrides_of(std::uint64_t combination) const;
  /// Which condition a combination is tried under: 0 where there is no `under`.
  std::size_t condition_of(std::uint64_t combination) const;
  /// The combination that differs only by having this value of an axis; axes that are zipped with
  /// it go along.
  std::uint64_t with_value(std::uint64_t combination, std::size_t axis, std::size_t value) const;
  /// The combinations that have such a value of each of these axes, in order.
  std::vector<std::uint64_t> combinations_with(
      const std::vector<std::pair<std::size_t, std::size_t>>& wanted) const;
  /// The axes' paths in the file's order.
  std::vector<std::string> paths() const;
};

/// Runs until the interval of a metric's mean is narrow enough.
struct Until {
  std::string metric;
  double half_width = 0;  ///< above 0, in the metric's unit
  double confidence = 0.95;
  std::uint64_t min = 100;
  std::uint64_t max = 1'000'000;
};

/// How a metric of one combination must compare with another's.
struct RelativeBounds {
  std::optional<double> min_ratio;
  std::optional<double> max_ratio;
  std::optional<double> min_difference;  ///< in the metric's unit, as is the next
  std::optional<double> max_difference;

  enum class Side : std::uint8_t { at_least, at_most };
  /// value - factor x other lies on this side of the limit.
  struct One {
    std::string name;  ///< "max_ratio 1.05"
    Side side;
    double factor;
    double limit;
  };
  /// Those that are given.
  std::vector<One> all() const;
};
/// "at most 1.05 times as much".
std::string text_of(const RelativeBounds& bounds);

/// An assertion on the combinations that have these values: on what a metric is over all their
/// runs.
struct SweepExpectation {
  /// An axis, and which of its values.
  struct Where {
    std::size_t axis;
    std::size_t value;
  };
  std::string metric;
  std::vector<Where> where;  ///< all must hold; empty: every combination
  Bounds bounds;             ///< where there is no `against`
  /// What is other in the combination that it is held against; empty: it is held against numbers.
  std::vector<Where> against;
  RelativeBounds relative;
  std::string pointer;  ///< "/expect/3", for messages
  std::string description;
};

/// A sweep's file as plain data: scenarios, run again and again with other values.
struct Sweep {
  std::string file;  ///< for messages
  std::string name;
  std::string description;
  std::vector<Condition> conditions;  ///< at least one; the first axis where they have names
  Grid grid;
  std::uint64_t repeat = 1;    ///< runs of each combination, where there is no `until`
  std::optional<Until> until;  ///< runs as many as it takes
  std::uint64_t seed = 1;
  std::vector<std::string> metrics;  ///< to keep; empty: all
  std::vector<SweepExpectation> expectations;
  std::vector<std::string> remarks;  ///< of its scenarios, each once

  /// Replication r has the same seed in every combination (common random numbers): the base seed
  /// and r, modulo 2^64.
  std::uint64_t seed_of(std::uint64_t replication) const { return seed + replication; }
};

/// Reads and checks a sweep's file, the scenario in it and each value of each axis. What only
/// metrics or the whole combination can show is left to the caller. Throws ScenarioError.
Sweep load_sweep(const std::string& file);
/// The same from text; relative paths in it start from the folder of `file`.
Sweep parse_sweep(std::string_view json, const std::string& file);

/// The scenario of a combination. Its expectations are left out: they were written for one setting.
/// Throws ScenarioError when the values do not go together.
Scenario scenario_of(const Sweep& sweep, std::uint64_t combination);

/// Which of `paths` a path means that may be shortened to its last part (or parts) where that is
/// unique. Otherwise a text that says so and lists the candidates: "want …, have …".
struct ResolvedPath {
  std::optional<std::size_t> index;
  std::string problem;
};
ResolvedPath resolve_path(std::string_view path, const std::vector<std::string>& paths);

/// Of each path, whether `resolve_path` of its last part leads to it.
std::vector<bool> last_parts_are_own(const std::vector<std::string>& paths);

/// The JSON Schema (draft-07) of sweeps' files, as text. It refers to that of scenarios as
/// "scenario.schema.json".
std::string_view sweep_schema();

}  // namespace lastack::scenario
