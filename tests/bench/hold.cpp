// The hold model (Jones 1986): a queue of n pending events; again and again the first is taken out
// and put back at a later, random time. Beside the Scheduler runs a bare 4-ary heap of 16-byte
// entries, the usual choice, on the same sequence of times.
//
//   lastack_hold_bench [--benchmark_filter=…]

#include <algorithm>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "lastack/core/assert.hpp"
#include "lastack/core/scheduler.hpp"

namespace {

using lastack::Event;
using lastack::Scheduler;
using lastack::SimDuration;
using lastack::SimTime;

/// Increments between 0 and 2 ms times n/1000, so that the density of events stays alike; a cheap
/// generator, so that its cost does not blur the queue's.
class Increments {
 public:
  explicit Increments(std::int64_t pending) : span_{static_cast<std::uint64_t>(pending) * 2000} {}

  SimDuration next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return SimDuration{static_cast<std::int64_t>((state_ >> 32) * span_ >> 32)};
  }

 private:
  std::uint64_t state_ = 1;
  std::uint64_t span_;
};

/// What a plain simulator would use: 16 bytes an entry, ties in any order.
class BareHeap {
 public:
  struct Entry {
    std::int64_t at;
    std::uint64_t payload;
  };

  void push(Entry entry) {
    std::size_t hole = heap_.size();
    heap_.push_back(entry);
    while (hole > 0 && heap_[(hole - 1) / 4].at > entry.at) {
      heap_[hole] = heap_[(hole - 1) / 4];
      hole = (hole - 1) / 4;
    }
    heap_[hole] = entry;
  }

  Entry pop() {
    const Entry first = heap_.front();
    const Entry last = heap_.back();
    heap_.pop_back();
    const std::size_t count = heap_.size();
    std::size_t hole = 0;
    while (hole * 4 + 1 < count) {
      std::size_t least = hole * 4 + 1;
      const std::size_t end = std::min(hole * 4 + 5, count);
      for (std::size_t child = least + 1; child < end; ++child) {
        least = heap_[child].at < heap_[least].at ? child : least;
      }
      if (heap_[least].at >= last.at) break;
      heap_[hole] = heap_[least];
      hole = least;
    }
    if (count > 0) {
      heap_[hole] = last;
    }
    return first;
  }

 private:
  std::vector<Entry> heap_;
};

void hold_scheduler(benchmark::State& state) {
  Scheduler scheduler;
  Increments increments{state.range(0)};
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    scheduler.schedule(scheduler.now() + increments.next(), Event{});
  }
  for (auto _ : state) {
    const auto event = scheduler.next();
    scheduler.schedule(scheduler.now() + increments.next(), *event);
  }
  LASTACK_ASSERT(scheduler.size() == static_cast<std::size_t>(state.range(0)));
  state.SetItemsProcessed(state.iterations());
}

void hold_bare_heap(benchmark::State& state) {
  BareHeap heap;
  Increments increments{state.range(0)};
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    heap.push({increments.next().count(), 0});
  }
  for (auto _ : state) {
    BareHeap::Entry entry = heap.pop();
    entry.at += increments.next().count();
    heap.push(entry);
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(hold_scheduler)->RangeMultiplier(10)->Range(1'000, 10'000'000);
BENCHMARK(hold_bare_heap)->RangeMultiplier(10)->Range(1'000, 10'000'000);

}  // namespace

BENCHMARK_MAIN();
