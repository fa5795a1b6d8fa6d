#include "send/tail_loss_probe.hpp"

#include "send/retransmission_timer.hpp"

namespace lastack::tcp {

SimDuration TailLossProbe::timeout(std::optional<SimDuration> srtt, Flight flight,
                                   SimDuration delayed_ack, const TimerGrid& grid) {
  constexpr SimDuration before_samples = 1s;  // TCP_TIMEOUT_INIT
  if (!srtt) return grid.quantize_measured(before_samples);
  return grid.quantize_measured(2 * *srtt +
                                (flight == Flight::one_segment ? delayed_ack : timer_margin));
}

void TailLossProbe::sent(What what, Seq nxt) {
  outstanding_ = true;
  repeated_ = what == What::repetition;
  end_ = nxt;
}

TailLossProbe::Verdict TailLossProbe::acknowledged(const Segment& seg, Acked::Progress progress) {
  if (!outstanding_ || before(seg.ack, end_)) return Verdict::nothing;
  const bool came_twice =
      seg.options.sack_count > 0 && at_or_before(seg.options.sack[0].right, seg.ack);
  if (!repeated_ || came_twice || progress == Acked::Progress::duplicate) {
    outstanding_ = false;
    return Verdict::nothing;
  }
  if (!after(seg.ack, end_)) return Verdict::nothing;
  outstanding_ = false;
  return Verdict::repaired_a_loss;
}

}  // namespace lastack::tcp
