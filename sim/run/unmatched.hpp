#pragma once

#include <vector>

#include "lastack/net/fault.hpp"
#include "lastack/run/summary.hpp"
#include "lastack/scenario/never_matches.hpp"

namespace lastack::run {

/// What matched nothing: what never does, and, unless the run was cut short, what did not in it.
/// `faults` are in the scenario's order, `summary` has the expectations' results.
std::vector<scenario::Unmatched> unmatched(const scenario::Scenario& scenario,
                                           const std::vector<net::FaultRecord>& faults,
                                           const Summary& summary);

}  // namespace lastack::run
