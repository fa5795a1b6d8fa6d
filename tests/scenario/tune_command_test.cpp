// `lastack tune`, as people use it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "shell.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A folder with a small objective: what can be met, what cannot, and what is wrong.
struct Objectives : Shell {
  Objectives() {
    const std::string start = R"({
  "name": "retries", "description": "How often a lost SYN is sent again.",
  "scenario": {
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.3}],
    "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}]
  },
  "settings": {"hosts.client.sysctl.tcp_syn_retries": [1, 2, 4],
               "hosts.client.sysctl.tcp_syn_linear_timeouts": [0]},
  "minimize": {"metric": "time_in.SYN_SENT"}, "runs_max": 3000)";
    file("good.json", start + R"(, "limits": [{"metric": "connect_ok", "min": 0.8}]})");
    file("hard.json", start + R"(, "limits": [{"metric": "connect_ok", "min": 0.99999}]})");
    file("wrong.json", start + R"(, "limits": [{"metric": "conect_ok", "min": 0.8}]})");
    file("slow.json", start + R"(, "limits": [{"metric": "bytes_delivered", "max": 1e-12}]})");
  }
};

}  // namespace

TEST_CASE("tune: names the best, the evidence and what a grid would have taken", "[command]") {
  Objectives t;
  t.lastack("tune good.json");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(),
             StartsWith("retries\nHow often a lost SYN is sent again.\n\n3 candidates under "
                        "1 condition: "));
  CHECK_THAT(t.out(), Contains("a plain grid that knows\nas much of every candidate takes "));
  CHECK_THAT(t.out(), Contains("Best: tcp_syn_retries=") && Contains("limit met, connect_ok: "));
  CHECK_THAT(t.out(),
             Contains("For /etc/sysctl.d of client") && Contains("\nnet.ipv4.tcp_syn_retries = "));
}

TEST_CASE("tune: threads change nothing that is printed, a seed does", "[command]") {
  Objectives t;
  t.lastack("tune good.json -j1");
  const std::string one = t.out();
  t.lastack("tune good.json -j3");
  CHECK(t.out() == one);
  t.lastack("tune good.json --seed 7");
  CHECK(t.out() != one);
}

TEST_CASE("tune: --sysctl writes the fragment, --csv a line for each candidate", "[command]") {
  Objectives t;
  t.lastack("tune good.json --quiet --sysctl 90-tcp.conf --csv evidence.csv");
  CHECK(t.exit_code() == 0);
  CHECK(t.out() == "");
  CHECK_THAT(t.read("90-tcp.conf"), StartsWith("# Best for \"retries\" by lastack tune: ") &&
                                        Contains("\nnet.ipv4.tcp_syn_retries = "));
  const std::string csv = t.read("evidence.csv");
  CHECK_THAT(csv, StartsWith("hosts.client.sysctl.tcp_syn_retries,"
                             "hosts.client.sysctl.tcp_syn_linear_timeouts,fate,connect_ok: runs,"));
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 4);
}

TEST_CASE("tune: --page writes the answer as a page, also where nobody meets the limits",
          "[command]") {
  Objectives t;
  t.lastack("tune good.json --quiet --page answer.html");
  CHECK(t.exit_code() == 0);
  CHECK(t.out() == "");
  CHECK_THAT(t.read("answer.html"), StartsWith("<!doctype html>") && Contains(R"("kind":"tune")") &&
                                        Contains(R"("name":"retries")"));
  t.lastack("tune hard.json --quiet -o hard.html");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.read("hard.html"), Contains(R"("front":[])"));
  t.lastack("tune good.json --quiet --page good.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--page"));
  t.lastack("tune good.json --quiet --page nowhere/answer.html");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("nowhere/answer.html"));
}

TEST_CASE("tune: exit code 1 when nobody meets the limits, with the nearest and its miss",
          "[command]") {
  Objectives t;
  t.lastack("tune hard.json --quiet --sysctl 90-tcp.conf");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("No candidate is known to meet all limits.\nThe nearest is "
                               "tcp_syn_retries=4") &&
                          Contains("misses it by"));
  CHECK(t.files() == std::vector<std::string>{"good.json", "hard.json", "slow.json", "wrong.json"});
}

TEST_CASE("tune: bad input is reported with file and place, exit code 2", "[command]") {
  Objectives t;
  t.lastack("tune wrong.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("wrong.json: /limits/0/metric: want a metric, have \"conect_ok\""));
  t.lastack("tune nowhere.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("nowhere.json"));
  t.lastack("tune good.json --jobs 0");
  CHECK(t.exit_code() == 2);
  t.lastack("tune good.json --sysctl no/such/folder/x.conf");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("no/such/folder/x.conf"));
}

TEST_CASE("tune: what it cannot write is reported before the search, and nothing is lost",
          "[command]") {
  Objectives t;
  const std::vector<std::string> files = t.files();
  for (const char* outputs : {"--csv good.json", "--sysctl ./good.json", "--csv x --sysctl x",
                              "--csv no/folder/x", "--sysctl no/folder/x", "--csv - --page -"}) {
    INFO(outputs);
    t.lastack(std::string{"tune good.json "} + outputs);
    CHECK(t.exit_code() == 2);
    CHECK(t.out() == "");
    CHECK(t.files() == files);
  }
  t.lastack("tune good.json --csv good.json");
  CHECK_THAT(t.err(), Contains("--csv: want a file of its own, have good.json"));
  t.lastack("validate good.json");
  CHECK(t.exit_code() == 0);
}

TEST_CASE("tune: what goes to stdout stands there alone", "[command]") {
  Objectives t;
  t.lastack("tune good.json --csv -");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), !Contains("Best: "));
  CHECK_THAT(t.err(), Contains("Best: ") && Contains("For /etc/sysctl.d"));
}

TEST_CASE("tune: interrupted, it prints what it knows, exit code 130 and no file", "[command]") {
  Objectives t;
  t.run(
      "sed -i 's/\"runs_max\": 3000/\"runs_max\": 100000000/' slow.json; "
      "$LASTACK tune slow.json --sysctl x.conf & sleep 2; kill -INT $!; wait $!");
  CHECK(t.exit_code() == 130);
  CHECK_THAT(t.err(), Contains("interrupted after "));
  CHECK_THAT(t.out(), Contains("The evidence"));
  CHECK(t.files() == std::vector<std::string>{"good.json", "hard.json", "slow.json", "wrong.json"});
}

TEST_CASE("tune: objectives are validated like scenarios, and skipped by test", "[command]") {
  Objectives t;
  t.lastack("validate good.json wrong.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.out(), Contains("good.json: ok"));
  CHECK_THAT(t.err(), Contains("/limits/0/metric"));
  t.lastack("test good.json");
  CHECK_THAT(t.out(), Contains("needs `lastack tune`"));
}

TEST_CASE("schema: objectives have one of their own", "[command]") {
  Shell t;
  t.lastack("schema objective");
  CHECK(t.exit_code() == 0);
  CHECK(nlohmann::json::parse(t.out())["properties"].contains("under"));
  t.lastack("schema objctive");
  CHECK(t.exit_code() == 2);
}

TEST_CASE("tune: what takes too much memory is told before the first run, exit code 3",
          "[command]") {
  Shell t;
  t.file("tune.json", R"({"scenario": {"hosts": {"c": {"count": 1000}}},
      "settings": {"hosts.c.count": [50000, 50001, 50002]},
      "minimize": {"metric": "segments_lost"}, "runs_max": 20})");
  t.lastack("tune tune.json -j 3 --csv x.csv --max-memory 100M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.err(), Contains("tune.json: takes at least 150 MB before its first event, more than "
                               "--max-memory 100M"));
  t.lastack("tune tune.json -j 3 --csv x.csv --max-memory 300M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.err(), Contains("tune.json: 3 runs side by side take at least 450 MB before their "
                               "first events, more than --max-memory 300M"));
  CHECK(t.files() == std::vector<std::string>{"tune.json"});
}

TEST_CASE("tune: past --max-memory it stops and writes no file, exit code 3", "[command]") {
  Objectives t;
  const auto before = t.files();
  t.lastack("tune good.json --max-memory 1M --csv x.csv");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.err(), Contains("good.json: stopped at --max-memory 1M after 0 runs; no file is "
                               "written"));
  CHECK(t.files() == before);
}
