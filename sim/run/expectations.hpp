#pragma once

#include <vector>

#include "lastack/event/recording.hpp"
#include "lastack/run/summary.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/world.hpp"

namespace lastack::run {

/// Holds what happened against the scenario's expectations, one result each, in their order. Where
/// the run was cut short it says only what was wanted.
std::vector<ExpectationResult> evaluate(const scenario::Scenario& scenario,
                                        const scenario::World& world,
                                        const trace::Recording& recording, const Summary& summary);

}  // namespace lastack::run
