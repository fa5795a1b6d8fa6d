#include "receive/receive_buffer.hpp"

#include <algorithm>
#include <bit>

namespace lastack::tcp {

namespace {

constexpr std::uint32_t head_room = 64;     // NET_SKB_PAD
constexpr std::uint32_t shared_info = 320;  // behind the octets of every buffer
constexpr std::uint32_t descriptor = 256;   // struct sk_buff
constexpr std::uint32_t smallest_block = 576;
constexpr std::uint32_t cache_line = 64;
constexpr std::uint16_t half = 128;  // TCP_DEFAULT_SCALING_RATIO
constexpr std::uint16_t all = 256;

/// The allocation that holds a packet of so many bytes.
std::uint32_t block_for(std::uint32_t packet) {
  const std::uint32_t lines = (head_room + packet + cache_line - 1) / cache_line;
  const std::uint32_t wanted = lines * cache_line + shared_info;
  return wanted <= smallest_block ? smallest_block : std::bit_ceil(wanted);
}

}  // namespace

std::uint32_t segment_memory(const Segment& seg) { return block_for(seg.wire_size()) + descriptor; }

ReceiveBuffer::ReceiveBuffer(const Profile& profile, std::int32_t bytes)
    : size_{static_cast<std::uint32_t>(bytes)},
      share_{profile.window_follows_traffic ? half : all},
      counts_memory_{profile.window_follows_traffic} {}

std::uint32_t ReceiveBuffer::size_of(const Segment& seg) const {
  return counts_memory_ ? segment_memory(seg) : seg.data;
}

void ReceiveBuffer::keep(std::uint32_t octets, std::uint32_t bytes) {
  used_ += bytes;
  if (last_.bytes > 0) {
    if (!before_last_) before_last_ = std::make_unique<std::deque<Block>>();
    before_last_->push_back(last_);
  }
  last_ = {octets, bytes};
}

void ReceiveBuffer::add_in_order(const Segment& seg) {
  if (!counts_memory_) {
    used_ += seg.data;
    return;
  }
  if (used_ > 0 && seg.data <= tail_room_) {  // copied beside the segment before
    tail_room_ = static_cast<std::uint16_t>(tail_room_ - seg.data);
    last_.octets += seg.data;
    return;
  }
  keep(seg.data, segment_memory(seg));
  const std::uint32_t packet = seg.wire_size();
  tail_room_ = static_cast<std::uint16_t>(block_for(packet) - shared_info - head_room - packet);
}

void ReceiveBuffer::add_out_of_order(const Segment& seg) {
  if (!counts_memory_) {
    used_ += seg.data;
    return;
  }
  keep(seg.data, segment_memory(seg));
  tail_room_ = 0;
}

/// Differs: what came beyond a hole is freed in the order in which it came.
void ReceiveBuffer::remove(std::uint32_t octets, std::uint32_t waiting) {
  if (octets >= waiting) {
    used_ = 0;
    last_ = {};
    before_last_.reset();
    return;
  }
  if (!counts_memory_) {
    used_ -= std::min(octets, used_);
    return;
  }
  while (octets > 0) {
    const bool one_left = !before_last_ || before_last_->empty();
    Block& first = one_left ? last_ : before_last_->front();
    const std::uint32_t taken = std::min(octets, first.octets);
    first.octets -= taken;
    octets -= taken;
    if (one_left) return;  // the last one stays while something waits
    if (first.octets > 0) return;
    used_ -= first.bytes;
    before_last_->pop_front();
  }
}

bool ReceiveBuffer::learn_share(const Segment& seg) {
  if (!counts_memory_) return false;
  const std::uint32_t share = (seg.data << share_bits) / segment_memory(seg);
  const auto learnt = static_cast<std::uint16_t>(std::max(share, 1U));
  const bool changed = learnt != share_;
  share_ = learnt;
  return changed;
}

std::uint32_t ReceiveBuffer::growth_for(const Segment& seg, std::uint32_t offer, std::uint32_t mss,
                                        std::uint32_t advertised,
                                        std::uint32_t largest_buffer) const {
  std::uint32_t memory = payload_in(segment_memory(seg));
  if (memory <= seg.data) return std::max(2 * advertised, 2 * seg.data);
  // Small segments let it grow only while the offer is a small part of what the buffer can become.
  memory /= 2;
  std::uint32_t window = payload_in(largest_buffer) / 2;
  for (; offer <= window; memory /= 2, window /= 2) {
    if (memory <= seg.data) return std::max(2 * mss, 2 * seg.data);
  }
  return 0;
}

// --- Dynamic right-sizing ---

void ReceiveBuffer::start_measuring(Seq read, SimTime now, std::uint32_t octets) {
  measuring_ = counts_memory_;
  measured_from_ = read;
  measured_at_ = now;
  measured_octets_ = octets;
}

void ReceiveBuffer::limit_measured(std::uint32_t octets) {
  measured_octets_ = std::min(measured_octets_, octets);
}

void ReceiveBuffer::round_trip(SimDuration sample, Queue queue) {
  const std::int64_t sample8 = 8 * std::max<std::int64_t>(sample / std::chrono::microseconds{1}, 1);
  if (round_trip8_us_ == 0 || sample8 < round_trip8_us_) {
    round_trip8_us_ = sample8;
  } else if (queue == Queue::empty) {
    round_trip8_us_ += sample8 / 8 - round_trip8_us_ / 8;
  }
}

void ReceiveBuffer::round_trip_of_echo(Timestamp echo, SimDuration sample, Queue queue) {
  if (echo == echo_measured_) return;
  echo_measured_ = echo;
  if (sample > SimDuration::zero()) round_trip(sample, queue);
}

void ReceiveBuffer::window_passed(Seq next, Seq end, SimTime now) {
  if (window_began_ != never) {
    if (before(next, window_end_)) return;
    const std::int64_t sample8 =
        8 * std::max<std::int64_t>((now - window_began_) / std::chrono::microseconds{1}, 1);
    if (round_trip8_us_ == 0 || sample8 < round_trip8_us_) {
      round_trip8_us_ = sample8;
    }
  }
  window_end_ = end;
  window_began_ = now;
}

bool ReceiveBuffer::resize(Seq read, std::uint32_t waiting, std::uint32_t beyond_hole, SimTime now,
                           std::uint32_t largest) {
  if (!measuring_ || round_trip8_us_ == 0 ||
      now - measured_at_ < std::chrono::microseconds{round_trip8_us_ / 8}) {
    return false;
  }
  const std::uint32_t octets = read - measured_from_;
  const std::uint32_t copied = octets > waiting ? octets - waiting : 0;
  measured_from_ = read;
  measured_at_ = now;
  if (copied <= measured_octets_) return false;
  // The estimate is one round trip late, and the sender's window may double in the next one.
  std::uint64_t window = 2ULL * copied;
  window += 2 * (window * (copied - measured_octets_) / std::max(measured_octets_, 1U));
  window += beyond_hole;
  measured_octets_ = copied;
  const std::uint64_t wanted = (window << share_bits) / share_;
  const auto bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, largest));
  if (bytes <= size_) return false;
  size_ = bytes;
  return true;
}

}  // namespace lastack::tcp
