#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lastack/app/arrivals.hpp"
#include "lastack/core/time.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::cli {

/// What the progress line of a run says: how much is simulated, how many connections have begun of
/// how many, how fast it goes and how long it will still take.
class RunProgress {
 public:
  explicit RunProgress(const scenario::Scenario& scenario);

  std::string line(const run::Progress& now, std::chrono::duration<double> since_start) const;

 private:
  std::string connections(std::uint64_t begun) const;
  std::string time_left(const run::Progress& now, double since_start) const;

  SimTime stop_at_;
  app::Prospect prospect_;  ///< of all connectors
};

}  // namespace lastack::cli
