#pragma once

#include <string>
#include <utility>
#include <vector>

#include "json.hpp"

namespace lastack::fuzz {

/// One way to make a scenario smaller: parts that go, and values that others take the place of.
/// Places are JSON Pointers into the scenario for which the reduction was found, so that several
/// can be made at once.
struct Reduction {
  std::vector<std::string> goes;
  std::vector<std::pair<std::string, Json>> becomes;
};

/// Ways that leave parts out: halves of long lists first, then each part alone.
std::vector<Reduction> omissions(const Json& document);
/// Ways that make numbers and durations rounder.
std::vector<Reduction> roundings(const Json& document);

/// The scenario after all of these; what another one has taken away already is left out.
Json reduced(const Json& document, const std::vector<Reduction>& reductions);

}  // namespace lastack::fuzz
