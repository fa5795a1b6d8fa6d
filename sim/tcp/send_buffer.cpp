// The send buffer: how much the application may hand over before it has to wait.

#include <algorithm>
#include <bit>

#include "endpoint.hpp"
#include "memory.hpp"

namespace lastack::tcp {

namespace {

constexpr std::uint32_t descriptor = 256;           // struct sk_buff
constexpr std::uint32_t headers_and_info = 576;     // MAX_TCP_HEADER, skb_shared_info
constexpr std::uint32_t burst_octets_max = 65'215;  // GSO_LEGACY_MAX_SIZE less room for headers

}  // namespace

/// The buffer at the start, and as it grows with the congestion window: two windows of full
/// segments with what they take in memory (Linux, tcp_sndbuf_expand).
void Endpoint::grow_send_buffer(const Context& c) {
  const Settings& settings = c.host.settings();
  if (options_->sndbuf != 0) {
    const std::int64_t asked = std::min(options_->sndbuf, settings.wmem_max);
    snd_.buffer = static_cast<std::uint32_t>(std::max<std::int64_t>(2 * asked, least_send_buffer));
    return;
  }
  const std::uint32_t segment = std::bit_ceil(peer_mss_ + headers_and_info) + descriptor;
  const std::uint32_t wanted = 2 * std::max(10U, congestion().cwnd()) * segment;
  const auto least = static_cast<std::uint32_t>(settings.tcp_wmem[1]);
  const auto most = static_cast<std::uint32_t>(settings.tcp_wmem[2]);
  snd_.buffer = std::max({snd_.buffer, least, std::min(wanted, most)});
}

/// Bytes of memory that the octets in the buffer take.
std::uint32_t Endpoint::send_memory(const Context& c) const {
  const auto bursts = static_cast<std::uint32_t>(
      std::count_if(queue_.begin(), queue_.end(), [](const InFlight& r) { return !r.follows; }));
  const std::uint32_t mss = mss_now(c);
  const std::uint32_t waiting = snd_.queue_end - snd_.nxt;
  const std::uint32_t chunks = (waiting + chunk_goal(mss) - 1) / chunk_goal(mss);
  return snd_.queue_end - snd_.una + (bursts + chunks) * chunk_overhead;
}

/// Octets that are kept, and if the windows allow sent, together (Linux, tcp_xmit_size_goal).
std::uint32_t Endpoint::chunk_goal(std::uint32_t mss) const {
  const std::uint32_t half = std::max(snd_.max_wnd / 2, mss);
  return std::max(1U, std::min(burst_octets_max, half) / mss) * mss;
}

/// Takes octets from the application chunk by chunk, and sends what is allowed on the way; only a
/// new chunk needs room (Linux, tcp_sendmsg_locked). Returns how many were taken.
std::uint64_t Endpoint::fill_send_buffer(std::uint64_t bytes, SimTime& try_again, Context& c) {
  std::uint64_t taken = 0;
  while (taken < bytes) {
    const std::uint32_t goal = chunk_goal(mss_now(c));
    const Seq tail = later_of(snd_.chunk, snd_.nxt);
    const std::uint32_t filled = snd_.queue_end - tail;
    const Chunk chunk = filled == 0 || filled >= goal ? Chunk::fresh : Chunk::begun;
    if (chunk == Chunk::fresh) {
      if (send_memory(c) >= snd_.buffer) {
        break;
      }
      snd_.chunk = snd_.queue_end;
    } else {
      snd_.chunk = tail;
    }
    const auto room = std::uint64_t{goal - (snd_.queue_end - snd_.chunk)};
    const auto wanted = static_cast<std::uint32_t>(std::min(bytes - taken, room));
    const std::uint64_t now = memory_to_send(wanted, chunk, c);
    if (now < wanted) {
      try_again = try_again_at(c);
    }
    snd_.queue_end += static_cast<std::uint32_t>(now);
    taken += now;
    if (now < room) {
      break;
    }
    if (at_or_after(snd_.nxt, snd_.chunk)) {
      send_what_is_allowed(Nagle::off, c, HowMuch::one_burst);
    } else if (snd_.queue_end - snd_.nxt > snd_.max_wnd / 2) {
      send_what_is_allowed(Nagle::off, c);
    }
  }
  send_blocked_ = taken < bytes;
  return taken;
}

/// Wakes an application that waits to send once a third of the buffer is free (Linux,
/// sk_stream_write_space).
void Endpoint::wake_sender(const Context& c) {
  if (!send_blocked_) {
    return;
  }
  if (in_flight() < congestion().cwnd() && memory_allows_growth(c)) {
    grow_send_buffer(c);
  }
  const std::uint32_t used = send_memory(c);
  if (used < snd_.buffer && snd_.buffer - used >= used / 2) {
    send_blocked_ = false;
    wake();
  }
}

}  // namespace lastack::tcp
