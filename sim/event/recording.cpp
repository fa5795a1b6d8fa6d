#include "lastack/event/recording.hpp"

#include "lastack/core/assert.hpp"

namespace lastack::trace {

void Recording::begin(const Names& names) {
  names_ = names;
  events_.clear();
  end_ = sim_start;
}

void Recording::replay(Sink& sink) const {
  sink.begin(names_);
  for (const Event& event : events_) {
    sink.event(event);
  }
  sink.end(end_);
}

void Recording::check_invariants() const {
  std::uint64_t n = 0;
  SimTime last = sim_start;
  for (const Event& event : events_) {
    LASTACK_ASSERT(event.n == ++n);
    LASTACK_ASSERT(event.cause < event.n);
    LASTACK_ASSERT(event.at >= last);
    last = event.at;
  }
}

}  // namespace lastack::trace
