#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "lastack/app/arrivals.hpp"
#include "lastack/app/step_runner.hpp"
#include "lastack/core/random_stream.hpp"
#include "lastack/event/event.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::run {

/// What applications leave to chance: when a connector's connections begin, and how long a step
/// sleeps. Each application has a stream for each of the two, named after who it is
/// ("connector/client-server:80/arrivals"), so that one more does not shift the others. Those that
/// draw nothing cost nothing.
class AppChance {
 public:
  AppChance(const scenario::Scenario& scenario, const trace::Names& names);

  /// When the next connection of a connector with a rate begins, if there is one more.
  std::optional<SimTime> next_arrival(std::uint32_t connector) {
    const app::Connector& program = scenario_->connectors[connector];
    return arrivals_[places_of_arrivals_[connector]].next(program);
  }

  /// For the steps of the connector's connection with that number.
  app::Chance of_connector(std::uint32_t connector, std::uint64_t number) const {
    return chance(connector_sleeps_, connector, number);
  }
  app::Chance of_listener(std::uint32_t listener, std::uint64_t number) const {
    return chance(listener_sleeps_, listener, number);
  }

 private:
  using Place = std::uint32_t;
  static constexpr Place nowhere = std::numeric_limits<Place>::max();

  app::Chance chance(const std::vector<Place>& places, std::uint32_t app,
                     std::uint64_t number) const {
    if (places.empty() || places[app] == nowhere) return {};
    return {&sleeps_[places[app]], number};
  }
  void make_arrivals(const trace::Names& names);
  void make_sleeps(const trace::Names& names);

  const scenario::Scenario* scenario_;
  std::vector<app::ArrivalTimes> arrivals_;
  std::vector<RandomStream> sleeps_;
  // Places in the two above, by application; empty where nobody has one.
  std::vector<Place> places_of_arrivals_;
  std::vector<Place> connector_sleeps_;
  std::vector<Place> listener_sleeps_;
};

}  // namespace lastack::run
