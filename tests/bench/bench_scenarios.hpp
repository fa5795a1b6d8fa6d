#pragma once

#include <cstdint>

#include "lastack/core/time.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::bench {

inline constexpr std::uint32_t client_count = 100;

/// From SYN_SENT to the last ACK on a link of 10 ms each way: three round trips.
inline constexpr SimDuration busy_life = 60ms;
/// The same and TIME_WAIT, which lasts for a minute.
inline constexpr SimDuration whole_life = busy_life + 60s;

/// 100 clients and one server, 10 ms each way. Each client opens a connection every `every` and
/// closes it as soon as it is connected; no data. The server closes when it has seen the end.
struct Churn {
  std::uint64_t connections = 200'000;  ///< in all, a multiple of the clients
  SimDuration every = 5ms;
  double loss = 0;  ///< each way
};
scenario::Scenario churn(const Churn& shape);

/// The same at the rate that keeps `in_flight` connections alive, of which each lives for `life`.
/// Three times as many begin, so that two thirds of the run are at full height.
Churn churn_at(std::uint64_t in_flight, SimDuration life);

/// `pairs` connections that both ends keep, idle.
scenario::Scenario idle(std::uint64_t pairs);

/// `count` connections of which the server has the SYN and waits for the ACK: its SYN-ACKs are
/// lost.
scenario::Scenario half_open(std::uint64_t count);
/// The same without the server's part: the SYNs are lost.
scenario::Scenario unanswered(std::uint64_t count);

/// A client, a server, 10 ms: handshake and close, TIME_WAIT to its end.
scenario::Scenario two_hosts();

}  // namespace lastack::bench
