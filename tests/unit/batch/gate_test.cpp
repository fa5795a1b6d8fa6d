#include "lastack/batch/gate.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sweep_support.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace lastack::batch {
namespace {

/// The lossy sweep with another delay or loss, over and above what it varies.
Store swept(const std::string& keys, const std::string& delay = "10ms",
            const std::string& version = "1.0") {
  scenario::Sweep sweep = lossy_sweep(keys);
  std::string& text = sweep.conditions[0].scenario_text;
  const std::string usual = "\"10ms\"";
  text.replace(text.find(usual), usual.size(), "\"" + delay + "\"");
  return complete(Plan{sweep, version});
}

std::vector<GateResult> gated(const Store& before, const Store& now, const std::string& metric,
                              double tolerance = 0) {
  return gate(before, now, counterparts(before, now), {{metric, tolerance}}, 0.95);
}

constexpr const char* four_hundred = R"(, "repeat": 400)";

TEST_CASE("gate: the same database is not worse than itself, to any tolerance", "[batch]") {
  const Store store = swept(four_hundred);
  for (const char* metric : {"connect_ok", "connect_time.p99", "connect_time", "syn_sent"}) {
    for (const GateResult& result : gated(store, store, metric)) {
      CAPTURE(metric, result.settings);
      CHECK(result.outcome == GateOutcome::not_worse);
    }
  }
}

TEST_CASE("gate: times that all grew are worse, but not beyond what is allowed", "[batch]") {
  const Store before = swept(four_hundred);
  const Store now = swept(four_hundred, "11ms");
  // 20 ms became 22 ms where nothing is lost: by 10 %.
  const auto at_least = [&](double tolerance) {
    return gated(before, now, "connect_time.median", tolerance).front().outcome;
  };
  CHECK(at_least(0) == GateOutcome::worse);
  CHECK(at_least(0.05) == GateOutcome::worse);
  CHECK(at_least(0.15) == GateOutcome::not_worse);
  // The other way round it got better.
  CHECK(gated(now, before, "connect_time.median").front().outcome == GateOutcome::not_worse);
}

TEST_CASE("gate: fewer connects are worse, fewer SYNs are not", "[batch]") {
  scenario::Sweep sweep = lossy_sweep(four_hundred);
  sweep.conditions[0].set = {{"hosts.client.sysctl.tcp_syn_linear_timeouts", "0"}};
  const Store before = swept(four_hundred);  // some timeouts come on top of the retries
  const Store now = complete(Plan{sweep, "1.0"});
  const auto ok = gated(before, now, "connect_ok", 0.05);
  const auto syns = gated(before, now, "syn_sent");
  REQUIRE(ok.size() == 4);
  CHECK(ok[0].outcome == GateOutcome::not_worse);  // without loss all connect
  CHECK(ok[2].outcome == GateOutcome::worse);      // with one retry at half lost far fewer do
  CHECK(syns[2].outcome == GateOutcome::not_worse);
  CHECK(gated(now, before, "connect_ok", 0.05)[2].outcome == GateOutcome::not_worse);
  CHECK(gated(now, before, "syn_sent")[2].outcome == GateOutcome::worse);
}

TEST_CASE("gate: what too few runs cannot tell is said, with how many would", "[batch]") {
  scenario::Sweep sweep = lossy_sweep(R"(, "repeat": 30)");
  sweep.conditions[0].set = {{"links.0.corrupt", "0.1"}};
  const Store before = swept(R"(, "repeat": 30)");
  const Store now = complete(Plan{sweep, "1.0"});
  bool some = false;
  for (const GateResult& result : gated(before, now, "connect_ok", 0.001)) {
    CAPTURE(result.settings, static_cast<int>(result.outcome), result.difference.value);
    if (result.outcome != GateOutcome::cannot_tell) continue;
    some = true;
    if (result.runs_needed) CHECK(*result.runs_needed > 30);
  }
  CHECK(some);
}

TEST_CASE("gate: where nobody connects any more it is worse, though nothing has a value",
          "[batch]") {
  scenario::Sweep sweep = lossy_sweep(R"(, "repeat": 20)");
  sweep.conditions[0].set = {{"events", R"([{"at": "0s", "host": "server", "do": "power_off"}])"}};
  const Store before = swept(R"(, "repeat": 20)");
  const Store now = complete(Plan{sweep, "1.0"});
  for (const GateResult& result : gated(before, now, "connect_time.p99", 0.05)) {
    CAPTURE(result.settings);
    CHECK(result.outcome == GateOutcome::worse);
    CHECK_FALSE(result.now.value);
  }
  for (const GateResult& result : gated(now, before, "connect_time.p99", 0.05)) {
    CHECK(result.outcome == GateOutcome::not_worse);
  }
  for (const GateResult& result : gated(now, now, "connect_time.p99", 0.05)) {
    CHECK(result.outcome == GateOutcome::cannot_tell);
    CHECK_FALSE(result.runs_needed);
  }
}

TEST_CASE("gate: a handful of runs that agree is no reason to pass", "[batch]") {
  const Store few = swept(R"(, "repeat": 2)");
  const GateResult result = gated(few, few, "connect_ok").front();
  CHECK(result.outcome == GateOutcome::cannot_tell);
  CHECK(result.runs_needed == 6);
  const Store one = swept(R"(, "repeat": 1)");
  CHECK(gated(one, one, "connect_time").front().outcome == GateOutcome::cannot_tell);
  CHECK(gated(one, one, "connect_time").front().runs_needed == skewed_values_min);
}

TEST_CASE("gate: only the runs that both have are looked at", "[batch]") {
  const Store before = swept(four_hundred);
  const Store now = swept(R"(, "repeat": 50)");
  const GateResult result = gated(before, now, "connect_time.p90")[3];
  CHECK(result.before.runs == result.now.runs);
  CHECK(result.before.value == result.now.value);
}

TEST_CASE("gate: what differs between the two is named", "[batch]") {
  const Store before = swept(four_hundred);
  const Store now = swept(R"(, "repeat": 500)", "11ms", "2.0");
  const Counterparts same = counterparts(before, now);
  CHECK(same.pairs.size() == 4);
  CHECK(same.differences == std::vector<std::string>{"version 1.0 against 2.0", "another scenario",
                                                     "runs: 400 against 500"});
}

TEST_CASE("gate: combinations are paired by their settings, others are named", "[batch]") {
  scenario::Sweep sweep = lossy_sweep(R"(, "repeat": 20)");
  sweep.grid.axes[1].values = {"3", "5"};
  const Store before = swept(R"(, "repeat": 20)");
  const Store now = complete(Plan{sweep, "1.0"});
  const Counterparts same = counterparts(before, now);
  CHECK(same.pairs == decltype(same.pairs){{1, 0}, {3, 2}});
  REQUIRE(same.differences.size() == 2);
  CHECK_THAT(same.differences[0], EndsWith("loss=0 tcp_syn_retries=1; loss=0.5 tcp_syn_retries=1"));
  CHECK_THAT(same.differences[1], EndsWith("loss=0 tcp_syn_retries=5; loss=0.5 tcp_syn_retries=5"));
}

TEST_CASE("gate: databases of other sweeps or other seeds are refused", "[batch]") {
  const Store store = swept(R"(, "repeat": 2)");
  CHECK_THROWS_WITH(counterparts(store, swept(R"(, "repeat": 2, "seed": 7)")),
                    Contains("has the base seed 7") && Contains("their runs are no pairs"));
  scenario::Sweep other = lossy_sweep(R"(, "repeat": 2)");
  other.grid.axes[0].path = "links.0.duplicate";
  CHECK_THROWS_WITH(counterparts(store, complete(Plan{other, "1.0"})),
                    Contains("is of another sweep than"));
}

}  // namespace
}  // namespace lastack::batch
