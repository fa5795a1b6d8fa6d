#pragma once

#include <cstdint>

#include "lastack/core/time.hpp"
#include "send/in_flight.hpp"

namespace lastack::tcp {

/// When those segments left that were sent once only.
struct Departures {
  SimTime first = never;
  SimTime last = never;

  void note(const InFlight& record) {
    if (record.retransmitted) return;
    if (first == never) first = record.sent;
    last = record.sent;
  }
};

/// What one ACK said of segments in flight.
struct Acked {
  /// Whether SND.UNA moved, or the ACK was a duplicate (RFC 5681, 2), or neither.
  enum class Progress : std::uint8_t { none, duplicate, advanced };

  Progress progress = Progress::none;
  std::uint32_t segments = 0;  ///< acknowledged by number
  std::uint32_t newly_sacked = 0;
  std::uint32_t delivered = 0;  ///< known for the first time to have arrived
  Departures by_number;         ///< acknowledged by number for the first time
  Departures by_sack;
  std::uint32_t newly_lost = 0;  ///< believed lost because of it
  bool repeated = false;         ///< one of them had been sent again
  /// Something sent only once, before the timeout, is known to have arrived.
  bool original_arrived = false;
  /// It answers something sent before the first retransmission (RFC 4015, Eifel).
  bool echoes_original = false;
  bool rack_advanced = false;
  bool dsack = false;  ///< the peer got something twice
};

}  // namespace lastack::tcp
