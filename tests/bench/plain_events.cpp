#include "bench/plain_events.hpp"

#include <variant>

namespace lastack::bench {

void PlainEvents::event(const trace::Event& event) {
  ++traced_;
  if (std::holds_alternative<trace::Receive>(event.what)) {
    ++counts_.arrivals;
  } else if (const auto* timer = std::get_if<trace::TimerChange>(&event.what)) {
    counts_.timers += timer->action == tcp::TimerAction::arm ? 1 : 0;
  } else if (const auto* app = std::get_if<trace::AppCall>(&event.what)) {
    // One turn of an application shows as its first call: `close` follows at once in these
    // scenarios.
    counts_.applications += app->call != trace::Call::close ? 1 : 0;
  }
}

}  // namespace lastack::bench
