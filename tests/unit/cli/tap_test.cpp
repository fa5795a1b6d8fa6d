#include <catch2/catch.hpp>

#include "ci/formats.hpp"
#include "results.hpp"

using namespace lastack::cli;

TEST_CASE("tap: a version, a plan, a line for each file", "[cli]") {
  CHECK(tap({held("a.json"), with_problem("s.json", Outcome::skipped, "sweep: not yet")}) ==
        "TAP version 13\n"
        "1..2\n"
        "ok 1 - a.json\n"
        "ok 2 - s.json # SKIP sweep: not yet\n");
}

TEST_CASE("tap: a comparison that cannot tell is skipped with the reason", "[cli]") {
  CHECK(tap({undecided_comparison()}) ==
        "TAP version 13\n"
        "1..1\n"
        "ok 1 - connect_time.p99 # SKIP cannot tell: needs about 900 runs\n");
}

TEST_CASE("tap: a failure is explained in YAML", "[cli]") {
  CHECK(tap({failed("a.json")}) ==
        "TAP version 13\n"
        "1..1\n"
        "not ok 1 - a.json\n"
        "  ---\n"
        "  failed:\n"
        "    - expectation: \"/expect/1\"\n"
        "      wanted: \"3 segments client->server S\"\n"
        "      seen: \"2\"\n"
        "      where: \"trace line 17 at 1.03 s: send S client:40000 > server:80\"\n"
        "  replay: \"lastack run a.json\"\n"
        "  ...\n");
}

TEST_CASE("tap: a # in a name is no directive", "[cli]") {
  CHECK(tap({held("a#1.json")}) == "TAP version 13\n1..1\nok 1 - a\\#1.json\n");
}

TEST_CASE("tap: a run that was cut short is not ok, and nothing of it is said to have failed",
          "[cli]") {
  CHECK(tap({cut_short("a.json")}) ==
        "TAP version 13\n"
        "1..1\n"
        "not ok 1 - a.json\n"
        "  ---\n"
        "  message: \"interrupted after 1.5 s; 2 expectations were not judged\"\n"
        "  replay: \"lastack run a.json\"\n"
        "  ...\n");
}

TEST_CASE("tap: what matched nothing is a comment", "[cli]") {
  CHECK(tap({held_with_warning("a.json")}) ==
        "TAP version 13\n"
        "1..1\n"
        "ok 1 - a.json\n"
        "# warning: a.json: /faults/2: matched no segment in this run: none went a->b at all\n");
}
