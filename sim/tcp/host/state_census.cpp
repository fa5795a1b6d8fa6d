// How many sockets are in each state, and for how long.

#include "lastack/tcp/state_census.hpp"

#include <algorithm>

namespace lastack::tcp {

void StateCensus::move(SimTime now, State from, State to) {
  const SimDuration at = now.time_since_epoch();
  if (from != State::closed) {
    const auto s = static_cast<std::size_t>(from);
    --current_[s];
    socket_ns_[s] += at.count();
    if (totals_ != nullptr) --totals_->current[s];
  }
  if (to != State::closed) {
    const auto s = static_cast<std::size_t>(to);
    ++current_[s];
    socket_ns_[s] -= at.count();
    peak_[s] = std::max(peak_[s], current_[s]);
    if (totals_ != nullptr) {
      totals_->peak[s] = std::max(totals_->peak[s], ++totals_->current[s]);
    }
  }
}

double StateCensus::socket_seconds(State state, SimTime now) const {
  const auto s = static_cast<std::size_t>(state);
  const Wide so_far = Wide{now.time_since_epoch().count()} * current_[s];
  return static_cast<double>(socket_ns_[s] + so_far) / 1e9;
}

}  // namespace lastack::tcp
