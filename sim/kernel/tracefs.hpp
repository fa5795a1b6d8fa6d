#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clock.hpp"
#include "lastack/kernel/lab.hpp"
#include "tracing_instance.hpp"
#include "wire.hpp"

namespace lastack::kernel {

/// The kernel's tracepoint sock:inet_sock_set_state in a tracing instance.
class Tracefs {
 public:
  /// Traces sockets whose own or other port is one of `ports` in the instance, which must outlive
  /// this object. Throws LabError.
  Tracefs(const TracingInstance& instance, const std::vector<tcp::Port>& ports);

  /// Stops tracing: what sockets with these addresses did since the clock's start, and before.
  std::vector<SocketChange> stop(const Addresses& addresses, const LabClock& clock);

  /// Why there is no tracefs to be used; nothing when there is.
  static std::optional<std::string> why_not();
  /// The folder of instances; empty where there is no tracefs to be used.
  static std::string instances();

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
