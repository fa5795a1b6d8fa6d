#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/core/wakeup.hpp"

namespace lastack {

/// What is to happen: plain data, which the owner of the Scheduler interprets.
struct Event {
  std::uint32_t kind : 8 = 0;    ///< meaning of the rest, chosen by the Scheduler's owner
  std::uint32_t owner : 24 = 0;  ///< such as a host or a link
  std::uint32_t index = 0;       ///< such as one of the host's sockets

  friend bool operator==(const Event&, const Event&) = default;
};

/// Events of one kind that mostly come due in the order in which they are scheduled, such as all
/// that are scheduled the same time ahead.
enum class Lane : std::uint8_t {};
inline constexpr Lane no_lane{0xff};

/// The pending-event set of a discrete-event simulation. Time is integer nanoseconds; events of one
/// instant run in the order in which they were scheduled. In steady state nothing is allocated.
///
/// What comes in order waits in a lane, a plain queue; everything else in a wheel of buckets, six
/// bits of the time to a level. The bucket whose turn it is gets sorted; a small heap takes what is
/// scheduled within its span meanwhile (measured against a bare 4-ary heap in tests/bench/hold.cpp;
/// reasons in sim/README.md).
class Scheduler {
 public:
  /// With so many lanes, looking at the head of each still costs less than the wheel.
  static constexpr std::size_t lanes_max = 8;

  /// The time of the event returned last by `next`; the start before the first.
  SimTime now() const { return now_; }

  /// Requires at >= now().
  void schedule(SimTime at, Event event);
  /// The same, for an event that is likely to be the lane's last. Lanes from `lanes_max` on are
  /// none. Requires at >= now().
  void schedule(Lane lane, SimTime at, Event event);

  /// Sees to it that `next` will bring `wakeup` up. `event` is what it returns for it; it must be
  /// the same each time for one Wakeup. The queue may go on holding entries for it that have gone
  /// stale, which `comes_due` finds out. Requires due >= now().
  void follow(Wakeup& wakeup, Event event);

  /// Whether an event just returned by `next` is the one `wakeup` waits for; who waited then sets
  /// `due` anew. If its deadline was moved later meanwhile, the entry is queued anew.
  bool comes_due(Wakeup& wakeup, Event event);

  /// Takes the next event out and moves the time there; nothing when no event is pending at or
  /// before `limit` (the time then stays).
  std::optional<Event> next(SimTime limit = never);

  /// A guess at what `next` will return after `skipped` more: what follows where the last event
  /// came from. Null where that holds no more. For bringing near what will be needed, nothing else.
  const Event* following(std::size_t skipped) const {
    if (last_lane_ != no_lane) return lanes_[static_cast<std::size_t>(last_lane_)].event(skipped);
    const auto left = static_cast<std::size_t>(batch_.cend() - batch_next_);
    return skipped < left ? &(batch_next_ + static_cast<std::ptrdiff_t>(skipped))->event : nullptr;
  }

  /// Entries in the queue, stale ones included.
  std::size_t size() const { return size_; }
  /// Whether no entry is queued, not even a stale one.
  bool empty() const { return size_ == 0; }

  // --- For checks: these look at every entry ---

  /// Calls `use(time, event)` for each entry, stale ones included, in no particular order.
  template <typename Use> void for_each(Use use) const {
    for_each_entry([&use](const Entry& entry) { use(entry.at, entry.event); });
  }
  /// Asserts what is always true: nothing pending lies in the past, each lane and the batch are in
  /// order, each entry of the wheel lies in the bucket of its time, and the counts agree.
  void check_invariants() const;

 private:
  struct Entry {
    SimTime at;
    std::uint64_t order;  ///< of insertion, so that ties keep it
    Event event;

    bool before(const Entry& other) const {
      return at != other.at ? at < other.at : order < other.order;
    }
  };
  /// Buckets are lists of chunks from one pool, so that memory follows the number of entries.
  struct Chunk {
    static constexpr std::uint32_t capacity = 24;
    std::uint32_t count = 0;
    Chunk* next = nullptr;
    std::uint64_t first_order = 0;
    std::array<SimTime, capacity> at;
    std::array<Event, capacity> event;
    std::array<std::uint32_t, capacity> order;  ///< from first_order on

    /// A bucket's entries come in order; after four thousand million others in another chunk.
    bool takes(const Entry& entry) const {
      return count < capacity && entry.order - first_order <= 0xffff'ffff;
    }
    void add(const Entry& entry) {
      at[count] = entry.at;
      event[count] = entry.event;
      order[count++] = static_cast<std::uint32_t>(entry.order - first_order);
    }
    Entry entry(std::uint32_t i) const { return {at[i], first_order + order[i], event[i]}; }
  };
  struct Bucket {
    Chunk* first = nullptr;
    Chunk* last = nullptr;
  };

  static constexpr std::uint64_t no_tick = ~std::uint64_t{0};
  static constexpr unsigned slot_bits = 6;
  static constexpr unsigned slots = 1U << slot_bits;
  static constexpr unsigned near_bits = 18;  ///< a bucket of the lowest level spans 2^18 ns, 262 us
  static constexpr unsigned levels = (63 - near_bits + slot_bits - 1) / slot_bits;

  static constexpr std::size_t late_arity = 4;  ///< of the heap `late_`

  struct Level {
    std::array<Bucket, slots> bucket;
    std::uint64_t occupied = 0;  ///< bit i: bucket[i] holds something
  };
  /// A queue in a ring whose size is a power of two.
  class Queue {
   public:
    bool empty() const { return count_ == 0; }
    const Entry& front() const { return ring_[first_]; }
    const Entry& back() const { return ring_[(first_ + count_ - 1) & mask_]; }
    std::size_t size() const { return count_; }
    const Entry& entry(std::size_t place) const { return ring_[(first_ + place) & mask_]; }
    const Event* event(std::size_t place) const {
      return place < count_ ? &ring_[(first_ + place) & mask_].event : nullptr;
    }
    void push(const Entry& entry) {
      if (count_ == size_) grow();
      ring_[(first_ + count_++) & mask_] = entry;
    }
    void pop() {
      first_ = (first_ + 1) & mask_;
      --count_;
    }

   private:
    void grow();

    std::unique_ptr<Entry[]> ring_;
    std::size_t size_ = 0;
    std::size_t mask_ = 0;  ///< size_ - 1
    std::size_t first_ = 0;
    std::size_t count_ = 0;
  };

  /// Where the wheel keeps what begins at `tick`.
  struct Slot {
    unsigned level;
    unsigned index;
    std::uint64_t tick;
  };

  void put(const Entry& entry);
  void put_into_wheel(const Entry& entry, std::uint64_t tick);
  void append(Bucket& bucket, const Entry& entry);
  void spread(Bucket& bucket);
  void push_late(const Entry& entry);
  void pop_late();
  Queue* earliest_lane();
  bool batch_empty() const { return batch_next_ == batch_.cend(); }
  void refill(std::uint64_t last_tick);
  void keep_order_of_ties();
  Chunk* fresh_chunk(std::uint64_t first_order);
  std::optional<Slot> first_slot() const;

  template <typename Use> void for_each_entry(Use use) const;
  template <typename Use> static void for_each_entry_of(const Bucket& bucket, Use use) {
    for (const Chunk* chunk = bucket.first; chunk != nullptr; chunk = chunk->next) {
      for (std::uint32_t i = 0; i < chunk->count; ++i) use(chunk->entry(i));
    }
  }
  void check_lanes() const;
  void check_present_bucket() const;
  void check_wheel() const;
  void check_bucket(unsigned level, unsigned slot) const;
  void check_counts() const;

  SimTime now_ = sim_start;
  std::uint64_t near_tick_ = 0;         ///< time >> near_bits up to which nothing is in the wheel
  std::uint64_t wheel_tick_ = no_tick;  ///< no bucket that holds something begins before
  std::uint64_t order_ = 0;
  std::size_t size_ = 0;
  std::vector<Entry> batch_;  ///< the bucket whose turn it is, sorted
  std::vector<Entry>::const_iterator batch_next_ = batch_.cend();
  std::vector<Entry> late_;  ///< came when their bucket had its turn: a 4-ary heap
  std::array<Level, levels> level_;
  std::deque<Chunk> chunks_;  ///< all; they stay where they are
  Chunk* free_chunk_ = nullptr;
  std::array<Queue, lanes_max> lanes_;
  std::uint32_t occupied_lanes_ = 0;  ///< bit i: lanes_[i] holds something
  Lane last_lane_ = no_lane;          ///< from which the last event came
};

template <typename Use> void Scheduler::for_each_entry(Use use) const {
  for (const Queue& lane : lanes_) {
    for (std::size_t i = 0; i < lane.size(); ++i) use(lane.entry(i));
  }
  for (auto entry = batch_next_; entry != batch_.cend(); ++entry) use(*entry);
  for (const Entry& entry : late_) use(entry);
  for (const Level& level : level_) {
    for (const Bucket& bucket : level.bucket) for_each_entry_of(bucket, use);
  }
}

}  // namespace lastack
