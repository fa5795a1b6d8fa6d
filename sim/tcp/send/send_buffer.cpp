#include "send/send_buffer.hpp"

#include <algorithm>
#include <bit>

#include "host/memory.hpp"
#include "lastack/tcp/congestion_control.hpp"
#include "send/bursts.hpp"

namespace lastack::tcp {

namespace {

constexpr std::uint32_t chunk_octets_max = 65'535;
constexpr std::uint32_t descriptor = 256;        // struct sk_buff
constexpr std::uint32_t headers_and_info = 576;  // MAX_TCP_HEADER, skb_shared_info

/// What the allocator gives for so many octets with what stands beside them.
std::uint32_t bytes_of(std::uint32_t octets) { return std::bit_ceil(octets + headers_and_info); }

}  // namespace

void SendBuffer::peer_takes(std::uint16_t octets) {
  const int bits = std::countr_zero(bytes_of(octets));  // 17 at the most
  peer_segment_bits_ = static_cast<std::uint8_t>(bits & 31);
}

void SendBuffer::grow(std::int32_t asked, std::uint32_t mss, std::uint32_t cwnd,
                      const Settings& settings) {
  if (asked != 0) {
    const std::int64_t bytes = 2 * std::int64_t{std::min(asked, settings.wmem_max)};
    bytes_ = static_cast<std::uint32_t>(std::max<std::int64_t>(bytes, least_send_buffer));
    return;
  }
  const std::uint32_t segment =
      std::max(bytes_of(mss), std::uint32_t{1} << peer_segment_bits_) + descriptor;
  const std::uint32_t wanted = 2 * std::max(CongestionControl::initial_window, cwnd) * segment;
  const auto least = static_cast<std::uint32_t>(settings.tcp_wmem[1]);
  const auto most = static_cast<std::uint32_t>(settings.tcp_wmem[2]);
  bytes_ = std::max({bytes_, least, std::min(wanted, most)});
}

void SendBuffer::shrink(std::uint32_t queued) {
  bytes_ = std::max(std::min(bytes_, queued / 2), least_send_buffer);
}

std::uint32_t SendBuffer::chunk_goal(std::uint32_t max_wnd, std::uint32_t mss) {
  return std::max(1U, bound_to_half_window(burst_octets_max, max_wnd, 0) / mss) * mss;
}

SendBuffer::Chunk SendBuffer::next_chunk(Seq nxt, std::uint32_t goal) const {
  const std::uint32_t filled = end_ - later_of(chunk_, nxt);
  return filled == 0 || filled >= goal ? Chunk::fresh : Chunk::begun;
}

void SendBuffer::begin_chunk(Chunk chunk, Seq nxt, std::uint32_t goal, OddChunks* odd) {
  if (chunk == Chunk::begun) {
    chunk_ = later_of(chunk_, nxt);
    return;
  }
  if (!before(nxt, chunk_)) {  // only the last one waits
    const std::uint32_t waits = after(end_, nxt) ? end_ - nxt : 0;
    goal_ = static_cast<std::uint16_t>(std::max(waits, goal));
    odd_ = false;
  } else if (becomes_odd(nxt)) {
    LASTACK_ASSERT(odd != nullptr);
    if (!odd_) list_chunks(nxt, *odd);
    odd->add(end_, nxt);
  }
  chunk_ = end_;
}

/// From here on each chunk before the last has its own size.
void SendBuffer::list_chunks(Seq nxt, OddChunks& odd) {
  odd.clear();
  for (Seq at = nxt + usual_left(nxt); before(at, chunk_); at += goal_) odd.add(at, nxt);
  odd.add(chunk_, nxt);
  odd_ = true;
}

std::uint32_t SendBuffer::chunk_left(Seq nxt, const OddChunks* odd) const {
  if (!before(nxt, chunk_)) return end_ - nxt;
  return odd_ ? odd->end_after(nxt) - nxt : usual_left(nxt);
}

/// … where all chunks but the last have the usual size. Requires one before the last.
std::uint32_t SendBuffer::usual_left(Seq nxt) const {
  const std::uint32_t into = (chunk_ - nxt) % goal_;
  return into != 0 ? into : goal_;
}

std::uint32_t SendBuffer::chunk_grown(Seq nxt, std::uint32_t most, const OddChunks* odd) const {
  const std::uint32_t left = chunk_left(nxt, odd);
  if (left >= most || nxt + left == end_) return left;
  return left + std::min(most - left, chunk_left(nxt + left, odd));
}

bool SendBuffer::joins_inner(Seq nxt, std::uint32_t left, std::uint32_t grown,
                             const OddChunks* odd) const {
  return before(nxt + grown, chunk_) && grown - left == chunk_left(nxt + left, odd);
}

void SendBuffer::join_inner(Seq nxt, OddChunks& odd) {
  if (!odd_) list_chunks(nxt, odd);
  odd.join_first(nxt);
}

/// Where one chunk at the most stays before the last, any size is usual. A part of an inner chunk
/// need not be kept: the next try takes it again.
void SendBuffer::keep_grown(Seq nxt, std::uint32_t grown) {
  const Seq to = nxt + grown;
  if (before(to, chunk_) || grown > chunk_octets_max) return;
  odd_ = false;
  goal_ = static_cast<std::uint16_t>(std::max<std::uint32_t>(goal_, grown));
  chunk_ = to == end_ ? nxt : to;
}

/// Of octets that were not sent yet.
std::uint32_t SendBuffer::chunks(Seq nxt, const OddChunks* odd) const {
  if (!before(nxt, end_)) return 0;
  if (!before(nxt, chunk_)) return 1;
  const auto closed =
      odd_ ? static_cast<std::uint32_t>(odd->count_after(nxt)) : (chunk_ - nxt + goal_ - 1) / goal_;
  return closed + (end_ != chunk_ ? 1U : 0U);
}

std::uint32_t SendBuffer::memory(const RetransmissionQueue& queue, const SendSequence& snd,
                                 const OddChunks* odd) const {
  return end_ - snd.una() + (queue.bursts() + chunks(snd.nxt(), odd)) * chunk_overhead;
}

}  // namespace lastack::tcp
