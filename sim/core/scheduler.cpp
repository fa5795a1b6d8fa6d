#include "lastack/core/scheduler.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include <boost/sort/spreadsort/integer_sort.hpp>

#include "lastack/core/assert.hpp"

namespace lastack {

namespace {

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
  Queue& queue = lanes_[index];
  if (!queue.empty() && at < queue.back().at) return schedule(at, event);
  LASTACK_ASSERT(at >= now_);
  ++size_;
  occupied_lanes_ |= 1U << index;
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

Scheduler::Queue* Scheduler::earliest_lane() {
  Queue* earliest = nullptr;
  for (std::uint32_t left = occupied_lanes_; left != 0; left &= left - 1) {
    Queue& queue = lanes_[static_cast<std::size_t>(std::countr_zero(left))];
    if (earliest == nullptr || queue.front().before(earliest->front())) earliest = &queue;
  }
  return earliest;
}

std::optional<Event> Scheduler::next(SimTime limit) {
  Queue* lane = earliest_lane();
  const Entry* first = lane == nullptr ? nullptr : &lane->front();
  const std::uint64_t last_tick = ns(first != nullptr ? first->at : never) >> near_bits;
  if (wheel_tick_ <= last_tick && batch_empty() && late_.empty()) refill(last_tick);
  enum class From : std::uint8_t { a_lane, the_batch, the_late } from = From::a_lane;
  if (!batch_empty() && (first == nullptr || batch_next_->before(*first))) {
    first = &*batch_next_;
    from = From::the_batch;
  }
  if (!late_.empty() && (first == nullptr || late_.front().before(*first))) {
    first = &late_.front();
    from = From::the_late;
  }
  if (first == nullptr || first->at > limit) return std::nullopt;
  LASTACK_ASSERT(first->at >= now_);
  now_ = first->at;
  --size_;
  const Event event = first->event;
  last_lane_ = from == From::a_lane ? Lane(lane - lanes_.data()) : no_lane;
  switch (from) {
    case From::a_lane:
      lane->pop();
      if (lane->empty()) occupied_lanes_ &= ~(1U << (lane - lanes_.data()));
      break;
    case From::the_batch: ++batch_next_; break;
    case From::the_late: pop_late(); break;
  }
  return event;
}

[[gnu::noinline]] void Scheduler::Queue::grow() {
  constexpr std::size_t smallest = 8;
  const std::size_t size = std::max(smallest, size_ * 2);
  auto ring = std::make_unique<Entry[]>(size);
  for (std::size_t i = 0; i < count_; ++i) ring[i] = ring_[(first_ + i) & mask_];
  ring_ = std::move(ring);
  size_ = size;
  mask_ = size - 1;
  first_ = 0;
}

void Scheduler::put(const Entry& entry) {
  const std::uint64_t tick = ns(entry.at) >> near_bits;
  if (tick <= near_tick_) {
    push_late(entry);
  } else {
    put_into_wheel(entry, tick);
  }
}

/// The highest bit in which the tick differs from the present one chooses the level.
void Scheduler::put_into_wheel(const Entry& entry, std::uint64_t tick) {
  const auto highest = static_cast<unsigned>(std::bit_width(tick ^ near_tick_)) - 1;
  const unsigned level = highest / slot_bits;
  const unsigned shift = level * slot_bits;
  const unsigned slot = (tick >> shift) % slots;
  level_[level].occupied |= std::uint64_t{1} << slot;
  wheel_tick_ = std::min(wheel_tick_, tick >> shift << shift);
  append(level_[level].bucket[slot], entry);
}

void Scheduler::append(Bucket& bucket, const Entry& entry) {
  if (bucket.last == nullptr || !bucket.last->takes(entry)) {
    Chunk* fresh = fresh_chunk(entry.order);
    (bucket.last == nullptr ? bucket.first : bucket.last->next) = fresh;
    bucket.last = fresh;
  }
  bucket.last->add(entry);
}

[[gnu::noinline]] Scheduler::Chunk* Scheduler::fresh_chunk(std::uint64_t first_order) {
  Chunk* fresh = free_chunk_;
  if (fresh == nullptr) {
    fresh = &chunks_.emplace_back();
  } else {
    free_chunk_ = fresh->next;
  }
  fresh->count = 0;
  fresh->next = nullptr;
  fresh->first_order = first_order;
  return fresh;
}

/// Puts the entries of a bucket where they belong now that its time has come.
void Scheduler::spread(Bucket& bucket) {
  Chunk* chunk = bucket.first;
  bucket = Bucket{};
  while (chunk != nullptr) {
    for (std::uint32_t i = 0; i < chunk->count; ++i) {
      const Entry entry = chunk->entry(i);
      const std::uint64_t tick = ns(entry.at) >> near_bits;
      if (tick == near_tick_) {
        batch_.push_back(entry);
      } else {
        put_into_wheel(entry, tick);
      }
    }
    Chunk* following = chunk->next;
    chunk->next = free_chunk_;
    free_chunk_ = chunk;
    chunk = following;
  }
}

/// The first bucket that holds something: those up to the present slot are empty.
std::optional<Scheduler::Slot> Scheduler::first_slot() const {
  for (unsigned level = 0; level < levels; ++level) {
    if (level_[level].occupied == 0) continue;
    const auto index = static_cast<unsigned>(std::countr_zero(level_[level].occupied));
    const unsigned shift = level * slot_bits;
    LASTACK_ASSERT(index > (near_tick_ >> shift) % slots);
    const std::uint64_t above = near_tick_ >> shift >> slot_bits;
    return Slot{level, index, (above << slot_bits | index) << shift};
  }
  return std::nullopt;
}

/// Makes the next bucket that holds something the batch, unless it begins after `last_tick`.
[[gnu::noinline]] void Scheduler::refill(std::uint64_t last_tick) {
  batch_.clear();
  while (batch_.empty() && wheel_tick_ <= last_tick) {
    const std::optional<Slot> slot = first_slot();
    if (!slot) break;
    near_tick_ = slot->tick;
    Level& level = level_[slot->level];
    level.occupied &= level.occupied - 1;
    spread(level.bucket[slot->index]);
    const std::optional<Slot> following = first_slot();
    wheel_tick_ = following ? following->tick : no_tick;
  }
  // Timers of a coarse tick come by the thousand in one bucket: radix sort, for many of them.
  boost::sort::spreadsort::integer_sort(
      batch_.begin(), batch_.end(),
      [](const Entry& entry, unsigned bits) { return ns(entry.at) >> bits; },
      [](const Entry& a, const Entry& b) { return a.before(b); });
  keep_order_of_ties();
  batch_next_ = batch_.cbegin();
}

/// A radix sort by time leaves those of one instant in any order.
void Scheduler::keep_order_of_ties() {
  const auto by_order = [](const Entry& a, const Entry& b) { return a.order < b.order; };
  for (auto first = batch_.begin(); first != batch_.end();) {
    auto last = first + 1;
    bool in_order = true;
    for (; last != batch_.end() && last->at == first->at; ++last) {
      in_order = in_order && by_order(*(last - 1), *last);
    }
    if (!in_order) std::sort(first, last, by_order);
    first = last;
  }
}

void Scheduler::push_late(const Entry& entry) {
  std::size_t hole = late_.size();
  late_.push_back(entry);
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / late_arity;
    if (!entry.before(late_[parent])) break;
    late_[hole] = late_[parent];
    hole = parent;
  }
  late_[hole] = entry;
}

void Scheduler::pop_late() {
  const Entry moved = late_.back();
  late_.pop_back();
  const std::size_t count = late_.size();
  std::size_t hole = 0;
  while (hole * late_arity + 1 < count) {
    const std::size_t begin = hole * late_arity + 1;
    const std::size_t end = begin + late_arity < count ? begin + late_arity : count;
    std::size_t least = begin;
    for (std::size_t child = begin + 1; child < end; ++child) {
      least = late_[child].before(late_[least]) ? child : least;
    }
    if (!late_[least].before(moved)) break;
    late_[hole] = late_[least];
    hole = least;
  }
  if (count > 0) {
    late_[hole] = moved;
  }
}

}  // namespace lastack
