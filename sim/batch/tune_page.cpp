// A search's results as a page: `TuneData` in tools/pages/src/data.ts.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "lastack/batch/tune.hpp"
#include "lastack/trace/page.hpp"
#include "page_parts.hpp"

namespace lastack::batch {

namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string_view word(Standing standing) {
  switch (standing) {
    case Standing::open: return "open";
    case Standing::met: return "met";
    case Standing::broken: break;
  }
  return "broken";
}

class Search {
 public:
  Search(const TunePlan& plan, const Race& race)
      : plan_{plan},
        race_{race},
        objective_{plan.objective()} {}

  Json json(const std::string& version) const {
    const std::vector<std::uint64_t> front = race_.front();
    const scenario::Scenario scenario = scenario::scenario_of(objective_, 0, 0);
    Json conditions = Json::array();
    for (const scenario::Condition& each : objective_.conditions) conditions.push_back(each.name);
    Json candidates = Json::array();
    for (std::uint64_t i = 0; i < race_.rules().candidates; ++i) candidates.push_back(candidate(i));
    return {{"kind", "tune"},
            {"format", 1},
            {"version", version},
            {"name", objective_.name},
            {"description", objective_.description},
            {"seed", objective_.seed},
            {"confidence", objective_.confidence},
            {"precision", objective_.precision},
            {"runs", race_.runs()},
            {"looks", race_.looks()},
            {"grid_runs", race_.grid_runs()},
            {"conditions", std::move(conditions)},
            {"axes", axes_json(objective_.settings, scenario)},
            {"wishes", wishes()},
            {"candidates", std::move(candidates)},
            {"order", in_order(race_)},
            {"front", front},
            {"nearest", front.empty() ? Json(race_.nearest()) : Json(nullptr)}};
  }

 private:
  Json wish(std::string_view kind, std::size_t condition, std::size_t figure,
            const scenario::Bounds& bounds, Json direction) const {
    const std::string& metric = plan_.figures(condition)[figure].name;
    return {{"kind", kind},
            {"metric", metric},
            {"unit", unit_word(metric)},
            {"under", objective_.conditions[condition].name},
            {"min", number(bounds.min)},
            {"max", number(bounds.max)},
            {"direction", std::move(direction)}};
  }

  Json wishes() const {
    Json all = Json::array();
    for (const RaceRules::Limit& limit : race_.rules().limits) {
      all.push_back(wish("limit", limit.condition, limit.figure, limit.bounds, nullptr));
    }
    for (const RaceRules::Goal& goal : race_.rules().goals) {
      const bool least = goal.direction == scenario::Direction::minimize;
      all.push_back(wish("goal", goal.condition, goal.figure, {}, least ? "minimize" : "maximize"));
    }
    return all;
  }

  static Json cell(const Measured& seen, Standing standing, double shortfall) {
    return {{"value", number(seen.value)}, {"low", number(seen.low)},
            {"high", number(seen.high)},   {"runs", seen.runs},
            {"standing", word(standing)},  {"shortfall", shortfall}};
  }

  Json candidate(std::uint64_t i) const {
    Json cells = Json::array();
    for (std::size_t limit = 0; limit < race_.rules().limits.size(); ++limit) {
      const Standing standing = race_.standing(i, limit);
      const bool broken = standing == Standing::broken;
      cells.push_back(
          cell(race_.limit_estimate(i, limit), standing, broken ? race_.shortfall(i, limit) : 0));
    }
    for (std::size_t goal = 0; goal < race_.rules().goals.size(); ++goal) {
      cells.push_back(cell(race_.goal_estimate(i, goal), Standing::met, 0));
    }
    const auto by = race_.beaten_by(i);
    return {{"at", objective_.settings.values_of(i)},
            {"fate", name_of(race_.fate(i))},
            {"beaten_by", by ? Json(*by) : Json(nullptr)},
            {"runs", runs_of(race_, i)},
            {"cells", std::move(cells)}};
  }

  const TunePlan& plan_;
  const Race& race_;
  const scenario::Objective& objective_;
};

}  // namespace

std::string tune_page(const TunePlan& plan, const Race& race, const std::string& version) {
  return trace::page_with(Search{plan, race}.json(version).dump());
}

}  // namespace lastack::batch
