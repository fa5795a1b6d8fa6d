// `lastack kernel check`, as its user meets it.
#include <catch2/catch.hpp>

#include "shell.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

const std::string oracle = LASTACK_SOURCE_DIR "/tests/oracle";

/// Two cases with their recordings beside them, and a scenario that has none.
struct Cases : Shell {
  Cases() {
    for (const char* name : {"abort", "syn-lost-3-times"}) {
      run("mkdir -p cases && cp " + oracle + "/cases/" + name + ".json " + oracle + "/traces/" +
          name + ".trace.json cases");
    }
    run("cp cases/abort.json cases/unrecorded.json");
  }
};

}  // namespace

TEST_CASE("kernel check: cases that go as recorded are counted, exit code 0", "[command]") {
  Cases t;
  t.lastack("kernel check cases --recordings cases");
  CHECK(t.exit_code() == 0);
  CHECK(t.out() ==
        "steady cases    2/2 agree with the kernel\n"
        "cases differ in none\n"
        "counted apart   none\n");
}

TEST_CASE("kernel check: a case that departs is named with its aspects, exit code 1", "[command]") {
  Cases t;
  t.lastack("kernel check cases --recordings cases --set sysctl.tcp_syn_linear_timeouts=1");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), StartsWith("differs  syn-lost-3-times: timing, states\n"
                                 "steady cases    1/2 agree with the kernel\n"));
  CHECK_THAT(t.out(), Contains("cases differ in timing 1, states 1\n"));
  t.lastack("kernel check cases --recordings cases --set sysctl.tcp_syn_linear_timeouts=1 -v");
  CHECK_THAT(t.out(), Contains("         timing: client #4: kernel S 0 at 3."));
  CHECK_THAT(t.out(), Contains("; lastack S 0 at 4."));
  CHECK_THAT(t.out(), Contains("\n         alike: client 7 segments, "));
  CHECK_THAT(t.out(), Contains("\n         first: client #4: kernel S 0 at 3."));
  CHECK_THAT(t.out(),
             Contains("\n         reason: timer (the same segment, at quite another time)"));
}

TEST_CASE("kernel check: -v says what agrees, too, and in what it differs apart", "[command]") {
  Cases t;
  t.lastack("kernel check cases --recordings cases -v");
  CHECK_THAT(t.out(), StartsWith("agrees   abort\nagrees   syn-lost-3-times\nsteady cases"));
  t.lastack(
      "kernel check cases --recordings cases -v --set 'sysctl.tcp_rmem=4096 100000 33554432'");
  CHECK_THAT(t.out(), Contains("agrees   abort, apart from win (client #1"));
}

TEST_CASE("kernel check: -v tells every host's differences, and what is not compared",
          "[command]") {
  Cases t;
  t.lastack(
      "kernel check cases --recordings cases --only abort -v "
      R"(--set 'apps.1.steps=[{"send":7},{"sleep":"200ms"},{"abort":true}]')");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("\n         segments: client #"));
  CHECK_THAT(t.out(), Contains("\n         segments: server #"));
  CHECK_THAT(t.out(), Contains(" are not compared: after the first that is another they cannot be "
                               "matched"));
  CHECK_THAT(t.out(), Contains("\n         alike: client "));
}

TEST_CASE("kernel check: --tries is for live recordings", "[command]") {
  Cases t;
  t.lastack("kernel check cases --recordings cases --tries 2");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--tries") && Contains("--recordings"));
}

TEST_CASE("kernel check: --share says how many must agree", "[command]") {
  Cases t;
  t.lastack(
      "kernel check cases --recordings cases --set sysctl.tcp_syn_linear_timeouts=1 --share 0.5");
  CHECK(t.exit_code() == 0);
  t.lastack(
      "kernel check cases --recordings cases --set sysctl.tcp_syn_linear_timeouts=1 --share 0.51");
  CHECK(t.exit_code() == 1);
}

TEST_CASE("kernel check: --only takes cases by their names", "[command]") {
  Cases t;
  t.lastack("kernel check cases --recordings cases --only 'a*'");
  CHECK_THAT(t.out(), StartsWith("steady cases    1/1 agree"));
  t.lastack("kernel check cases --recordings cases --only 'x*'");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("no case in cases has a name like x*"));
}

TEST_CASE("kernel check: racy cases decide only when asked to, or where there are no others",
          "[command]") {
  Cases t;
  const std::string racy = oracle + "/cases --recordings " + oracle +
                           "/traces --only 'syn-queue-full-no-cookies' --set links.0.delay=30ms";
  t.lastack("kernel check " + racy);
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("differs  syn-queue-full-no-cookies (racy): "));
  CHECK_THAT(t.out(), Contains("racy cases      0/1 agree with one of their recordings"));
  t.run("cp " + oracle + "/cases/syn-queue-full-no-cookies.json " + oracle +
        "/traces/syn-queue-full-no-cookies.trace.json cases");
  // A fault on its first SYN makes it another story, which no seed brings about.
  const std::string lost =
      R"( --only '[as]*' --set 'links.0.delay=10ms' --set 'faults=[{"on":"client->server","do":"drop"}]')";
  t.lastack("kernel check cases --recordings cases --share 0" + lost);
  CHECK(t.exit_code() == 0);
  t.lastack("kernel check cases --recordings cases --share 0.01 --racy" + lost);
  CHECK(t.exit_code() == 1);
}

TEST_CASE("kernel check: any number of threads prints the same", "[command]") {
  Cases t;
  const std::string check = "kernel check " + oracle + "/cases --recordings " + oracle +
                            "/traces -v --set links.0.delay=30ms -j ";
  t.lastack(check + "1");
  const std::string alone = t.out();
  CHECK_THAT(alone, Contains("differs"));
  t.lastack(check + "8");
  CHECK(t.out() == alone);
}

TEST_CASE("kernel check: a folder without recordings is reported", "[command]") {
  Cases t;
  t.run("rm cases/*.trace.json");
  t.lastack("kernel check cases --recordings cases");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("cases has no recording NAME.trace.json of any of the 3 cases"));
  t.lastack("kernel check cases/abort.json --recordings cases");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.out(), Contains("cases/abort.trace.json: cannot be read"));
}

TEST_CASE("kernel check: recordings among the cases are found, not run", "[command]") {
  Cases t;
  t.lastack("kernel check cases/a*.json cases/s*.json --recordings cases");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), StartsWith("steady cases    2/2 agree"));
  t.lastack("kernel check cases/*.trace.json --recordings cases");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("want scenarios") && Contains("have cases/abort.trace.json"));
}

TEST_CASE("kernel check: a bad recording or case is reported while the others are checked",
          "[command]") {
  Cases t;
  t.run("head -c 3000 cases/abort.trace.json > cases/unrecorded.trace.json");
  t.lastack("kernel check cases --recordings cases");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.out(), StartsWith("bad      cases/unrecorded.trace.json:1: column 3001: "));
  CHECK_THAT(t.out(), Contains("steady cases    2/2 agree"));
  t.file("cases/unrecorded.json", "{\"hosts\": 7}");
  t.lastack("kernel check cases --recordings cases");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.out(), StartsWith("bad      cases/unrecorded.json: /hosts: want "));
}

TEST_CASE("kernel: a command of its own must follow", "[command]") {
  Shell t;
  t.lastack("kernel");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("want a command after `lastack kernel` (check"));
  t.lastack("kernel chekc");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("have chekc; did you mean `check`?") &&
                          EndsWith("Try `lastack kernel --help`.\n"));
  t.lastack("kernel check --recrodings x y");
  CHECK_THAT(t.err(), Contains("did you mean `--recordings`?") &&
                          EndsWith("Try `lastack kernel check --help`.\n"));
  t.lastack("help kernel check");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("Usage: lastack kernel check"));
}
