#include <atomic>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

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

nlohmann::json data_of(const std::string& page) {
  const std::string start = R"(<script id="data" type="application/json">)";
  const std::size_t at = page.find(start) + start.size();
  return nlohmann::json::parse(page.substr(at, page.find("</script>", at) - at));
}

TEST_CASE("tune page: every figure, fate and wish is the race's", "[batch]") {
  const TunePlan plan{shipped("patience_or_a_quick_answer.json")};
  const Race race = finished(plan, RaceRules::Search::race);
  const nlohmann::json data = data_of(tune_page(plan, race, "1.2.3"));
  CHECK(data["kind"] == "tune");
  CHECK(data["version"] == "1.2.3");
  CHECK(data["name"] == "patience or a quick answer");
  CHECK(data["runs"] == race.runs());
  CHECK(data["grid_runs"] == race.grid_runs());
  CHECK(data["front"] == race.front());
  CHECK(data["nearest"] == nullptr);
  CHECK(data["order"] == in_order(race));
  CHECK(data["order"][0] == race.front().front());
  REQUIRE(data["wishes"].size() == 3);
  CHECK(data["wishes"][0]["kind"] == "limit");
  CHECK(data["wishes"][0]["under"] == "40 % loss");
  CHECK(data["wishes"][0]["min"] == 0.6);
  CHECK(data["wishes"][1]["direction"] == "maximize");
  CHECK(data["wishes"][2]["direction"] == "minimize");
  CHECK(data["axes"][0]["default"] == 6);
  REQUIRE(data["candidates"].size() == race.rules().candidates);
  for (std::uint64_t c = 0; c < race.rules().candidates; ++c) {
    const nlohmann::json& shown = data["candidates"][c];
    CHECK(shown["runs"] == runs_of(race, c));
    CHECK((shown["fate"] == "best") == (race.fate(c) == Fate::best));
    CHECK(shown["beaten_by"].is_null() == !race.beaten_by(c));
    CHECK(shown["cells"][0]["value"] == *race.limit_estimate(c, 0).value);
    CHECK(shown["cells"][0]["standing"] == (race.standing(c, 0) == Standing::met ? "met" : "open"));
    CHECK(shown["cells"][2]["low"] == *race.goal_estimate(c, 1).low);
  }
}

TEST_CASE("tune page: of limits that nobody meets it has the nearest and by how much it misses",
          "[batch]") {
  scenario::Objective objective = shipped("patience_or_a_quick_answer.json");
  objective.limits[0].bounds.min = 0.99999;
  objective.runs_max = 500;
  const TunePlan plan{std::move(objective)};
  const Race race = finished(plan, RaceRules::Search::race);
  const nlohmann::json data = data_of(tune_page(plan, race, "1.0"));
  CHECK(data["front"].empty());
  CHECK(data["nearest"] == race.nearest());
  bool broken = false;
  for (std::uint64_t c = 0; c < race.rules().candidates; ++c) {
    const nlohmann::json& cell = data["candidates"][c]["cells"][0];
    if (cell["standing"] != "broken") continue;
    broken = true;
    CHECK(cell["shortfall"] == race.shortfall(c, 0));
    CHECK(cell["shortfall"] > 0);
  }
  CHECK(broken);
}

}  // namespace
}  // namespace lastack::batch
