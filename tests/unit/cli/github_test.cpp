#include <catch2/catch.hpp>

#include "ci/formats.hpp"
#include "results.hpp"

using namespace lastack::cli;

TEST_CASE("github_annotations: what held is not mentioned", "[cli]") {
  CHECK(github_annotations({held("a.json")}).empty());
}

TEST_CASE("github_annotations: an error in one line for each failed expectation", "[cli]") {
  CHECK(github_annotations({failed("a,b.json")}) ==
        "::error file=a%2Cb.json,title=expectation failed%3A /expect/1::"
        "wanted 3 segments client->server S%0Aseen 2%0A"
        "trace line 17 at 1.03 s: send S client:40000 > server:80%0A"
        "replay: lastack run 'a,b.json'\n");
}

TEST_CASE("github_annotations: comparisons name no file, and those that cannot tell are warnings",
          "[cli]") {
  CHECK(github_annotations({failed_comparison()}) ==
        "::error title=expectation failed%3A connect_ok::"
        "wanted connect_ok not worse by more than 0 %25%0Aseen worse: now 98 %25, was 99 %25%0A"
        "replay: lastack compare base.sqlite new.sqlite --fail-if-worse connect_ok\n");
  CHECK(github_annotations({undecided_comparison()}) ==
        "::warning title=cannot tell%3A connect_time.p99::cannot tell: needs about 900 runs\n");
}

TEST_CASE("github_annotations: a bad file says why", "[cli]") {
  CHECK(github_annotations({with_problem("a.json", Outcome::bad, "100 % wrong")}) ==
        "::error file=a.json,title=bad scenario::100 %25 wrong\n");
}

TEST_CASE("github_annotations: what was cut short is an error, what matched nothing a warning",
          "[cli]") {
  CHECK(github_annotations({cut_short("a.json")}) ==
        "::error file=a.json,title=expectations not judged::"
        "interrupted after 1.5 s; 2 expectations were not judged\n");
  CHECK(github_annotations({held_with_warning("a.json")}) ==
        "::warning file=a.json,title=matches nothing%3A /faults/2::"
        "matched no segment in this run: none went a->b at all\n");
}
