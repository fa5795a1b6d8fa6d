// What is always true of a Scheduler.
#include <algorithm>

#include "lastack/core/assert.hpp"
#include "lastack/core/scheduler.hpp"

namespace lastack {

void Scheduler::check_invariants() const {
  check_lanes();
  check_present_bucket();
  check_wheel();
  check_counts();
}

void Scheduler::check_lanes() const {
  for (std::size_t i = 0; i < lanes_max; ++i) {
    const Queue& lane = lanes_[i];
    const bool marked = (occupied_lanes_ >> i & 1U) != 0;
    LASTACK_ASSERT(marked == !lane.empty());
    for (std::size_t k = 1; k < lane.size(); ++k) {
      LASTACK_ASSERT(lane.entry(k - 1).before(lane.entry(k)));
    }
  }
}

/// The bucket whose turn it is: sorted, and what came later a heap.
void Scheduler::check_present_bucket() const {
  const auto tick_of = [](const Entry& entry) {
    return static_cast<std::uint64_t>(entry.at.time_since_epoch().count()) >> near_bits;
  };
  LASTACK_ASSERT(std::is_sorted(batch_next_, batch_.cend(),
                                [](const Entry& a, const Entry& b) { return a.before(b); }));
  for (auto entry = batch_next_; entry != batch_.cend(); ++entry) {
    LASTACK_ASSERT(tick_of(*entry) == near_tick_);
  }
  for (std::size_t i = 0; i < late_.size(); ++i) {
    LASTACK_ASSERT(tick_of(late_[i]) <= near_tick_);
    if (i > 0) LASTACK_ASSERT(late_[(i - 1) / late_arity].before(late_[i]));
  }
}

void Scheduler::check_wheel() const {
  for (unsigned level = 0; level < levels; ++level) {
    for (unsigned slot = 0; slot < slots; ++slot) {
      const bool marked = (level_[level].occupied >> slot & 1U) != 0;
      LASTACK_ASSERT(marked == (level_[level].bucket[slot].first != nullptr));
      if (marked) check_bucket(level, slot);
    }
  }
}

/// Of a bucket's entries the level's bits of the time say the slot, which is still to come, and the
/// bits above are those of the present.
void Scheduler::check_bucket(unsigned level, unsigned slot) const {
  const unsigned shift = level * slot_bits;
  const std::uint64_t present = near_tick_ >> shift;
  const std::uint64_t place = present >> slot_bits << slot_bits | slot;
  LASTACK_ASSERT(place > present);
  LASTACK_ASSERT(wheel_tick_ <= place << shift);
  for_each_entry_of(level_[level].bucket[slot], [&](const Entry& entry) {
    const auto ns = static_cast<std::uint64_t>(entry.at.time_since_epoch().count());
    LASTACK_ASSERT(ns >> near_bits >> shift == place);
  });
}

void Scheduler::check_counts() const {
  std::size_t entries = 0;
  for_each_entry([&](const Entry& entry) {
    LASTACK_ASSERT(entry.at >= now_);
    LASTACK_ASSERT(entry.order < order_);
    ++entries;
  });
  LASTACK_ASSERT(entries == size_);
  std::size_t chunks = 0;
  for (const Level& level : level_) {
    for (const Bucket& bucket : level.bucket) {
      for (const Chunk* chunk = bucket.first; chunk != nullptr; chunk = chunk->next) ++chunks;
    }
  }
  for (const Chunk* chunk = free_chunk_; chunk != nullptr; chunk = chunk->next) ++chunks;
  LASTACK_ASSERT(chunks == chunks_.size());
}

}  // namespace lastack
