// Differences of one kind have one name, whatever their numbers.
#include "lastack/fuzz/kind.hpp"

#include <catch2/catch.hpp>

#include "lastack/compare/check_case.hpp"
#include "lastack/compare/comparison.hpp"
#include "lastack/scenario/load.hpp"
#include "made_up.hpp"

using namespace lastack;
using namespace lastack::test;

namespace {

compare::History run_of(const std::string& json,
                        const std::vector<scenario::Override>& overrides = {}) {
  return compare::history_of_run(scenario::parse_scenario(json, "", overrides), 1);
}

std::string kind(const compare::History& left, const compare::History& right) {
  return fuzz::kind_of(compare::compare(left, right), left, right);
}

/// `json` in the simulator, and with one more setting.
std::string kind_with(const std::string& json, const scenario::Override& other) {
  return kind(run_of(json), run_of(json, {other}));
}

std::string with_fault(const std::string& fault, std::uint64_t bytes = 100) {
  std::string json = hello(bytes);
  json.replace(json.find("3s"), 2, "9s");
  return json.replace(json.find(R"("stop_at")"), 9, R"("faults": [)" + fault + R"(], "stop_at")");
}

}  // namespace

TEST_CASE("kind: a segment that only one side sends, with its end's role and state", "[fuzz]") {
  const std::string lost =
      with_fault(R"({"on": "client->server", "flags": "F.", "nth": 1, "do": "drop"})");
  compare::History left = run_of(lost);
  compare::History right = left;
  right.segments.pop_back();
  CHECK(kind(left, right) == "segments: opener in FIN_WAIT_1: kernel .; lastack nothing");
  CHECK(kind(right, left) == "segments: opener in FIN_WAIT_1: kernel nothing; lastack .");
}

TEST_CASE("kind: numbers make no other kind", "[fuzz]") {
  const scenario::Override retries{"sysctl.tcp_syn_linear_timeouts", "0"};
  const auto lost_syns = [](const char* nth) {
    return with_fault(R"({"on": "client->server", "flags": "S", "nth": ")" + std::string{nth} +
                      R"(", "do": "drop"})");
  };
  const std::string name = "timing: opener in SYN_SENT: S: lastack later";
  CHECK(kind_with(lost_syns("1-2"), retries) == name);
  CHECK(kind_with(lost_syns("1+"), retries) == name);
}

TEST_CASE("kind: segments alike but for a number say which", "[fuzz]") {
  CHECK(kind(run_of(hello(100)), run_of(hello(90))) ==
        "segments: opener in SYN_SENT: kernel . with data; lastack . with data (other length)");
}

TEST_CASE("kind: options, calls and states have kinds of their own", "[fuzz]") {
  CHECK(kind_with(hello(), {"hosts.client.sysctl.tcp_sack", "0"}) ==
        "options: opener in CLOSED: S: sackOK");
  compare::History left = run_of(hello());
  compare::History right = left;
  for (compare::Call& call : right.calls) {
    if (call.call == "connected") call.result = "ETIMEDOUT";
  }
  CHECK(kind(left, right) == "calls: connect: kernel connected ok; lastack connected ETIMEDOUT");
  right = left;
  left.table = std::vector<compare::StateChange>{
      {compare::Seconds{0.1}, {"client", 40000, 80}, tcp::State::close_wait}};
  CHECK(kind(left, right) == "states: kernel CLOSE_WAIT; lastack TIME_WAIT");
}

TEST_CASE("kind: both sides have the names that they are given", "[fuzz]") {
  compare::History left = run_of(hello());
  compare::History right = left;
  right.segments.pop_back();
  CHECK(fuzz::kind_of(compare::compare(left, right), left, right, {"6.18", "7.1"}) ==
        "segments: opener in FIN_WAIT_1: 6.18 .; 7.1 nothing");
}
