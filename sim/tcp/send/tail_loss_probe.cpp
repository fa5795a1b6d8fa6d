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

TailLossProbe::Verdict TailLossProbe::acknowledged(const Segment& seg, const Acked& acked) {
  if (!outstanding_ || before(seg.ack, end_)) return Verdict::nothing;
  const bool beyond = after(seg.ack, end_);
  const bool duplicate = acked.progress == Acked::Progress::duplicate && acked.newly_sacked == 0;
  const bool settled = !repeated_ || acked.dsack_of_probe;
  if (settled || beyond || duplicate) outstanding_ = false;
  return !settled && beyond ? Verdict::repaired_a_loss : Verdict::nothing;
}

}  // namespace lastack::tcp
