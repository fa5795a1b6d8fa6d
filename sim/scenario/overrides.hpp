#pragma once

#include <vector>

#include "lastack/scenario/load.hpp"
#include "lastack/scenario/value.hpp"

namespace lastack::scenario {

/// Applies `--set KEY=VALUE` to the document, before anything is checked, and notes in `source`
/// where. Returns the new hosts: they are named freely, so a slip of the pen makes one.
std::vector<NewHost> apply_overrides(Json& root, const std::vector<Override>& overrides,
                                     Source& source);

}  // namespace lastack::scenario
