#pragma once

#include <string>

#include "value.hpp"

namespace lastack::scenario {

/// The scenario that another file is about: a path in it, or the scenario itself.
struct EmbeddedScenario {
  std::string file;     ///< for messages; the other file's own where it stands in there
  std::string pointer;  ///< where it does, else ""
  std::string text;     ///< JSON, not checked yet
};

/// `file` is the one in which `value` stands; a path is relative to its folder.
EmbeddedScenario embedded_scenario(const Value& value, const std::string& file);

}  // namespace lastack::scenario
