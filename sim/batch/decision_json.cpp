#include "decision_json.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "page_parts.hpp"

namespace lastack::batch {

namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string_view kind_word(DecisionFigure::Kind kind) {
  return kind == DecisionFigure::Kind::outcome ? "outcome" : "cost";
}

std::string_view kind_word(Claim::Kind kind) {
  switch (kind) {
    case Claim::Kind::choice: return "choice";
    case Claim::Kind::no_choice: return "no_choice";
    case Claim::Kind::alike: return "alike";
    case Claim::Kind::worse: return "worse";
    case Claim::Kind::gives_up: return "gives_up";
    case Claim::Kind::dead_untried: return "dead_untried";
    case Claim::Kind::too_many: break;
  }
  return "too_many";
}

Json figures_json(const Decision& decision) {
  Json all = Json::array();
  for (const DecisionFigure& figure : decision.figures) {
    all.push_back({{"name", figure.name},
                   {"kind", kind_word(figure.kind)},
                   {"unit", unit_word(figure.name)},
                   {"better", better_word(figure.name)}});
  }
  return all;
}

Json cells_json(const std::vector<DecisionCell>& cells) {
  Json all = Json::array();
  for (const DecisionCell& cell : cells) {
    all.push_back(cell.there ? Json{number(cell.value), number(cell.low), number(cell.high)}
                             : Json(nullptr));
  }
  return all;
}

Json groups_json(const std::vector<AlikeGroup>& groups) {
  Json all = Json::array();
  for (const AlikeGroup& group : groups) {
    all.push_back({{"members", group.members}, {"shown", group.shown}});
  }
  return all;
}

Json condition_json(const Decision::Condition& condition, const std::vector<std::uint64_t>& known) {
  Json combinations = Json::array();
  for (const auto& each : condition.combinations) {
    combinations.push_back(each ? Json(place_of(*each, known)) : Json(nullptr));
  }
  Json cells = Json::array();
  for (const auto& of_figure : condition.cells) cells.push_back(cells_json(of_figure));
  Json groups = Json::array();
  for (const auto& of_figure : condition.groups) groups.push_back(groups_json(of_figure));
  Json classes = Json::array();
  for (const AlikeClass& alike : condition.classes) {
    classes.push_back({{"members", alike.members}, {"shown", alike.shown}});
  }
  Json give_up = Json::array();
  for (const auto& each : condition.give_up) {
    give_up.push_back(each ? Json{{"seconds", each->seconds},
                                  {"low", number(each->low)},
                                  {"high", number(each->high)},
                                  {"at_least", each->at_least}}
                           : Json(nullptr));
  }
  return {{"at", condition.at},
          {"dead", condition.dead},
          {"combinations", std::move(combinations)},
          {"cells", std::move(cells)},
          {"groups", std::move(groups)},
          {"classes", std::move(classes)},
          {"give_up", std::move(give_up)}};
}

Json claim_json(const Claim& claim) {
  Json steps = Json::array();
  for (const Claim::Step& step : claim.steps) {
    steps.push_back({{"candidates", step.candidates},
                     {"least", number(step.least)},
                     {"most", number(step.most)},
                     {"at_least", step.at_least}});
  }
  return {{"kind", kind_word(claim.kind)},
          {"candidates", claim.candidates},
          {"cheapest", claim.cheapest},
          {"conditions", claim.conditions},
          {"figure", claim.figure ? Json(*claim.figure) : Json(nullptr)},
          {"steps", std::move(steps)},
          {"shown", claim.shown}};
}

}  // namespace

Json json_of(const Decision& decision, const std::vector<std::uint64_t>& combinations) {
  Json candidates = Json::array();
  for (const Decision::Candidate& candidate : decision.candidates)
    candidates.push_back(candidate.at);
  Json conditions = Json::array();
  for (const Decision::Condition& each : decision.conditions)
    conditions.push_back(condition_json(each, combinations));
  Json claims = Json::array();
  for (const Claim& claim : decision.claims) claims.push_back(claim_json(claim));
  return {{"confidence", decision.confidence},
          {"candidates", std::move(candidates)},
          {"figures", figures_json(decision)},
          {"conditions", std::move(conditions)},
          {"claims", std::move(claims)}};
}

}  // namespace lastack::batch
