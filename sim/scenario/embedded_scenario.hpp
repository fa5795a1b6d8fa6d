#pragma once

#include <string>
#include <vector>

#include "lastack/scenario/load.hpp"
#include "lastack/scenario/value.hpp"

namespace lastack::scenario {

/// The scenario that another file is about: a path in it, or the scenario itself.
struct EmbeddedScenario {
  std::string file;     ///< for messages; the other file's own where it stands in there
  std::string pointer;  ///< where it does, else ""
  std::string text;     ///< JSON, not checked yet
};

/// `file` is the one in which `value` stands; a path is relative to its folder.
EmbeddedScenario embedded_scenario(const Value& value, const std::string& file);

/// Reads it with overrides, and leaves out its expectations: they were written for one setting. An
/// error in it is reported by the other file's own pointer where it stands in there. Throws
/// ScenarioError.
Scenario parse_embedded(const std::string& text, const std::string& file,
                        const std::string& pointer, const std::vector<Override>& overrides = {});

/// Where a value of the other file is none for the scenario: what is wrong, and where in that,
/// without "(from --set …)".
std::string problem_in_scenario(const ScenarioError& error);

}  // namespace lastack::scenario
