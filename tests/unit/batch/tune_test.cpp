#include <atomic>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tune_support.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace lastack::batch {
namespace {

TEST_CASE("tune: threads change nothing", "[batch]") {
  const TunePlan plan{shipped("patience_or_a_quick_answer.json")};
  const Race one = finished(plan, RaceRules::Search::race, 1);
  const Race four = finished(plan, RaceRules::Search::race, 4);
  CHECK(one.runs() == four.runs());
  CHECK(one.front() == four.front());
  for (std::uint64_t c = 0; c < one.rules().candidates; ++c) {
    CHECK(one.goal_estimate(c, 0).value == four.goal_estimate(c, 0).value);
    CHECK(one.goal_estimate(c, 1).low == four.goal_estimate(c, 1).low);
  }
}

TEST_CASE("tune: asked to stop, it knows what whole looks showed", "[batch]") {
  const TunePlan plan{shipped("patience_or_a_quick_answer.json")};
  Race race{plan.rules()};
  const std::atomic<bool> stop{true};
  CHECK(run_race(plan, race, 1, &stop) == TuneEnd::interrupted);
  CHECK(race.runs() == 0);
  CHECK(race.front().empty());
}

std::string error(scenario::Objective objective) {
  try {
    const TunePlan plan{std::move(objective)};
  } catch (const scenario::ScenarioError& error) {
    return error.pointer() + ": " + error.problem();
  }
  return "no error";
}

TEST_CASE("tune: unknown metrics, and conditions that nothing is asked of, are refused",
          "[batch]") {
  scenario::Objective objective = shipped("patience_or_a_quick_answer.json");
  objective.goals[0].metric = "conect_ok";
  CHECK_THAT(error(objective), StartsWith("/maximize/metric: want a metric, have \"conect_ok\"") &&
                                   Contains("connect_ok"));
  objective = shipped("patience_or_a_quick_answer.json");
  objective.limits[0].metric = "peak";
  CHECK_THAT(error(objective), StartsWith("/limits/0/metric: want one figure of the metrics"));
  objective = shipped("patience_or_a_quick_answer.json");
  objective.goals.pop_back();
  CHECK_THAT(error(objective), StartsWith("/under/1: want a limit or a goal under this condition"));
}

}  // namespace
}  // namespace lastack::batch
