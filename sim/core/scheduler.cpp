#include "lastack/core/scheduler.hpp"

#include <algorithm>
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
  put({at, order_++, event});
}

void Scheduler::schedule(Lane lane, SimTime at, Event event) {
  const auto index = static_cast<std::size_t>(lane);
  if (index >= lanes_max) return schedule(at, event);
  if (index >= lanes_.size()) lanes_.resize(index + 1);
  Queue& queue = lanes_[index];
  if (!queue.empty() && at < queue.back().at) return schedule(at, event);
  LASTACK_ASSERT(at >= now_);
  ++size_;
  queue.push({at, order_++, event});
}

void Scheduler::follow(Wakeup& wakeup, Event event) {
  if (!wakeup.needs_entry()) return;
  wakeup.queued = wakeup.due;
  schedule(wakeup.due, event);
}

bool Scheduler::comes_due(Wakeup& wakeup, Event event) {
  if (wakeup.queued != now_) {
    return false;  // a left-over: the wakeup counts on an earlier entry, or on none
  }
  wakeup.queued = never;
  if (wakeup.due == now_) return true;
  follow(wakeup, event);
  return false;
}

std::optional<Event> Scheduler::next(SimTime limit) {
  Queue* lane = earliest_lane();
  if (near_.empty()) refill_near(lane != nullptr ? lane->front().at : never);
  Entry first;
  if (lane != nullptr && (near_.empty() || lane->front().before(near_.front()))) {
    first = lane->front();
    if (first.at > limit) return std::nullopt;
    lane->pop();
  } else {
    if (near_.empty() || near_.front().at > limit) return std::nullopt;
    first = pop_near();
  }
  LASTACK_ASSERT(first.at >= now_);
  now_ = first.at;
  --size_;
  return first.event;
}

void Scheduler::clear() {
  now_ = sim_start;
  near_tick_ = 0;
  order_ = 0;
  near_.clear();
  for (Queue& lane : lanes_) lane.clear();
  for (Level& level : level_) {
    for (; level.occupied != 0; level.occupied &= level.occupied - 1) {
      Bucket& bucket = level.bucket[static_cast<unsigned>(std::countr_zero(level.occupied))];
      chunks_[bucket.last].next = free_chunk_;
      free_chunk_ = bucket.first;
      bucket = Bucket{};
    }
  }
  size_ = 0;
}

void Scheduler::Queue::grow() {
  constexpr std::size_t smallest = 8;
  std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(first_), ring_.end());
  first_ = 0;
  ring_.resize(std::max(smallest, ring_.size() * 2));
}

Scheduler::Queue* Scheduler::earliest_lane() {
  Queue* earliest = nullptr;
  for (Queue& lane : lanes_) {
    if (lane.empty()) continue;
    if (earliest == nullptr || lane.front().before(earliest->front())) earliest = &lane;
  }
  return earliest;
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

/// Goes on to the next bucket that holds something, unless it begins after `until`.
void Scheduler::refill_near(SimTime until) {
  while (near_.empty()) {
    unsigned lowest = 0;
    while (lowest < levels && level_[lowest].occupied == 0) {
      ++lowest;
    }
    if (lowest == levels) return;
    Level& level = level_[lowest];
    // Buckets up to the present slot are empty, so the first occupied one is next.
    const auto slot = static_cast<unsigned>(std::countr_zero(level.occupied));
    const unsigned shift = lowest * slot_bits;
    LASTACK_ASSERT(slot > (near_tick_ >> shift) % slots);
    const std::uint64_t above = near_tick_ >> shift >> slot_bits;
    const std::uint64_t tick = (above << slot_bits | slot) << shift;
    if (tick > ns(until) >> near_bits) return;
    near_tick_ = tick;
    level.occupied &= level.occupied - 1;
    spread(level.bucket[slot]);
  }
}

void Scheduler::push_near(const Entry& entry) {
  std::size_t hole = near_.size();
  near_.push_back(entry);
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / arity;
    if (!entry.before(near_[parent])) {
      break;
    }
    near_[hole] = near_[parent];
    hole = parent;
  }
  near_[hole] = entry;
}

Scheduler::Entry Scheduler::pop_near() {
  const Entry first = near_.front();
  const Entry moved = near_.back();
  near_.pop_back();
  const std::size_t count = near_.size();
  std::size_t hole = 0;
  while (hole * arity + 1 < count) {
    const std::size_t begin = hole * arity + 1;
    const std::size_t end = begin + arity < count ? begin + arity : count;
    std::size_t least = begin;
    for (std::size_t child = begin + 1; child < end; ++child) {
      least = near_[child].before(near_[least]) ? child : least;
    }
    if (!near_[least].before(moved)) {
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
