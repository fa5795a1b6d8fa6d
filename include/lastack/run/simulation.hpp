#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "lastack/run/summary.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/trace/event.hpp"

namespace lastack::run {

/// One run of a scenario: it owns all state, so that any number may run side by side in threads.
class Simulation {
 public:
  /// `sinks` get the trace's events; without any, and without expectations in the scenario, no trace
  /// is made. They must outlive the Simulation. `seed` overrides the scenario's.
  explicit Simulation(const scenario::Scenario& scenario, std::uint64_t seed,
                      std::vector<trace::Sink*> sinks = {});
  ~Simulation();
  Simulation(Simulation&&) noexcept;

  /// Runs to the scenario's end, or until nothing is left to happen, or until `stop` turns true.
  void run(const std::atomic<bool>* stop = nullptr);

  /// What came out so far.
  Summary summary() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack::run
