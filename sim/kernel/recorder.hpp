#pragma once

#include <memory>
#include <vector>

#include "journal.hpp"
#include "lastack/event/recording.hpp"
#include "lastack/scenario/scenario.hpp"
#include "wire.hpp"

namespace lastack::kernel {

/// Makes one trace of what was noted, in the order of time: numbers the events, names the segment
/// that caused each arrival or loss, and says why each segment was sent, as far as its numbers
/// show.
std::shared_ptr<const trace::Recording> make_trace(const trace::Names& names,
                                                   std::vector<Journal::Entry> entries,
                                                   SimTime ended);

}  // namespace lastack::kernel
