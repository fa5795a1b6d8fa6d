// The segment text (RFC 9293, 3.10.7.4, seventh): octets in order, out of order and twice.

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"
#include "windows.hpp"

namespace lastack::tcp {

Reassembly& Endpoint::reassembly() {
  if (reassembly_ == nullptr) {
    reassembly_ = std::make_unique<Reassembly>();
  }
  return *reassembly_;
}

void Endpoint::queue_text(const Segment& seg, Context& c) {
  if (seg.len() == 0) {
    return;
  }
  const std::uint32_t window = rcv_.window();
  const bool bare_fin = seg.data == 0 && seg.flags.has(Flags::fin);
  if (!after(seg.end(), rcv_.nxt)) {  // all of it came before
    note_dsack(seg.seq, seg.end(), c);
    ack_at_once();
    return;
  }
  if (before(seg.seq, rcv_.nxt)) {  // its head came before
    note_dsack(seg.seq, rcv_.nxt, c);
  }
  if (after(seg.seq, rcv_.nxt)) {
    if (!before(seg.seq, rcv_.nxt + window)) {
      ack_at_once();
      return;
    }
    queue_out_of_order(seg, c);
    return;
  }
  if (window == 0 && !bare_fin) {  // a probe of our closed window
    ack_at_once();
    return;
  }
  std::uint32_t new_data = seg.seq + seg.data - rcv_.nxt;
  bool fin = seg.flags.has(Flags::fin);
  if (!c.host.profile.window_follows_traffic && new_data > window) {
    new_data = window;  // RFC 9293, 3.10.7.4, first: trimmed to the window. Linux has room to spare
    fin = false;
  }
  if (new_data > 0) {
    rcv_.nxt += new_data;
    data_arrived(seg, c);
    wake();
  }
  if (fin) {
    rcv_.nxt += 1;
    rcv_.fin_received = true;
    ack_.scheduled = true;
  }
  absorb_reassembled();
}

/// Keeps what lies beyond a hole, for SACK to tell.
void Endpoint::queue_out_of_order(const Segment& seg, Context& c) {
  ack_.scheduled = true;
  ack_.now = true;  // RFC 5681, 4.2: a hole is told at once
  ++c.host.counters.TCPOFOQueue;
  Reassembly& r = reassembly();
  Range added{seg.seq, seg.end()};
  if (seg.flags.has(Flags::fin)) {
    r.fin = seg.seq + seg.data;
  }
  const auto covers = [&](const Range& x) {
    return at_or_before(x.left, added.left) && at_or_after(x.right, added.right);
  };
  if (std::any_of(r.ranges.begin(), r.ranges.end(), covers)) {
    note_dsack(added.left, added.right, c);
  }
  const auto touches = [&](const Range& x) {
    return at_or_before(x.left, added.right) && at_or_after(x.right, added.left);
  };
  for (const Range& x : r.ranges) {
    if (touches(x)) {
      added.left = earlier_of(added.left, x.left);
      added.right = later_of(added.right, x.right);
    }
  }
  r.ranges.erase(std::remove_if(r.ranges.begin(), r.ranges.end(), touches), r.ranges.end());
  r.ranges.insert(std::find_if(r.ranges.begin(), r.ranges.end(),
                               [&](const Range& x) { return after(x.left, added.left); }),
                  added);
  const auto inside = [&](const SackBlock& b) {
    return at_or_after(b.left, added.left) && at_or_before(b.right, added.right);
  };
  r.recent.erase(std::remove_if(r.recent.begin(), r.recent.end(), inside), r.recent.end());
  r.recent.insert(r.recent.begin(), SackBlock{added.left, added.right});
  r.recent.resize(std::min<std::size_t>(r.recent.size(), Options::max_sack_blocks));
}

/// Takes in what was kept and follows without a hole now.
void Endpoint::absorb_reassembled() {
  if (reassembly_ == nullptr) {
    return;
  }
  Reassembly& r = *reassembly_;
  const bool had_holes = !r.ranges.empty();
  while (!r.ranges.empty() && at_or_before(r.ranges.front().left, rcv_.nxt)) {
    rcv_.nxt = later_of(rcv_.nxt, r.ranges.front().right);
    r.ranges.erase(r.ranges.begin());
    wake();
  }
  if (r.fin && before(*r.fin, rcv_.nxt) && !rcv_.fin_received) {
    rcv_.fin_received = true;
    rcv_.nxt = *r.fin + 1;
  }
  if (rcv_.fin_received) {  // what claims to lie beyond a FIN is dropped
    r.ranges.clear();
    r.recent.clear();
  }
  std::erase_if(r.recent, [&](const SackBlock& b) { return !after(b.right, rcv_.nxt); });
  if (had_holes && r.ranges.empty()) {
    ack_.now = true;  // RFC 5681, 4.2: a filled hole is told at once
  }
  if (r.ranges.empty() && !r.dsack) {
    reassembly_.reset();
  }
}

/// Octets that came twice are told with the next ACK (RFC 2883).
void Endpoint::note_dsack(Seq left, Seq right, const Context& c) {
  if (sack_ok_ && c.host.settings().tcp_dsack != 0 && before(left, right)) {
    reassembly().dsack = SackBlock{left, right};
  }
}

/// Estimates that acknowledging and the window follow (Linux, tcp_event_data_recv).
void Endpoint::data_arrived(const Segment& seg, const Context& c) {
  ack_.scheduled = true;
  if (seg.data >= rcv_.mss) {
    rcv_.mss = static_cast<std::uint16_t>(std::min<std::uint32_t>(seg.data, peer_mss_));
  } else if (seg.flags.has(Flags::psh)) {
    ack_.pushed_twice = ack_.pushed;
    ack_.pushed = true;
  }
  constexpr SimDuration shortest = 40ms;  // TCP_ATO_MIN
  if (ack_.timeout == SimDuration::zero()) {
    quick_acks(16);  // the peer's slow start needs every ACK
    ack_.timeout = shortest;
  } else {
    const SimDuration gap = c.now - ack_.last_data;
    if (gap <= shortest / 2) {
      ack_.timeout = ack_.timeout / 2 + shortest / 2;
    } else if (gap < ack_.timeout) {
      ack_.timeout = std::min(ack_.timeout / 2 + gap, rto_.rto());
    } else if (gap > rto_.rto()) {
      quick_acks(16);  // the peer was idle and starts anew
    }
  }
  ack_.last_data = c.now;
  if (seg.data >= 128) {
    grow_offer(seg.data, c);
  }
}

/// The offer grows with what arrives, up to what the buffer holds (Linux, tcp_grow_window).
void Endpoint::grow_offer(std::uint32_t len, const Context& c) {
  if (!c.host.profile.window_follows_traffic) {
    return;
  }
  const std::uint32_t all = std::min(rcv_.clamp, full_space(c));
  const std::uint32_t used = receive_memory(c.host.profile, rcv_.unread());
  const std::uint32_t most = all > used ? all - used : 0;
  if (rcv_.grown < most) {
    const std::uint32_t step = std::max<std::uint32_t>(2U * c.host.advertised_mss(), 2 * len);
    rcv_.grown += std::min(most - rcv_.grown, step);
    ack_.quick |= 1;
  }
}

/// The application read: perhaps the peer should hear of it (Linux, tcp_cleanup_rbuf).
void Endpoint::after_read(Context& c) {
  if (state_ == State::closed) {
    return;
  }
  const bool drained = rcv_.unread() == 0;
  if (ack_.scheduled) {
    const bool two_segments = rcv_.nxt - rcv_.window_at > rcv_.mss;
    const bool small_one = drained && (ack_.pushed_twice || (ack_.pushed && !both_ways(c)));
    if (two_segments || small_one) {
      send_ack(SendReason::ack, c);
      return;
    }
  }
  if (rcv_.fin_received || 2 * rcv_.window() > rcv_.clamp) {
    return;
  }
  const std::uint32_t offer = select_window(c);
  if (offer > 0 && offer >= 2 * rcv_.window()) {
    send_ack(SendReason::window_update, c);
  }
}

}  // namespace lastack::tcp
