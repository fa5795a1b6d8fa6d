#include "send/rack.hpp"

namespace lastack::tcp {

bool Rack::delivered(const InFlight& record, Copy which, SimTime now) {
  const SimDuration rtt = now - record.sent;
  if (which == Copy::earlier || (record.retransmitted && rtt < min_rtt_)) return false;
  rtt_ = rtt;
  newest_ = std::max(newest_, record.order);
  return true;
}

Rack::Found Rack::detect(RetransmissionQueue& queue, SimDuration tolerance, SimTime now) const {
  Found found;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const InFlight& r = queue[i];
    if (r.sacked || r.judged || r.order >= newest_ || (r.lost && !r.resent_in_flight)) continue;
    const SimDuration left = rtt_ + tolerance - (now - r.sent);
    if (left > SimDuration::zero()) {
      found.wait = std::max(found.wait, left);
    } else {
      const std::uint32_t copies = queue[i].resent_in_flight ? 1 : 0;
      queue.judge(i);  // also if the loss is taken back (Linux, tsorted_sent_queue)
      found.losses += queue.lose(i) ? 1U : 0U;
      found.losses_of_copies += copies - (queue[i].resent_in_flight ? 1U : 0U);
    }
  }
  return found;
}

}  // namespace lastack::tcp
