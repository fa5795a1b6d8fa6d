#pragma once

#include <string>

#include <catch2/catch.hpp>

#include "lastack/batch/tune.hpp"

namespace lastack::batch {

inline scenario::Objective shipped(const std::string& name) {
  return scenario::load_objective(LASTACK_SOURCE_DIR "/scenarios/objectives/" + name);
}

inline Race finished(const TunePlan& plan, RaceRules::Search search, unsigned threads = 2) {
  Race race{plan.rules(search)};
  REQUIRE(run_race(plan, race, threads) == TuneEnd::complete);
  return race;
}

/// The shipped proxy with fewer values and easier limits, so that a whole grid takes seconds.
inline scenario::Objective small_proxy() {
  scenario::Objective objective = shipped("proxy_behind_a_lossy_link.json");
  objective.settings.axes[0].values = {"6", "3", "1"};
  objective.settings.axes[1].values = {"4"};
  objective.settings.axes[2].values = {"0", "2", "5"};
  objective.limits[0].bounds.min = 0.99;
  objective.limits[1].bounds.max = 0.01;
  objective.runs_max = 4000;
  return objective;
}

}  // namespace lastack::batch
