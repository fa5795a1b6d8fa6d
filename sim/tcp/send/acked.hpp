#pragma once

#include <cstdint>
#include <optional>

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
  /// The peer got something twice that had been sent twice (RFC 2883).
  bool dsack = false;
  bool dsack_of_probe = false;  ///< … which was the tail-loss probe
  bool reneged = false;  ///< the oldest segment in flight had arrived out of order (RFC 2018, 8)
  Seq una_before;        ///< SND.UNA before the ACK
  Seq sacked_to_before;  ///< where the highest segment ended that had arrived out of order
  std::uint32_t newest = 0;  ///< the place, among all sent, of the last of what arrived; 0: none
  /// The lowest segment that arrived below others though it was sent only once.
  std::optional<Seq> late;

  void came_late(Seq seq) {
    if (!late || before(seq, *late)) late = seq;
  }
};

}  // namespace lastack::tcp
