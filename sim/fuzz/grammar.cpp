#include "grammar.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "areas.hpp"
#include "durations.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::fuzz {

namespace {

void take_in(std::vector<std::size_t>& areas, std::size_t area) {
  const auto place = std::lower_bound(areas.begin(), areas.end(), area);
  if (place == areas.end() || *place != area) areas.insert(place, area);
}

void add_some_area(Sketch& sketch, const std::vector<std::size_t>& areas,
                   std::vector<std::size_t>& taken) {
  const std::size_t area = areas[sketch.dice().place(areas.size())];
  add_area(area, sketch);
  take_in(taken, area);
}

/// Each list of which a part may go or be another: those of the scenario and of its apps.
std::vector<Json*> lists_of(Json& document) {
  std::vector<Json*> lists;
  for (const char* name : {"faults", "inject", "events"}) {
    if (document.contains(name) && !document[name].empty()) lists.push_back(&document[name]);
  }
  if (document["apps"].size() > 1) lists.push_back(&document["apps"]);
  for (Json& app : document["apps"]) {
    if (app.contains("steps") && !app["steps"].empty()) lists.push_back(&app["steps"]);
  }
  return lists;
}

void take_away(Json& document, Dice& dice) {
  const auto lists = lists_of(document);
  if (lists.empty()) return;
  Json& list = *lists[dice.place(lists.size())];
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(dice.place(list.size())));
}

void swap_neighbours(Json& document, Dice& dice) {
  const auto lists = lists_of(document);
  if (lists.empty()) return;
  Json& list = *lists[dice.place(lists.size())];
  if (list.size() < 2) return;
  const std::size_t first = dice.place(list.size() - 1);
  std::swap(list[first], list[first + 1]);
}

/// Every number and duration below a value.
void find_quantities(Json& value, std::vector<Json*>& found) {
  if (value.is_structured()) {
    for (Json& below : value) find_quantities(below, found);
  } else if (value.is_number_integer() || (value.is_string() && milliseconds_of(value))) {
    found.push_back(&value);
  }
}

void change_quantity(Json& document, Dice& dice) {
  std::vector<Json*> found;
  for (const char* part : {"hosts", "links", "apps", "faults", "inject", "events"}) {
    if (document.contains(part)) find_quantities(document[part], found);
  }
  if (found.empty()) return;
  Json& value = *found[dice.place(found.size())];
  if (value.is_string()) {
    const std::int64_t before = *milliseconds_of(value);
    value = std::to_string(dice.between(before / 2, before * 2 + 1)) + "ms";
  } else {
    const auto before = value.get<std::int64_t>();
    const auto change = std::max<std::int64_t>(std::abs(before) / 2, 1);
    value = before + dice.between(-change, change);
  }
}

/// A part of another scenario's list.
void borrow(Json& document, const Json& other, Dice& dice) {
  const std::string name = dice.one_of({"faults", "inject", "events"});
  if (!other.contains(name) || other[name].empty()) return;
  document[name].push_back(other[name][dice.place(other[name].size())]);
}

}  // namespace

Sentence say(const std::vector<std::size_t>& areas, Dice& dice) {
  LASTACK_ASSERT(!areas.empty());
  Sentence sentence;
  Sketch sketch{dice};
  const auto count = dice.one_of<std::int64_t>({1, 1, 1, 2, 2, 2, 3, 4});
  for (std::int64_t i = 0; i < count; ++i) add_some_area(sketch, areas, sentence.areas);
  sentence.document = sketch.finished();
  return sentence;
}

Sentence say_otherwise(const Sentence& before, const Sentence& other,
                       const std::vector<std::size_t>& areas, Dice& dice) {
  Sentence sentence{{}, before.areas};
  Sketch sketch{before.document, dice};
  const auto count = dice.between(1, 3);
  for (std::int64_t i = 0; i < count; ++i) {
    switch (dice.between(0, 9)) {
      case 0:
      case 1:
      case 2: add_some_area(sketch, areas, sentence.areas); break;
      case 3: take_away(sketch.document(), dice); break;
      case 4: swap_neighbours(sketch.document(), dice); break;
      case 5: borrow(sketch.document(), other.document, dice); break;
      default: change_quantity(sketch.document(), dice); break;
    }
  }
  sentence.document = sketch.finished();
  return sentence;
}

}  // namespace lastack::fuzz
