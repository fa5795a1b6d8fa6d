#include "reports/scenario_differences.hpp"

#include <algorithm>
#include <map>
#include <variant>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "lastack/scenario/json.hpp"

namespace lastack::cli {

namespace {

using scenario::Json;

/// Collects the places where two values differ.
class Differences {
 public:
  void compare(const Json& before, const Json& now, const std::string& pointer) {
    const auto* old_members = std::get_if<Json::Object>(&before.value);
    const auto* new_members = std::get_if<Json::Object>(&now.value);
    const auto* old_elements = std::get_if<Json::Array>(&before.value);
    const auto* new_elements = std::get_if<Json::Array>(&now.value);
    if (old_members != nullptr && new_members != nullptr) {
      compare_members(before, *old_members, now, *new_members, pointer);
    } else if (old_elements != nullptr && new_elements != nullptr) {
      compare_elements(*old_elements, *new_elements, pointer);
    } else if (to_text(before) != to_text(now)) {
      found_.push_back(fmt::format("{} is {}, was {}", pointer, shown(now), shown(before)));
    }
  }

  const std::vector<std::string>& found() const { return found_; }

 private:
  void compare_members(const Json& before, const Json::Object& old_members, const Json& now,
                       const Json::Object& new_members, const std::string& pointer) {
    for (const auto& [name, value] : new_members) {
      const std::string place = scenario::pointer_to(pointer, name);
      if (const Json* old = before.find(name)) {
        compare(*old, value, place);
      } else {
        note_new(place, value);
      }
    }
    for (const auto& [name, value] : old_members) {
      if (now.find(name) == nullptr) note_gone(scenario::pointer_to(pointer, name));
    }
  }

  void compare_elements(const Json::Array& before, const Json::Array& now,
                        const std::string& pointer) {
    for (std::size_t i = 0; i < std::max(before.size(), now.size()); ++i) {
      const std::string place = scenario::pointer_to(pointer, i);
      if (i >= before.size()) {
        note_new(place, now[i]);
      } else if (i >= now.size()) {
        note_gone(place);
      } else {
        compare(before[i], now[i], place);
      }
    }
  }

  void note_new(const std::string& pointer, const Json& value) {
    constexpr std::size_t longest = 60;
    const std::string text = printable(to_text(value));
    found_.push_back(
        fmt::format("{} is new: {}", pointer, text.size() <= longest ? text : shown(value)));
  }

  void note_gone(const std::string& pointer) { found_.push_back(pointer + " is gone"); }

  std::vector<std::string> found_;
};

/// The first of them; "" for none.
std::string some_of(const std::vector<std::string>& differences) {
  constexpr std::size_t most = 3;
  const std::size_t count = std::min(most, differences.size());
  const auto end = differences.begin() + static_cast<std::ptrdiff_t>(count);
  std::string text = fmt::format("{}", fmt::join(differences.begin(), end, "; "));
  if (differences.size() > most) text += fmt::format("; and {} more", differences.size() - most);
  return text;
}

/// What differs in the values that a condition sets.
std::vector<std::string> set_differences(const scenario::Condition& before,
                                         const scenario::Condition& now) {
  const std::map<std::string, std::string> old{before.set.begin(), before.set.end()};
  const std::map<std::string, std::string> fresh{now.set.begin(), now.set.end()};
  std::vector<std::string> differences;
  for (const auto& [path, value] : fresh) {
    const auto found = old.find(path);
    if (found == old.end()) {
      differences.push_back(fmt::format("{} is {}, was not set", path, value));
    } else if (found->second != value) {
      differences.push_back(fmt::format("{} is {}, was {}", path, value, found->second));
    }
  }
  for (const auto& [path, value] : old) {
    if (!fresh.contains(path)) differences.push_back(fmt::format("{} is not set", path));
  }
  return differences;
}

}  // namespace

std::vector<std::string> json_differences(const std::string& before, const std::string& now) {
  const auto old = scenario::read_json(before);
  const auto fresh = scenario::read_json(now);
  const auto* a = std::get_if<Json>(&old);
  const auto* b = std::get_if<Json>(&fresh);
  if (a == nullptr || b == nullptr) return {};
  Differences differences;
  differences.compare(*a, *b, "");
  return differences.found();
}

std::vector<std::string> named_differences(const batch::Counterparts& same,
                                           const batch::Store& before, const batch::Store& now) {
  std::map<std::string, std::string> details;  // by what the counterparts say
  for (const scenario::Condition& condition : now.info().conditions) {
    const auto& others = before.info().conditions;
    const auto old = std::find_if(others.begin(), others.end(),
                                  [&](const auto& each) { return each.name == condition.name; });
    if (old == others.end()) continue;
    const std::string of = condition.name.empty() ? "" : " under \"" + condition.name + "\"";
    details["another scenario" + of] =
        some_of(json_differences(old->scenario_text, condition.scenario_text));
    details["other values set" + of] = some_of(set_differences(*old, condition));
  }
  std::vector<std::string> differences = same.differences;
  for (std::string& difference : differences) {
    const auto detail = details.find(difference);
    if (detail != details.end() && !detail->second.empty()) difference += ": " + detail->second;
  }
  return differences;
}

}  // namespace lastack::cli
