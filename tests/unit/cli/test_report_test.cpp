#include "reports/test_report.hpp"

#include <catch2/catch.hpp>

#include "results.hpp"

using namespace lastack::cli;

namespace {

const Paint plain{Colour::off};

}  // namespace

TEST_CASE("failure_text: names the file, each expectation and the command that repeats it",
          "[cli]") {
  FileResult result = failed("a.json");
  result.seed = 7;
  CHECK(failure_text(result, plain) ==
        "failed a.json\n"
        "       /expect/1\n"
        "         wanted  3 segments client->server S\n"
        "         seen    2\n"
        "         where   trace line 17 at 1.03 s: send S client:40000 > server:80\n"
        "       replay: lastack run a.json --seed 7\n");
}

TEST_CASE("failure_text: the errors of a bad file stand below each other", "[cli]") {
  CHECK(failure_text(with_problem("a", Outcome::bad, "a: one\na: two"), plain) ==
        "bad    a: one\n"
        "       a: two\n");
}

TEST_CASE("totals_text: sweeps are no scenarios", "[cli]") {
  FileResult sweep = held("s");
  sweep.command = "sweep";
  CHECK(totals_text({sweep}, plain) == "1 sweep ran: 1 held");
  CHECK(totals_text({held("a"), sweep, sweep}, plain) == "1 scenario and 2 sweeps ran: 3 held");
}

TEST_CASE("totals_text: mentions only what there is", "[cli]") {
  CHECK(totals_text({held("a")}, plain) == "1 scenario ran: 1 held");
  CHECK(totals_text({held("a"), failed("b"), with_problem("c", Outcome::unchecked, ""),
                     with_problem("d", Outcome::bad, ""), with_problem("e", Outcome::skipped, ""),
                     with_problem("f", Outcome::skipped, "")},
                    plain) ==
        "3 scenarios ran: 1 held, 1 failed, 1 not checked (no `expect`); 1 bad file; "
        "2 files skipped");
}

TEST_CASE("replay_command: a shell takes the file's name as it is", "[cli]") {
  CHECK(replay_command(held("dir/a-1.json")) == "lastack run dir/a-1.json");
  CHECK(replay_command(held("it's here.json")) == "lastack run 'it'\\''s here.json'");
}
