// `lastack kernel fuzz`, as its user meets it before any kernel is asked.
#include <catch2/catch.hpp>

#include "shell.hpp"

using Catch::Matchers::Contains;

namespace {

const std::string oracle = LASTACK_SOURCE_DIR "/tests/oracle";

}  // namespace

TEST_CASE("kernel fuzz: an unknown area is told with those that there are", "[command]") {
  Shell t;
  t.lastack("kernel fuzz --only close,clsoe");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--only: want areas (handshake, close, data, "));
  CHECK_THAT(t.err(), Contains("), have clsoe"));
  CHECK(t.out().empty());
}

TEST_CASE("kernel fuzz: a number of scenarios or a time, not both", "[command]") {
  Shell t;
  t.lastack("kernel fuzz --count 5 --minutes 1");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--minutes"));
  t.lastack("kernel fuzz --minutes 0");
  CHECK(t.exit_code() == 2);
  t.lastack("kernel fuzz --jobs 0");
  CHECK(t.exit_code() == 2);
}

TEST_CASE("kernel fuzz: what is read is not written", "[command]") {
  Shell t;
  t.run("mkdir a");
  t.lastack("kernel fuzz --keep a --record ./a");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--keep, --record: want two folders, have one twice"));
  t.lastack("kernel fuzz --against a --keep a");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--against: want a folder of its own, have one that is written"));
}

TEST_CASE("kernel fuzz: what is drawn and what is recorded do not go together", "[command]") {
  Shell t;
  for (const char* option : {"--seed 1", "--only close", "--set seed=2"}) {
    t.lastack("kernel fuzz --against a " + std::string{option});
    CHECK(t.exit_code() == 2);
    CHECK_THAT(t.err(), Contains("--against"));
  }
}

TEST_CASE("kernel fuzz: recordings without a scenario are no comparison", "[command]") {
  Shell t;
  t.run("mkdir a && cp " + oracle + "/traces/abort.trace.json a");
  t.lastack("kernel fuzz --against a");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(),
             Contains("--against: want a folder with NAME.json and NAME.trace.json, have a"));
}

TEST_CASE("kernel fuzz: a scenario that is none ends it before anything is compared", "[command]") {
  Shell t;
  t.run("mkdir a && cp " + oracle + "/traces/abort.trace.json a && echo '{}' > a/abort.json");
  t.lastack("kernel fuzz --against a --keep kept");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("a/abort.json: "));
  t.run("ls kept");
  CHECK(t.exit_code() != 0);
}

TEST_CASE("kernel fuzz: a value of --set that no scenario can have is told", "[command]") {
  Shell t;
  t.lastack("kernel fuzz --count 1 --set sysctl.tcp_sakc=0");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("tcp_sakc"));
}

TEST_CASE("kernel fuzz: help lists the areas", "[command]") {
  Shell t;
  t.lastack("kernel fuzz --help");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("  timewait   ports used again, TIME_WAIT taken over and ended\n"));
}
