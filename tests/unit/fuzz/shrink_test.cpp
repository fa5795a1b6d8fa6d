// Making a case small: whatever it does not take goes, and what stays gets round numbers.
#include "lastack/fuzz/shrink.hpp"

#include <algorithm>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lastack/scenario/load.hpp"

using namespace lastack;
using Json = nlohmann::ordered_json;

namespace {

/// Two connections, two listeners, and a bit of everything.
constexpr auto large = R"({
  "name": "large",
  "hosts": {"client": {"sysctl": {"tcp_sack": 0, "tcp_retries2": 3}},
            "server": {"sysctl": {"tcp_fin_timeout": 3}}},
  "links": [{"a": "client", "b": "server", "delay": "37ms", "mtu": 1280}],
  "apps": [
    {"host": "server", "listen": 80, "backlog": 3, "steps": [{"recv": 77}, {"close": true}]},
    {"host": "server", "listen": 81},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2, "every": "17ms",
     "setsockopt": {"TCP_NODELAY": 1, "TCP_SYNCNT": 2},
     "steps": [{"sleep": "123ms"}, {"send": 4711}, {"shutdown": "write"}, {"recv": "eof"},
               {"close": true}]},
    {"host": "client", "connect": "server:81", "from_port": 41000}],
  "faults": [
    {"on": "client->server", "flags": "S", "nth": 1, "do": "drop"},
    {"on": "client->server", "flags": "F.", "nth": 2, "do": "drop"},
    {"on": "server->client", "flags": "S.", "nth": 1, "do": "delay", "by": "333ms"},
    {"on": "server->client", "nth": "3+", "do": "duplicate", "by": "7ms"}],
  "events": [{"at": "2s", "host": "server", "do": "power_off"}],
  "stop_at": "9s"
})";

/// Asks a question of each file, and counts the questions.
struct Answers {
  std::function<bool(const Json&)> shows;
  std::size_t asked = 0;

  fuzz::StillShows function() {
    return [this](const std::vector<std::string>& files) {
      std::vector<bool> result;
      for (const std::string& file : files) {
        ++asked;
        const Json json = Json::parse(file);
        result.push_back(loads(file) && shows(json));
      }
      return result;
    };
  }

  static bool loads(const std::string& file) {
    try {
      scenario::parse_scenario(file, "");
      return true;
    } catch (const scenario::ScenarioError&) {
      return false;
    }
  }
};

bool has_fault(const Json& json, const std::string& flags) {
  if (!json.contains("faults")) return false;
  return std::any_of(json["faults"].begin(), json["faults"].end(),
                     [&](const Json& fault) { return fault.value("flags", "") == flags; });
}

bool sends(const Json& json, std::int64_t at_least) {
  for (const Json& app : json["apps"]) {
    if (!app.contains("connect") || !app.contains("steps")) continue;
    for (const Json& step : app["steps"]) {
      if (step.value("send", std::int64_t{0}) >= at_least) return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("shrink: a fault and a step that it takes are all that is left", "[fuzz]") {
  Answers answers{[](const Json& json) { return has_fault(json, "F.") && sends(json, 1); }};
  const fuzz::Shrunk shrunk = fuzz::shrink(large, answers.function());
  CHECK(Json::parse(shrunk.json) == Json::parse(R"({
    "name": "large",
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "37ms"}],
    "apps": [{"host": "client", "connect": "server:80", "from_port": 40000, "steps": [{"send": 1}]}],
    "faults": [{"on": "client->server", "flags": "F.", "nth": 1, "do": "drop"}],
    "stop_at": "9s"
  })"));
  CHECK(shrunk.smallest);
  CHECK(shrunk.tries == answers.asked);
}

TEST_CASE("shrink: a number is as round as the case allows", "[fuzz]") {
  Answers answers{[](const Json& json) { return sends(json, 3500); }};
  const Json small = Json::parse(fuzz::shrink(large, answers.function()).json);
  CHECK(small["apps"][0]["steps"] == Json::parse(R"([{"send": 4000}])"));
}

TEST_CASE("shrink: two parts that need each other stay together", "[fuzz]") {
  Answers answers{[](const Json& json) {
    return has_fault(json, "S") && has_fault(json, "S.") &&
           json["hosts"]["client"].contains("sysctl") &&
           json["hosts"]["client"]["sysctl"].contains("tcp_sack");
  }};
  const Json small = Json::parse(fuzz::shrink(large, answers.function()).json);
  CHECK(small["faults"].size() == 2);
  CHECK(small["hosts"]["client"]["sysctl"] == Json::parse(R"({"tcp_sack": 0})"));
  CHECK_FALSE(small["hosts"]["server"].contains("sysctl"));
}

TEST_CASE("shrink: the run ends soon after what it is about", "[fuzz]") {
  Answers answers{[](const Json&) { return true; }};
  fuzz::ShrinkOptions options;
  options.until_s = 2.13;
  const Json small = Json::parse(fuzz::shrink(large, answers.function(), options).json);
  CHECK(small["stop_at"] == "3s");
  options.until_s = 8;
  CHECK(Json::parse(fuzz::shrink(large, answers.function(), options).json)["stop_at"] == "8800ms");
}

TEST_CASE("shrink: what cannot go stays as it was", "[fuzz]") {
  Answers answers{[](const Json&) { return false; }};
  const fuzz::Shrunk shrunk = fuzz::shrink(large, answers.function());
  CHECK(Json::parse(shrunk.json) == Json::parse(large));
}

TEST_CASE("shrink: no more is asked than allowed, and never the same twice", "[fuzz]") {
  Answers answers{[](const Json& json) { return has_fault(json, "F."); }};
  fuzz::ShrinkOptions options;
  options.tries = 5;
  const fuzz::Shrunk shrunk = fuzz::shrink(large, answers.function(), options);
  CHECK(answers.asked == 5);
  CHECK_FALSE(shrunk.smallest);
  std::vector<std::string> files;
  const fuzz::StillShows remember = [&](const std::vector<std::string>& some) {
    files.insert(files.end(), some.begin(), some.end());
    return answers.function()(some);
  };
  fuzz::shrink(large, remember);
  std::sort(files.begin(), files.end());
  CHECK(std::adjacent_find(files.begin(), files.end()) == files.end());
}
