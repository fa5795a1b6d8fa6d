// The segment text (RFC 9293, 3.10.7.4, seventh): octets in order, out of order and twice.

#include <algorithm>
#include <utility>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"
#include "windows.hpp"

namespace lastack::tcp {

Reassembly& Endpoint::reassembly() {
  if (holes() == nullptr) {
    transfer().reassembly = std::make_unique<Reassembly>();
  }
  return *holes();
}

/// Nothing came yet: the buffer as it will be.
ReceiveBuffer Endpoint::new_receive_buffer(const Context& c) const {
  return {c.host.profile, options_->rcvbuf != 0 ? options_->rcvbuf : c.host.settings().tcp_rmem[1]};
}

ReceiveBuffer& Endpoint::receive_buffer(const Context& c) {
  if (buffer() == nullptr) {
    transfer().receive_buffer = std::make_unique<ReceiveBuffer>(new_receive_buffer(c));
    buffer()->start_measuring(rcv_.read, c.now,
                              std::min({rcv_.grown, rcv_.wnd, 10 * payload_max(c)}));
  }
  return *buffer();
}

std::uint32_t Endpoint::octets_beyond_hole() const {
  std::uint32_t octets = 0;
  if (holes() != nullptr) {
    for (const Range& range : holes()->ranges) {
      octets += range.right - range.left;
    }
  }
  return octets;
}

void Endpoint::queue_text(const Segment& seg, Context& c) {
  if (seg.len() == 0) {
    return;
  }
  measure_round_trip(seg, c);
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
  if (new_data > 0 && !memory_to_keep(seg, c)) {
    ack_.no_memory = ack_.now = ack_.scheduled = true;
    wake();
    if (rcv_.unread() > 0) {
      ++c.host.counters.TCPRcvQDrop;
      c.discard(DiscardReason::socket_memory);
      return;
    }  // with an empty queue one segment is taken all the same
  }
  if (new_data > 0) {
    rcv_.nxt += new_data;
    receive_buffer(c).add_in_order(seg);
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
  if (seg.data > 0 && !memory_to_keep(seg, c)) {
    ++c.host.counters.TCPOFODrop;
    c.discard(DiscardReason::socket_memory);
    wake();
    return;
  }
  ack_.scheduled = true;
  if (seg.data > 0) {
    learn_segment_size(seg, c);
  }
  ++c.host.counters.TCPOFOQueue;
  if (seg.data > 0) {
    if (sack_ok_) {  // without SACK, ACKs that tell of a hole must look alike
      grow_offer(seg, c);
    }
    receive_buffer(c).add_out_of_order(seg);
  }
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
  if (holes() == nullptr) {
    return;
  }
  Reassembly& r = *holes();
  if (rcv_.fin_received) {  // what claims to lie beyond a FIN is dropped
    r.ranges.clear();
    r.recent.clear();
  }
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
  if (rcv_.fin_received) {
    r.ranges.clear();
  } else {
    std::erase_if(r.recent, [&](const SackBlock& b) { return !after(b.right, rcv_.nxt); });
  }
  if (had_holes && r.ranges.empty()) {
    ack_.now = true;  // RFC 5681, 4.2: a filled hole is told at once
  }
  if (r.ranges.empty() && r.recent.empty() && !r.dsack) {
    transfer().reassembly.reset();
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
  learn_segment_size(seg, c);
  receive_buffer(c).window_passed(rcv_.nxt, rcv_.nxt + rcv_.wnd, c.now);
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
    grow_offer(seg, c);
  }
}

/// How large the peer's segments are (Linux, tcp_measure_rcv_mss): two ACKs' worth of data is
/// counted in them, and a shorter one may be the end of what the application wrote.
void Endpoint::learn_segment_size(const Segment& seg, const Context& c) {
  const auto size = static_cast<std::uint16_t>(std::min<std::uint32_t>(seg.data, 65535));
  const std::uint16_t before = std::exchange(rcv_.small_mss, std::uint16_t{0});
  if (size >= rcv_.mss) {
    if (size != rcv_.mss && receive_buffer(c).learn_share(seg)) {
      set_window_clamp(full_space(c));
      receive_buffer(c).limit_measured(rcv_.clamp);
    }
    rcv_.mss = static_cast<std::uint16_t>(std::min<std::uint32_t>(size, payload_max(c)));
    ack_.pushed |= seg.flags.has(Flags::psh);
    return;
  }
  constexpr std::uint32_t usual = 536;
  constexpr std::uint32_t least = 88;  // TCP_MIN_MSS
  const std::uint32_t fixed = timestamps_ ? 12 : 0;
  const std::uint32_t with_options = seg.data + seg.options.wire_size();
  const bool ends_something = seg.flags.has(Flags::psh) || seg.flags.has(Flags::fin);
  if (with_options >= usual || (with_options >= least && !ends_something)) {
    rcv_.small_mss = static_cast<std::uint16_t>(with_options - fixed);
    if (rcv_.small_mss == before) {  // twice the same: so large they are
      rcv_.mss = rcv_.small_mss;
      return;
    }
  }
  ack_.pushed_twice |= ack_.pushed;
  ack_.pushed = true;
}

/// The round trip as the receiver sees it, from the timestamps of full segments.
void Endpoint::measure_round_trip(const Segment& seg, const Context& c) {
  const bool tells = timestamps_ && seg.options.has_timestamps && seg.options.ts_ecr != 0 &&
                     seg.data >= rcv_.mss && seg.options.ts_ecr != rcv_.echo_measured;
  if (!tells) {
    return;
  }
  rcv_.echo_measured = seg.options.ts_ecr;
  const auto ms =
      static_cast<std::int32_t>(Host::timestamp_ms(c.now) + ts_.offset - seg.options.ts_ecr);
  if (ms > 0) {
    const auto queue =
        rcv_.unread() == 0 ? ReceiveBuffer::Queue::empty : ReceiveBuffer::Queue::waiting;
    receive_buffer(c).round_trip(std::chrono::milliseconds{ms}, queue);
  }
}

/// The offer grows with what arrives, up to what the buffer holds (Linux, tcp_grow_window).
void Endpoint::grow_offer(const Segment& seg, const Context& c) {
  if (!c.host.profile.window_follows_traffic) {
    return;
  }
  const std::uint32_t most = std::min(rcv_.clamp, free_space(c));
  if (rcv_.grown >= most) {
    return;
  }
  if (c.host.memory.under_pressure()) {
    offer_less_under_pressure(c);
    return;
  }
  const std::uint32_t step =
      receive_buffer(c).growth_for(seg, rcv_.grown, rcv_.mss, payload_max(c),
                                   static_cast<std::uint32_t>(c.host.settings().tcp_rmem[2]));
  if (step > 0) {
    rcv_.grown += std::min(most - rcv_.grown, step);
    ack_.quick |= 1;
  }
}

/// Room in the buffer, and perhaps a larger one (Linux, tcp_rcv_space_adjust).
void Endpoint::octets_read(std::uint32_t taken, const Context& c) {
  if (buffer() == nullptr) {
    return;
  }
  const std::uint32_t beyond = octets_beyond_hole();
  buffer()->remove(taken, rcv_.unread() + taken + beyond);
  const bool fixed = options_->rcvbuf != 0 || c.host.settings().tcp_moderate_rcvbuf == 0;
  const auto largest = static_cast<std::uint32_t>(fixed ? 0 : c.host.settings().tcp_rmem[2]);
  if (buffer()->resize(rcv_.read, rcv_.unread(), beyond, c.now, largest)) {
    rcv_.clamp = full_space(c);
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
