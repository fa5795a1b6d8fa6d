// What a sweep says to whoever has to choose: each kind of claim on runs whose answer is known.
#include "lastack/batch/decision.hpp"

#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "lastack/core/random_stream.hpp"
#include "sweep_support.hpp"

namespace lastack::batch {
namespace {

using Kind = Claim::Kind;
using Members = std::vector<std::size_t>;

/// What one run of one connect came to.
struct Outcome {
  bool connected = true;
  double seconds = 0.04;  ///< until it connected or gave up
};
/// By condition, candidate and replication.
using Story = std::function<Outcome(std::size_t, std::size_t, std::uint64_t)>;

constexpr std::uint64_t enough = 5000;  ///< runs that show that none of so many fails

RunRow row_of(const std::vector<std::string>& metrics, const Outcome& outcome) {
  RunRow row;
  for (const std::string& metric : metrics) {
    row.values.emplace_back();
    if (metric == "connect_ok") row.values.back() = outcome.connected ? 1 : 0;
    if (metric == "connect_error.ETIMEDOUT") row.values.back() = outcome.connected ? 0 : 1;
    if (metric.starts_with("time_in.SYN_SENT")) row.values.back() = outcome.seconds;
  }
  const auto ns = static_cast<std::int64_t>(std::llround(outcome.seconds * 1e9));
  std::vector<SimDuration> times;
  if (outcome.connected) times.emplace_back(ns);
  row.trials = {1};
  row.times = {TimeDistribution{times}};
  return row;
}

/// A sweep of retries under named conditions, with these runs.
Store told(const std::string& conditions, const std::string& retries, std::uint64_t runs,
           const Story& story, const std::string& metrics = R"(, "time_in.SYN_SENT")") {
  const scenario::Sweep sweep =
      scenario::parse_sweep(fmt::format(R"({{"name": "told",
        "scenario": {{
          "hosts": {{"client": {{}}, "server": {{}}}},
          "links": [{{"a": "client", "b": "server", "delay": "20ms"}}],
          "apps": [{{"host": "server", "listen": 80}}, {{"host": "client", "connect": "server:80"}}]}},
        "under": [{}],
        "vary": {{"hosts.client.sysctl.tcp_syn_retries": [{}]}},
        "metrics": ["connect_ok", "connect_time", "connect_error.ETIMEDOUT"{}],
        "repeat": {}}})",
                                        conditions, retries, metrics, runs),
                            "told.json");
  const Plan plan{sweep, "1.0"};
  Store store = in_memory(plan);
  std::vector<RunRow> rows;
  for (std::uint64_t c = 0; c < sweep.grid.size(); ++c) {
    const std::vector<std::size_t> at = sweep.grid.values_of(c);
    for (std::uint64_t run = 0; run < runs; ++run) {
      rows.push_back(row_of(store.info().metrics, story(at[0], at[1], run)));
      rows.back().combination = c;
      rows.back().replication = run;
      rows.back().seed = 1 + run;
    }
  }
  store.add(rows);
  return store;
}

constexpr const char* lossy_and_dead =
    R"({"name": "1 % loss"}, {"name": "5 % loss"}, {"name": "40 % loss"}, {"name": "dead server"})";

/// Retries 1, 2, 3 and 6: all alike under little loss, each step below 3 costs connects under much,
/// and a dead server costs 7, 15, 31 or 127 s.
Outcome retries_story(std::size_t condition, std::size_t candidate, std::uint64_t run) {
  constexpr std::array<double, 4> give_up{7, 15, 31, 127};
  constexpr std::array<std::uint64_t, 4> failing{5, 2, 0, 0};  // of a hundred
  if (condition == 3) return {false, give_up[candidate]};
  if (condition == 2 && run % 100 < failing[candidate]) return {false, give_up[candidate]};
  return {};
}

std::vector<Claim> claims(const Decision& decision, Kind kind) {
  std::vector<Claim> found;
  for (const Claim& claim : decision.claims) {
    if (claim.kind == kind) found.push_back(claim);
  }
  return found;
}

std::vector<Claim> worse_by(const Decision& decision, std::string_view figure) {
  std::vector<Claim> found;
  for (const Claim& claim : claims(decision, Kind::worse)) {
    if (decision.figures[*claim.figure].name == figure) found.push_back(claim);
  }
  return found;
}

TEST_CASE("decision: says who is alike where, who loses how much, and what a dead server costs",
          "[batch]") {
  const Decision decision = decide(told(lossy_and_dead, "1, 2, 3, 6", enough, retries_story));

  const std::vector<Claim> choice = claims(decision, Kind::choice);
  REQUIRE(choice.size() == 1);
  CHECK(choice[0].candidates == Members{2, 3});
  CHECK(choice[0].cheapest == Members{2});
  CHECK(choice[0].shown);
  CHECK(decision.claims.front().kind == Kind::choice);

  const std::vector<Claim> alike = claims(decision, Kind::alike);
  REQUIRE(alike.size() == 2);
  CHECK(alike[0].candidates == Members{0, 1, 2, 3});
  CHECK(alike[0].conditions == Members{0, 1});
  CHECK(alike[0].shown);
  CHECK(alike[1].candidates == Members{2, 3});
  CHECK(alike[1].conditions == Members{2});

  const std::vector<Claim> fewer = worse_by(decision, "connect_ok");
  REQUIRE(fewer.size() == 1);
  CHECK(fewer[0].candidates == Members{2, 3});
  CHECK(fewer[0].conditions == Members{2});
  REQUIRE(fewer[0].steps.size() == 2);
  CHECK(fewer[0].steps[0].candidates == Members{1});
  CHECK(*fewer[0].steps[0].least == Approx(0.02));
  CHECK(fewer[0].steps[1].candidates == Members{0});
  CHECK(*fewer[0].steps[1].most == Approx(0.05));

  const std::vector<Claim> dead = claims(decision, Kind::gives_up);
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].conditions == Members{3});
  REQUIRE(dead[0].steps.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(dead[0].steps[i].candidates == Members{i});
    CHECK(*dead[0].steps[i].least == Approx(std::array<double, 4>{7, 15, 31, 127}[i]));
    CHECK_FALSE(dead[0].steps[i].at_least);
  }
}

TEST_CASE("decision: where nobody answers is never part of what is compared", "[batch]") {
  const Decision decision = decide(told(lossy_and_dead, "1, 2, 3, 6", enough, retries_story));
  CHECK(decision.conditions[3].dead);
  CHECK(decision.conditions[3].groups[0].empty());
  for (const Kind kind : {Kind::alike, Kind::worse}) {
    for (const Claim& claim : claims(decision, kind)) {
      for (const std::size_t condition : claim.conditions) CHECK(condition != 3);
    }
  }
}

TEST_CASE("decision: a time that counts failures is never reached where more than 1 % fail",
          "[batch]") {
  const Decision decision = decide(told(lossy_and_dead, "1, 2, 3, 6", enough, retries_story));
  // All that connected took 40 ms: those that failed are what makes the difference.
  const std::vector<Claim> slower = worse_by(decision, connected_p99);
  REQUIRE(slower.size() == 1);
  REQUIRE(slower[0].steps.size() == 1);
  CHECK(slower[0].steps[0].candidates == Members{0, 1});
  CHECK_FALSE(slower[0].steps[0].most);
  const auto& cells = decision.conditions[2].cells[*slower[0].figure];
  CHECK(cells[0].there);
  CHECK_FALSE(cells[0].value);
  CHECK(*cells[2].value == Approx(0.04));
}

TEST_CASE("decision: what few runs do not show is not called alike", "[batch]") {
  const Story one_fails = [](std::size_t, std::size_t candidate, std::uint64_t run) {
    return Outcome{candidate != 0 || run != 7, 0.04};
  };
  const Decision decision = decide(told(R"({"name": "some loss"})", "1, 2", 40, one_fails));
  const std::vector<Claim> alike = claims(decision, Kind::alike);
  REQUIRE(alike.size() == 1);
  CHECK(alike[0].candidates == Members{0, 1});
  CHECK_FALSE(alike[0].shown);
  REQUIRE(claims(decision, Kind::choice).size() == 1);
  CHECK_FALSE(claims(decision, Kind::choice)[0].shown);
  CHECK(claims(decision, Kind::worse).empty());
}

TEST_CASE(
    "decision: of values that are all the same one in twenty sweeps may say otherwise, no more",
    "[batch]") {
  std::size_t wrong = 0;
  constexpr std::uint64_t sweeps = 60;
  for (std::uint64_t sweep = 0; sweep < sweeps; ++sweep) {
    RandomStream dice{sweep, "alike"};
    const Story story = [&](std::size_t, std::size_t, std::uint64_t) {
      return Outcome{!dice.bernoulli(0.1), 0.04};
    };
    const Decision decision =
        decide(told(R"({"name": "a"}, {"name": "b"})", "1, 2, 3, 4", 200, story));
    if (!claims(decision, Kind::worse).empty()) ++wrong;
  }
  // Each of the 24 comparisons by itself at 95 % would err in about half of the sweeps.
  CHECK(wrong <= 7);
}

TEST_CASE("decision: conditions that say the same share a claim, which spans what they show",
          "[batch]") {
  const Story story = [](std::size_t condition, std::size_t candidate, std::uint64_t run) {
    const std::uint64_t failing = candidate == 0 ? (condition == 0 ? 3 : 9) : 0;
    return Outcome{run % 100 >= failing, 0.04};
  };
  const Decision decision =
      decide(told(R"({"name": "20 % loss"}, {"name": "40 % loss"})", "1, 2", enough, story));
  const std::vector<Claim> fewer = worse_by(decision, "connect_ok");
  REQUIRE(fewer.size() == 1);
  CHECK(fewer[0].conditions == Members{0, 1});
  CHECK(*fewer[0].steps[0].least == Approx(0.03));
  CHECK(*fewer[0].steps[0].most == Approx(0.09));
}

TEST_CASE("decision: where each is worse somewhere nobody is the choice", "[batch]") {
  const Story crossed = [](std::size_t condition, std::size_t candidate, std::uint64_t run) {
    return Outcome{condition == candidate || run % 10 != 0, 0.04};
  };
  const Decision decision =
      decide(told(R"({"name": "here"}, {"name": "there"})", "1, 2", enough, crossed));
  CHECK(claims(decision, Kind::choice).empty());
  REQUIRE(claims(decision, Kind::no_choice).size() == 1);
}

TEST_CASE("decision: of a trade-off those are named that no other beats", "[batch]") {
  // 1 is best here, 3 there; 2 is as good as 1 there and loses here; 4 loses everywhere.
  constexpr std::array<std::array<std::uint64_t, 4>, 2> failing{{{0, 10, 20, 30}, {20, 20, 0, 30}}};
  const Story story = [&](std::size_t condition, std::size_t candidate, std::uint64_t run) {
    return Outcome{run % 100 >= failing[condition][candidate], 0.04};
  };
  const Decision decision =
      decide(told(R"({"name": "here"}, {"name": "there"})", "1, 2, 3, 4", enough, story));
  REQUIRE(claims(decision, Kind::no_choice).size() == 1);
  CHECK(claims(decision, Kind::no_choice)[0].candidates == Members{0, 2});
}

TEST_CASE("decision: what is the same in every run is alike, though an interval has no end",
          "[batch]") {
  const Story all_well = [](std::size_t, std::size_t, std::uint64_t) { return Outcome{}; };
  const auto alike = [&](std::uint64_t runs) {
    return claims(decide(told(R"({"name": "no loss"})", "1, 2", runs, all_well)), Kind::alike);
  };
  REQUIRE(alike(40).size() == 1);
  CHECK(alike(40)[0].shown);
  CHECK_FALSE(alike(3)[0].shown);  // a handful
}

TEST_CASE("decision: of values that are not told apart the best alone is what others are held to",
          "[batch]") {
  // 1 and 2 differ in a few runs, one way and the other; 3 takes longer.
  const Story story = [](std::size_t, std::size_t candidate, std::uint64_t run) {
    if (candidate == 2) return Outcome{true, 9.04};
    const bool late = run % 20 == (candidate == 0 ? 1 : 2) || (candidate == 1 && run == 7);
    return Outcome{true, late ? 3.04 : 0.04};
  };
  const Decision decision = decide(told(R"({"name": "some loss"})", "1, 2, 3", 200, story));
  const std::vector<Claim> waits = worse_by(decision, "time_in.SYN_SENT");
  REQUIRE(waits.size() == 1);
  CHECK(waits[0].candidates == Members{0});
  CHECK(waits[0].steps[0].candidates == Members{2});
}

TEST_CASE("decision: a connect that still waits when the run ends took at least so long",
          "[batch]") {
  const Story story = [](std::size_t, std::size_t candidate, std::uint64_t) {
    return Outcome{false, candidate == 0 ? 7.0 : 60.0};
  };
  Store store = told(R"({"name": "dead server"})", "1, 6", 20, story);
  std::vector<RunRow> rows;  // twenty more of the second that have not failed
  for (std::uint64_t run = 20; run < 40; ++run) {
    rows.push_back(row_of(store.info().metrics, {false, 60}));
    rows.back().combination = 1;
    rows.back().replication = run;
    for (std::size_t i = 0; i < store.info().metrics.size(); ++i) {
      if (store.info().metrics[i] == "connect_error.ETIMEDOUT") rows.back().values[i] = 0;
    }
  }
  store.add(rows);
  const std::vector<Claim> dead = claims(decide(store), Kind::gives_up);
  REQUIRE(dead.size() == 1);
  REQUIRE(dead[0].steps.size() == 2);
  CHECK_FALSE(dead[0].steps[0].at_least);
  CHECK(dead[0].steps[1].at_least);
}

TEST_CASE("decision: of retries without a dead server it says that their cost was not tried",
          "[batch]") {
  const Story all_well = [](std::size_t, std::size_t, std::uint64_t) { return Outcome{}; };
  CHECK(claims(decide(told(R"({"name": "1 % loss"})", "1, 6", 20, all_well)), Kind::dead_untried)
            .size() == 1);
  CHECK(claims(decide(told(lossy_and_dead, "1, 2, 3, 6", 20, retries_story)), Kind::dead_untried)
            .empty());
}

TEST_CASE("decision: where only the one host's time in SYN_SENT was kept, that is the cost",
          "[batch]") {
  const Decision decision = decide(
      told(lossy_and_dead, "1, 2, 3, 6", 20, retries_story, R"(, "time_in.SYN_SENT.client")"));
  const std::vector<Claim> dead = claims(decision, Kind::gives_up);
  REQUIRE(dead.size() == 1);
  REQUIRE(dead[0].steps.size() == 4);
  CHECK(dead[0].steps[0].least == Approx(7));
  CHECK(dead[0].steps[3].least == Approx(127));
}

TEST_CASE("decision: a dead server whose time in SYN_SENT was not kept has no cost", "[batch]") {
  const Decision decision = decide(told(lossy_and_dead, "1, 2, 3, 6", 20, retries_story, ""));
  const std::vector<Claim> dead = claims(decision, Kind::gives_up);
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].steps.empty());
  CHECK(claims(decision, Kind::dead_untried).empty());  // it was tried
  CHECK(claims(decision, Kind::choice)[0].cheapest.empty());
}

TEST_CASE("decision: requests are judged by when 99 % of them are answered, failures included",
          "[batch]") {
  // The server answers at once, 20 ms there and back, unless it loses its power before.
  const Plan plan{scenario::parse_sweep(R"({"name": "requests",
    "scenario": {
      "stop_at": "5min", "hosts": {"client": {}, "server": {}},
      "links": [{"a": "client", "b": "server", "delay": "10ms"}],
      "apps": [{"host": "server", "listen": 80, "steps": [{"recv": 100}, {"send": 200}]},
               {"host": "client", "connect": "server:80", "count": 200, "every": "10ms",
                "steps": [{"send": 100}, {"recv": 200}]}]},
    "under": [{"name": "well"},
              {"name": "the last three fail", "set": {"events": [
                  {"at": "1985ms", "host": "server", "do": "power_off"}]}}],
    "vary": {"hosts.client.sysctl.tcp_retries2": [3, 5]},
    "metrics": ["request_ok", "request_time"], "repeat": 7})",
                                        "requests.json"),
                  "1.0"};
  const Decision decision = decide(complete(plan));
  const auto figure = std::find_if(decision.figures.begin(), decision.figures.end(),
                                   [](const auto& each) { return each.name == answered_p99; });
  REQUIRE(figure != decision.figures.end());
  const auto at = static_cast<std::size_t>(figure - decision.figures.begin());
  const DecisionCell& well = decision.conditions[0].cells[at][0];
  CHECK(*well.value == Approx(0.02));
  const DecisionCell& cut = decision.conditions[1].cells[at][0];
  CHECK(cut.there);
  CHECK_FALSE(cut.value);  // more than one of a hundred is never answered
}

TEST_CASE("decision: without settings there is nothing to choose", "[batch]") {
  const Decision decision = decide(complete(lossy_plan(R"(, "repeat": 5)")));
  CHECK(decision.candidates.size() == 2);
  CHECK(decision.conditions.size() == 2);  // loss is met, not chosen
  const Story all_well = [](std::size_t, std::size_t, std::uint64_t) { return Outcome{}; };
  CHECK(decide(told(lossy_and_dead, "6", 3, all_well)).claims.empty());
}

}  // namespace
}  // namespace lastack::batch
