#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lastack/core/time.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::tcp {

/// How many sockets of several hosts together are in each state, and at most so far.
struct StateTotals {
  std::array<std::uint64_t, state_count> current{};
  std::array<std::uint64_t, state_count> peak{};
};

/// How many sockets of a host are in each state, at most so far, and for how long in sum. Requests
/// count as SYN_RCVD.
class StateCensus {
 public:
  /// Counts into these, too, from now on; they outlive the census. Requires that nothing was
  /// counted yet.
  void count_into(StateTotals& totals) { totals_ = &totals; }
  /// Notes that one socket goes from `from` to `to`; CLOSED is not counted.
  void move(SimTime now, State from, State to);

  /// Sockets in the state.
  std::uint32_t current(State s) const { return current_[static_cast<std::size_t>(s)]; }
  /// The most at a time so far.
  std::uint32_t peak(State s) const { return peak_[static_cast<std::size_t>(s)]; }
  /// Socket-seconds spent in the state until `now`.
  double socket_seconds(State s, SimTime now) const;

 private:
  __extension__ using Wide = __int128;  ///< a million sockets for 292 years fit

  std::array<std::uint32_t, state_count> current_{};
  std::array<std::uint32_t, state_count> peak_{};
  /// The times at which sockets left the state less those at which they came.
  std::array<Wide, state_count> socket_ns_{};
  StateTotals* totals_ = nullptr;
};

}  // namespace lastack::tcp
