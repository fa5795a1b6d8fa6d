// What a connection sends: segments and their options, the window it tells, probes.

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
  if (timestamps_) {
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
  if (holes() == nullptr) {
    return;
  }
  // Three fit beside timestamps in the 40 octets of a header's options.
  const std::size_t room = options.has_timestamps ? 3 : 4;
  const auto add = [&](const SackBlock& block) {
    if (options.sack_count < room) {
      options.sack[options.sack_count++] = block;
    }
  };
  if (holes()->dsack) {
    add(*holes()->dsack);
  }
  for (const SackBlock& block : holes()->recent) {
    add(block);
  }
}

/// A SYN or SYN-ACK with what we offer, or with what was agreed when it answers one.
Segment Endpoint::synchronize(Flags flags, Context& c) {
  Segment seg = blank(flags, snd_.iss);
  const Settings& settings = c.host.settings();
  seg.options.mss = c.host.advertised_mss();
  if (options_->max_seg != 0) {
    seg.options.mss = std::min(seg.options.mss, options_->max_seg);
  }
  const bool answer = flags.has(Flags::ack);
  if (answer ? sack_ok_ : settings.tcp_sack != 0) {
    seg.options.sack_permitted = true;
  }
  if (answer ? scaling_ok_ : settings.tcp_window_scaling != 0) {
    seg.options.has_window_scale = true;
    seg.options.window_scale = rcv_.scale;
  }
  if (answer ? timestamps_ : settings.tcp_timestamps != 0) {
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
    if (seg.data > 0 && (pushes_ || what.seq + seg.data == snd_.queue_end)) {
      seg.flags = seg.flags | Flags::psh;
    }
    seg.wnd = window_to_tell(c);
    add_options(seg, c);
    ack_was_sent(c);
  }
  what.sent = c.now;
  what.order = ++trips_.sent_count;
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
  return buffer() != nullptr ? buffer()->full_space() : new_receive_buffer(c).full_space();
}

std::uint32_t Endpoint::free_space(const Context& c) const {
  return buffer() != nullptr ? buffer()->free_space() : new_receive_buffer(c).free_space();
}

/// The largest payload of the peer's segments.
std::uint32_t Endpoint::payload_max(const Context& c) const {
  return c.host.advertised_mss() - (timestamps_ ? 12U : 0U);
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
  grow_send_buffer(c);
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
    offer_less_under_pressure(c);
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
  std::uint32_t offer = ack_.no_memory ? 0 : select_window(c);
  if (offer < rcv_.window() && !ack_.no_memory) {
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
  options.has_timestamps = timestamps_;
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
  return sack_ok_ ? count : count - std::min<std::uint32_t>(count, recovery().duplicate_acks);
}

/// Sends a segment again, cut to what still waits for an acknowledgment.
void Endpoint::retransmit(InFlight& what, SendReason why, Context& c) {
  if (recovery().may_undo) {
    transfer().recovery.undo_retrans =
        static_cast<std::int16_t>(std::max<int>(recovery().undo_retrans, 0) + 1);
  }
  what.lost = false;
  what.retransmitted = true;
  what.resent_in_flight = true;
  data_goes_out(what.data(), c);
  send_segment(what, why, c);
  if (what.syn) {
    ++c.host.counters.TCPSynRetrans;
  }
}

}  // namespace lastack::tcp
