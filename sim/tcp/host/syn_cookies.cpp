// SYN cookies (Linux, net/ipv4/syncookies.c): when the SYN queue is full, the SYN-ACK's sequence
// number carries what a request would have held.

#include <algorithm>
#include <array>

#include "host/stack_impl.hpp"

namespace lastack::tcp {

namespace {

constexpr std::array<std::uint16_t, 4> segment_sizes{536, 1300, 1440, 1460};  // msstab
constexpr std::int64_t valid_minutes = 2;                                     // MAX_SYNCOOKIE_AGE
constexpr std::uint32_t mss_bits = 2;
// The low bits of the timestamp carry the other options.
constexpr std::uint32_t scale_mask = 0xf;  // 0xf: no window scaling
constexpr std::uint32_t sack_bit = 1U << 4;
constexpr std::uint32_t option_mask = 0x3f;

std::int64_t minute(SimTime now) { return now.time_since_epoch() / std::chrono::minutes{1}; }

/// The largest entry that the peer's MSS allows.
std::uint32_t mss_index(std::uint16_t mss) {
  std::uint32_t index = 0;
  for (std::uint32_t i = 0; i < segment_sizes.size(); ++i) {
    index = segment_sizes[i] <= mss ? i : index;
  }
  return index;
}

Seq cookie(const Host& host, SocketAddress local, SocketAddress remote, Seq irs,
           std::int64_t at_minute, std::uint32_t mss) {
  const std::uint64_t pair = pair_key(local.port, remote.address, remote.port);
  const std::uint64_t when = static_cast<std::uint64_t>(at_minute) << 32 | irs.raw();
  const auto hash =
      static_cast<std::uint32_t>(host.keyed_hash(pair, when ^ 0x5c5c'5c5c'0000'0000U));
  return Seq{hash << mss_bits | mss};
}

/// The SYN as it must have been, by the ACK that brings the cookie back.
Segment syn_of_cookie(const Segment& ack, std::uint16_t mss, const Host& host) {
  Segment syn;
  syn.src = ack.src;
  syn.dst = ack.dst;
  syn.seq = ack.seq - 1;
  syn.flags = Flags::syn;
  syn.wnd = ack.wnd;
  syn.options.mss = mss;
  if (ack.options.has_timestamps && host.settings().tcp_timestamps != 0) {
    const std::uint32_t coded =
        (ack.options.ts_ecr - host.timestamp_offset(ack.src.address)).raw() & option_mask;
    syn.options.has_timestamps = true;
    syn.options.ts_val = ack.options.ts_val;
    syn.options.sack_permitted = (coded & sack_bit) != 0;
    syn.options.has_window_scale = (coded & scale_mask) != scale_mask;
    syn.options.window_scale = static_cast<std::uint8_t>(coded & scale_mask);
  }
  return syn;
}

}  // namespace

void Stack::Impl::send_cookie(Listening& listener, Request request, Context& c) {
  listener.cookies_since = c.now;
  ++host_.counters.SyncookiesSent;
  request.iss = cookie(host_, host_.at(request.local_port), request.remote(), request.irs,
                       minute(c.now), mss_index(request.peer_mss));
  Segment seg = synack_of(request, host_, listener.options, Flags::syn | Flags::ack, c.now);
  if (request.timestamps) {
    const std::uint32_t options =
        (request.scaling ? std::uint32_t{request.send_scale} : scale_mask) |
        (request.sack ? sack_bit : 0U);
    const std::uint32_t offset = host_.timestamp_offset(request.remote_address);
    const Timestamp clock = timestamp_clock(c.now);
    Timestamp stamp{(clock.raw() & ~option_mask) | options};
    if (older(clock, stamp)) stamp = stamp - (option_mask + 1);
    seg.options.ts_val = stamp + offset;
  } else {
    // Nowhere to keep them: such a connection goes without.
    seg.options.sack_permitted = false;
    seg.options.has_window_scale = false;
  }
  c.send(seg, SendReason::synack);
}

std::optional<Negotiated> Stack::Impl::check_cookie(const Listening& listener, const Segment& seg,
                                                    Context& c) {
  const Settings& settings = host_.settings();
  const SimTime last_valid =
      saturating_add(listener.cookies_since, std::chrono::minutes{valid_minutes});
  if (settings.tcp_syncookies == 0 || c.now > last_valid) return std::nullopt;
  const Seq irs = seg.seq - 1;
  const Seq claimed = seg.ack - 1;
  const std::uint32_t mss = claimed.raw() & ((1U << mss_bits) - 1);
  bool genuine = false;
  for (std::int64_t back = 0; back < valid_minutes; ++back) {
    genuine |= cookie(host_, seg.dst, seg.src, irs, minute(c.now) - back, mss) == claimed;
  }
  if (!genuine) {
    ++host_.counters.SyncookiesFailed;
    return std::nullopt;
  }
  ++host_.counters.SyncookiesRecv;
  const Segment syn = syn_of_cookie(seg, segment_sizes[mss], host_);
  Request request = request_from(syn, host_, listener.options, c.now);
  request.iss = claimed;
  Negotiated agreed = request.agreed(host_, c.now);
  agreed.rtt.reset();  // when the SYN-ACK was sent is forgotten
  return agreed;
}

}  // namespace lastack::tcp
