#pragma once

#include <vector>

#include "lastack/batch/decision.hpp"

namespace lastack::batch {

/// What the groups of a decision say, in the order in which it matters. `retries_vary`: whether a
/// setting says how often a SYN goes again, so that what it costs where nobody answers belongs
/// beside what it gains.
std::vector<Claim> claims_of(const Decision& decision, bool retries_vary);

}  // namespace lastack::batch
