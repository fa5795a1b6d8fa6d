#include "receive/receive_queue.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

ReceiveQueue::Reassembly& ReceiveQueue::reassembly() {
  if (!reassembly_) reassembly_ = std::make_unique<Reassembly>();
  return *reassembly_;
}

void ReceiveQueue::begin(Seq irs) {
  irs_ = irs;
  nxt_ = read_ = irs + 1;
}

std::uint32_t ReceiveQueue::reach_beyond_hole() const {
  return has_hole() ? reassembly_->ranges.back().right - nxt_ : 0;
}

std::optional<Seq> ReceiveQueue::end_of_sacks() const {
  if (!reassembly_ || reassembly_->recent.empty()) return std::nullopt;
  Seq end = reassembly_->recent.front().right;
  for (const SackBlock& block : reassembly_->recent) end = later_of(end, block.right);
  return end;
}

bool ReceiveQueue::takes_third_block(Seq left, Seq right) const {
  if (!reassembly_) return false;
  const std::vector<SackBlock>& blocks = reassembly_->recent;
  const auto touched = std::find_if(blocks.begin(), blocks.end(), [&](const SackBlock& b) {
    return at_or_before(left, b.right) && at_or_before(b.left, right);
  });
  return touched - blocks.begin() >= 2;
}

void ReceiveQueue::add_sack_blocks(Options& options) const {
  if (!reassembly_) return;
  // Three fit beside timestamps in the 40 octets of a header's options.
  const std::size_t room = options.has_timestamps ? 3 : Options::max_sack_blocks;
  const auto add = [&](const SackBlock& block) {
    if (options.sack_count < room) options.sack[options.sack_count++] = block;
  };
  if (reassembly_->dsack) add(*reassembly_->dsack);
  for (const SackBlock& block : reassembly_->recent) add(block);
}

void ReceiveQueue::take_fin() {
  nxt_ += 1;
  fin_received_ = true;
}

ReceiveQueue::Known ReceiveQueue::keep(const Segment& seg) {
  Reassembly& r = reassembly();
  const Range added{seg.seq, seg.end()};
  if (seg.flags.has(Flags::fin)) r.fin = seg.text() + seg.data;
  const bool known = std::any_of(r.ranges.begin(), r.ranges.end(), [&](const Range& x) {
    return at_or_before(x.left, added.left) && at_or_after(x.right, added.right);
  });
  insert(r, added);
  return known ? Known::repeated : Known::fresh;
}

/// Ranges that touch become one, which SACK reports first.
void ReceiveQueue::insert(Reassembly& r, Range added) {
  const auto touches = [&](const Range& x) {
    return at_or_before(x.left, added.right) && at_or_after(x.right, added.left);
  };
  for (const Range& x : r.ranges) {
    if (touches(x)) {
      added.left = earlier_of(added.left, x.left);
      added.right = later_of(added.right, x.right);
    }
  }
  r.ranges.erase(std::remove_if(r.ranges.begin(), r.ranges.end(), touches), r.ranges.end());
  r.ranges.insert(std::find_if(r.ranges.begin(), r.ranges.end(),
                               [&](const Range& x) { return after(x.left, added.left); }),
                  added);
  const auto inside = [&](const SackBlock& b) {
    return at_or_after(b.left, added.left) && at_or_before(b.right, added.right);
  };
  r.recent.erase(std::remove_if(r.recent.begin(), r.recent.end(), inside), r.recent.end());
  r.recent.insert(r.recent.begin(), SackBlock{added.left, added.right});
  r.recent.resize(std::min<std::size_t>(r.recent.size(), Options::max_sack_blocks));
}

ReceiveQueue::Absorbed ReceiveQueue::absorb() {
  if (!reassembly_) return {};
  Absorbed result;
  Reassembly& r = *reassembly_;
  if (fin_received_) {  // what claims to lie beyond a FIN is dropped
    r.ranges.clear();
    r.recent.clear();
  }
  const bool had_hole = !r.ranges.empty();
  if (r.fin && before(*r.fin, nxt_)) r.fin.reset();  // text that came in order went beyond it
  while (!r.ranges.empty() && at_or_before(r.ranges.front().left, nxt_)) {
    nxt_ = later_of(nxt_, r.ranges.front().right);
    r.ranges.erase(r.ranges.begin());
    result.octets = true;
  }
  if (r.fin && before(*r.fin, nxt_) && !fin_received_) {
    fin_received_ = true;
    nxt_ = *r.fin + 1;
  }
  if (fin_received_) {
    r.ranges.clear();
  } else {
    std::erase_if(r.recent, [&](const SackBlock& b) { return !after(b.right, nxt_); });
  }
  result.hole_filled = had_hole && r.ranges.empty();
  if (r.ranges.empty() && r.recent.empty() && !r.dsack) reassembly_.reset();
  return result;
}

void ReceiveQueue::came_twice(Seq left, Seq right) {
  if (before(left, right)) reassembly().dsack = SackBlock{left, right};
}

void ReceiveQueue::acknowledged() {
  if (!reassembly_) return;
  reassembly_->dsack.reset();
  if (reassembly_->ranges.empty()) reassembly_.reset();
}

void ReceiveQueue::forget_beyond(std::optional<Seq> end) {
  if (!reassembly_) return;
  if (!end) {
    reassembly_.reset();
    return;
  }
  Reassembly& r = *reassembly_;
  std::erase_if(r.ranges, [&](const Range& x) { return !before(x.left, *end); });
  for (Range& x : r.ranges) x.right = earlier_of(x.right, *end);
  if (r.fin && !before(*r.fin, *end)) r.fin.reset();
  r.recent.clear();
  r.dsack.reset();
}

void ReceiveQueue::forget_blocks() {
  if (!reassembly_) return;
  reassembly_->recent.clear();
  reassembly_->dsack.reset();
}

void ReceiveQueue::check_invariants() const {
  LASTACK_ASSERT(at_or_before(read_, nxt_));
  LASTACK_ASSERT(!fin_received_ || before(read_, nxt_));  // the FIN itself is never read
  if (!reassembly_) return;
  const Range* last = nullptr;
  for (const Range& range : reassembly_->ranges) {
    LASTACK_ASSERT(before(range.left, range.right));
    LASTACK_ASSERT(after(range.left, nxt_));  // else it would not wait
    LASTACK_ASSERT(last == nullptr || after(range.left, last->right));
    last = &range;
  }
  LASTACK_ASSERT(!fin_received_ || reassembly_->ranges.empty());
  LASTACK_ASSERT(reassembly_->recent.size() <= Options::max_sack_blocks);
}

}  // namespace lastack::tcp
