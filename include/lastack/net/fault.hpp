#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/net/packet.hpp"
#include "lastack/tcp/segment.hpp"

namespace lastack::net {

/// Hosts that stand side by side, such as the members of a group; both ends included.
struct HostRange {
  NodeIndex first = 0;
  NodeIndex last = 0;

  /// Whether the host is one of them.
  bool contains(NodeIndex host) const { return first <= host && host <= last; }
};

enum class FaultAction : std::uint8_t { drop, delay, duplicate };

/// What happens to chosen segments, as the scenario has it. All given conditions must hold.
struct Fault {
  HostRange from;
  HostRange to;
  std::optional<tcp::Flags> flags;  ///< exactly these, P aside
  std::optional<bool> payload;
  /// Inclusive ranges of the count of segments that the others match, from 1; empty: every one.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> nth;
  SimTime after = sim_start;  ///< included
  SimTime until = never;      ///< excluded
  FaultAction action = FaultAction::drop;
  SimDuration by{};
};

/// The scenario's faults with what each has counted so far.
class FaultList {
 public:
  /// The order decides which fault applies where several match.
  explicit FaultList(std::vector<Fault> faults);

  /// Whether there is no fault at all.
  bool empty() const { return entries_.empty(); }

  /// The first fault that applies to a segment that leaves its sender now; null if none does. Every
  /// fault that the segment matches counts it. Valid as long as the list.
  const Fault* apply(SimTime now, const Packet& packet);

 private:
  struct Entry {
    Fault fault;
    std::uint64_t seen = 0;
  };
  std::vector<Entry> entries_;
};

}  // namespace lastack::net
