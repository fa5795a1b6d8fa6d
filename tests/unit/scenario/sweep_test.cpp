#include "lastack/scenario/sweep.hpp"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace lastack::scenario {
namespace {

constexpr std::string_view base = R"({
  "hosts": {"client": {}, "server": {}},
  "links": [{"a": "client", "b": "server", "delay": "10ms"}],
  "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}],
  "expect": [{"metric": "connects_ok", "equals": 1}]
})";

/// A sweep of the scenario above with these further keys.
Sweep sweep(const std::string& keys) {
  return parse_sweep(fmt::format(R"({{"scenario": {}, {}}})", base, keys), "s.json");
}

std::string error(const std::string& keys) {
  try {
    sweep(keys);
  } catch (const ScenarioError& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::string> values(const Sweep& sweep, std::uint64_t combination) {
  std::vector<std::string> values;
  for (const auto& [path, value] : sweep.grid.overrides_of(combination)) values.push_back(value);
  return values;
}

using Values = std::vector<std::string>;

constexpr const char* retries = R"("hosts.client.sysctl.tcp_syn_retries": [1, 3])";

TEST_CASE("sweep: all combinations come in the order of vary, the last path fastest",
          "[scenario]") {
  const Sweep s = sweep(fmt::format(R"("vary": {{{}, "links.0.loss": [0, 0.1, 0.2]}})", retries));
  REQUIRE(s.grid.size() == 6);
  CHECK(values(s, 0) == Values{"1", "0"});
  CHECK(values(s, 1) == Values{"1", "0.1"});
  CHECK(values(s, 3) == Values{"3", "0"});
  CHECK(values(s, 5) == Values{"3", "0.2"});
}

TEST_CASE("sweep: a combination's scenario has its settings and no expectations", "[scenario]") {
  const Sweep s = sweep(fmt::format(R"("vary": {{{}}})", retries));
  const Scenario second = scenario_of(s, 1);
  CHECK(second.hosts[0].settings.tcp_syn_retries == 3);
  CHECK(second.expectations.empty());
}

TEST_CASE("sweep: ranges hold both ends, in equal steps or equal ratios", "[scenario]") {
  const auto range = [](const std::string& text) {
    return sweep(R"("vary": {"links.0.loss": )" + text + "}").grid.axes[0].values;
  };
  CHECK(range(R"({"from": 0, "to": 0.4, "steps": 5})") == Values{"0", "0.1", "0.2", "0.3", "0.4"});
  CHECK(range(R"({"from": 0.001, "to": 0.1, "steps": 3, "scale": "log"})") ==
        Values{"0.001", "0.01", "0.1"});
}

TEST_CASE("axis: outermost values are the smallest and largest of what is written alike",
          "[scenario]") {
  using Indices = std::vector<std::size_t>;
  const auto outermost = [](Values values, std::size_t most = 100) {
    return outermost_values({"path", std::move(values)}, most);
  };
  CHECK(outermost({"5", "1", "9", "3"}) == Indices{1, 2});
  CHECK(outermost({"5", "-1", "-9", "3"}) == Indices{0, 2});
  CHECK(outermost({"1", "2", "2.5", "3", "4"}) == Indices{0, 2, 4});  // a fraction among integers
  CHECK(outermost({"\"5ms\"", "\"1ms\"", "\"1s\"", "\"9ms\"", "\"7ms\""}) == Indices{1, 2, 3});
  CHECK(outermost({"[1, 9]", "[5, 5]", "[9, 1]", "[4, 4]"}) == Indices{0, 2});
  CHECK(outermost({"true", "false", "\"cubic\""}) == Indices{0, 1, 2});
  CHECK(outermost({"1", "99999999999999999999999999", "1e999", "2"}) == Indices{0, 1, 2});
  CHECK(outermost({}).empty());
  // Of many kinds those of which there are fewest come first.
  CHECK(outermost({"1", "2", "3", "true"}, 1) == Indices{3});
}

TEST_CASE("sweep: a value of the wrong kind or out of bounds is found anywhere in a long list",
          "[scenario]") {
  constexpr std::size_t count = 5'000;
  constexpr std::size_t wrong = 3'333;  // none of the few that are tried in even steps
  // So long a scenario that not all values can be tried.
  std::string scenario{base};
  scenario.insert(1, "\"description\": \"" + std::string(500'000, 'x') + "\",");
  const auto with = [&](const std::string& path, const std::string& value, const auto& others) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) {
      list += (i == 0 ? "" : ", ") + (i == wrong ? value : others(i));
    }
    try {
      parse_sweep(
          fmt::format(R"({{"scenario": {}, "vary": {{"{}": [{}]}}}})", scenario, path, list),
          "s.json");
    } catch (const ScenarioError& error) {
      return std::string{error.what()};
    }
    return std::string{"no error"};
  };
  const auto losses = [](std::size_t i) { return fmt::format("0.{:07}", i + 1); };
  CHECK(with("links.0.loss", "0.5", losses) == "no error");
  for (const char* value : {"1.5", "-0.5", "2", "\"0.5x\"", "{\"p\": 1}"}) {
    INFO(value);
    CHECK_THAT(with("links.0.loss", value, losses),
               StartsWith(fmt::format("s.json: /vary/links.0.loss/{}: ", wrong)));
  }
  const auto delays = [](std::size_t i) { return fmt::format("\"{}us\"", i + 1); };
  CHECK_THAT(with("links.0.delay", "\"7uz\"", delays),
             StartsWith(fmt::format("s.json: /vary/links.0.delay/{}: ", wrong)));
}

TEST_CASE("sweep: zipped paths go together, where the first of them stands", "[scenario]") {
  for (const char* form :
       {R"("vary": {%R%, "seed": [7, 8], "links.0.loss": [0, 0.1]}, "zip": [["loss", "%P%"]])",
        R"("vary": {%R%, "seed": [7, 8], "links.0.loss": [0, 0.1], "zip": [["loss", "%P%"]]})"}) {
    std::string text = form;
    text.replace(text.find("%R%"), 3, retries);
    text.replace(text.find("%P%"), 3, "tcp_syn_retries");
    const Sweep s = sweep(text);
    REQUIRE(s.grid.size() == 4);
    CHECK(values(s, 0) == Values{"1", "7", "0"});
    CHECK(values(s, 1) == Values{"1", "8", "0"});
    CHECK(values(s, 2) == Values{"3", "7", "0.1"});
  }
}

TEST_CASE("sweep: a replication has one seed in every combination", "[scenario]") {
  const Sweep s = sweep(fmt::format(R"("vary": {{{}}}, "seed": 40)", retries));
  CHECK(s.seed_of(0) == 40);
  CHECK(s.seed_of(2) == 42);
}

TEST_CASE("sweep: repeats a number of times, or until an interval is narrow", "[scenario]") {
  const std::string vary = fmt::format(R"("vary": {{{}}}, )", retries);
  CHECK(sweep(vary + R"("repeat": 50)").repeat == 50);
  const Sweep s = sweep(vary + R"("repeat": {"until": {"metric": "connect_ok",
      "half_width": 0.005, "confidence": 0.9}, "min": 10, "max": 99})");
  REQUIRE(s.until);
  CHECK(s.until->metric == "connect_ok");
  CHECK(s.until->half_width == 0.005);
  CHECK(s.until->confidence == 0.9);
  CHECK(s.until->min == 10);
  CHECK(s.until->max == 99);
}

TEST_CASE("sweep: expectations name combinations by shortened paths", "[scenario]") {
  const Sweep s = sweep(fmt::format(
      R"("vary": {{{}}}, "expect": [{{"metric": "connect_ok", "where": {{"tcp_syn_retries": 3.0}},
         "min": 0.9}}])",
      retries));
  REQUIRE(s.expectations.size() == 1);
  CHECK(s.expectations[0].where[0].axis == 0);
  CHECK(s.expectations[0].where[0].value == 1);
  CHECK(s.expectations[0].bounds.min == 0.9);
}

TEST_CASE("sweep: paths are shortened to any end at a dot that only one has", "[scenario]") {
  const Values paths{"hosts.a.sysctl.tcp_sack", "hosts.b.sysctl.tcp_sack", "links.0.loss"};
  CHECK(resolve_path("loss", paths).index == 2);
  CHECK(resolve_path("0.loss", paths).index == 2);
  CHECK(resolve_path("b.sysctl.tcp_sack", paths).index == 1);
  CHECK_FALSE(resolve_path("oss", paths).index);
  CHECK_THAT(resolve_path("tcp_sack", paths).problem,
             Equals("want a path that only one ends with, have \"tcp_sack\", with which these do: "
                    "hosts.a.sysctl.tcp_sack, hosts.b.sysctl.tcp_sack"));
}

TEST_CASE("sweep: what is wrong is reported by file, pointer, wish and fact", "[scenario]") {
  const std::string vary = fmt::format(R"("vary": {{{}}})", retries);
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"("vary": [])", "s.json: /vary: want an object of paths and their values, have an empty"},
      {R"("name": "x")", "s.json: want the key \"vary\", have none"},
      {R"("vary": {"links.0.loss": []})",
       "s.json: /vary/links.0.loss: want at least one value, have none"},
      {R"("vary": {"links.0.loss": [0, 0]})",
       "s.json: /vary/links.0.loss: want each value once, have 0 twice"},
      {R"("vary": {"links.0.loss": 1})",
       "s.json: /vary/links.0.loss: want an array of values, or an object with from, to and steps"},
      {R"("vary": {"links.0.loss": [0, 1.5]})",
       "s.json: /vary/links.0.loss/1: want a probability from 0 to 1, have 1.5 (at /links/0/loss "
       "of the scenario)"},
      {R"("vary": {"links.3.loss": [0]})",
       "s.json: /vary/links.3.loss/0: want the number 0, as the array has one element, have \"3\" "
       "(at /links of the scenario)"},
      {R"("vary": {"hosts.clinet.sysctl.tcp_syn_retries": [1, 2]})",
       "s.json: /vary/hosts.clinet.sysctl.tcp_syn_retries: want the path of a host of the "
       "scenario, "
       "have a new host \"clinet\"; nearest is \"client\""},
      {R"("vary": {"hosts.client.sysctl.tcp_syn_retires": [1, 2]})",
       "s.json: /vary/hosts.client.sysctl.tcp_syn_retires/0: want a setting that Lastack knows "
       "(`lastack sysctl` lists them), have \"tcp_syn_retires\"; nearest is \"tcp_syn_retries\""},
      {R"("vary": {"links.0.loss": {"from": 0, "to": 1, "steps": 3, "scale": "log"}})",
       "s.json: /vary/links.0.loss/from: want a number above 0 for a log scale, have 0"},
      {R"("vary": {"links.0.loss": {"from": 0, "to": 1, "steps": 1}})",
       "s.json: /vary/links.0.loss/steps: want an integer from 2 to 1000000, have 1"},
      {vary + R"(, "zip": [["tcp_syn_retries"]])",
       "s.json: /zip/0: want at least two paths to zip"},
      {vary + R"(, "zip": [["tcp_syn_retries", "tcp_syn_retries"]])",
       "s.json: /zip/0/1: want each path in one zip only, have it twice"},
      {R"("vary": {"links.0.loss": [0, 0.1], "seed": [1, 2, 3]}, "zip": [["loss", "seed"]])",
       "s.json: /zip/0/1: want as many values as links.0.loss has (2), have 3"},
      {vary + R"(, "repeat": 0)", "s.json: /repeat: want an integer from 1 to 1000000000, have 0"},
      {vary + R"(, "repeat": "5")", "s.json: /repeat: want an integer, or an object with `until`"},
      {vary + R"(, "repeat": {"until": {"metric": "connect_ok", "half_width": 0}})",
       "s.json: /repeat/until/half_width: want a number above 0, have 0"},
      {vary + R"(, "repeat": {"until": {"metric": "x", "half_width": 1}, "max": 50})",
       "s.json: /repeat/max: want a number that is not below \"min\", have 50"},
      {vary + R"(, "expect": [{"metric": "connect_ok", "where": {"tcp_sack": 1}, "min": 1}])",
       "s.json: /expect/0/where/tcp_sack: want a path of `vary`, have \"tcp_sack\""},
      {vary +
           R"(, "expect": [{"metric": "connect_ok", "where": {"tcp_syn_retries": 2}, "min": 1}])",
       "s.json: /expect/0/where/tcp_syn_retries: want a value of "
       "hosts.client.sysctl.tcp_syn_retries (1, 3), have 2"},
      {vary + R"(, "expect": [{"metric": "connect_ok"}])",
       "s.json: /expect/0: want \"equals\", \"min\" or \"max\", have none"},
      {vary + R"(, "metrics": [])", "s.json: /metrics: want at least one metric, have none"},
      {vary + R"(, "repeats": 5)",
       "s.json: /repeats: want a key of a sweep, have \"repeats\"; nearest is \"repeat\""},
  };
  for (const auto& [keys, message] : cases) {
    INFO(keys);
    CHECK_THAT(error(keys), StartsWith(message));
  }
}

TEST_CASE("sweep: an error in its own scenario has the sweep's pointer", "[scenario]") {
  const std::string text = R"({"scenario": {"hosts": {"a": {"cuont": 2}}}, "vary": {}})";
  CHECK_THROWS_WITH(parse_sweep(text, "s.json"), StartsWith("s.json: /scenario/hosts/a/cuont: "));
  CHECK_THROWS_WITH(parse_sweep(R"({"scenario": "none.json", "vary": {}})", "dir/s.json"),
                    StartsWith("dir/s.json: /scenario: dir/none.json: cannot be read"));
  CHECK_THROWS_WITH(parse_sweep(R"({"hosts": {}})", "s.json"),
                    StartsWith("s.json: want a sweep, have a scenario"));
}

// --- Conditions ---

constexpr const char* two_conditions = R"("under": [
    {"name": "5 % loss", "set": {"links.0.loss": 0.05}},
    {"name": "dead server", "scenario": {
      "hosts": {"client": {}, "server": {}},
      "links": [{"a": "client", "b": "server", "delay": "10ms"}],
      "events": [{"at": "0s", "host": "server", "do": "power_off"}],
      "apps": [{"host": "client", "connect": "server:80"}]}}])";

TEST_CASE("sweep: every combination is tried under every condition, which vary slowest",
          "[scenario]") {
  const Sweep s = sweep(fmt::format(R"({}, "vary": {{{}}})", two_conditions, retries));
  REQUIRE(s.grid.size() == 4);
  CHECK(s.grid.paths() == Values{"under", "hosts.client.sysctl.tcp_syn_retries"});
  CHECK(s.grid.settings_of(1).front().second == R"("5 % loss")");
  CHECK(s.grid.settings_of(2).front().second == R"("dead server")");
  CHECK(values(s, 3) == Values{"3"});  // a name is no override
  const Scenario lossy = scenario_of(s, 1);
  CHECK(lossy.host_events.empty());
  CHECK(lossy.hosts[0].settings.tcp_syn_retries == 3);
  const Scenario dead = scenario_of(s, 2);
  CHECK(dead.host_events.size() == 1);
  CHECK(dead.hosts[0].settings.tcp_syn_retries == 1);
}

TEST_CASE("sweep: with conditions that have scenarios the sweep needs none itself", "[scenario]") {
  const std::string own = fmt::format(R"({{"under": [{{"name": "a", "scenario": {}}}],
                                          "vary": {{{}}}}})",
                                      base, retries);
  CHECK(parse_sweep(own, "s.json").conditions.size() == 1);
  const std::string none =
      fmt::format(R"({{"under": [{{"name": "a"}}], "vary": {{{}}}}})", retries);
  CHECK_THROWS_WITH(
      parse_sweep(none, "s.json"),
      Equals("s.json: /under/0: want a scenario, here or for the whole file, have none"));
}

TEST_CASE("sweep: an expectation may name a condition", "[scenario]") {
  for (const char* form : {R"("under": "dead server")", R"("where": {"under": "dead server"})"}) {
    const Sweep s = sweep(
        fmt::format(R"({}, "vary": {{{}}}, "expect": [{{"metric": "connect_ok", {}, "max": 0}}])",
                    two_conditions, retries, form));
    REQUIRE(s.expectations[0].where.size() == 1);
    CHECK(s.expectations[0].where[0].axis == 0);
    CHECK(s.expectations[0].where[0].value == 1);
  }
}

TEST_CASE("sweep: what is wrong with conditions is reported where it stands", "[scenario]") {
  const auto with = [](const std::string& under, const std::string& more) {
    return error(fmt::format(R"("under": {}, "vary": {{{}{}}})", under, retries, more));
  };
  CHECK_THAT(with("[]", ""), StartsWith("s.json: /under: want at least one condition"));
  CHECK_THAT(with(R"([{"name": "a"}, {"name": "a"}])", ""),
             StartsWith("s.json: /under/1/name: want each name once"));
  CHECK_THAT(with(R"([{"name": "a", "set": {"hosts.sever.sysctl.tcp_sack": 0}}])", ""),
             StartsWith("s.json: /under/0/set/hosts.sever.sysctl.tcp_sack: want the path of a host "
                        "of the scenario, have a new host \"sever\"; nearest is \"server\""));
  CHECK_THAT(with(R"([{"name": "a", "set": {"links.0.loss": 2}}])", ""),
             StartsWith("s.json: /under/0/set/links.0.loss: "));
  CHECK_THAT(
      with(R"([{"name": "a", "set": {"links.0.loss": 0.1}}])", R"(, "links.0.loss": [0, 0.2])"),
      StartsWith("s.json: /vary/links.0.loss: want a path that no condition sets"));
  CHECK_THAT(
      error(fmt::format(
          R"("vary": {{{}}}, "expect": [{{"metric": "connect_ok", "under": "x", "max": 0}}])",
          retries)),
      StartsWith("s.json: /expect/0/under: want a sweep with `under`"));
  CHECK_THAT(
      error(fmt::format(
          R"({}, "vary": {{{}}}, "expect": [{{"metric": "connect_ok", "under": "x", "max": 0}}])",
          two_conditions, retries)),
      StartsWith(R"(s.json: /expect/0/under: want a value of under ("5 % loss", "dead server"))"));
}

// --- Expectations against another combination ---

TEST_CASE("sweep: an expectation may compare with another combination", "[scenario]") {
  const Sweep s = sweep(fmt::format(
      R"("vary": {{{}}}, "expect": [{{"metric": "connect_time.p99", "where": {{"tcp_syn_retries": 3}},
          "against": {{"tcp_syn_retries": 1}}, "max_ratio": 1.05, "min_difference": -0.5}}])",
      retries));
  const SweepExpectation& e = s.expectations.at(0);
  REQUIRE(e.against.size() == 1);
  CHECK(e.against[0].value == 0);
  CHECK(e.relative.max_ratio == 1.05);
  CHECK(text_of(e.relative) == "max_ratio 1.05, min_difference -0.5");
}

TEST_CASE("sweep: what is wrong with a comparison is reported where it stands", "[scenario]") {
  const auto with = [](const std::string& keys) {
    return error(fmt::format(R"("vary": {{{}}}, "expect": [{{"metric": "connect_ok", {}}}])",
                             retries, keys));
  };
  CHECK_THAT(with(R"("against": {"tcp_syn_retries": 1})"),
             StartsWith(R"(s.json: /expect/0: want "max_ratio", "min_ratio")"));
  CHECK_THAT(with(R"("against": {}, "max_ratio": 1)"),
             StartsWith("s.json: /expect/0/against: want at least one path"));
  CHECK_THAT(with(R"("against": {"tcp_syn_retries": 2}, "max_ratio": 1)"),
             StartsWith("s.json: /expect/0/against/tcp_syn_retries: want a value of"));
  CHECK_THAT(with(R"("against": {"tcp_syn_retries": 1}, "max_ratio": 0)"),
             StartsWith("s.json: /expect/0/max_ratio: want a number above 0, have 0"));
  CHECK_THAT(
      with(R"("against": {"tcp_syn_retries": 1}, "max": 1)"),
      StartsWith(
          "s.json: /expect/0/max: want a key of an expectation with `against`, have \"max\""));
  CHECK_THAT(
      with(R"("max_ratio": 1)"),
      Equals(R"(s.json: /expect/0/max_ratio: "max_ratio" needs "against": want the values to )"
             "compare with there, have none"));
}

TEST_CASE("sweep: an expectation that no combination could be judged by is refused", "[scenario]") {
  const auto with = [](const std::string& vary, const std::string& keys) {
    return error(
        fmt::format(R"("vary": {{{}}}, "expect": [{{"metric": "connect_ok", {}}}])", vary, keys));
  };
  // Held against itself.
  const std::string itself =
      "s.json: /expect/0/against: want another combination than the expectation is of, have the "
      "same";
  CHECK(with(retries, R"("where": {"tcp_syn_retries": 3}, "against": {"tcp_syn_retries": 3},
                         "max_ratio": 1)") == itself);
  CHECK(with(R"("seed": [1])", R"("against": {"seed": 1}, "max_ratio": 1)") == itself);
  CHECK(with(retries, R"("against": {"tcp_syn_retries": 3}, "max_ratio": 1)") == "no error");
  const std::string two = fmt::format(R"({}, "seed": [1, 2])", retries);
  CHECK(with(two, R"("where": {"seed": 1}, "against": {"seed": 1, "tcp_syn_retries": 3},
                     "max_ratio": 1)") == "no error");
  CHECK(with(two, R"("where": {"seed": 1, "tcp_syn_retries": 3},
                     "against": {"seed": 1, "tcp_syn_retries": 3}, "max_ratio": 1)") == itself);
  // Of values that are never together.
  const std::string zipped = two + R"(, "zip": [["seed", "tcp_syn_retries"]])";
  CHECK(with(zipped, R"("where": {"seed": 1, "tcp_syn_retries": 3}, "min": 1)") ==
        "s.json: /expect/0: want values of one combination at least, have some that go together "
        "in none");
  CHECK(with(zipped, R"("where": {"seed": 1, "tcp_syn_retries": 1}, "min": 1)") == "no error");
}

}  // namespace
}  // namespace lastack::scenario
