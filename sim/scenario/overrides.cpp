#include "overrides.hpp"

#include <utility>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::scenario {
namespace {

/// A value of the document on the way along a dotted path.
struct Place {
  Json* json;
  std::string pointer;
};

/// Which numbers lead into an array of this size.
std::string wish_into(std::size_t size) {
  if (size == 0) return "want no number, as the array is empty";
  if (size == 1) return "want the number 0, as the array has one element";
  return fmt::format("want a number from 0 to {}, as the array has {} elements", size - 1, size);
}

/// One override under way.
class Setter {
 public:
  Setter(const Override& override, const Source& source)
      : text_{override.first + "=" + override.second},
        rest_{override.first},
        source_{&source} {}

  /// Walks to the place that the path names, makes it where it is not there, and returns it. The
  /// topmost place that is new is noted for messages.
  Place walk(Place place) {
    if (rest_.empty() || rest_.ends_with('.')) {
      fail("", "want a dotted path such as links.0.loss, have " + shown(rest_));
    }
    for (std::size_t depth = 0;; ++depth) {
      if (depth == max_json_depth) {
        fail("", fmt::format("want a path of at most {} parts, have more", max_json_depth));
      }
      place = step(place);
      if (rest_.empty()) break;
      if (std::holds_alternative<std::nullptr_t>(place.json->value)) {
        place.json->value = Json::Object{};
      }
    }
    if (made_.empty()) made_ = place.pointer;
    return place;
  }

  OverrideMark mark() const { return {made_, text_}; }

 private:
  [[noreturn]] void fail(const std::string& pointer, const std::string& problem) const {
    source_->fail(pointer, problem + " (in --set " + brief(text_) + ")");
  }

  Place step(const Place& place) {
    if (std::holds_alternative<Json::Array>(place.json->value)) return step_into_array(place);
    if (std::holds_alternative<Json::Object>(place.json->value)) return step_into_object(place);
    fail(place.pointer, "want an object or array on the way, have " + shown(*place.json));
  }

  Place step_into_array(const Place& place) {
    auto& array = std::get<Json::Array>(place.json->value);
    const std::string_view part = take_part(place);
    const auto index = parse_count(part);
    if (!index || *index >= array.size()) {
      fail(place.pointer, fmt::format("{}, have {}", wish_into(array.size()), shown(part)));
    }
    return {&array[*index], pointer_to(place.pointer, *index)};
  }

  Place step_into_object(const Place& place) {
    auto& members = std::get<Json::Object>(place.json->value);
    const std::string key{take_key(place, members)};
    const std::string pointer = pointer_to(place.pointer, key);
    if (Json* known = place.json->find(key)) return {known, pointer};
    members.emplace_back(key, Json{});
    if (made_.empty()) made_ = pointer;
    return {&members.back().second, pointer};
  }

  /// The key at the front of the path, up to the next dot; but in `sysctl`, whose keys have dots,
  /// it is all the rest, or the name by which that setting exists already.
  std::string_view take_key(const Place& place, const Json::Object& members) {
    if (!place.pointer.ends_with("/sysctl")) return take_part(place);
    const std::string_view key = std::exchange(rest_, {});
    const tcp::SettingInfo* setting = tcp::find_setting(key);
    for (const auto& [name, member] : members) {
      if (setting != nullptr && tcp::find_setting(name) == setting) return name;
    }
    return key;
  }

  std::string_view take_part(const Place& place) {
    const auto dot = rest_.find('.');
    const std::string_view part = rest_.substr(0, dot);
    if (part.empty()) fail(place.pointer, "want a key between two dots, have none");
    rest_.remove_prefix(dot == rest_.npos ? rest_.size() : dot + 1);
    return part;
  }

  std::string text_;
  std::string_view rest_;
  const Source* source_;
  std::string made_;
};

/// The value: JSON if it can be read as such, else a string.
Json value_of(const std::string& text) {
  auto read = read_json(text);
  if (auto* json = std::get_if<Json>(&read)) return std::move(*json);
  return Json{text};
}

std::size_t host_count(const Json& root) {
  const Json* hosts = root.find("hosts");
  const auto* members = hosts == nullptr ? nullptr : std::get_if<Json::Object>(&hosts->value);
  return members == nullptr ? 0 : members->size();
}

/// The one that was made last, and which of the `count` before it is nearest.
NewHost new_host(const OverrideMark& mark, const Json& root, std::size_t count) {
  const std::string name = mark.pointer.substr(mark.pointer.rfind('/') + 1);
  const auto& members = std::get<Json::Object>(root.find("hosts")->value);
  std::vector<std::string_view> others;
  for (std::size_t i = 0; i < count; ++i) others.emplace_back(members[i].first);
  return {brief(mark.text), printable(name), std::string{nearest_name(name, others)}};
}

}  // namespace

std::string to_text(const NewHost& host) {
  std::string text = fmt::format("a new host \"{}\"", host.name);
  if (!host.nearest.empty()) text += fmt::format("; nearest is \"{}\"", host.nearest);
  return text;
}

std::vector<NewHost> apply_overrides(Json& root, const std::vector<Override>& overrides,
                                     Source& source) {
  std::vector<NewHost> made;
  for (const Override& override : overrides) {
    if (const std::string text = override.first + "=" + override.second; !is_utf8(text)) {
      source.fail("", "--set " + printable(text) + ": want UTF-8, have other bytes");
    }
    const std::size_t hosts = host_count(root);
    Setter setter{override, source};
    setter.walk({&root, ""}).json->value = value_of(override.second).value;
    source.overrides.push_back(setter.mark());
    if (hosts > 0 && host_count(root) > hosts) {
      made.push_back(new_host(setter.mark(), root, hosts));
    }
  }
  return made;
}

}  // namespace lastack::scenario
