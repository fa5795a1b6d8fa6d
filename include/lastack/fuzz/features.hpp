#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::fuzz {

/// Something that a run went through: an event at an end of a connection in some state, with its
/// reason ("FIN_WAIT_1: recv F."), two of them in a row, or a counter that moved.
struct Feature {
  std::string text;
  SimTime at;  ///< when it first happened
};

/// What a simulated run showed, as far as drawing scenarios needs it.
struct Shown {
  std::vector<Feature> features;  ///< each once, in the order of their first times
  std::vector<SimTime> times;     ///< of all segments, calls, states and timers, ascending
  std::uint64_t segments = 0;     ///< sent
  bool whole = true;              ///< false: it was given up for taking too many events
};

/// Runs a scenario with its own seed.
Shown shown_by(const scenario::Scenario& scenario);

}  // namespace lastack::fuzz
