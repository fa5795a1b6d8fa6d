#include "recorder.hpp"

#include "lastack/core/assert.hpp"

namespace lastack::run {

void Recorder::begin(const trace::Names& names) {
  for (trace::Sink* sink : sinks_) sink->begin(names);
}

std::uint64_t Recorder::record(SimTime at, std::uint64_t cause, trace::What what) {
  LASTACK_ASSERT(active());
  LASTACK_ASSERT(cause <= count_);
  LASTACK_ASSERT(at >= last_);
  last_ = at;
  const trace::Event event{++count_, cause, at, std::move(what)};
  for (trace::Sink* sink : sinks_) sink->event(event);
  return event.n;
}

std::uint64_t Recorder::record_timer(SimTime at, std::uint64_t cause,
                                     const trace::TimerChange& change) {
  const auto host = [](trace::End end) { return static_cast<std::uint64_t>(end.host); };
  const TimerKey key{host(change.local) << 32 | host(change.remote),
                     std::uint32_t{change.local.port} << 16 | change.remote.port, change.timer};
  switch (change.action) {
    case tcp::TimerAction::arm: return armed_by_[key] = record(at, cause, change);
    case tcp::TimerAction::cancel: armed_by_.erase(key); break;
    case tcp::TimerAction::fire:
      if (const auto armed = armed_by_.find(key); armed != armed_by_.end()) {
        cause = armed->second;
        armed_by_.erase(armed);
      }
  }
  return record(at, cause, change);
}

void Recorder::end(SimTime at) {
  for (trace::Sink* sink : sinks_) sink->end(at);
}

}  // namespace lastack::run
