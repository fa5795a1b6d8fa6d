#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clock.hpp"
#include "lastack/kernel/lab.hpp"
#include "slot.hpp"
#include "wire.hpp"

namespace lastack::kernel {

/// The kernel's tracepoint sock:inet_sock_set_state in an instance of its own under tracefs, which
/// is removed with this object. One that a killed process has left is removed by the next.
class Tracefs {
 public:
  /// Traces sockets whose own or other port is one of `ports`. Throws LabError.
  Tracefs(const Slot& slot, const std::vector<tcp::Port>& ports);
  ~Tracefs();
  Tracefs(const Tracefs&) = delete;
  Tracefs& operator=(const Tracefs&) = delete;

  /// Stops tracing: what sockets with these addresses did since the clock's start, and before.
  std::vector<SocketChange> stop(const Addresses& addresses, const LabClock& clock);

  /// Why there is no tracefs to be used; nothing when there is.
  static std::optional<std::string> why_not();
  /// Removes the instances of processes that do not run any more.
  static void remove_leftovers();

 private:
  std::string folder_;
};

/// One line of a trace file, for tests: the change with the time in ns, and the addresses.
struct TraceLine {
  std::int64_t ns;
  tcp::Address own;
  tcp::Address other;
  SocketChange change;  ///< without time and host
};
/// Nothing for other lines.
std::optional<TraceLine> parse_trace_line(const std::string& line);

}  // namespace lastack::kernel
