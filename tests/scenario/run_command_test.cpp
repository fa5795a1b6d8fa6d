// `lastack run`, as its user meets it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "shell.hpp"
#include "small_scenarios.hpp"
#include "support/skip.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using Names = std::vector<std::string>;

namespace {

/// A folder that holds s.json.
struct Prepared : Shell {
  explicit Prepared(const std::string& scenario) { file("s.json", scenario); }
};

}  // namespace

TEST_CASE("run: shows name, ladder, summary and that expectations held", "[command]") {
  Prepared t{holds};
  t.lastack("run s.json");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), StartsWith("small\nOne connection over 10 ms.\n"));
  CHECK_THAT(t.out(), Contains("SYN seq=0"));
  CHECK_THAT(t.out(), Contains("connected in 20 ms"));
  CHECK_THAT(t.out(), EndsWith("1 of 1 held\n"));
  CHECK(t.err().empty());
}

TEST_CASE("run: a failed expectation says what was wanted, seen and where, exit code 1",
          "[command]") {
  Prepared t{fails};
  t.lastack("run s.json");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("1 of 1 failed\n  /expect/0\n    wanted  "));
  CHECK_THAT(t.out(), Contains("    seen    "));
  CHECK_THAT(t.out(), Contains("    where   trace line "));
}

TEST_CASE("run: --quiet says nothing but what failed", "[command]") {
  Prepared t{holds};
  t.lastack("run --quiet s.json");
  CHECK(t.exit_code() == 0);
  CHECK(t.out().empty());
  t.file("s.json", fails);
  t.lastack("run --quiet s.json");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("/expect/0"));
}

TEST_CASE("run: the ladder can be left out, widened and drawn in ASCII", "[command]") {
  Prepared t{holds};
  t.lastack("run --no-ladder s.json");
  CHECK_THAT(t.out(), !Contains("SYN seq=0"));
  t.lastack("run --ascii s.json");
  CHECK_THAT(t.out(), Contains("SYN seq=0") && !Contains("▶"));
  t.lastack("run --color always s.json");
  CHECK_THAT(t.out(), Contains("\x1b["));
  t.lastack("run s.json");
  CHECK_THAT(t.out(), !Contains("\x1b["));
}

TEST_CASE("run: --trace and --summary write files that programs read", "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --trace t.jsonl --trace t.txt --trace t.pcapng --summary sum.json");
  REQUIRE(t.exit_code() == 0);
  CHECK(t.files() == Names{"s.json", "sum.json", "t.jsonl", "t.pcapng", "t.txt"});
  CHECK_THAT(t.read("t.jsonl"), StartsWith("{\"n\":1,"));
  CHECK_THAT(t.read("t.txt"), Contains("SYN seq=0"));
  CHECK_THAT(t.read("t.pcapng"), StartsWith("\x0a\x0d\x0d\x0a"));
  const auto summary = nlohmann::json::parse(t.read("sum.json"));
  for (const char* key :
       {"events", "segments_sent", "segments_lost", "segments_retransmitted", "connects",
        "connects_ok", "connect_errors", "accepts", "simulated_seconds", "peak", "open_at_end"}) {
    CHECK(summary.contains(key));
  }
  CHECK(summary["connects_ok"] == 1);
}

TEST_CASE("run: the same scenario and seed write the same bytes", "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --seed 7 --set links.0.loss=0.2 -q --trace a.jsonl");
  t.lastack("run s.json --seed 7 --set links.0.loss=0.2 -q --trace b.jsonl");
  CHECK(t.read("a.jsonl") == t.read("b.jsonl"));
}

TEST_CASE("run: a trace on stdout is alone there, and what is for people goes to stderr",
          "[command]") {
  Prepared t{holds};
  t.lastack(
      "run s.json --trace - | python3 -c 'import json, sys; [json.loads(l) for l in sys.stdin]'");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.err(), Contains("1 of 1 held"));
}

TEST_CASE("run: --set replaces a value, and takes no scenario for one", "[command]") {
  Prepared t{holds};
  t.lastack("run --set links.0.delay=15ms s.json");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("connected in 30 ms"));
}

TEST_CASE("run: several scenarios run in turn, and the worst decides", "[command]") {
  Prepared t{holds};
  t.file("f.json", fails);
  t.lastack("run f.json s.json");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("1 of 1 failed") && EndsWith("1 of 1 held\n"));
}

TEST_CASE("run: {name} in an output stands for each scenario's name", "[command]") {
  Prepared t{holds};
  t.file("f.json", holds);
  t.lastack("run f.json s.json -q --trace '{name}.jsonl' --summary '{name}.summary.json'");
  CHECK(t.exit_code() == 0);
  CHECK(t.files() ==
        Names{"f.json", "f.jsonl", "f.summary.json", "s.json", "s.jsonl", "s.summary.json"});
}

TEST_CASE("run: two outputs of one name are refused before anything runs", "[command]") {
  Prepared t{holds};
  t.file("f.json", holds);
  t.lastack("run f.json s.json --trace out.jsonl");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("out.jsonl") && Contains("{name}"));
  t.lastack("run s.json --trace a.jsonl --trace ./a.jsonl");
  CHECK(t.exit_code() == 2);
  CHECK(t.files() == Names{"f.json", "s.json"});
}

TEST_CASE("run: a scenario is never overwritten by its own output", "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --summary s.json");
  CHECK(t.exit_code() == 2);
  CHECK(t.read("s.json") == holds);
}

TEST_CASE("run: a missing file is named, exit code 2", "[command]") {
  Shell t;
  t.lastack("run nowhere.json --trace t.jsonl");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), StartsWith("lastack: error: nowhere.json: "));
  CHECK(t.out().empty());
  CHECK(t.files().empty());
}

TEST_CASE("run: every mistake of a scenario is reported with its place, and nothing is written",
          "[command]") {
  Prepared t{two_mistakes};
  t.lastack("run s.json --trace t.jsonl --summary sum.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("s.json: /links/0/dely: ") && Contains("nearest is \"delay\""));
  CHECK_THAT(t.err(), Contains("s.json: /links/1/delay: "));
  CHECK(t.out().empty());
  CHECK(t.files() == Names{"s.json"});
}

TEST_CASE("run: one bad scenario among several keeps all of them from running", "[command]") {
  Prepared t{two_mistakes};
  t.file("a.json", holds);
  t.lastack("run a.json s.json --trace '{name}.jsonl'");
  CHECK(t.exit_code() == 2);
  CHECK(t.files() == Names{"a.json", "s.json"});
}

TEST_CASE("run: a syntax error is reported with line and column", "[command]") {
  Prepared t{"{\n  \"hosts\": {,}\n}"};
  t.lastack("run s.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("s.json: line 2, column"));
}

TEST_CASE("run: a mistyped --set is an error, with the nearest right name", "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --set hosts.client.sysctl.tcp_syn_retreis=3");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("tcp_syn_retries"));
  t.lastack("run s.json --set hosts.client");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("want KEY=VALUE"));
}

TEST_CASE("run: an output that cannot be written is named, and no other is left behind",
          "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --trace t.jsonl --trace nowhere/t.pcapng");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("nowhere/t.pcapng"));
  t.lastack("run s.json --trace t.jsonl --summary nowhere/sum.json");
  CHECK(t.exit_code() == 2);
  t.lastack("run s.json --trace t.csv");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("t.csv") && Contains(".jsonl, .pcapng, .txt"));
  CHECK(t.files() == Names{"s.json"});
}

TEST_CASE("run: a full disk behind stdout or an output is reported", "[command]") {
  Prepared t{holds};
  t.run("$LASTACK run s.json > /dev/full");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("No space left on device"));
  t.lastack("run s.json -q --summary /dev/full");
  CHECK(t.exit_code() == 2);
}

TEST_CASE("run: an interrupt stops the run, with a summary and complete files", "[command]") {
  Prepared t{never_ends};
  t.lastack_interrupted("run s.json --trace t.jsonl --summary sum.json --series t.csv");
  CHECK(t.exit_code() == 130);
  CHECK_THAT(t.out(), Contains("Interrupted after "));
  CHECK(t.files() == Names{"s.json", "sum.json", "t.csv", "t.jsonl"});
  CHECK_THAT(t.read("t.jsonl"), EndsWith("}\n"));
  CHECK_THAT(t.read("t.csv"), StartsWith("time_s,interval_s,LISTEN,") && EndsWith("\n"));
  CHECK(nlohmann::json::parse(t.read("sum.json"))["interrupted"] == true);
}

TEST_CASE("run: the expectations of an interrupted run are not judged", "[command]") {
  Prepared t{never_ends};
  const std::string expects =
      R"(--set 'expect=[{"metric":"segments_lost","max":0},{"metric":"accepts","max":9}]')";
  t.lastack_interrupted("run s.json --no-ladder --summary sum.json " + expects);
  CHECK(t.exit_code() == 130);
  CHECK_THAT(t.out(), EndsWith("expected    2 not judged: the run was interrupted\n"));
  const auto results = nlohmann::json::parse(t.read("sum.json"))["expectations"];
  REQUIRE(results.size() == 2);
  for (const auto& result : results) {
    CHECK(result["judged"] == false);
    CHECK(result["held"].is_null());
  }
}

TEST_CASE("run: past --max-memory the expectations are not judged either", "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --max-memory 1M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.out(),
             EndsWith("expected    1 not judged: the run ended because memory ran short\n"));
}

TEST_CASE("run: after an interrupt the other scenarios are not run, and it does not end well",
          "[command]") {
  Prepared t{never_ends};
  t.file("t.json", holds);
  t.lastack_interrupted("run s.json t.json -q --summary '{name}.sum'");
  CHECK(t.exit_code() == 130);
  CHECK(t.files() == Names{"s.json", "s.sum", "t.json"});
}

TEST_CASE("run: a fault that could never match is a warning, with --strict an error", "[command]") {
  Prepared t{with_faults(R"({"on": "client->server", "flags": "F", "do": "drop"})")};
  const std::string said =
      "s.json: /faults/0: could never match: every FIN carries an ACK, so its flags are \"F.\", "
      "not "
      "\"F\"\n";
  t.lastack("run s.json -q");
  CHECK(t.exit_code() == 0);
  CHECK(t.err() == "lastack: warning: " + said);
  t.lastack("run s.json -q --strict --summary sum.json");
  CHECK(t.exit_code() == 2);
  CHECK(t.err() == "lastack: error: " + said);
  CHECK(t.files() == Names{"s.json"});  // nothing ran
}

TEST_CASE("run: a fault that met nothing in the run is named, with what came near", "[command]") {
  Prepared t{with_faults(R"({"on": "client->server", "flags": "R", "do": "drop"})")};
  const std::string said =
      "s.json: /faults/0: matched no segment in this run: 2 segments client->server with flags . "
      "matched the rest\n";
  t.lastack("run s.json -q --summary sum.json");
  CHECK(t.exit_code() == 0);
  CHECK(t.err() == "lastack: warning: " + said);
  const auto unmatched = nlohmann::json::parse(t.read("sum.json"))["unmatched"];
  REQUIRE(unmatched.size() == 1);
  CHECK(unmatched[0]["pointer"] == "/faults/0");
  t.lastack("run s.json -q --strict");
  CHECK(t.exit_code() == 1);
  CHECK(t.err() == "lastack: error: " + said);
  t.lastack("run s.json -q --strict --set 'faults=[]'");
  CHECK(t.exit_code() == 0);
  CHECK(t.err().empty());
}

TEST_CASE("run: one that the default of stop_at cuts says so", "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --no-ladder --set 'apps.1.steps=[{\"sleep\":\"1h\"}]'");
  CHECK_THAT(t.out(),
             Contains("\nStopped at 10 min, the default of stop_at; 1 event was still to come.\n"));
  t.lastack("run s.json --no-ladder --set 'apps.1.steps=[{\"sleep\":\"1h\"}]' --set stop_at=10min");
  CHECK_THAT(t.out(), !Contains("Stopped at"));
  t.lastack("run s.json --no-ladder");
  CHECK_THAT(t.out(), !Contains("Stopped at"));
}

TEST_CASE("run: past --max-memory it stops with a summary and complete files, exit code 3",
          "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --max-memory 1M --summary out.json --trace out.jsonl");
  CHECK(t.exit_code() == 3);  // the program alone takes more
  CHECK_THAT(t.err(), Contains("s.json: stopped at --max-memory 1M after 0 events"));
  CHECK_THAT(t.out(), Contains("Out of memory after 0.000 simulated seconds"));
  CHECK_THAT(t.read("out.json"), Contains("\"out_of_memory\": true"));
  CHECK(t.files() == Names{"out.json", "out.jsonl", "s.json"});
  t.lastack("run s.json --max-memory 1000G --summary out.json");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.read("out.json"), Contains("\"out_of_memory\": false"));
}

TEST_CASE("run: --max-memory takes sizes and nothing else", "[command]") {
  Prepared t{holds};
  for (const char* size : {"0", "-1", "1.5G", "2X", "G", "1K", "99999999999999999999"}) {
    INFO(size);
    t.lastack(std::string{"run s.json --max-memory="} + size);
    CHECK(t.exit_code() == 2);
    CHECK_THAT(t.err(), Contains("--max-memory: want a size from 1M such as 500M or 2G"));
  }
  for (const char* size : {"1000000000000", "1000g", "1T", "900GiB", "900GB"}) {
    INFO(size);
    t.lastack(std::string{"run -q s.json --max-memory "} + size);
    CHECK(t.exit_code() == 0);
  }
}

TEST_CASE("run: --check says how often the invariants held, and changes nothing", "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --trace without.jsonl --quiet");
  t.lastack("run s.json --trace with.jsonl --check");
  CHECK(t.exit_code() == 0);
  CHECK(t.read("with.jsonl") == t.read("without.jsonl"));
  CHECK_THAT(t.out(), Catch::Matches("(.|\n)*\nInvariants: all held, at each of ([0-9]+) checks "
                                     "\\(([0-9]+) events\\)\\.\n(.|\n)*"));
  t.lastack("run s.json --check --quiet");
  CHECK(t.out().empty());
}

TEST_CASE("run: --series writes a table, and changes nothing", "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --trace without.jsonl --quiet");
  t.lastack("run s.json --trace with.jsonl --series {name}.csv --series-every 10ms");
  CHECK(t.exit_code() == 0);
  CHECK(t.read("with.jsonl") == t.read("without.jsonl"));
  const std::string csv = t.read("s.csv");
  CHECK_THAT(csv, StartsWith("time_s,interval_s,LISTEN,SYN_SENT,"));
  CHECK_THAT(csv, Contains("\n0.01,0.01,1,1,1,0,"));  // the SYN has arrived
  CHECK_THAT(csv, Contains("\n60,0.01,"));
  t.lastack("run s.json --series - --quiet");
  CHECK_THAT(t.out(), StartsWith("time_s,"));
  CHECK(t.err().empty());
}

TEST_CASE("run: a series that would be too long gets longer intervals, with a warning",
          "[command]") {
  Prepared t{holds};
  t.lastack("run s.json --series s.csv --series-every 1us");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.err(), Contains("a series has at most 10000 rows, so there is one every 0.008"));
  t.run("wc -l < s.csv");
  CHECK(std::stoi(t.out()) <= 10'001);
  t.lastack("run s.json --series s.csv");
  CHECK(t.err().empty());
}

TEST_CASE("run: a series that cannot be is refused before anything runs", "[command]") {
  Prepared t{holds};
  for (const char* wrong : {"--series-every 10ms", "--series s.csv --series-every 10",
                            "--series s.csv --series-every 0s", "--series s.csv --summary s.csv",
                            "--series s.json", "--series missing/s.csv"}) {
    t.lastack(std::string{"run s.json "} + wrong);
    CAPTURE(wrong);
    CHECK(t.exit_code() == 2);
    CHECK(t.out().empty());
    CHECK_THAT(t.err(), StartsWith("lastack: error: "));
    CHECK(t.files() == Names{"s.json"});
  }
}

TEST_CASE("run: --series-every says what was wrong with a duration", "[command]") {
  Prepared t{holds};
  const auto refused = [&t](const std::string& text) {
    t.lastack("run s.json --series s.csv --series-every=" + text);
    CHECK(t.exit_code() == 2);
    CHECK(t.files() == Names{"s.json"});
    return t.err().substr(0, t.err().find('\n'));
  };
  CHECK(refused("10") ==
        "lastack: error: --series-every: want a duration with a unit such as \"10ms\", have 10");
  CHECK(refused("10m") ==
        "lastack: error: --series-every: want a duration in ns, us, ms, s, min or h, have 10m");
  CHECK(refused("-5ms") ==
        "lastack: error: --series-every: want a duration that is not negative, have -5ms");
  CHECK(refused("0s") ==
        "lastack: error: --series-every: want a duration above 0 such as 100ms, have 0s");
}

TEST_CASE("run: an empty argument is refused, not taken for none", "[command]") {
  Prepared t{holds};
  for (const char* option : {"--series", "--series-every", "--summary", "--trace", "--set"}) {
    t.lastack(std::string{"run s.json --series s.csv "} + option + " ''");
    CAPTURE(option);
    CHECK(t.exit_code() == 2);
    CHECK(t.out().empty());
    CHECK_THAT(t.err(), StartsWith(std::string{"lastack: error: "} + option +
                                   ": want a value, have none\n"));
    CHECK(t.files() == Names{"s.json"});
  }
  t.lastack("run ''");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), StartsWith("lastack: error: SCENARIO: want a value, have none\n"));
}

TEST_CASE("run: on a terminal a long run says how far it is, unless it is to be quiet",
          "[command]") {
  Prepared t{never_ends};
  t.run("script -qec true /dev/null");
  if (t.exit_code() != 0) return lastack::test::skipped("no pseudo-terminal here: " + t.err());
  const auto on_terminal = [&t](const std::string& options) {
    // Wide enough for the line of a slow run.
    t.run("script -qec \"stty cols 120; timeout -s INT 2 $LASTACK run s.json --set stop_at=900s " +
          options + "\" /dev/null");
    return t.out();
  };
  const std::string seen = on_terminal("");
  CHECK_THAT(seen, Contains(" left: ") && Contains(" s simulated, ") && Contains(" M events/s") &&
                       Contains(" of 9 M connections, "));
  CHECK_THAT(seen, Contains("Interrupted after "));
  CHECK(on_terminal("--quiet").find("simulated") == std::string::npos);
}

TEST_CASE("run: numbers and choices out of range are usage errors", "[command]") {
  Prepared t{holds};
  for (const char* wrong :
       {"--seed x", "--seed -1", "--columns 20", "--color pink", "--set", "--tarce a"}) {
    t.lastack(std::string{"run s.json "} + wrong);
    CHECK(t.exit_code() == 2);
    CHECK_THAT(t.err(), EndsWith("Try `lastack run --help`.\n"));
  }
  CHECK_THAT(t.err(), Contains("did you mean `--trace`?"));
}
