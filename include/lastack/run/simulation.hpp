#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/event/event.hpp"
#include "lastack/run/series.hpp"
#include "lastack/run/summary.hpp"
#include "lastack/run/totals.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::run {

/// A run whose time stands still, in words for people: what() says where, and what to change. Who
/// needs whole runs throws it.
class Standstill : public std::runtime_error {
 public:
  /// From whom to whom the segments went (Summary::standstill), and when.
  Standstill(const std::string& packets, double seconds);
};

/// What a run of it takes before its first event, in bytes, at the least.
std::uint64_t least_memory(const scenario::Scenario& scenario);

/// How far a run is: written by it now and then, for a thread that watches it.
struct Progress {
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> connects{0};  ///< begun
  std::atomic<SimTime> now{sim_start};
};

/// One run of a scenario: it owns all state, so that any number may run side by side in threads.
class Simulation {
 public:
  /// `sinks` get the trace's events; without any, and without expectations in the scenario, no
  /// trace is made. They must outlive the Simulation. `seed` overrides the scenario's.
  explicit Simulation(const scenario::Scenario& scenario, std::uint64_t seed,
                      std::vector<trace::Sink*> sinks = {});
  ~Simulation();
  Simulation(Simulation&&) noexcept;

  /// Keeps `series` from the start on; it must outlive the Simulation. The run is the same as
  /// without. Required before `run`.
  void record_series(Series& series);

  /// Follows the states of all connections, however many: their times of closing are known then
  /// (Totals). The run is the same as without. Required before `run`.
  void follow_connections();

  /// Runs to the scenario's end, or until nothing is left to happen, or until `stop` turns true.
  /// `progress` is kept up to date, if given.
  void run(const std::atomic<bool>* stop = nullptr, Progress* progress = nullptr);

  /// Checks what is always true of every part of a run (the `check_invariants` of each), and of the
  /// parts together: each packet is delivered, lost or on its way, each deadline has an entry in
  /// the scheduler, the counts agree with a recount. After every event while there are few sockets,
  /// else as often as it takes about twice as long. What does not hold is a bug of Lastack: the
  /// program says which and aborts. Required before `run`; builds with sanitizers do it unasked.
  void keep_checking();
  /// How many such checks were made so far, all of which held.
  std::uint64_t checks() const;

  /// `exceeded` is asked every few thousand events whether the program holds too much memory; when
  /// it answers yes, the run ends there, as it does when the system refuses memory
  /// (std::bad_alloc). The summary then says out_of_memory.
  void watch_memory(std::function<bool()> exceeded);

  /// What came out so far.
  Summary summary() const;
  /// The same in plain numbers, without expectations.
  Totals totals() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack::run
