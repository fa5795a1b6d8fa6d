#pragma once

#include <algorithm>
#include <cstdint>

#include "lastack/core/time.hpp"
#include "send/retransmission_queue.hpp"

namespace lastack::tcp {

/// RACK (RFC 8985, 6): what was sent clearly before something that arrived is lost. It knows the
/// order in which segments left, the newest of them that arrived, and the shortest round trip.
class Rack {
 public:
  /// Which of the copies sent of something arrived, as far as one can know.
  enum class Copy : std::uint8_t { latest, earlier };
  struct Found {
    std::uint32_t losses = 0;            ///< newly believed
    std::uint32_t losses_of_copies = 0;  ///< … of what had gone again
    SimDuration wait{};                  ///< until more is known; 0: nothing is in doubt
  };

  SimDuration min_rtt() const { return min_rtt_; }  ///< 0: none yet
  /// The round trip of the newest segment that arrived (RACK.rtt).
  SimDuration rtt() const { return rtt_; }
  /// How much earlier a segment may have left and yet be only late (RFC 8985, 6.2, step 4): so
  /// many quarters of the shortest round trip.
  SimDuration reordering_window(SimDuration srtt, std::uint32_t quarters = 1) const {
    return std::min(min_rtt_ / 4 * quarters, srtt);
  }
  /// How many segments left so far.
  std::uint32_t order_of_last() const { return sent_; }

  /// The place of the next segment among all that the connection sends.
  std::uint32_t next_order() { return ++sent_; }
  /// A round trip by Karn's rule or by a timestamp.
  void round_trip(SimDuration rtt) {
    if (min_rtt_ == SimDuration::zero() || rtt < min_rtt_) min_rtt_ = rtt;
  }
  /// Something is known to have arrived (RFC 8985, 6.2, step 2). False where nothing follows for
  /// others: it may have been an earlier copy.
  bool delivered(const InFlight& record, Copy which, SimTime now);
  /// Marks as lost what should have arrived, with so much tolerance (step 5).
  Found detect(RetransmissionQueue& queue, SimDuration tolerance, SimTime now) const;

 private:
  SimDuration rtt_{};
  SimDuration min_rtt_{};
  std::uint32_t sent_ = 0;
  std::uint32_t newest_ = 0;  ///< order of the newest that arrived (RACK.xmit_ts)
};

}  // namespace lastack::tcp
