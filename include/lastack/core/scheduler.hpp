#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "lastack/core/time.hpp"

namespace lastack {

/// What is to happen: plain data, which the owner of the Scheduler interprets.
struct Event {
  std::uint32_t kind : 8 = 0;    ///< meaning of the rest, chosen by the Scheduler's owner
  std::uint32_t owner : 24 = 0;  ///< such as a host or a link
  std::uint32_t index = 0;       ///< such as one of the host's sockets

  friend bool operator==(const Event&, const Event&) = default;
};

/// One deadline that may be moved or cancelled at any time in O(1). It belongs to whoever waits;
/// the Scheduler's queue may still hold entries for it that have gone stale, which `next` skips.
struct Wakeup {
  SimTime due = never;     ///< when it is to happen; `never` while it is not armed
  SimTime queued = never;  ///< time of the queue entry that will bring it up

  bool armed() const { return due != never; }
};

/// The pending-event set of a discrete-event simulation. Time is integer nanoseconds; events of one
/// instant run in the order in which they were scheduled. In steady state nothing is allocated.
///
/// A wheel of buckets, six bits of the time to a level, above a small heap for the bucket whose
/// turn it is (measured against a bare 4-ary heap in tests/bench/hold.cpp; reasons in
/// sim/README.md).
class Scheduler {
 public:
  /// The time of the event returned last by `next`; the start before the first.
  SimTime now() const { return now_; }

  /// Requires at >= now().
  void schedule(SimTime at, Event event);

  /// Moves `wakeup` to `at`, armed before or not. `event` is what `next` returns for it; it must be
  /// the same at each arming of one Wakeup. Requires at >= now().
  void arm(Wakeup& wakeup, SimTime at, Event event);

  /// O(1): the queue entry stays behind and goes stale.
  static void cancel(Wakeup& wakeup) { wakeup.due = never; }

  /// Whether an event just returned by `next` is the one `wakeup` waits for. If so the wakeup is
  /// disarmed. If its deadline was moved later meanwhile, the entry is queued anew.
  bool comes_due(Wakeup& wakeup, Event event);

  /// Takes the next event out and moves the time there; nothing when no event is pending at or
  /// before `limit` (the time then stays).
  std::optional<Event> next(SimTime limit = never);

  /// Entries in the queue, stale ones included.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  /// What a bucket holds. Entries of one bucket stand in the order of their insertion, and an entry
  /// reaches a lower level only when its bucket is spread, before anything else can be put there:
  /// so order is kept without being stored.
  struct Entry {
    SimTime at;
    Event event;
  };
  /// Buckets are lists of chunks from one pool, so that memory follows the number of entries.
  struct Chunk {
    static constexpr std::uint32_t capacity = 31;
    std::array<Entry, capacity> entries;
    std::uint32_t count = 0;
    std::uint32_t next = no_chunk;
  };
  static constexpr std::uint32_t no_chunk = 0xffff'ffff;
  struct Bucket {
    std::uint32_t first = no_chunk;
    std::uint32_t last = no_chunk;
  };
  struct NearEntry {
    SimTime at;
    std::uint64_t order;  ///< of insertion, so that ties keep it
    Event event;
  };

  static constexpr unsigned slot_bits = 6;
  static constexpr unsigned slots = 1U << slot_bits;
  static constexpr unsigned near_bits = 16;  ///< a bucket of the lowest level spans 2^16 ns, 66 us
  static constexpr unsigned levels = (63 - near_bits + slot_bits - 1) / slot_bits;

  struct Level {
    std::array<Bucket, slots> bucket;
    std::uint64_t occupied = 0;  ///< bit i: bucket[i] holds something
  };

  void put(const Entry& entry);
  void append(Bucket& bucket, const Entry& entry);
  void spread(Bucket& bucket);
  void push_near(const Entry& entry);
  NearEntry pop_near();
  bool refill_near();

  SimTime now_ = sim_start;
  std::uint64_t near_tick_ = 0;  ///< time >> near_bits up to which everything is in near_
  std::uint64_t order_ = 0;
  std::size_t size_ = 0;
  std::vector<NearEntry> near_;  ///< a 4-ary heap
  std::array<Level, levels> level_;
  std::deque<Chunk> chunks_;
  std::uint32_t free_chunk_ = no_chunk;
};

}  // namespace lastack
