#include "lastack/core/scheduler.hpp"

#include <bit>

#include "lastack/core/assert.hpp"

namespace lastack {

namespace {

constexpr std::size_t arity = 4;

std::uint64_t ns(SimTime at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

}  // namespace

void Scheduler::schedule(SimTime at, Event event) {
  LASTACK_ASSERT(at >= now_);
  ++size_;
  put({at, event});
}

void Scheduler::arm(Wakeup& wakeup, SimTime at, Event event) {
  LASTACK_ASSERT(at >= now_);
  wakeup.due = at;
  // An entry that comes up earlier will do: `comes_due` then moves it on.
  if (at < wakeup.queued) {
    wakeup.queued = at;
    schedule(at, event);
  }
}

bool Scheduler::comes_due(Wakeup& wakeup, Event event) {
  if (wakeup.queued != now_) {
    return false;  // a left-over: the wakeup counts on an earlier entry, or on none
  }
  wakeup.queued = never;
  if (wakeup.due == now_) {
    wakeup.due = never;
    return true;
  }
  if (wakeup.armed()) {
    arm(wakeup, wakeup.due, event);
  }
  return false;
}

std::optional<Event> Scheduler::next(SimTime limit) {
  if (near_.empty() && !refill_near()) {
    return std::nullopt;
  }
  if (near_.front().at > limit) {
    return std::nullopt;
  }
  const NearEntry first = pop_near();
  LASTACK_ASSERT(first.at >= now_);
  now_ = first.at;
  --size_;
  return first.event;
}

void Scheduler::put(const Entry& entry) {
  const std::uint64_t tick = ns(entry.at) >> near_bits;
  if (tick <= near_tick_) {
    push_near(entry);
    return;
  }
  // The highest bit in which the tick differs from the present one chooses the level.
  const auto highest = static_cast<unsigned>(std::bit_width(tick ^ near_tick_)) - 1;
  const unsigned level = highest / slot_bits;
  const unsigned slot = (tick >> (level * slot_bits)) % slots;
  level_[level].occupied |= std::uint64_t{1} << slot;
  append(level_[level].bucket[slot], entry);
}

void Scheduler::append(Bucket& bucket, const Entry& entry) {
  if (bucket.last == no_chunk || chunks_[bucket.last].count == Chunk::capacity) {
    std::uint32_t fresh = free_chunk_;
    if (fresh == no_chunk) {
      fresh = static_cast<std::uint32_t>(chunks_.size());
      chunks_.emplace_back();
    } else {
      free_chunk_ = chunks_[fresh].next;
    }
    chunks_[fresh].count = 0;
    chunks_[fresh].next = no_chunk;
    (bucket.last == no_chunk ? bucket.first : chunks_[bucket.last].next) = fresh;
    bucket.last = fresh;
  }
  Chunk& chunk = chunks_[bucket.last];
  chunk.entries[chunk.count++] = entry;
}

/// Puts the entries of a bucket where they belong now that its time has come.
void Scheduler::spread(Bucket& bucket) {
  std::uint32_t index = bucket.first;
  bucket = Bucket{};
  while (index != no_chunk) {
    Chunk& chunk = chunks_[index];
    for (std::uint32_t i = 0; i < chunk.count; ++i) {
      put(chunk.entries[i]);
    }
    const std::uint32_t following = chunk.next;
    chunk.next = free_chunk_;
    free_chunk_ = index;
    index = following;
  }
}

/// Goes on to the next bucket that holds something; false when there is none.
bool Scheduler::refill_near() {
  while (near_.empty()) {
    unsigned lowest = 0;
    while (lowest < levels && level_[lowest].occupied == 0) {
      ++lowest;
    }
    if (lowest == levels) {
      return false;
    }
    Level& level = level_[lowest];
    // Buckets up to the present slot are empty, so the first occupied one is next.
    const auto slot = static_cast<unsigned>(std::countr_zero(level.occupied));
    const unsigned shift = lowest * slot_bits;
    LASTACK_ASSERT(slot > (near_tick_ >> shift) % slots);
    const std::uint64_t above = near_tick_ >> shift >> slot_bits;
    near_tick_ = (above << slot_bits | slot) << shift;
    level.occupied &= level.occupied - 1;
    spread(level.bucket[slot]);
  }
  return true;
}

void Scheduler::push_near(const Entry& entry) {
  const NearEntry fresh{entry.at, order_++, entry.event};
  std::size_t hole = near_.size();
  near_.push_back(fresh);
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / arity;
    // Of equal times the one inserted earlier, which is already above, stays above.
    if (near_[parent].at <= fresh.at) {
      break;
    }
    near_[hole] = near_[parent];
    hole = parent;
  }
  near_[hole] = fresh;
}

Scheduler::NearEntry Scheduler::pop_near() {
  const auto earlier = [](const NearEntry& a, const NearEntry& b) {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  };
  const NearEntry first = near_.front();
  const NearEntry moved = near_.back();
  near_.pop_back();
  const std::size_t count = near_.size();
  std::size_t hole = 0;
  while (hole * arity + 1 < count) {
    const std::size_t begin = hole * arity + 1;
    const std::size_t end = begin + arity < count ? begin + arity : count;
    std::size_t least = begin;
    for (std::size_t child = begin + 1; child < end; ++child) {
      least = earlier(near_[child], near_[least]) ? child : least;
    }
    if (!earlier(near_[least], moved)) {
      break;
    }
    near_[hole] = near_[least];
    hole = least;
  }
  if (count > 0) {
    near_[hole] = moved;
  }
  return first;
}

}  // namespace lastack
