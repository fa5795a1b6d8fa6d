#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/scenario/condition.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/sweep.hpp"

namespace lastack::scenario {

/// What a metric must be under some conditions for a candidate to count.
struct Limit {
  std::string metric;
  std::vector<std::size_t> under;  ///< indices of conditions
  Bounds bounds;                   ///< min, max or both
  std::string pointer;             ///< "/limits/0", for messages
};

enum class Direction : std::uint8_t { minimize, maximize };

/// A metric of which the mean is to be as small or as large as can be.
struct Goal {
  Direction direction = Direction::minimize;
  std::string metric;
  std::size_t under = 0;  ///< index of a condition
  std::string pointer;    ///< "/minimize/0", for messages
};

/// An objective's file as plain data: which settings are best, and for what.
struct Objective {
  std::string file;  ///< for messages
  std::string name;
  std::string description;
  Grid settings;  ///< its combinations are the candidates
  std::vector<Condition> conditions;
  std::vector<Limit> limits;
  std::vector<Goal> goals;  ///< in the file's order
  double confidence = 0.95;
  /// A candidate whose goals are shown to be within this share of another's is as good as that.
  double precision = 0.01;
  std::uint64_t seed = 1;
  std::uint64_t runs_max = 20'000;   ///< of each candidate under each condition
  std::vector<std::string> remarks;  ///< of its scenarios, each once

  /// Replication r has the same seed for every candidate under every condition (common random
  /// numbers): the base seed and r, modulo 2^64.
  std::uint64_t seed_of(std::uint64_t replication) const { return seed + replication; }
};

/// Reads and checks an objective's file: the scenarios, every condition and each value of each
/// setting. What only metrics or a whole candidate can show is left to the caller. Throws
/// ScenarioError.
Objective load_objective(const std::string& file);
/// The same from text; relative paths in it start from the folder of `file`.
Objective parse_objective(std::string_view json, const std::string& file);

/// The scenario of a candidate under a condition, without its expectations: they were written for
/// one setting. Throws ScenarioError when the values do not go together.
Scenario scenario_of(const Objective& objective, std::uint64_t candidate, std::size_t condition);

/// The JSON Schema (draft-07) of objectives' files, as text.
std::string_view objective_schema();

}  // namespace lastack::scenario
