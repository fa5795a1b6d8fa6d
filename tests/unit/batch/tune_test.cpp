#include "lastack/batch/tune.hpp"

#include <atomic>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace lastack::batch {
namespace {

scenario::Objective shipped(const std::string& name) {
  return scenario::load_objective(LASTACK_SOURCE_DIR "/scenarios/objectives/" + name);
}

Race finished(const TunePlan& plan, RaceRules::Search search, unsigned threads = 2) {
  Race race{plan.rules(search)};
  REQUIRE(run_race(plan, race, threads) == TuneEnd::complete);
  return race;
}

/// The shipped proxy with fewer values and easier limits, so that a whole grid takes seconds.
scenario::Objective small_proxy() {
  scenario::Objective objective = shipped("proxy_behind_a_lossy_link.json");
  objective.settings.axes[0].values = {"6", "3", "1"};
  objective.settings.axes[1].values = {"4"};
  objective.settings.axes[2].values = {"0", "2", "5"};
  objective.limits[0].bounds.min = 0.99;
  objective.limits[1].bounds.max = 0.01;
  objective.runs_max = 4000;
  return objective;
}

TEST_CASE("tune: of the shipped proxy the race names the same best as the whole grid, sooner",
          "[batch]") {
  const TunePlan plan{small_proxy()};
  const Race race = finished(plan, RaceRules::Search::race);
  const Race grid = finished(plan, RaceRules::Search::grid);
  REQUIRE(!race.front().empty());
  REQUIRE(!grid.front().empty());
  CHECK(race.front().front() == grid.front().front());
  CHECK(grid.runs() == 9 * 4 * plan.objective().runs_max);
  CHECK(race.runs() * 5 < grid.runs());
  CHECK(race.runs() * 2 < race.grid_runs());
  const auto best = plan.objective().settings.overrides_of(race.front().front());
  CHECK(best[0].second == "3");
  CHECK(best[2].second == "5");
}

TEST_CASE("tune: of the shipped trade-off the race finds the grid's front with half the runs",
          "[batch]") {
  const TunePlan plan{shipped("patience_or_a_quick_answer.json")};
  const Race race = finished(plan, RaceRules::Search::race);
  const Race grid = finished(plan, RaceRules::Search::grid);
  CHECK(race.front() == grid.front());
  CHECK(race.front().size() >= 4);
  CHECK(race.runs() * 2 < grid.runs());
}

TEST_CASE("tune: threads change nothing", "[batch]") {
  const TunePlan plan{shipped("patience_or_a_quick_answer.json")};
  const Race one = finished(plan, RaceRules::Search::race, 1);
  const Race four = finished(plan, RaceRules::Search::race, 4);
  CHECK(one.runs() == four.runs());
  CHECK(one.front() == four.front());
  for (std::uint64_t c = 0; c < one.rules().candidates; ++c) {
    CHECK(one.goal_estimate(c, 0).mean == four.goal_estimate(c, 0).mean);
    CHECK(one.goal_estimate(c, 1).interval == four.goal_estimate(c, 1).interval);
  }
}

TEST_CASE("tune: told to stop, it knows what whole looks told", "[batch]") {
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
  CHECK_THAT(error(objective), StartsWith("/limits/0/metric: want one column of the metrics"));
  objective = shipped("patience_or_a_quick_answer.json");
  objective.goals.pop_back();
  CHECK_THAT(error(objective), StartsWith("/under/1: want a limit or a goal under this condition"));
}

}  // namespace
}  // namespace lastack::batch
