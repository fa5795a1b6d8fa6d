// SYN cookies (Linux, net/ipv4/syncookies.c): when the SYN queue is full, the SYN-ACK's sequence
// number carries what a request would have held.

#include <algorithm>
#include <array>

#include "host/stack_impl.hpp"

namespace lastack::tcp {

namespace {

constexpr std::array<std::uint16_t, 4> segment_sizes{536, 1300, 1440, 1460};  // msstab
constexpr std::uint32_t valid_minutes = 2;                                    // MAX_SYNCOOKIE_AGE
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

/// A cookie is a sum: the peer's number counts in it, so that a later segment of the connection,
/// whose numbers both moved on by as much, brings it back, too (secure_tcp_syn_cookie).
class Cookie {
 public:
  Cookie(const Host& host, SocketAddress local, SocketAddress remote)
      : host_{host},
        pair_{pair_key(local.port, remote.address, remote.port)} {}

  Seq made_of(Seq irs, std::int64_t at_minute, std::uint32_t mss) const {
    const auto minutes = static_cast<std::uint32_t>(at_minute);
    return Seq{hash(0, 0) + irs.raw() + (minutes << hash_bits) +
               ((hash(minutes, 1) + mss) & hash_mask)};
  }
  /// The place of the segment size; nothing where the cookie is too old or none of ours.
  std::optional<std::uint32_t> mss_in(Seq cookie, Seq irs, std::int64_t now_minute) const {
    const auto minutes = static_cast<std::uint32_t>(now_minute);
    const std::uint32_t rest = cookie.raw() - hash(0, 0) - irs.raw();
    const std::uint32_t age = (minutes - (rest >> hash_bits)) & (~0U >> hash_bits);
    if (age >= valid_minutes) return std::nullopt;
    const std::uint32_t mss = (rest - hash(minutes - age, 1)) & hash_mask;
    return mss < segment_sizes.size() ? std::optional{mss} : std::nullopt;
  }

 private:
  static constexpr std::uint32_t hash_bits = 24;  // COOKIEBITS
  static constexpr std::uint32_t hash_mask = (1U << hash_bits) - 1;

  std::uint32_t hash(std::uint32_t minutes, std::uint32_t part) const {
    constexpr std::uint64_t purpose = 0x5c5c'5c5c'0000'0000U;
    return static_cast<std::uint32_t>(
        host_.keyed_hash(pair_, purpose ^ (std::uint64_t{part} << 32) ^ minutes));
  }

  const Host& host_;
  std::uint64_t pair_;
};

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
  request.iss = Cookie{host_, host_.at(request.local_port), request.remote()}.made_of(
      request.irs, minute(c.now), mss_index(request.peer_mss));
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
  const auto mss = Cookie{host_, seg.dst, seg.src}.mss_in(claimed, irs, minute(c.now));
  if (!mss) {
    ++host_.counters.SyncookiesFailed;
    return std::nullopt;
  }
  ++host_.counters.SyncookiesRecv;
  const Segment syn = syn_of_cookie(seg, segment_sizes[*mss], host_);
  Request request = request_from(syn, host_, listener.options, c.now);
  request.iss = claimed;
  request.offer_window(host_, listener.options, segment_sizes[*mss]);
  Negotiated agreed = request.agreed(host_, c.now);
  agreed.rtt.reset();  // when the SYN-ACK was sent is forgotten
  return agreed;
}

}  // namespace lastack::tcp
