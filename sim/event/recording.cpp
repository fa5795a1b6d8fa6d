#include "lastack/event/recording.hpp"

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

}  // namespace lastack::trace
