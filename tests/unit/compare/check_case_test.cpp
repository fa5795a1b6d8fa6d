// Runs of a scenario against recordings of it.
#include "lastack/compare/check_case.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/scenario/load.hpp"
#include "talk.hpp"

using namespace lastack;
using namespace lastack::test;
using compare::CaseVerdict;
using compare::History;

namespace {

/// A SYN is lost, so that the second one's time depends on the timer wheel's phase, and so on the
/// seed.
scenario::Scenario lost_syn() {
  return scenario::parse_scenario(R"({
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [
      {"host": "server", "listen": 80, "steps": []},
      {"host": "client", "connect": "server:80", "from_port": 40000, "steps": []}
    ],
    "faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "drop"}]
  })",
                                  "lost_syn.json");
}

/// What a run did, as if it had been recorded.
History recorded(const scenario::Scenario& scenario, std::uint64_t seed) {
  History history = compare::history_of_run(scenario, seed);
  history.table.emplace();
  return history;
}

}  // namespace

TEST_CASE("a case agrees with a recording of itself, with the scenario's own seed", "[compare]") {
  const auto scenario = lost_syn();
  const CaseVerdict verdict = compare::check_case(scenario, {recorded(scenario, 1)}, 1);
  CHECK(verdict.agrees());
  CHECK(verdict.steady);
  CHECK(verdict.seed == scenario.seed);
}

TEST_CASE("a case that departs from its recordings is reported with the nearest of them",
          "[compare]") {
  const auto scenario = lost_syn();
  History other = recorded(scenario, 1);
  other.segments.back().fate = compare::Fate::dropped;
  other.segments.front().fate = compare::Fate::delivered;
  History late = recorded(scenario, 1);
  late.segments.back().at += compare::Seconds{1};
  const CaseVerdict verdict = compare::check_case(scenario, {other, late}, 3);
  CHECK_FALSE(verdict.agrees());
  CHECK_FALSE(verdict.steady);
  CHECK(verdict.nearest.recording == 1);
  CHECK(verdict.seed == scenario.seed);
}

TEST_CASE("further seeds are tried until one agrees", "[compare]") {
  const auto scenario = lost_syn();
  // The recording's SYN comes when the third seed's does, with next to no room.
  const auto second_syn = [&](std::uint64_t seed) {
    return compare::history_of_run(scenario, seed).segments.at(1).at;
  };
  History recording = recorded(scenario, 1002);
  const compare::Seconds room{0.042 - 0.0001};
  const bool earlier = second_syn(1002) < second_syn(1);
  REQUIRE(second_syn(1002) != second_syn(1));
  for (compare::SentSegment& segment : recording.segments) {
    if (segment.at > compare::Seconds{0.5}) segment.at += earlier ? -room : room;
  }
  CHECK_FALSE(compare::check_case(scenario, {recording}, 1).agrees());
  const CaseVerdict verdict = compare::check_case(scenario, {recording}, 20);
  CHECK(verdict.agrees());
  CHECK(verdict.seed > 1000);
}

TEST_CASE("a case that is interrupted has no verdict", "[compare]") {
  const auto scenario = lost_syn();
  const std::atomic<bool> stop{true};
  CHECK(compare::check_case(scenario, {recorded(scenario, 1)}, 1, &stop).interrupted);
}

namespace {

/// A kernel that is asked again and again, and what it says each time; the last answer stays.
struct Kernel {
  std::vector<History> answers;
  std::size_t asked = 0;

  std::optional<History> operator()() { return answers[std::min(asked++, answers.size() - 1)]; }
};

/// A run in which the second SYN comes so late that no seed brings it about.
History other(const scenario::Scenario& scenario) {
  History history = recorded(scenario, 1);
  history.segments.back().at += compare::Seconds{1};
  return history;
}

}  // namespace

TEST_CASE("until sure: what agrees at once is recorded once", "[compare]") {
  const auto scenario = lost_syn();
  Kernel kernel{{recorded(scenario, 1)}};
  const auto verdict = compare::check_until_sure(scenario, std::ref(kernel), {});
  CHECK(verdict.agrees());
  CHECK(verdict.steady);
  CHECK(kernel.asked == 1);
}

TEST_CASE("until sure: what differs is recorded again, until it agrees", "[compare]") {
  const auto scenario = lost_syn();
  Kernel kernel{{other(scenario), other(scenario), recorded(scenario, 1)}};
  const auto verdict = compare::check_until_sure(scenario, std::ref(kernel), {});
  CHECK(verdict.agrees());
  CHECK_FALSE(verdict.steady);  // the recordings differ among themselves
  CHECK(kernel.asked == 3);
}

TEST_CASE("until sure: what differs each time is asked as often as allowed, and steady",
          "[compare]") {
  const auto scenario = lost_syn();
  Kernel kernel{{other(scenario)}};
  compare::Patience patience;
  patience.tries = 3;
  const auto verdict = compare::check_until_sure(scenario, std::ref(kernel), patience);
  CHECK_FALSE(verdict.agrees());
  CHECK(verdict.steady);
  CHECK(kernel.asked == 3);
}

TEST_CASE("until sure: another seed is tried with the next recording", "[compare]") {
  const auto scenario = lost_syn();
  Kernel kernel{{recorded(scenario, compare::nth_seed(scenario, 4))}};
  const auto first = compare::check_case(scenario, {kernel.answers.front()}, 1);
  const auto verdict = compare::check_until_sure(scenario, std::ref(kernel), {});
  CHECK(verdict.agrees());
  CHECK(kernel.asked == (first.agrees() ? 1 : 2));
}

TEST_CASE("until sure: an interrupted recording ends it without a verdict", "[compare]") {
  const auto scenario = lost_syn();
  const auto verdict =
      compare::check_until_sure(scenario, [] { return std::optional<History>{}; }, {});
  CHECK(verdict.interrupted);
}
