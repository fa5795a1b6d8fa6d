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

/// What one fault has met so far. A near miss meets every condition but one; `nth` aside, for which
/// a segment has to match first.
struct FaultRecord {
  std::uint64_t passed = 0;   ///< segments from its senders to its receivers
  std::uint64_t matched = 0;  ///< of these, that met all other conditions, too
  std::uint64_t chosen = 0;   ///< of these, that `nth` chose
  std::uint64_t applied = 0;  ///< of these, that no earlier fault took
  std::vector<std::pair<tcp::Flags, std::uint64_t>>
      other_flags;                      ///< near misses: P aside, how many
  std::uint64_t other_payload = 0;      ///< near misses
  std::uint64_t other_time = 0;         ///< near misses
  SimTime first_other_time = never;     ///< when the first of them left
  SimTime last_other_time = sim_start;  ///< and the last
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

  /// What each fault has met, in the list's order.
  std::vector<FaultRecord> records() const;

 private:
  struct Entry {
    Fault fault;
    FaultRecord record;
  };
  std::vector<Entry> entries_;
};

}  // namespace lastack::net
