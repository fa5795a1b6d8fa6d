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

/// The most octets that are copied into one page.
constexpr std::uint32_t page_payload = 4096 - shared_info;

/// The allocation that holds so many bytes.
std::uint32_t block_for(std::uint32_t bytes) {
  const std::uint32_t lines = (bytes + cache_line - 1) / cache_line;
  const std::uint32_t wanted = lines * cache_line + shared_info;
  return wanted <= smallest_block ? smallest_block : std::bit_ceil(wanted);
}

/// What still fits beside a segment's octets.
std::uint32_t tail_room_of(const Segment& seg) {
  const std::uint32_t packet = head_room + seg.wire_size();
  return block_for(packet) - shared_info - packet;
}

/// The same for octets that were copied together, without headers.
std::uint32_t copied_memory(std::uint32_t octets) { return block_for(octets) + descriptor; }
std::uint32_t copied_tail_room(std::uint32_t octets) {
  return block_for(octets) - shared_info - octets;
}

}  // namespace

std::uint32_t segment_memory(const Segment& seg) {
  return block_for(head_room + seg.wire_size()) + descriptor;
}

ReceiveBuffer::ReceiveBuffer(const Profile& profile, std::int32_t bytes)
    : size_{static_cast<std::uint32_t>(bytes)},
      share_{profile.window_follows_traffic ? half : all},
      counts_memory_{profile.window_follows_traffic} {}

std::uint32_t ReceiveBuffer::size_of(const Segment& seg) const {
  return counts_memory_ ? segment_memory(seg) : seg.data;
}

// --- In order ---

void ReceiveBuffer::keep(const Block& block, std::uint32_t tail_room) {
  if (last_.bytes > 0) {
    if (!before_last_) before_last_ = std::make_unique<std::deque<Block>>();
    before_last_->push_back(last_);
  }
  last_ = block;
  tail_room_ = static_cast<std::uint16_t>(tail_room);
}

bool ReceiveBuffer::fits_beside_last(std::uint32_t octets) const {
  return last_.bytes > 0 && octets <= tail_room_;
}

void ReceiveBuffer::copy_beside_last(std::uint32_t octets) {
  tail_room_ = static_cast<std::uint16_t>(tail_room_ - octets);
  last_.unread += octets;
  last_.octets += octets;
}

void ReceiveBuffer::add_in_order(const Segment& seg, std::uint32_t octets) {
  if (!counts_memory_) {
    used_ += seg.data;
  } else if (fits_beside_last(octets)) {
    copy_beside_last(octets);
  } else {
    const std::uint32_t bytes = segment_memory(seg);
    used_ += bytes;
    keep({octets, seg.data, bytes}, tail_room_of(seg));
  }
}

void ReceiveBuffer::remove(std::uint32_t octets, std::uint32_t waiting, std::uint32_t beyond_hole) {
  if (!counts_memory_) {
    const bool everything = octets >= waiting && beyond_hole == 0;
    used_ -= everything ? used_ : std::min(octets, used_);
    return;
  }
  if (octets >= waiting) {
    used_ = early_bytes_;
    last_ = {};
    before_last_.reset();
    return;
  }
  while (octets > 0) {
    const bool one_left = !before_last_ || before_last_->empty();
    Block& first = one_left ? last_ : before_last_->front();
    const std::uint32_t taken = std::min(octets, first.unread);
    first.unread -= taken;
    octets -= taken;
    if (one_left) return;  // the last one stays while something waits
    if (first.unread > 0) return;
    used_ -= first.bytes;
    before_last_->pop_front();
  }
}

// --- Beyond a hole ---

std::optional<SackBlock> ReceiveBuffer::add_out_of_order(const Segment& seg) {
  if (!counts_memory_) {
    used_ += seg.data;
    return std::nullopt;
  }
  if (!early_) early_ = std::make_unique<std::vector<Early>>();
  std::vector<Early>& early = *early_;
  const Early added{seg.seq, seg.end(), seg.data, segment_memory(seg), tail_room_of(seg)};
  auto next = std::find_if(early.begin(), early.end(),
                           [&](const Early& e) { return after(e.left, added.left); });
  std::optional<SackBlock> twice;
  if (next != early.begin()) {
    Early& before_it = *(next - 1);
    if (!after(added.right, before_it.right)) return SackBlock{added.left, added.right};
    if (before_it.right == added.left && added.octets <= before_it.tail_room) {
      before_it.tail_room -= added.octets;
      before_it.octets += added.octets;
      before_it.right = added.right;
      return std::nullopt;
    }
    if (before_it.left == added.left) {
      --next;  // covered, as those that follow may be
    } else if (after(before_it.right, added.left)) {
      twice = SackBlock{added.left, before_it.right};
    }
  }
  insert(added, next, twice);
  return twice;
}

/// Puts a segment before `next`; what it covers of those that follow is thrown away.
void ReceiveBuffer::insert(const Early& added, std::vector<Early>::iterator next,
                           std::optional<SackBlock>& twice) {
  auto end = next;
  for (; end != early_->end() && after(added.right, end->left); ++end) {
    extend(twice, end->left, earlier_of(end->right, added.right));
    if (before(added.right, end->right)) break;
    forget(*end);
  }
  used_ += added.bytes;
  early_bytes_ += added.bytes;
  early_->insert(early_->erase(next, end), added);
}

/// A block that begins, or grows by what it touches (Linux, tcp_dsack_extend).
void ReceiveBuffer::extend(std::optional<SackBlock>& block, Seq left, Seq right) {
  if (!block) {
    block = SackBlock{left, right};
  } else if (at_or_before(left, block->right) && at_or_before(block->left, right)) {
    block = SackBlock{earlier_of(left, block->left), later_of(right, block->right)};
  }
}

void ReceiveBuffer::forget(const Early& early) {
  used_ -= early.bytes;
  early_bytes_ -= early.bytes;
}

std::optional<SackBlock> ReceiveBuffer::absorb(Seq from, Seq to) {
  std::optional<SackBlock> twice;
  if (!early_) return twice;
  Seq known = from;  // what came in order up to here may lie in pieces once more
  auto it = early_->begin();
  for (; it != early_->end() && !after(it->left, from) && before(from, to); ++it) {
    early_bytes_ -= it->bytes;
    if (before(it->left, known)) {
      extend(twice, it->left, known);
      known = earlier_of(known, it->right);
    }
    const std::uint32_t fresh = after(it->right, from) ? it->right - from : 0;
    const std::uint32_t octets = fresh > 0 && it->has_fin() ? fresh - 1 : fresh;
    if (octets > 0 && !(it->left == from && fits_beside_last(it->octets))) {
      keep({octets, it->octets, it->bytes}, it->tail_room);
    } else {
      used_ -= it->bytes;
      if (octets > 0) copy_beside_last(octets);
    }
    from = from + fresh;
  }
  early_->erase(early_->begin(), it);
  if (early_->empty()) early_.reset();
  return twice;
}

void ReceiveBuffer::forget_early() {
  if (!early_) return;
  used_ -= early_bytes_;
  early_bytes_ = 0;
  early_.reset();
}

std::optional<Seq> ReceiveBuffer::end_of_early() const {
  if (!early_) return std::nullopt;
  return early_->back().right;
}

// --- When there is no room ---

void ReceiveBuffer::grow_to_used(std::uint32_t largest) {
  size_ = std::max(size_, std::min(used_, largest));
}

bool ReceiveBuffer::prune(Seq incoming, Pressure pressure) {
  if (!early_) return false;
  const auto part = static_cast<std::int64_t>(size_ >> 3);
  bool pruned = false;
  for (std::int64_t left = part; !early_->empty(); early_->pop_back()) {
    const Early& last = early_->back();
    if (after(incoming, last.left)) break;
    if (pruned && left <= 0) {
      if (!is_overfull() && pressure == Pressure::no) break;
      left = part;
    }
    left -= last.bytes;
    forget(last);
    pruned = true;
  }
  if (early_->empty()) early_.reset();
  return pruned;
}

/// A piece that takes more memory than its octets are worth, or of which a part is not needed.
bool ReceiveBuffer::is_bloated(std::uint32_t octets, std::uint32_t bytes) const {
  return payload_in(bytes) > octets;
}

void ReceiveBuffer::collapse() {
  collapse_early();
  collapse_in_order();
}

void ReceiveBuffer::collapse_in_order() {
  if (last_.bytes == 0) return;
  std::deque<Block> blocks;
  if (before_last_) blocks.swap(*before_last_);
  blocks.push_back(last_);
  const auto first = std::find_if(blocks.begin(), blocks.end(), [&](const Block& b) {
    return b.unread < b.octets || is_bloated(b.octets, b.bytes);
  });
  std::uint32_t octets = 0;
  for (auto it = first; it != blocks.end(); ++it) {
    octets += it->unread;
    used_ -= it->bytes;
  }
  const bool some = first != blocks.end();
  blocks.erase(first, blocks.end());
  while (octets > 0) {
    const std::uint32_t copied = std::min(octets, page_payload);
    blocks.push_back({copied, copied, copied_memory(copied)});
    used_ += blocks.back().bytes;
    octets -= copied;
  }
  last_ = blocks.back();
  blocks.pop_back();
  if (some) tail_room_ = static_cast<std::uint16_t>(copied_tail_room(last_.octets));
  if (!blocks.empty()) before_last_ = std::make_unique<std::deque<Block>>(std::move(blocks));
}

/// Only what lies without a hole in more than one piece, or is longer than a page.
void ReceiveBuffer::collapse_early() {
  if (!early_) return;
  std::vector<Early> kept;
  std::uint32_t tiny = 0;
  for (auto it = early_->begin(); it != early_->end();) {
    auto end = it + 1;
    while (end != early_->end() && !after(end->left, (end - 1)->right)) ++end;
    const bool worth = end - it > 1 || it->right - it->left >= page_payload;
    if (!worth) tiny += it->bytes;
    if (worth && tiny <= size_ >> 3) {
      collapse_range({it, end}, kept);
    } else {
      kept.insert(kept.end(), it, end);
    }
    it = end;
  }
  *early_ = std::move(kept);
}

void ReceiveBuffer::collapse_range(std::span<const Early> range, std::vector<Early>& to) {
  std::size_t i = 0;
  const auto stays = [&](const Early& e) {
    const bool overlaps = i + 1 < range.size() && range[i + 1].left != e.right;
    return e.has_fin() || !(overlaps || is_bloated(e.octets, e.bytes));
  };
  for (; i < range.size() && stays(range[i]); ++i) to.push_back(range[i]);
  if (i == range.size()) return;
  Seq left = range[i].left;
  for (; i < range.size() && !range[i].has_fin(); ++i) forget(range[i]);
  const Seq right = range[i - 1].right;
  while (before(left, right)) {
    const std::uint32_t copied = std::min(right - left, page_payload);
    to.push_back({left, left + copied, copied, copied_memory(copied), copied_tail_room(copied)});
    used_ += to.back().bytes;
    early_bytes_ += to.back().bytes;
    left = left + copied;
  }
  for (; i < range.size(); ++i) to.push_back(range[i]);
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
  return grow_for(window, largest);
}

/// Grows until a window of so many octets fits, but not beyond `largest` bytes.
bool ReceiveBuffer::grow_for(std::uint64_t window, std::uint32_t largest) {
  const std::uint64_t wanted = (window << share_bits) / share_;
  const auto bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, largest));
  if (bytes <= size_) return false;
  size_ = bytes;
  return true;
}

bool ReceiveBuffer::grow_for_hole(std::uint32_t beyond_hole, std::uint32_t largest) {
  return measuring_ && grow_for(std::uint64_t{2} * measured_octets_ + beyond_hole, largest);
}

}  // namespace lastack::tcp
