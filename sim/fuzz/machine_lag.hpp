#pragma once

#include <cstddef>

#include "lastack/scenario/scenario.hpp"

namespace lastack::fuzz {

/// Makes a scenario as slow as a machine: `step` times 60 us more on the way from `a` to `b` of its
/// links and 100 us on the way back; a packet of 1500 bytes takes 60 us, where the link has no
/// rate; and an application takes `step` times 60 us from one call to the next if it listens, 30 us
/// if it connects. What happened at one instant then happens one after the other, as it does on a
/// real machine. Delays that are drawn stay as they are.
void add_machine_lag(scenario::Scenario& scenario, std::size_t step);

}  // namespace lastack::fuzz
