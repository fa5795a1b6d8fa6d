#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "lastack/batch/plan.hpp"
#include "lastack/batch/store.hpp"

namespace lastack::batch {

/// How far a sweep is: written by it now and then, for a thread that watches it.
struct SweepProgress {
  std::atomic<std::uint64_t> done{0};     ///< runs, those of earlier sessions included
  std::atomic<std::uint64_t> before{0};   ///< of these, from earlier sessions
  std::atomic<std::uint64_t> planned{0};  ///< as far as is known: with `until` it grows
  /// The widest interval of what `until` watches, of the combinations that are not done; 0: none.
  std::atomic<double> widest{0};
};

/// Asked now and then in each run whether the program holds too much memory; empty: nobody minds.
/// Called by several threads at once.
using MemoryExceeded = std::function<bool()>;

enum class SweepEnd : std::uint8_t { complete, interrupted };

/// Runs what a plan's shard lacks in the store, on so many threads. Results do not depend on their
/// number, nor on how often the sweep was cut off: each run has its own seed, and whether `until`
/// is reached is decided at fixed numbers of replications.
///
/// Runs are stored as they come, several in a transaction, a few times a second. Throws StoreError,
/// and std::bad_alloc where memory ran short or `exceeded` said so.
SweepEnd run_sweep(const Plan& plan, Store& store, unsigned threads,
                   const std::atomic<bool>* stop = nullptr, SweepProgress* progress = nullptr,
                   const MemoryExceeded& exceeded = {});

}  // namespace lastack::batch
