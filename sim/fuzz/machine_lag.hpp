#pragma once

#include <cstddef>
#include <cstdint>

#include "lastack/scenario/scenario.hpp"

namespace lastack::fuzz {

/// What a real machine has too little of. Either way, what happened at one instant happens one
/// after the other.
enum class Machine : std::uint8_t {
  /// Packets follow each other at 200 Mbit/s where the link has no rate, and every call takes time.
  slow_wire,
  /// Packets of one instant arrive together, before any process runs. A process takes time to
  /// start, to wake from a wait and to close a connection, and so does what holds a packet back.
  busy_processor,
};

/// Makes a scenario as slow as such a machine, all times `step`-fold. Delays that are drawn stay as
/// they are. Requires step >= 1.
///
/// Both: 60 us more on the way from `a` to `b` of a link, 100 us on the way back.
/// slow_wire: 60 us from one call to the next of an application that listens, 30 us of one that
/// connects.
/// busy_processor: 150 us from accept to the first call, 30 us from connect; 60 us of one that
/// listens and 30 us of one that connects before a call that ends a connection and, where `step` is
/// odd, behind each recv; up to 100 us behind each wait, drawn for each connection; 100 us more for
/// what a fault delays or duplicates; and links whose packets have their turn one after the other,
/// 20 us apart: the last link's first where `step` is odd, else the first one's.
void add_machine_lag(scenario::Scenario& scenario, Machine machine, std::size_t step);

}  // namespace lastack::fuzz
