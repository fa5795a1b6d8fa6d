// What a connection sends: segments and their options, the window it tells, Nagle, probes.

#include <algorithm>
#include <bit>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"
#include "windows.hpp"

namespace lastack::tcp {

// --- Segments ---

Segment Endpoint::blank(Flags flags, Seq seq) const {
  Segment seg;
  seg.src = local_;
  seg.dst = remote_;
  seg.flags = flags;
  seg.seq = seq;
  return seg;
}

/// Timestamps and SACK blocks, as in every segment but SYNs.
void Endpoint::add_options(Segment& seg, Context& c) {
  if (ts_.on) {
    seg.options.has_timestamps = true;
    seg.options.ts_val = Host::timestamp_ms(c.now) + ts_.offset;
    seg.options.ts_ecr = ts_.recent;
  }
  if (sack_ok_ && !seg.flags.has(Flags::rst)) {
    add_sack_blocks(seg.options);
  }
  // Differs: Linux splits a full segment that is sent again beside blocks; here the blocks that
  // make it too large for the link are left out.
  while (seg.options.sack_count > 0 && seg.wire_size() > c.host.config.mtu) {
    --seg.options.sack_count;
  }
}

/// A block of octets that came twice first (RFC 2883, 4), then the newest ones (RFC 2018, 4).
void Endpoint::add_sack_blocks(Options& options) const {
  if (reassembly_ == nullptr) {
    return;
  }
  // Three fit beside timestamps in the 40 octets of a header's options.
  const std::size_t room = options.has_timestamps ? 3 : 4;
  const auto add = [&](const SackBlock& block) {
    if (options.sack_count < room) {
      options.sack[options.sack_count++] = block;
    }
  };
  if (reassembly_->dsack) {
    add(*reassembly_->dsack);
  }
  for (const SackBlock& block : reassembly_->recent) {
    add(block);
  }
}

/// A SYN or SYN-ACK with what we offer, or with what was agreed when it answers one.
Segment Endpoint::synchronize(Flags flags, Context& c) {
  Segment seg = blank(flags, snd_.iss);
  const Settings& settings = c.host.settings();
  seg.options.mss = c.host.advertised_mss();
  if (options_.max_seg != 0) {
    seg.options.mss = std::min(seg.options.mss, options_.max_seg);
  }
  const bool answer = flags.has(Flags::ack);
  if (answer ? sack_ok_ : settings.tcp_sack != 0) {
    seg.options.sack_permitted = true;
  }
  if (answer ? scaling_ok_ : settings.tcp_window_scaling != 0) {
    seg.options.has_window_scale = true;
    seg.options.window_scale = rcv_.scale;
  }
  if (answer ? ts_.on : settings.tcp_timestamps != 0) {
    seg.options.has_timestamps = true;
    seg.options.ts_val = Host::timestamp_ms(c.now) + ts_.offset;
    seg.options.ts_ecr = ts_.recent;
  }
  seg.wnd = static_cast<std::uint16_t>(std::min<std::uint32_t>(rcv_.wnd, 65535));
  if (answer) {
    seg.ack = rcv_.nxt;
  }
  return seg;
}

/// Sends what `what` stands for, for the first time or again.
void Endpoint::send_segment(InFlight& what, SendReason why, Context& c) {
  Segment seg;
  if (what.syn) {
    seg = synchronize(state_ == State::syn_sent ? Flags::syn : Flags::syn | Flags::ack, c);
  } else {
    seg = blank(Flags::ack, what.seq);
    seg.data = what.data();
    seg.ack = rcv_.nxt;
    if (what.fin) {
      seg.flags = seg.flags | Flags::fin;
    }
    // The last octets that the user gave: nothing more is worth waiting for (RFC 9293, 3.9.1.2).
    if (seg.data > 0 && what.seq + seg.data == snd_.queue_end) {
      seg.flags = seg.flags | Flags::psh;
    }
    seg.wnd = window_to_tell(c);
    add_options(seg, c);
    ack_was_sent(c);
  }
  what.sent = c.now;
  what.order = ++recovery_.sent_count;
  c.send(seg, why);
}

void Endpoint::send_syn(SendReason why, Context& c) {
  InFlight syn{.seq = snd_.iss, .len = 1, .sent = c.now, .syn = true};
  queue_.push_back(syn);
  send_segment(queue_.back(), why, c);
  snd_.nxt = snd_.iss + 1;
}

void Endpoint::send_ack(SendReason why, Context& c) {
  Segment seg = blank(Flags::ack, snd_.nxt);
  seg.ack = rcv_.nxt;
  seg.wnd = window_to_tell(c);
  add_options(seg, c);
  ack_was_sent(c);
  c.send(seg, why);
}

/// RST with which this side ends the connection (RFC 9293, 3.10.5).
void Endpoint::send_reset(Context& c) {
  Segment seg = blank(Flags::rst | Flags::ack, snd_.nxt);
  seg.ack = rcv_.nxt;
  seg.wnd = window_to_tell(c);
  add_options(seg, c);
  c.send(seg, SendReason::reset);
}

/// A segment the peer must answer although it brings nothing: its number is one too low.
/// Differs: RFC 9293, 3.8.6.1 lets a zero-window probe carry an octet; Linux and we send none.
void Endpoint::send_probe(SendReason why, Context& c) {
  Segment seg = blank(Flags::ack, snd_.una - 1);
  seg.ack = rcv_.nxt;
  seg.wnd = window_to_tell(c);
  add_options(seg, c);
  c.send(seg, why);
}

// --- The window we tell ---

std::uint32_t Endpoint::full_space(const Context& c) const {
  return receive_buffer_ != nullptr ? receive_buffer_->full_space()
                                    : new_receive_buffer(c).full_space();
}

std::uint32_t Endpoint::free_space(const Context& c) const {
  return receive_buffer_ != nullptr ? receive_buffer_->free_space()
                                    : new_receive_buffer(c).free_space();
}

/// The largest payload of the peer's segments.
std::uint32_t Endpoint::payload_max(const Context& c) const {
  return c.host.advertised_mss() - (ts_.on ? 12U : 0U);
}

/// What a SYN offers, and the scale for all later windows.
void Endpoint::init_receive_window(const Context& c) {
  const WindowOffer offer =
      initial_window(c.host, full_space(c), c.host.advertised_mss(),
                     c.host.settings().tcp_window_scaling != 0 ? Scaling::offered : Scaling::none);
  rcv_.wnd = offer.window;
  rcv_.scale = offer.scale;
  rcv_.clamp = offer.clamp;
  rcv_.grown = offer.window;
}

/// The limits of the receive window once the connection is open (Linux, tcp_init_buffer_space).
void Endpoint::init_buffers(const Context& c) {
  const std::uint32_t space = full_space(c);
  rcv_.clamp = std::min(rcv_.clamp, space);
  if (!c.host.profile.window_follows_traffic) {
    rcv_.grown = rcv_.clamp;
    return;
  }
  const std::uint32_t segment = payload_max(c);  // room for one is kept in reserve
  if (rcv_.clamp > 2 * segment && rcv_.clamp + segment > space) {
    rcv_.clamp = std::max(2 * segment, space - segment);
  }
  rcv_.grown = std::min(rcv_.grown, rcv_.clamp);
}

/// The most that may be offered follows the estimate of what the buffer holds (Linux,
/// tcp_set_window_clamp).
void Endpoint::set_window_clamp(std::uint32_t clamp) {
  constexpr std::uint32_t least = 1152;  // SOCK_MIN_RCVBUF / 2
  clamp = std::max(clamp, least);
  if (clamp < rcv_.clamp) {
    rcv_.grown = std::min(rcv_.grown, clamp);
  } else if (clamp > rcv_.clamp) {
    rcv_.grown = std::max(rcv_.grown, std::min(rcv_.wnd, clamp));
  }
  rcv_.clamp = clamp;
}

/// What could be offered now (Linux, __tcp_select_window; silly windows are avoided as RFC 9293,
/// 3.8.6.2.2 wants it).
std::uint32_t Endpoint::select_window(const Context& c) {
  const std::uint32_t all = full_space(c);
  std::uint32_t space = free_space(c);
  const std::uint32_t most = std::min(all, rcv_.clamp);
  const std::uint32_t mss = std::min<std::uint32_t>(rcv_.mss, most);
  if (space < most / 2) {
    ack_.quick = 0;  // the application lags: no hurry
    space = space >> rcv_.scale << rcv_.scale;
    if (space < all / 16 || space < mss) {
      return 0;
    }
  }
  space = std::min(space, rcv_.grown);
  if (rcv_.scale > 0) {
    const std::uint32_t granule = 1U << rcv_.scale;
    return (space + granule - 1) / granule * granule;
  }
  // Without scaling the window keeps to multiples of a segment, and stays while it is near.
  if (rcv_.wnd + mss <= space || rcv_.wnd > space) {
    return mss > 0 && space > mss ? space / mss * mss : space;
  }
  return mss == most && space > rcv_.wnd + most / 2 ? space : rcv_.wnd;
}

/// RCV.WND for the next segment, and notes what was told. A window never shrinks
/// (RFC 9293, 3.8.6.2.1).
std::uint16_t Endpoint::window_to_tell(Context& c) {
  std::uint32_t offer = select_window(c);
  if (offer < rcv_.window()) {
    const std::uint32_t granule = 1U << rcv_.scale;
    offer = (rcv_.window() + granule - 1) / granule * granule;
  }
  rcv_.wnd = offer;
  rcv_.window_at = rcv_.nxt;
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(offer >> rcv_.scale, 65535));
}

// --- New data ---

/// The most payload that fits a segment now: SACK blocks take from it.
std::uint32_t Endpoint::mss_now(const Context& c) const {
  std::uint32_t mss = peer_mss_;
  Options options;
  options.has_timestamps = ts_.on;
  if (sack_ok_) {
    add_sack_blocks(options);
  }
  const std::uint32_t taken = options.wire_size();
  mss = mss > taken + 8 ? mss - taken : 8;
  return c.host.profile.window_follows_traffic ? bound_to_half_window(mss, snd_.max_wnd) : mss;
}

/// Segments on their way: sent, neither acknowledged nor SACKed nor believed lost (RFC 6675, pipe).
/// Without SACK each duplicate ACK stands for one that arrived.
std::uint32_t Endpoint::in_flight() const {
  std::uint32_t count = 0;
  for (const InFlight& r : queue_) {
    count += (!r.sacked && !r.lost) || r.resent_in_flight ? 1U : 0U;
  }
  return sack_ok_ ? count : count - std::min<std::uint32_t>(count, recovery_.duplicate_acks);
}

/// The peer's window and the congestion window let data out; in the latter's terms one segment
/// each.
void Endpoint::send_what_is_allowed(Nagle nagle, Context& c) {
  const bool nothing_was_out = queue_.empty();
  bool sent = false;
  std::uint32_t out = in_flight();
  while (unsent() > 0 && out < congestion_.cwnd()) {
    const SendReason why = SendReason::data;
    if (!send_next(nagle, snd_.wnd, why, c)) {
      break;
    }
    sent = true;
    ++out;
  }
  if (sent) {
    after_new_data(nothing_was_out, c);
  }
  check_probe_timer(c);
}

/// Sends the next new segment if the window (counted from SND.UNA) and Nagle allow it.
bool Endpoint::send_next(Nagle nagle, std::uint32_t window, SendReason why, Context& c) {
  const std::uint32_t queued = snd_.queue_end - snd_.nxt;
  const std::uint32_t mss = mss_now(c);
  std::uint32_t data = std::min(queued, mss);
  const Seq window_end = snd_.una + window;
  if (after(snd_.nxt + data, window_end)) {
    // A part goes if it is half of the largest window seen (RFC 9293, 3.8.6.2.1, (3)). Linux cuts
    // its segments to half of it from the start.
    const std::uint32_t usable = after(window_end, snd_.nxt) ? window_end - snd_.nxt : 0;
    if (c.host.profile.window_follows_traffic || usable == 0 || usable < snd_.max_wnd / 2) {
      return false;
    }
    data = usable;
  }
  const bool fin = snd_.fin_queued && data == queued;
  const std::uint32_t len = data + (fin ? 1U : 0U);
  if (after(snd_.nxt + len, window_end)) {
    return false;
  }
  if (nagle_holds_back(data, fin, nagle, c)) {
    return false;
  }
  if (data > 0 && data < mss) {
    snd_.small_end = snd_.nxt + data;
  }
  if (data > 0 && ack_.last_data != sim_start && c.now - ack_.last_data < ack_.timeout &&
      ack_.pingpong < 255) {
    ++ack_.pingpong;  // an answer soon after data came: ACKs can ride on answers
  }
  queue_.push_back({.seq = snd_.nxt, .len = len, .sent = c.now, .fin = fin});
  if (fin && why == SendReason::data) {
    why = SendReason::fin;
  }
  send_segment(queue_.back(), why, c);
  snd_.nxt += len;
  last_sent_ = c.now;
  if (recovery_.phase == RecoveryState::Phase::recovery) {
    ++recovery_.prr_out;
  }
  return true;
}

/// Sends as much of the next segment as the peer's window takes, so as to learn whether it grew.
void Endpoint::send_piece(std::uint32_t octets, Context& c) {
  const std::uint32_t queued = snd_.queue_end - snd_.nxt;
  const std::uint32_t data = std::min({queued, mss_now(c), octets});
  if (data == 0) {
    return;
  }
  queue_.push_back({.seq = snd_.nxt, .len = data, .sent = c.now});
  send_segment(queue_.back(), SendReason::window_probe, c);
  snd_.nxt += data;
  snd_.small_end = snd_.nxt;
  last_sent_ = c.now;
  set_rtx_timer(RtxTimer::rto, rto_.rto(), c);
}

/// RFC 9293, 3.7.4, as Minshall refined it: a short segment waits only for an earlier short one.
bool Endpoint::nagle_holds_back(std::uint32_t data, bool fin, Nagle nagle, const Context& c) const {
  if (nagle == Nagle::off || fin || data >= mss_now(c)) {
    return false;
  }
  if (options_.cork) {
    return true;
  }
  const bool short_one_out = after(snd_.small_end, snd_.una) && !queue_.empty();
  return !options_.no_delay && short_one_out;
}

void Endpoint::after_new_data(bool nothing_was_out, Context& c) {
  if (nothing_was_out || rtx_timer_ == RtxTimer::tlp) {
    restart_rtx_timer(c);
  }
  schedule_tlp(rto_left(c), c);
}

/// Sends a segment again, cut to what still waits for an acknowledgment.
void Endpoint::retransmit(InFlight& what, SendReason why, Context& c) {
  if (recovery_.may_undo) {
    recovery_.undo_retrans =
        static_cast<std::int16_t>(std::max<int>(recovery_.undo_retrans, 0) + 1);
  }
  what.lost = false;
  what.retransmitted = true;
  what.resent_in_flight = true;
  send_segment(what, why, c);
  if (what.syn) {
    ++c.host.counters.TCPSynRetrans;
  }
}

/// Wakes an application that waits to send once a third of the buffer is free (Linux,
/// sk_stream_write_space).
void Endpoint::wake_sender(const Context& c) {
  if (send_blocked_ && send_room(c) >= (snd_.queue_end - snd_.una) / 2) {
    send_blocked_ = false;
    wake();
  }
}

/// Bytes that the send buffer still takes. It grows with the congestion window, two windows of
/// segments with their overhead (Linux, tcp_sndbuf_expand).
std::uint32_t Endpoint::send_room(const Context& c) const {
  constexpr std::uint32_t segment_memory = 4352;
  const Settings& settings = c.host.settings();
  std::uint32_t buffer = 2 * std::max(10U, congestion_.cwnd()) * segment_memory;
  buffer =
      std::clamp(buffer, static_cast<std::uint32_t>(settings.tcp_wmem[1]),
                 static_cast<std::uint32_t>(std::max(settings.tcp_wmem[1], settings.tcp_wmem[2])));
  if (options_.sndbuf != 0) {
    buffer = static_cast<std::uint32_t>(options_.sndbuf);
  }
  const std::uint32_t used = snd_.queue_end - snd_.una;
  return buffer > used ? buffer - used : 0;
}

}  // namespace lastack::tcp
