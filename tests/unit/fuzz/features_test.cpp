// What a simulated run shows, for drawing scenarios that go where none has been.
#include "lastack/fuzz/features.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "lastack/scenario/load.hpp"
#include "made_up.hpp"

using namespace lastack;
using namespace lastack::test;

namespace {

fuzz::Shown shown(const std::string& json) {
  return fuzz::shown_by(scenario::parse_scenario(json, ""));
}

bool has(const fuzz::Shown& shown, const std::string& text) {
  return std::any_of(shown.features.begin(), shown.features.end(),
                     [&](const fuzz::Feature& feature) { return feature.text == text; });
}

}  // namespace

TEST_CASE("features: events in their states, with their reasons, and two in a row", "[fuzz]") {
  const fuzz::Shown run = shown(hello());
  CHECK(has(run, "CLOSED: to SYN_SENT connect"));
  CHECK(has(run, "SYN_SENT: recv S."));
  CHECK(has(run, "ESTABLISHED: recv . data"));
  CHECK(has(run, "FIN_WAIT_1: recv F., to FIN_WAIT_2 fin acknowledged"));
  CHECK_FALSE(has(run, "SYN_SENT: timer rto"));
  CHECK(run.whole);
  CHECK(run.segments >= 6);
}

TEST_CASE("features: what does not happen is not shown", "[fuzz]") {
  const std::string faults =
      R"("faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "drop"}], "stop_at")";
  std::string lost = hello();
  lost.replace(lost.find(R"("stop_at")"), 9, faults);
  CHECK(has(shown(lost), "SYN_SENT: timer rto"));
  CHECK(has(shown(lost), "SYN_SENT: send S rto"));
}
