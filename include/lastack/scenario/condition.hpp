#pragma once

#include <string>
#include <vector>

#include "lastack/scenario/load.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::scenario {

/// Under what settings are tried: a scenario with some values of its own.
struct Condition {
  std::string name;     ///< "5 % loss"; "" for the one of a file without `under`
  std::string pointer;  ///< "/under/1", for messages; "" without `under`
  std::string scenario_file;
  std::string scenario_pointer;  ///< "/scenario" where it stands in the file itself, else ""
  std::string scenario_text;     ///< JSON
  std::vector<Override> set;     ///< before those that are tried
};

/// Its scenario with these values, and without expectations: they were written for one setting.
/// Throws ScenarioError when the values do not go together.
Scenario scenario_under(const Condition& condition, const std::vector<Override>& overrides);

}  // namespace lastack::scenario
