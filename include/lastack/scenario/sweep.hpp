#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/scenario/load.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::scenario {

/// One path of `vary` with its values, JSON texts as an Override takes them.
struct Axis {
  std::string path;
  std::vector<std::string> values;
};

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
  /// The same as overrides of the scenario.
  std::vector<Override> overrides_of(std::uint64_t combination) const;
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

/// An assertion on the combinations that have these values: on the mean of a metric over the runs.
struct SweepExpectation {
  /// An axis, and which of its values.
  struct Where {
    std::size_t axis;
    std::size_t value;
  };
  std::string metric;
  std::vector<Where> where;  ///< all must hold; empty: every combination
  Bounds bounds;
  std::string pointer;  ///< "/expect/3", for messages
  std::string description;
};

/// A sweep's file as plain data: one scenario, run again and again with other values.
struct Sweep {
  std::string file;  ///< for messages
  std::string name;
  std::string description;
  std::string scenario_file;     ///< for messages; the sweep's own file where it stands in there
  std::string scenario_pointer;  ///< "/scenario" where it does, else ""
  std::string scenario_text;     ///< JSON
  Grid grid;
  std::uint64_t repeat = 1;    ///< runs of each combination, where there is no `until`
  std::optional<Until> until;  ///< runs as many as it takes
  std::uint64_t seed = 1;
  std::vector<std::string> metrics;  ///< to keep; empty: all
  std::vector<SweepExpectation> expectations;

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

/// The JSON Schema (draft-07) of sweeps' files, as text. It refers to that of scenarios as
/// "scenario.schema.json".
std::string_view sweep_schema();

}  // namespace lastack::scenario
