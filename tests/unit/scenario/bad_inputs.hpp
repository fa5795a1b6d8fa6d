#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastack::scenario {

/// Whether the JSON Schema can find that an input is wrong, too.
enum class InSchema { yes, no };

/// A good scenario in which one value is replaced by a wrong one.
struct BadInput {
  std::string pointer;  ///< of what is replaced; "-" at its end appends to an array
  std::string value;    ///< JSON; empty: the value is removed
  /// what() without the file's name; where it ends in "…" something may follow.
  std::string message;
  InSchema in_schema = InSchema::yes;
};

/// The good scenario. It has something of everything.
std::string_view good_scenario();

/// `good_scenario` with one value replaced.
std::string scenario_with(const std::string& pointer, const std::string& value);

const std::vector<BadInput>& bad_inputs();

}  // namespace lastack::scenario
