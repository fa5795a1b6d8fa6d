#include <atomic>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lastack/run/simulation.hpp"
#include "lastack/run/summary.hpp"
#include "story.hpp"

namespace lastack {
namespace {

using test::Story;

/// A client that connects at once, sends 100 bytes at 1 s and closes at 2 s.
constexpr std::string_view apps = R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000,
     "steps": [{"until": "1s"}, {"send": 100}, {"until": "2s"}, {"close": true}]}], )";

/// What matched nothing in a run with these sections: "POINTER: PROBLEM" of the only one.
std::string unmatched(const std::string& sections) {
  const Story story{std::string{apps} + sections};
  const auto& all = story.summary().unmatched;
  REQUIRE(all.size() <= 1);
  return all.empty() ? "" : all.front().pointer + ": " + all.front().problem;
}

std::string fault(const std::string& conditions) {
  return unmatched(R"("faults": [{"on": "client->server", "do": "delay", "by": "1ms", )" +
                   conditions + "}]");
}

TEST_CASE("Unmatched: a fault that met a segment is not named", "[run]") {
  CHECK(fault(R"("flags": "S")").empty());
  CHECK(fault(R"("flags": ".", "payload": true, "nth": 1)").empty());
}

TEST_CASE("Unmatched: a fault that met none is named, with what came near", "[run]") {
  const std::string none = "/faults/0: matched no segment in this run: ";
  CHECK(fault(R"("flags": "R")") ==
        none + "3 segments client->server with flags . matched the rest");
  CHECK(fault(R"("flags": "S", "nth": 2)") ==
        none + "1 segment met its other conditions, so `nth` was not reached");
  CHECK(fault(R"("flags": "F.", "payload": true)") ==
        none + "1 segment client->server with flags . and 1 without data matched the rest");
  CHECK(fault(R"("flags": ".", "payload": true, "until": "1s")") ==
        none + "1 segment client->server without data and 1 at 1 s matched the rest");
  CHECK(fault(R"("flags": "R", "after": "5s")") ==
        none + "5 segments went client->server, and none met all but one of its conditions");
}

TEST_CASE("Unmatched: a fault whose segments an earlier one took says so", "[run]") {
  CHECK(unmatched(R"("faults": [
            {"on": "client->server", "flags": "S", "nth": 1, "do": "drop"},
            {"on": "client->server", "flags": "S", "until": "1s", "do": "delay", "by": "1s"}])") ==
        "/faults/1: matched no segment in this run: an earlier fault took the 1 segment that it "
        "chose");
}

TEST_CASE("Unmatched: what never matches is among them", "[run]") {
  const Story story{std::string{apps} + R"("faults": [
      {"on": "client->server", "flags": "R", "do": "drop"},
      {"on": "client->server", "flags": "F", "do": "drop"}],
    "expect": [{"metric": "connects", "min": 0}])"};
  const auto& all = story.summary().unmatched;
  REQUIRE(all.size() == 3);
  CHECK(all[0].pointer == "/faults/0");
  CHECK_FALSE(all[0].never);
  CHECK(all[1].pointer == "/faults/1");
  CHECK(all[1].never);
  CHECK(all[2].pointer == "/expect/0");
  const auto json = nlohmann::json::parse(run::to_json(story.summary()))["unmatched"];
  REQUIRE(json.size() == 3);
  CHECK(json[0]["pointer"] == "/faults/0");
  CHECK(json[0]["never"] == false);
  CHECK(json[0]["problem"] == all[0].problem);
}

TEST_CASE("Unmatched: expectations that hold for want of what they are about", "[run]") {
  const auto expect = [](const std::string& e) { return unmatched(R"("expect": [)" + e + "]"); };
  CHECK(expect(R"({"state": "CLOSED", "socket": "server:80", "peer": "client:40000",
                   "at": "1s"})")
            .empty());                                                   // there is one: it fails
  CHECK(expect(R"({"segments": {"flags": "R"}, "count": 0})").empty());  // an honest 0
  CHECK(expect(R"({"metric": "orphan_time", "max": 60})").empty());
  CHECK(unmatched(R"("faults": [{"on": "client->server", "flags": "S", "do": "drop"}],
            "expect": [{"state": "CLOSED", "socket": "server:80", "peer": "client:40000"}])") ==
        "/expect/0: matched nothing in this run, and so holds: there was never such a socket");
  CHECK(
      unmatched(R"("faults": [{"on": "client->server", "flags": "S", "do": "drop"}],
            "expect": [{"metric": "connect_time", "max": 1}])") ==
      "/expect/0: matched nothing in this run, and so holds: no connection has such a time, which "
      "counts as 0");
}

TEST_CASE("A run that is cut short judges no expectation, and does not say what met nothing",
          "[run]") {
  const scenario::Scenario scenario = test::usual_scenario(std::string{apps} + R"(
    "faults": [{"on": "client->server", "flags": "R", "do": "drop"}],
    "expect": [{"metric": "segments_lost", "max": 0},
               {"segments": {"flags": "R"}, "count": 0},
               {"call": "connected", "host": "client", "result": "ok"}])");
  run::Simulation simulation{scenario, 1};
  const bool out_of_memory = GENERATE(false, true);
  const std::atomic<bool> stop{!out_of_memory};
  simulation.watch_memory([=] { return out_of_memory; });
  simulation.run(&stop);
  const run::Summary summary = simulation.summary();
  CHECK(summary.cut_short());
  CHECK_FALSE(summary.expectations_held());
  CHECK(summary.unmatched.empty());
  REQUIRE(summary.expectations.size() == 3);
  CHECK(summary.expectations[1].pointer == "/expect/1");
  CHECK(summary.expectations[1].wanted == "0 segments R");
  for (const run::ExpectationResult& result : summary.expectations) {
    CHECK_FALSE(result.judged);
    CHECK_FALSE(result.held);
    CHECK(result.seen.empty());
  }
  const auto json = nlohmann::json::parse(run::to_json(summary))["expectations"];
  CHECK(json[0]["judged"] == false);
  CHECK(json[0]["held"].is_null());
}

TEST_CASE("A run that ends judges: the summary says so", "[run]") {
  const Story story{std::string{apps} + R"("expect": [{"metric": "segments_lost", "max": 0}])"};
  const auto json = nlohmann::json::parse(run::to_json(story.summary()))["expectations"];
  CHECK(json[0]["judged"] == true);
  CHECK(json[0]["held"] == true);
}

/// A client that closes an hour after it has connected, with two keepalive timers by default.
std::string closes_later(const std::string& more) {
  return R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "steps": [{"sleep": "1h"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "at": "30min", "count": 5, "every": "1s"}])" +
         more;
}

TEST_CASE("A run that the default of stop_at ends says so, and what was still to come", "[run]") {
  const Story cut{closes_later("")};
  CHECK(cut.summary().stopped_at_default);
  CHECK(cut.summary().events_to_come == 2);  // the sleep, and the first of five connections
  CHECK(cut.summary().simulated_seconds == 600);
  const auto json = nlohmann::json::parse(run::to_json(cut.summary()));
  CHECK(json["stopped_at_default"] == true);
  CHECK(json["events_to_come"] == 2);
}

TEST_CASE("A run that ends at a stop_at of its own, or by itself, is not cut by the default",
          "[run]") {
  const Story own{closes_later(R"(, "stop_at": "10min")")};
  CHECK_FALSE(own.summary().stopped_at_default);
  CHECK(own.summary().events_to_come == 2);
  const Story whole{closes_later(R"(, "stop_at": "2h")")};
  CHECK(whole.summary().events_to_come == 0);
  const Story ends{std::string{apps} + R"("seed": 1)"};
  CHECK_FALSE(ends.summary().stopped_at_default);
  CHECK(ends.summary().events_to_come == 0);
}

}  // namespace
}  // namespace lastack
