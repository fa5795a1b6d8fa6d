// The segment text (RFC 9293, 3.10.7.4, seventh): octets in order, out of order and twice, what the
// estimates learn of them, and when they are acknowledged.

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

void Endpoint::queue_text(const Segment& seg, Context& c) {
  if (seg.len() == 0) return;
  const Seq nxt = received_.nxt();
  measure_round_trip(seg, c);
  if (!after(seg.end(), nxt)) {  // all of it came before
    note_dsack(seg.seq, seg.end(), c);
    acks_.irregular(window_.half_in_segments());
    return;
  }
  if (before(seg.seq, nxt)) note_dsack(seg.seq, nxt, c);  // its head came before
  if (!after(seg.seq, nxt)) {
    queue_in_order(seg, c);
  } else if (before(seg.seq, nxt + window_.left(nxt))) {
    queue_out_of_order(seg, c);
  } else {
    acks_.irregular(window_.half_in_segments());
  }
}

void Endpoint::queue_in_order(const Segment& seg, Context& c) {
  const std::uint32_t window = window_.left(received_.nxt());
  const bool bare_fin = seg.data == 0 && seg.flags.has(Flags::fin);
  if (window == 0 && !bare_fin) {  // a probe of our closed window
    acks_.irregular(window_.half_in_segments());
    return;
  }
  std::uint32_t octets = seg.text() + seg.data - received_.nxt();
  bool fin = seg.flags.has(Flags::fin);
  if (!c.host.profile.window_follows_traffic && octets > window) {
    octets = window;  // RFC 9293, 3.10.7.4, first: trimmed to the window. Linux has room to spare
    fin = false;
  }
  if (octets > 0 && !take_text(seg, octets, c)) return;
  if (bare_fin && window_.is_overfull() && !memory_to_keep(seg, c)) acks_.no_memory();
  if (fin) {
    received_.take_fin();
    acks_.owe();
  }
  absorb_reassembled(c);
}

/// The next octets for the application; false where there is no memory for them.
bool Endpoint::take_text(const Segment& seg, std::uint32_t octets, Context& c) {
  if (!memory_to_keep(seg, c)) {
    acks_.no_memory();
    wake();
    if (received_.unread() > 0) {
      ++c.host.counters.TCPRcvQDrop;
      c.discard(DiscardReason::socket_memory);
      return false;
    }  // with an empty queue one segment is taken all the same
  }
  received_.take(octets);
  window_.keep_in_order(seg, octets, receiving(c));
  data_arrived(seg, c);
  wake();
  return true;
}

/// Keeps what lies beyond a hole, for SACK to report.
void Endpoint::queue_out_of_order(const Segment& seg, Context& c) {
  if (!memory_to_keep(seg, c)) {
    ++c.host.counters.TCPOFODrop;
    c.discard(DiscardReason::socket_memory);
    wake();
    return;
  }
  acks_.owe();
  ++c.host.counters.TCPOFOQueue;
  if (acks_.holds_back() && received_.takes_third_block(seg.seq, seg.end())) {
    send_ack(SendReason::dup_ack, c);  // of what came before; this segment has none of its own
  }
  if (seg.data > 0) {
    learn_segment_size(seg, c);
    if (sack_ok_) grow_offer(seg, c);  // without SACK, ACKs that report a hole must look alike
  }
  const auto twice = window_.keep_beyond_hole(seg, receiving(c));
  const bool known = received_.keep(seg) == ReceiveQueue::Known::repeated;
  if (twice) {
    note_dsack(twice->left, twice->right, c);
  } else if (known) {
    note_dsack(seg.seq, seg.end(), c);
  }
  const bool accepted = listener_ == no_listener && !orphan_;
  if (accepted) window_.hole_reaches(received_.reach_beyond_hole(), receiving(c));
}

/// Takes in what was kept and follows without a hole now.
void Endpoint::absorb_reassembled(const Context& c) {
  if (!received_.keeps_something()) return;
  const Seq nxt = received_.nxt();
  const ReceiveQueue::Absorbed absorbed = received_.absorb();
  const auto twice = window_.absorbed(nxt, received_.nxt());
  if (twice && !received_.tells_of_repeats()) note_dsack(twice->left, twice->right, c);
  if (received_.fin_received()) window_.forget_early();
  if (absorbed.octets) wake();
  if (absorbed.hole_filled) acks_.hole_filled();
  if (!received_.keeps_something()) acks_.no_hole();
}

/// Octets that came twice are reported with the next ACK (RFC 2883).
void Endpoint::note_dsack(Seq left, Seq right, const Context& c) {
  if (sack_ok_ && c.host.settings().tcp_dsack != 0) received_.came_twice(left, right);
}

// --- What arrivals teach ---

/// Estimates that acknowledging and the window follow (Linux, tcp_event_data_recv).
void Endpoint::data_arrived(const Segment& seg, const Context& c) {
  constexpr std::uint32_t large = 128;  // octets from which the offer follows
  learn_segment_size(seg, c);
  window_.data_arrived(received_.nxt(), receiving(c));
  acks_.data_arrived(c.now, rtx_.rto(), window_.half_in_segments());
  if (seg.data >= large) grow_offer(seg, c);
}

/// A short segment, and a full one with PSH, may be the end of what the application wrote.
void Endpoint::learn_segment_size(const Segment& seg, const Context& c) {
  switch (window_.learn_segment_size(seg, receiving(c))) {
    case ReceiveWindow::Size::full:
      if (seg.flags.has(Flags::psh)) acks_.pushed_segment();
      break;
    case ReceiveWindow::Size::usual: break;
    case ReceiveWindow::Size::shorter: acks_.short_segment(); break;
  }
}

/// The round trip as the receiver sees it, from the timestamps of full segments.
void Endpoint::measure_round_trip(const Segment& seg, const Context& c) {
  if (!ts_.echoed_by(seg) || seg.data < window_.mss()) return;
  using Queue = ReceiveBuffer::Queue;
  const auto ms = std::chrono::milliseconds{ts_.echo_age_ms(seg, c.now)};
  window_.round_trip(seg.options.ts_ecr, ms,
                     received_.unread() == 0 ? Queue::empty : Queue::waiting, receiving(c));
}

void Endpoint::grow_offer(const Segment& seg, const Context& c) {
  if (window_.grow(seg, receiving(c))) acks_.quicken_one();
}

// --- The application reads ---

/// Room in the buffer (Linux, tcp_rcv_space_adjust).
void Endpoint::octets_read(std::uint32_t taken, const Context& c) {
  window_.octets_read(taken, received_.unread(), received_.reach_beyond_hole(), receiving(c));
}

/// The application read: perhaps the peer should hear of it (Linux, tcp_cleanup_rbuf).
void Endpoint::after_read(Context& c) {
  if (state_ == State::closed) return;
  const Seq nxt = received_.nxt();
  const bool drained = received_.unread() == 0;
  if (acks_.owed() && (window_.two_segments_since(nxt) ||
                       (drained && acks_.short_one_waits(c.host.settings().tcp_pingpong_thresh)))) {
    send_ack(SendReason::ack, c);
    return;
  }
  if (received_.fin_received() || 2 * window_.left(nxt) > window_.clamp()) return;
  const std::uint32_t offer = decide_offer(c);
  if (offer > 0 && offer >= 2 * window_.left(nxt)) send_ack(SendReason::window_update, c);
}

// --- Acknowledging ---

/// After an arriving segment's own processing: acknowledge it now, later, or not at all.
void Endpoint::decide_ack(Context& c) {
  if (!acks_.owed()) return;
  using Received = DelayedAck::Received;
  const Seq nxt = received_.nxt();
  const bool two = window_.two_segments_since(nxt) && decide_offer(c) >= window_.advertised();
  const bool repeated = received_.tells_of_repeats();
  carry_out(
      acks_.decide({.nxt = nxt,
                    .two_segments = two,
                    .hole = received_.has_hole() ? Received::Hole::open : Received::Hole::none,
                    .repeated = repeated ? Received::Repeated::yes : Received::Repeated::no,
                    .sack = sack_ok_,
                    .round_trip = window_.round_trip()},
                   ack_rules(c), c.now),
      c);
}

void Endpoint::carry_out(const DelayedAck::Answer& answer, Context& c) {
  switch (answer.when) {
    case DelayedAck::Answer::When::none: break;
    case DelayedAck::Answer::When::now: send_ack(answer.why, c); break;
    case DelayedAck::Answer::When::at:
      report_timer(Timer::delack, TimerAction::arm, answer.time, c);
      break;
  }
}

}  // namespace lastack::tcp
