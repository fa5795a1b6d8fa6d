#pragma once

#include <cstdint>
#include <optional>

#include "lastack/core/time.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"
#include "lastack/tcp/timer_grid.hpp"
#include "send/acked.hpp"

namespace lastack::tcp {

/// Tail-loss probe (RFC 8985, 7): the last segment, or a new one, goes out ahead of the timeout, so
/// that the loss of a flight's tail shows by SACK. One is out at a time.
class TailLossProbe {
 public:
  enum class What : std::uint8_t {
    new_data,
    repetition  ///< octets that were sent before
  };
  /// What an ACK says of a probe.
  enum class Verdict : std::uint8_t { nothing, repaired_a_loss };

  /// The probe's timeout (RFC 8985, 7.2). `srtt` is empty before the first sample; one segment in
  /// flight alone is waited for longer, by `delayed_ack`, since its ACK may be delayed.
  enum class Flight : std::uint8_t { one_segment, more };
  static SimDuration timeout(std::optional<SimDuration> srtt, Flight flight,
                             SimDuration delayed_ack, const TimerGrid& grid);

  bool outstanding() const { return outstanding_; }
  bool repeated_outstanding() const { return outstanding_ && repeated_; }
  Seq end() const { return end_; }  ///< SND.NXT when the last one left
  /// One left; SND.NXT is `nxt` behind it.
  void sent(What what, Seq nxt);
  /// Recovery looks after everything from here on.
  void cancel() { outstanding_ = false; }
  /// An acceptable ACK came (RFC 8985, 7.4.2). Only what is acknowledged beyond the probe, or an
  /// ACK that brings nothing new, shows whether it repaired a loss.
  Verdict acknowledged(const Segment& seg, const Acked& acked);

 private:
  Seq end_;  ///< SND.NXT when it was sent (TLP.end_seq)
  bool outstanding_ = false;
  bool repeated_ = false;
};

}  // namespace lastack::tcp
