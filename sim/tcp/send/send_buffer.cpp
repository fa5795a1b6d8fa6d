#include "send/send_buffer.hpp"

#include <algorithm>
#include <bit>

#include "host/memory.hpp"
#include "lastack/tcp/congestion_control.hpp"
#include "send/bursts.hpp"

namespace lastack::tcp {

namespace {

constexpr std::uint32_t descriptor = 256;        // struct sk_buff
constexpr std::uint32_t headers_and_info = 576;  // MAX_TCP_HEADER, skb_shared_info

}  // namespace

void SendBuffer::grow(std::int32_t asked, std::uint32_t mss, std::uint32_t cwnd,
                      const Settings& settings) {
  if (asked != 0) {
    const std::int64_t bytes = 2 * std::int64_t{std::min(asked, settings.wmem_max)};
    bytes_ = static_cast<std::uint32_t>(std::max<std::int64_t>(bytes, least_send_buffer));
    return;
  }
  const std::uint32_t segment = std::bit_ceil(mss + headers_and_info) + descriptor;
  const std::uint32_t wanted = 2 * std::max(CongestionControl::initial_window, cwnd) * segment;
  const auto least = static_cast<std::uint32_t>(settings.tcp_wmem[1]);
  const auto most = static_cast<std::uint32_t>(settings.tcp_wmem[2]);
  bytes_ = std::max({bytes_, least, std::min(wanted, most)});
}

void SendBuffer::shrink(std::uint32_t queued) {
  bytes_ = std::max(std::min(bytes_, queued / 2), least_send_buffer);
}

std::uint32_t SendBuffer::chunk_goal(std::uint32_t max_wnd, std::uint32_t mss) {
  const std::uint32_t half = std::max(max_wnd / 2, mss);
  return std::max(1U, std::min(burst_octets_max, half) / mss) * mss;
}

SendBuffer::Chunk SendBuffer::next_chunk(Seq nxt, std::uint32_t goal) const {
  const std::uint32_t filled = end_ - later_of(chunk_, nxt);
  return filled == 0 || filled >= goal ? Chunk::fresh : Chunk::begun;
}

std::uint32_t SendBuffer::chunk_left(Seq nxt, std::uint32_t goal) const {
  const std::uint32_t into = after(nxt, chunk_) ? 0 : (chunk_ - nxt) % goal;
  return std::min(end_ - nxt, into != 0 ? into : goal);
}

std::uint32_t SendBuffer::chunk_grown(Seq nxt, std::uint32_t goal, std::uint32_t most) const {
  const std::uint32_t left = chunk_left(nxt, goal);
  if (left >= most || nxt + left == end_) return left;
  return left + std::min(most - left, chunk_left(nxt + left, goal));
}

std::uint32_t SendBuffer::memory(const RetransmissionQueue& queue, const SendSequence& snd,
                                 std::uint32_t goal) const {
  const std::uint32_t waiting = end_ - snd.nxt();
  const std::uint32_t chunks = (waiting + goal - 1) / goal;
  return end_ - snd.una() + (queue.bursts() + chunks) * chunk_overhead;
}

}  // namespace lastack::tcp
