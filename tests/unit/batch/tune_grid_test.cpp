// The race against the whole grid, which takes hundreds of thousands of runs.
#include <catch2/catch.hpp>

#include "tune_support.hpp"

namespace lastack::batch {
namespace {

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

}  // namespace
}  // namespace lastack::batch
