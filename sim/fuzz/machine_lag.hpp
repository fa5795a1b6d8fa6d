#pragma once

#include <cstddef>

#include "lastack/scenario/scenario.hpp"

namespace lastack::fuzz {

/// Makes a scenario's links as slow as those of a machine: `step` times 60 us more on the way from
/// `a` to `b` and 100 us on the way back, and a packet of 1500 bytes takes 60 us, where the link
/// has no rate. What happened at one instant then happens one after the other, as it does on a real
/// machine. Delays that are drawn stay as they are.
void add_machine_lag(scenario::Scenario& scenario, std::size_t step);

}  // namespace lastack::fuzz
