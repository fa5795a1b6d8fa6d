#include "reductions.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "durations.hpp"

namespace lastack::fuzz {

namespace {

using Pointer = Json::json_pointer;

/// Shorter lists are taken apart one by one.
constexpr std::size_t long_list = 4;

/// Keys without which a part of the scenario would be none, or say something else.
constexpr std::string_view kept_keys[] = {"a",     "b",    "host", "listen", "connect", "from_port",
                                          "delay", "on",   "do",   "by",     "flags",   "payload",
                                          "nth",   "from", "to",   "at",     "sport",   "dport",
                                          "seq",   "ack",  "link"};

bool is_kept(std::string_view key) {
  return std::find(std::begin(kept_keys), std::end(kept_keys), key) != std::end(kept_keys);
}

/// Gathers the omissions, level by level, so that what takes most away comes first.
class Omissions {
 public:
  explicit Omissions(const Json& document) : document_{document} {}

  std::vector<Reduction> find() {
    for (const auto& [name, host] : document_["hosts"].items()) {
      if (host.contains("count")) whole_host(name);
    }
    for (const char* list : {"apps", "faults", "inject", "events"})
      parts_of("/" + std::string{list});
    for (const auto& [name, host] : document_["hosts"].items()) {
      members_of("/hosts/" + name, "sysctl");
    }
    each_of("apps", [this](const std::string& app, const Json&) {
      parts_of(app + "/steps");
      members_of(app, "setsockopt");
      keys_of(app);
    });
    each_of("apps", [this](const std::string& app, const Json& value) {
      for (std::size_t i = 0; value.contains("steps") && i < value["steps"].size(); ++i) {
        options_of_step(app + "/steps/" + std::to_string(i), value["steps"][i]);
      }
    });
    for (const char* list : {"links", "faults", "inject"}) {
      each_of(list, [this](const std::string& part, const Json&) { keys_of(part); });
    }
    each_of("events",
            [this](const std::string& event, const Json&) { members_of(event, "sysctl"); });
    return std::move(found_);
  }

 private:
  template <class Do> void each_of(const std::string& list, const Do& what) {
    if (!document_.contains(list)) return;
    for (std::size_t i = 0; i < document_[list].size(); ++i) {
      what("/" + list + "/" + std::to_string(i), document_[list][i]);
    }
  }

  /// A group goes with every part that names it.
  void whole_host(const std::string& name) {
    Reduction reduction;
    reduction.goes.push_back("/hosts/" + name);
    for (const char* list : {"links", "apps", "faults", "inject", "events"}) {
      each_of(list, [&](const std::string& part, const Json& value) {
        if (value.dump().find(name) != std::string::npos) reduction.goes.push_back(part);
      });
    }
    found_.push_back(std::move(reduction));
  }

  void add(std::string pointer) { found_.push_back({{std::move(pointer)}, {}}); }

  void parts_of(const std::string& list) {
    if (!document_.contains(Pointer{list})) return;
    const std::size_t size = document_[Pointer{list}].size();
    const auto range = [&](std::size_t first, std::size_t last) {
      Reduction reduction;
      for (; first < last; ++first) reduction.goes.push_back(list + "/" + std::to_string(first));
      found_.push_back(std::move(reduction));
    };
    if (size >= long_list) {
      range(0, size / 2);
      range(size / 2, size);
    }
    for (std::size_t i = 0; i < size; ++i) range(i, i + 1);
  }

  /// The object itself, then its members.
  void members_of(const std::string& parent, const std::string& key) {
    const std::string pointer = parent + "/" + key;
    if (!document_.contains(Pointer{pointer})) return;
    const Json& object = document_[Pointer{pointer}];
    const bool event = parent.starts_with("/events");  // one without settings is none
    if (!event) add(pointer);
    if (object.size() < 2) return;
    for (const auto& [name, value] : object.items()) add(pointer + "/" + name);
  }

  void options_of_step(const std::string& step, const Json& value) {
    if (!value.contains("setsockopt") || value["setsockopt"].size() < 2) return;
    for (const auto& [name, number] : value["setsockopt"].items()) {
      add(step + "/setsockopt/" + name);
    }
  }

  /// What has a default. An app may begin at its default time. Several connections at once would
  /// race with each other, so that `every` only goes without `count`.
  void keys_of(const std::string& part) {
    const bool app = part.starts_with("/apps");
    const Json& object = document_[Pointer{part}];
    for (const auto& [key, value] : object.items()) {
      if (key == "every" && object.contains("count")) continue;
      if (value.is_array() || (is_kept(key) && !(app && key == "at"))) continue;
      add(part + "/" + key);
    }
  }

  const Json& document_;
  std::vector<Reduction> found_;
};

std::int64_t with_one_digit(std::int64_t number) {
  std::int64_t unit = 1;
  while (std::abs(number) / unit >= 10) unit *= 10;
  return number / unit * unit;
}

/// Rounder numbers than this, the roundest first. None: it is round.
std::vector<std::int64_t> rounder(std::int64_t number) {
  std::vector<std::int64_t> choices;
  for (const std::int64_t choice : {std::int64_t{1}, with_one_digit(number)}) {
    const bool simpler = choice != number && std::abs(choice) < std::abs(number);
    if (simpler && (choices.empty() || choices.back() != choice)) choices.push_back(choice);
  }
  return choices;
}

/// Durations: whole seconds and tenths before milliseconds.
std::vector<std::int64_t> rounder_ms(std::int64_t ms) {
  std::vector<std::int64_t> choices;
  for (const std::int64_t unit : {1000, 100, 10}) {
    const std::int64_t nearest = (ms + unit / 2) / unit * unit;
    if (nearest != ms && nearest != 0) choices.push_back(nearest);
  }
  return choices;
}

/// "iss+123" as its parts.
std::optional<std::int64_t> offset_of(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto text = value.get<std::string>();
  if (!text.starts_with("iss") || text.size() < 5) return std::nullopt;
  return std::strtoll(text.c_str() + 3, nullptr, 10);
}

/// Numbers that name something, or that would race with the lab's own pace were they round: a queue
/// of one byte takes a segment or not by what microseconds the kernel needed, and a round trip of
/// 80 ms ends just when an application has slept for so long.
bool is_name(std::string_view key) {
  constexpr std::string_view names[] = {"sport", "dport", "from_port", "listen",
                                        "queue", "mtu",   "delay"};
  return std::find(std::begin(names), std::end(names), key) != std::end(names);
}

class Roundings {
 public:
  std::vector<Reduction> find(const Json& document) {
    for (const char* part : {"links", "apps", "faults", "inject", "events", "hosts"}) {
      if (document.contains(part)) look(document[part], "/" + std::string{part});
    }
    return std::move(found_);
  }

 private:
  void look(const Json& value, const std::string& pointer) {
    if (value.is_structured()) {
      const auto items = value.items();
      for (const auto& [key, below] : items) {
        if (!is_name(key)) look(below, pointer + "/" + key);
      }
      return;
    }
    if (const auto ms = milliseconds_of(value)) {
      for (const std::int64_t choice : rounder_ms(*ms)) put(pointer, duration_of(choice));
    } else if (const auto offset = offset_of(value)) {
      for (const std::int64_t choice : rounder(*offset)) {
        put(pointer, (choice < 0 ? "iss" : "iss+") + std::to_string(choice));
      }
    } else if (value.is_number_integer()) {
      for (const std::int64_t choice : rounder(value.get<std::int64_t>())) put(pointer, choice);
    }
  }

  void put(const std::string& pointer, Json value) {
    found_.push_back({{}, {{pointer, std::move(value)}}});
  }

  std::vector<Reduction> found_;
};

/// Takes out what was marked as gone.
void sweep(Json& value) {
  if (value.is_array()) {
    auto& elements = value.get_ref<Json::array_t&>();
    std::erase_if(elements, [](const Json& element) { return element.is_null(); });
  } else if (value.is_object()) {
    for (auto member = value.begin(); member != value.end();) {
      member = member->is_null() ? value.erase(member) : std::next(member);
    }
  }
  if (!value.is_structured()) return;
  for (Json& below : value) sweep(below);
}

/// Lists and objects in which nothing is left say nothing.
void drop_empty(Json& document) {
  for (const char* list : {"faults", "inject", "events"}) {
    if (document.contains(list) && document[list].empty()) document.erase(list);
  }
  const auto drop = [](Json& parent, const char* key) {
    if (parent.contains(key) && parent[key].empty()) parent.erase(key);
  };
  for (Json& host : document["hosts"]) drop(host, "sysctl");
  for (Json& app : document["apps"]) {
    drop(app, "steps");
    drop(app, "setsockopt");
  }
}

}  // namespace

std::vector<Reduction> omissions(const Json& document) { return Omissions{document}.find(); }

std::vector<Reduction> roundings(const Json& document) { return Roundings{}.find(document); }

Json reduced(const Json& document, const std::vector<Reduction>& reductions) {
  Json result = document;
  const auto has = [&](const std::string& pointer) {
    const Pointer place{pointer};
    return result.contains(place) && !result[place].is_null();
  };
  for (const Reduction& reduction : reductions) {
    for (const auto& [pointer, value] : reduction.becomes) {
      if (has(pointer)) result[Pointer{pointer}] = value;
    }
  }
  for (const Reduction& reduction : reductions) {
    for (const std::string& pointer : reduction.goes) {
      if (has(pointer)) result[Pointer{pointer}] = nullptr;
    }
  }
  sweep(result);
  drop_empty(result);
  return result;
}

}  // namespace lastack::fuzz
