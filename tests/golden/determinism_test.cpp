// The same scenario and seed give the same bytes.
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "golden/trace_digest.hpp"
#include "lastack/scenario/load.hpp"

using namespace lastack::test;

namespace {

const std::string source = LASTACK_SOURCE_DIR;

const std::string lossy = R"({
  "hosts": {"client": {}, "server": {}},
  "links": [{"a": "client", "b": "server", "delay": {"model": "normal", "mean": "10ms", "sd": "3ms"},
             "jitter": "2ms", "loss": 0.05, "duplicate": 0.02, "corrupt": 0.01,
             "reorder": {"p": 0.05, "by": "5ms"}}],
  "apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"send": 20000}, {"close": true}]},
    {"host": "client", "connect": "server:80", "count": 5, "every": "30ms",
     "steps": [{"send": 30000}, {"shutdown": "write"}, {"recv": "eof"}, {"close": true}]}]
})";

}  // namespace

TEST_CASE("two runs of every scenario give the same bytes", "[golden]") {
  const auto files = scenario_files(source + "/scenarios");
  REQUIRE(files.size() >= 45);
  for (const std::string& file : files) {
    CAPTURE(file);
    const TraceDigest once = digest_of(file);
    const TraceDigest again = digest_of(file);
    if (once == again) continue;
    const auto left = trace_lines(file);
    const auto right = trace_lines(file);
    const auto [a, b] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    FAIL("first difference: " << (a == left.end() ? "end" : *a)
                              << "\nand: " << (b == right.end() ? "end" : *b));
  }
}

TEST_CASE("another seed gives another trace where chance has a part", "[golden]") {
  const auto scenario = lastack::scenario::parse_scenario(lossy, "lossy.json");
  CHECK(digest_of(scenario, 1) == digest_of(scenario, 1));
  CHECK(digest_of(scenario, 1) != digest_of(scenario, 2));
}
