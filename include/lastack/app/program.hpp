#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lastack/app/arrivals.hpp"
#include "lastack/core/time.hpp"
#include "lastack/net/link.hpp"
#include "lastack/tcp/fixed_iss.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::app {

// The steps of an application, in the scenario's words.
struct SendStep {
  std::uint64_t bytes;
};
struct RecvStep {
  std::optional<std::uint64_t> bytes;  ///< absent: until EOF
};
struct SleepStep {
  net::Delay duration;  ///< drawn anew for each connection, unless constant: a think time
};
struct UntilStep {
  SimTime time;
};
struct ShutdownStep {
  tcp::Stack::Direction how;
};
struct CloseStep {};
struct AbortStep {};
struct SetOptionStep {
  std::vector<tcp::SocketOptionValue> options;
};
struct HoldStep {};

using Step = std::variant<SendStep, RecvStep, SleepStep, UntilStep, ShutdownStep, CloseStep,
                          AbortStep, SetOptionStep, HoldStep>;

/// How many descriptors an application may have (RLIMIT_NOFILE). It is a process of its own.
inline constexpr std::uint32_t unlimited_files = 0xffff'ffff;

/// A host of the run, by its number (members of groups are hosts of their own).
using HostIndex = std::uint32_t;

/// An application that listens and runs its steps on every connection it accepts.
struct Listener {
  HostIndex host = 0;
  tcp::Port port = 0;
  std::int32_t backlog = 128;
  std::optional<SimTime> accept_from = sim_start;  ///< absent: it never accepts
  SimTime listen_at = sim_start;                   ///< key "at"
  std::optional<SimTime> close_at;                 ///< it stops listening; key "close_at"
  std::uint32_t files_max = unlimited_files;       ///< descriptors; key "limits.nofile"
  std::vector<tcp::SocketOptionValue> options;
  tcp::FixedIss iss;  ///< of each connection that it accepts, in the order of the SYNs
  std::vector<Step> steps;
};

/// An application that opens connections, each of which runs the steps.
struct Connector {
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  HostIndex host = 0;
  HostIndex to = 0;
  tcp::Port to_port = 0;
  std::optional<tcp::Port> from_port;         ///< of the first; the i-th uses from_port + i
  SimTime at = sim_start;                     ///< of the first
  std::uint64_t count = 1;                    ///< at most; `unlimited` only with `arrivals`
  SimDuration every{};                        ///< between two
  std::optional<ArrivalProcess> arrivals;     ///< in place of `every`
  std::uint32_t files_max = unlimited_files;  ///< descriptors; key "limits.nofile"
  std::vector<tcp::SocketOptionValue> options;
  tcp::FixedIss iss;  ///< of each connection, in their order
  /// What it does with the socket before connect has come to a result, as far as it gets: steps
  /// that neither read nor write. One that closes the socket never hears the result.
  std::vector<Step> while_connecting;
  std::vector<Step> steps;
};

/// Datagrams sent without any acknowledgment, to set beside TCP on the same link:
/// {"host": "client", "datagrams": "server:9000", "size": 1000, "at": "0s", "count": 50, "every":
/// "20ms"}
struct DatagramFlow {
  HostIndex host = 0;
  HostIndex to = 0;
  tcp::Port to_port = 0;
  tcp::Port from_port = 0;
  std::uint32_t size = 1000;  ///< bytes of payload
  SimTime at = sim_start;
  std::uint64_t count = 1;
  SimDuration every{};
};

}  // namespace lastack::app
