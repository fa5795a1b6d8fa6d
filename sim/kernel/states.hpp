#pragma once

#include <span>
#include <vector>

#include "journal.hpp"
#include "lastack/kernel/lab.hpp"

namespace lastack::kernel {

/// What the kernel showed of a run's sockets.
struct Observed {
  std::vector<SocketChange> tracepoints;  ///< by time
  std::vector<SocketChange> table;        ///< by time
  /// When the table was read, by host. A change in `table` came between that reading and the one
  /// before.
  std::vector<std::vector<SimTime>> samples;
  std::vector<trace::End> listening;  ///< from the start
  bool has_tracepoints = false;
};

/// The sockets' states through the run, by time.
///
/// Tracepoints show when a full socket changed, to the microsecond. Mini-sockets (a request in
/// SYN_RCVD, an orphan's FIN_WAIT_2, TIME_WAIT) have none: the table shows them some milliseconds
/// later, and the change is dated to what must have caused it, the last thing that happened to that
/// connection before.
std::vector<Journal::Entry> deduce_states(const Observed& observed,
                                          std::span<const Journal::Entry> journal);

/// Before it has bound its port, a connecting socket shows port 0: gives such tracepoints the port
/// of the next first SYN that the host sent to that port.
void name_ports(std::vector<SocketChange>& tracepoints, std::span<const Journal::Entry> journal);

}  // namespace lastack::kernel
