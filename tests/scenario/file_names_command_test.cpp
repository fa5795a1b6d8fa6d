// No command writes over what it reads, by whatever name, and none writes one file twice.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "shell.hpp"
#include "small_scenarios.hpp"
#include "small_sweeps.hpp"

using Catch::Matchers::Contains;

namespace {

const std::string settings = "net.ipv4.tcp_syn_retries = 3\n";

/// A scenario whose client has its settings in a file.
std::string with_settings_in(const std::string& file) {
  std::string text = holds;
  return text.replace(text.find("{\"client\": {}"), 13,
                      "{\"client\": {\"sysctl_file\": \"" + file + "\"}");
}

struct Inputs : Sweeps {
  Inputs() {
    file("host.conf", settings);
    file("s.json", with_settings_in("host.conf"));
    file("sweep.json", R"({"scenario": "s.json", "vary": {"links.0.loss": [0, 0.1]}, "repeat": 2,
                           "expect": [{"metric": "connect_ok", "min": 0}]})");
    file("tune.json", R"({"scenario": "s.json",
                          "settings": {"hosts.client.sysctl.tcp_syn_retries": [1, 2],
                                       "hosts.server.sysctl.tcp_synack_retries": [1, 2]},
                          "limits": [{"metric": "connect_ok", "min": 0}],
                          "minimize": {"metric": "syn_sent"}, "runs_max": 40})");
  }

  /// Refused with both names, and nothing is changed.
  void refuses(const std::string& arguments, const std::string& output, const std::string& input) {
    const std::vector<std::string> before = files();
    lastack(arguments);
    CHECK(exit_code() == 2);
    CHECK_THAT(err(), Contains("want a file of its own, have " + output) && Contains(input));
    CHECK(files() == before);
    CHECK(read("host.conf") == settings);
    CHECK(read("s.json") == with_settings_in("host.conf"));
  }
};

}  // namespace

TEST_CASE("run: no output is written over the settings that the scenario reads", "[command]") {
  Inputs t;
  t.refuses("run s.json --summary host.conf", "host.conf", "reads");
  t.refuses("run s.json --series ./host.conf", "./host.conf", "as host.conf");
  t.run("ln -s host.conf link.conf; ln host.conf hard.conf");
  t.refuses("run s.json --summary link.conf", "link.conf", "as host.conf");
  t.refuses("run s.json --summary hard.conf", "hard.conf", "as host.conf");
  t.file("set.conf", settings);
  t.refuses("run s.json --set hosts.client.sysctl_file=set.conf --summary set.conf", "set.conf",
            "reads");
}

TEST_CASE("run: a scenario from stdin is not written over either", "[command]") {
  Inputs t;
  t.run("$LASTACK run /dev/stdin --summary s.json < s.json");
  CHECK(t.exit_code() == 2);
  CHECK(t.read("s.json") == with_settings_in("host.conf"));
}

TEST_CASE("run: two names of one file that is not there yet are one file", "[command]") {
  Inputs t;
  t.run("mkdir sub; ln -s ../new sub/link");
  t.lastack("run s.json --summary new --series sub/link");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(),
             Contains("want a file of its own, have sub/link, which this command writes already"));
}

TEST_CASE("test, sweep, tune: what a sweep or an objective names is not written over",
          "[command]") {
  Inputs t;
  for (const char* command : {"test sweep.json --junit ", "sweep sweep.json --junit ",
                              "tune tune.json --csv ", "tune tune.json --page "}) {
    INFO(command);
    t.refuses(std::string{command} + "s.json", "s.json", "reads");
    t.refuses(std::string{command} + "./host.conf", "./host.conf", "as host.conf");
  }
  t.refuses("test s.json --junit host.conf", "host.conf", "reads");
}

TEST_CASE("tune: settings that vary by file are not written over", "[command]") {
  Inputs t;
  t.file("other.conf", settings);
  t.file("vary.json", R"({"scenario": "s.json", "repeat": 1,
      "vary": {"hosts.client.sysctl_file": ["host.conf", "other.conf"]}})");
  t.refuses("sweep vary.json --junit other.conf", "other.conf", "reads");
}

TEST_CASE("tune: nothing is made beside a device", "[command]") {
  Inputs t;
  t.run("ls /dev > before; $LASTACK tune tune.json --sysctl /dev/null -q; ls /dev | diff before -");
  CHECK(t.exit_code() == 0);
  t.lastack("tune tune.json --sysctl - -q");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("# For client:\n") && Contains("tcp_synack_retries = "));
  CHECK(t.files().front() == "bad.json");  // no "-.client"
}

TEST_CASE("merge, report, export, compare: what SQLite keeps beside a database is not written over",
          "[command]") {
  Inputs t;
  t.lastack("sweep sweep.json --db s.sqlite -q");
  REQUIRE(t.exit_code() == 0);
  t.refuses("export s.sqlite --csv s.sqlite-wal", "s.sqlite-wal", "reads");
  t.refuses("export s.sqlite --json a --summary ./a", "./a", "writes already as a");
  t.refuses("report s.sqlite -o s.sqlite-journal", "s.sqlite-journal", "reads");
  t.refuses("compare s.sqlite s.sqlite --junit s.sqlite-shm", "s.sqlite-shm", "reads");
}

TEST_CASE("merge: neither the whole nor where it is put together is a part", "[command]") {
  Inputs t;
  t.lastack("sweep sweep.json --db m.sqlite.unfinished -q --shard 1/1");
  REQUIRE(t.exit_code() == 0);
  t.refuses("merge m.sqlite m.sqlite.unfinished", "m.sqlite.unfinished", "reads");
  t.refuses("merge ./m.sqlite.unfinished m.sqlite.unfinished", "./m.sqlite.unfinished", "reads");
}

TEST_CASE("kernel run: traces are not written over the scenarios", "[command]") {
  Inputs t;
  std::string scenario = holds;
  scenario.replace(scenario.find("textbook"), 8, "linux-6");
  t.file("ow/x.jsonl", scenario);
  t.refuses("kernel run ow/x.jsonl --trace ow", "ow/x.jsonl", "reads");
  CHECK(t.read("ow/x.jsonl") == scenario);
}

TEST_CASE("run, export, tune: of several outputs all appear, or none", "[command]") {
  Inputs t;
  t.lastack("sweep sweep.json --db s.sqlite -q");
  const std::vector<std::string> before = t.files();
  for (const char* arguments : {"run s.json --trace t.jsonl --trace t.html --summary /dev/full",
                                "run s.json --trace t.txt --series /dev/full",
                                "export s.sqlite --csv t.csv --json /dev/full",
                                "tune tune.json --csv t.csv --sysctl /dev/full"}) {
    INFO(arguments);
    t.lastack(arguments);
    CHECK(t.exit_code() == 2);
    CHECK_THAT(t.err(), Contains("/dev/full: cannot be written: No space left on device"));
    CHECK(t.files() == before);
  }
}
