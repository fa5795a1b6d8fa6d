// `lastack sweep`, `merge` and `export`, and what a sweep's database is good for, as people and CI
// use them.
#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "small_sweeps.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

TEST_CASE("sweep: prints a table with intervals and what theory says", "[command]") {
  Sweeps t;
  t.lastack("sweep plain.json");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), StartsWith("retries\nHow often a lost SYN is sent again.\n\n"
                                 "tcp_syn_retries  runs  connect_ok"));
  CHECK_THAT(t.out(), Contains("theory"));
  CHECK(t.files() == std::vector<std::string>{"bad.json", "good.json", "percent.json", "plain.json",
                                              "wrong.json"});
}

TEST_CASE("sweep: exit code 1 when an expectation fails, which is reported with its combination",
          "[command]") {
  Sweeps t;
  t.lastack("sweep good.json -q");
  CHECK(t.exit_code() == 0);
  CHECK(t.out().empty());
  t.lastack("sweep bad.json -q --junit report.xml --github");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("failed bad.json\n       /expect/0\n"
                               "         wanted  connect_ok: at least 99.9 %\n"
                               "         seen    95.25 % (92.68 to 97.12)\n"));
  CHECK_THAT(t.out(), Contains("where   at tcp_syn_retries=1\n"));
  CHECK_THAT(t.out(), Contains("replay: lastack sweep bad.json\n"));
  CHECK_THAT(t.out(), Contains("::error file=bad.json"));
  CHECK_THAT(t.read("report.xml"), Contains("failures=\"1\""));
  t.lastack("sweep good.json --tap");
  CHECK_THAT(t.out(), StartsWith("TAP version 13\n1..1\nok 1 - good.json"));
}

TEST_CASE("sweep: what a comparison came to has units, and how many runs would tell", "[command]") {
  Sweeps t;
  std::string text = t.read("plain.json");
  text.insert(text.rfind('}'), R"(, "expect": [
      {"metric": "connect_time.p99", "where": {"tcp_syn_retries": 4},
       "against": {"tcp_syn_retries": 1}, "max_ratio": 1.05},
      {"metric": "connect_ok", "where": {"tcp_syn_retries": 1},
       "against": {"tcp_syn_retries": 4}, "min_ratio": 0.96}]})");
  text.pop_back();
  t.file("against.json", text);
  t.lastack("sweep against.json -q");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("  wanted  connect_time.p99 against tcp_syn_retries=1: max_ratio "
                               "1.05\n") &&
                          Contains(" s (") && Contains("; shown to break max_ratio 1.05\n"));
  CHECK_THAT(t.out(), Contains("; cannot tell for min_ratio 0.96: needs about "));
}

TEST_CASE("sweep: a comparison with what has no value says so in one clear sentence", "[command]") {
  Sweeps t;
  std::string text = t.read("plain.json");
  text.replace(text.find("\"links\""), 7, R"("stop_at": "200s", "links")");
  text.insert(text.rfind('}'), R"(, "under": [
      {"name": "dead", "set": {"links.0.loss": 1}}, {"name": "alive", "set": {"seed": 1}}],
    "expect": [{"metric": "connect_time", "under": "dead", "where": {"tcp_syn_retries": 4},
                "against": {"tcp_syn_retries": 1}, "max_ratio": 1},
               {"metric": "connect_time", "under": "dead", "where": {"tcp_syn_retries": 4},
                "against": {"under": "alive"}, "max_ratio": 1}])");
  t.file("none.json", text);
  t.lastack("sweep none.json -q");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("  seen    no run of either has a value, so nothing is compared\n"));
  CHECK_THAT(t.out(), Contains("  seen    no run has a value to compare with the other's "));
}

TEST_CASE("sweep: what it keeps can be exported, compared and gone on with", "[command]") {
  Sweeps t;
  t.lastack("sweep plain.json --db r.sqlite -q -j 2");
  REQUIRE(t.exit_code() == 0);
  t.lastack("export r.sqlite --csv r.csv --json r.json");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.read("r.csv"),
             StartsWith("hosts.client.sysctl.tcp_syn_retries,replication,seed,connect_ok,"));
  CHECK_THAT(t.read("r.json"), StartsWith("{\"name\":\"retries\"") && EndsWith("\n]}\n"));
  t.lastack("compare r.sqlite --by tcp_syn_retries");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), StartsWith("retries\ntcp_syn_retries against 1, 95 % intervals\n\n"
                                 "  tcp_syn_retries = 4: failures "));
  CHECK_THAT(t.out(), Contains("connect_ok         100 % (") && Contains(" higher by "));
  t.lastack("sweep plain.json --db r.sqlite -q");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("r.sqlite: exists already; --resume continues it"));
  t.lastack("sweep plain.json --db r.sqlite -q --resume");
  CHECK(t.exit_code() == 0);
}

TEST_CASE("report: writes a sweep as one page, and nothing where it cannot", "[command]") {
  Sweeps t;
  t.lastack("sweep plain.json --db s.sqlite -q");
  t.lastack("report s.sqlite -o page.html");
  CHECK(t.exit_code() == 0);
  CHECK(t.err().empty());
  CHECK_THAT(t.read("page.html"), StartsWith("<!doctype html>") && Contains(R"("name":"retries")"));
  t.lastack("report plain.json -o other.html");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("plain.json: "));
  t.lastack("report none.sqlite -o other.html");
  CHECK(t.exit_code() == 2);
  t.lastack("report s.sqlite");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--output is required"));
  t.lastack("report s.sqlite -o ./s.sqlite");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--output: want a file of its own, have ./s.sqlite"));
  t.lastack("export s.sqlite --csv s.sqlite");
  CHECK(t.exit_code() == 2);
  t.lastack("export s.sqlite --csv both --json ./both");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--json: want a file of its own, have ./both"));
  t.lastack("export s.sqlite --csv -");
  CHECK(t.exit_code() == 0);  // nothing has happened to it
  t.lastack("report s.sqlite -o no/such/folder.html");
  CHECK(t.exit_code() == 2);
  CHECK(t.files().size() == 7);  // the sweeps, the database, the page
}

TEST_CASE("sweep: one output only goes to stdout", "[command]") {
  Sweeps t;
  t.file("s.json", R"({"hosts": {"a": {}}})");
  t.lastack("sweep good.json --db s.sqlite -q");
  const Refusals cases{
      {"export s.sqlite --csv - --json -", "--json: want one output on stdout, have two"},
      {"export s.sqlite --csv - --summary /dev/stdout", "--summary: want one output on stdout"},
      {"run s.json --trace - --summary -", "want one output on stdout, have several"},
      {"run s.json --trace /dev/stdout --trace -", "want one output on stdout, have several"},
      {"test good.json --junit - --tap", "--junit: want one output on stdout, have --tap as well"},
      {"sweep good.json --junit - --github", "--junit: want one output on stdout"},
      {"compare s.sqlite s.sqlite --fail-if-worse connect_ok --junit - --tap",
       "--junit: want one output on stdout"},
  };
  refuses(t, cases);
  t.lastack("export s.sqlite --csv - --json /dev/null --summary /dev/null");
  CHECK(t.exit_code() == 0);
  t.lastack("run s.json s.json --summary -");  // one after the other
  CHECK(t.exit_code() == 0);
  for (const char* command :
       {"sweep good.json", "compare s.sqlite s.sqlite --fail-if-worse syn_sent"}) {
    t.lastack(std::string{command} + " --junit -");
    CHECK(t.exit_code() == 0);
    CHECK_THAT(t.out(), StartsWith("<?xml") && EndsWith("</testsuites>\n"));
    CHECK_THAT(t.err(), Contains("tcp_syn_retries"));
  }
}

TEST_CASE("sweep: shards, also of a cluster's, merge to the same table", "[command]") {
  Sweeps t;
  t.lastack("sweep plain.json --db all.sqlite -q");
  t.lastack("sweep plain.json --db 1.sqlite -q --shard 1/3");
  t.run("JOB_COMPLETION_INDEX=1 $LASTACK sweep plain.json --db 2.sqlite -q --shard auto/3");
  CHECK(t.exit_code() == 0);
  t.run(
      "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=5 $LASTACK sweep plain.json --db 3.sqlite -q "
      "--shard auto/3");
  CHECK(t.exit_code() == 0);
  t.lastack("merge whole.sqlite 3.sqlite 1.sqlite 2.sqlite");
  CHECK(t.exit_code() == 0);
  CHECK(t.out() == "whole.sqlite: 800 runs of 2 combinations from 3 parts\n");
  t.run(
      "$LASTACK export all.sqlite --csv - > a.csv; $LASTACK export whole.sqlite --csv - > b.csv; "
      "cmp a.csv b.csv");
  CHECK(t.exit_code() == 0);
  t.lastack("merge less.sqlite 3.sqlite 1.sqlite");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("shard 2 is missing"));
}

TEST_CASE("sweep: wrong input and usage end with exit code 2 and leave nothing", "[command]") {
  Sweeps t;
  const auto before = t.files();
  const Refusals cases{
      {"sweep wrong.json --db x.sqlite", "wrong.json: /metric: want a key of a sweep"},
      {"sweep percent.json",
       "percent.json: /expect/0/min: want a number from 0 to 1, as connect_ok is a share, have 99"},
      {"validate percent.json", "percent.json: /expect/0/min: want a number from 0 to 1"},
      {"sweep none.json", "none.json: cannot be read"},
      {"sweep plain.json --shard 0/3 --db x.sqlite", "--shard: want I/N with I from 1 to N"},
      {"sweep plain.json --shard 4/3 --db x.sqlite", "--shard: want I/N"},
      {"sweep plain.json --shard auto/3 --db x.sqlite", "want JOB_COMPLETION_INDEX or"},
      {"sweep plain.json --shard 1/3", "--shard: want --db as well"},
      {"sweep plain.json --resume", "--resume: want --db as well"},
      {"sweep plain.json --seed 18446744073709551616", "from 0 to 18446744073709551615"},
      {"sweep plain.json --seed -1", "--seed: want a whole number from 0"},
      {"sweep plain.json --junit plain.json", "--junit: want a file of its own"},
      {"sweep plain.json --db x.sqlite --junit ./x.sqlite", "--junit: want a file of its own"},
      {"sweep plain.json --db none/x.sqlite", "none/x.sqlite: cannot be opened"},
      {"export none.sqlite --csv -", "none.sqlite: there is no such file"},
      {"export plain.json --csv -", "plain.json: is no SQLite database"},
      {"export plain.json", "want --csv FILE, --json FILE or --summary FILE"},
      {"compare plain.json --by x", "plain.json: is no SQLite database"},
  };
  refuses(t, cases);
  CHECK(t.files() == before);
}

TEST_CASE("sweep: `lastack test` runs those that expect something", "[command]") {
  Sweeps t;
  t.lastack("test good.json bad.json plain.json --junit report.xml");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("failed bad.json\n") && Contains("replay: lastack sweep bad.json"));
  CHECK_THAT(t.out(), Contains("skipped plain.json: a sweep without `expect`"));
  CHECK_THAT(t.out(), Contains("2 sweeps ran: 1 held, 1 failed"));
  t.lastack("test wrong.json good.json --github");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.out(), Contains("bad    wrong.json: /metric: want a key of a sweep") &&
                          Contains("::error file=wrong.json,line=9,title=bad sweep::wrong.json"));
  t.lastack("validate good.json wrong.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.out(), Contains("good.json: ok"));
  CHECK_THAT(t.err(), Contains("wrong.json: /metric: want a key of a sweep"));
}

TEST_CASE("run: --worst makes a run of a database again", "[command]") {
  Sweeps t;
  t.lastack("sweep plain.json --db s.sqlite -q");
  t.lastack("run s.sqlite --worst connect_time.max --trace run.jsonl --summary run.json");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), StartsWith("retries: worst run by connect_time.max\n"
                                 "The worst run of retries by connect_time.max: ") &&
                          Contains(", with seed ") && Contains("tcp_syn_retries = 4."));
  t.lastack("run s.sqlite --worst connect_time.max:3 --trace worst.html -q");
  CHECK_THAT(t.read("worst.html"),
             Contains("retries: 3rd worst run by connect_time.max") &&
                 Contains("The 3rd worst run of retries by connect_time.max: "));
  t.lastack("run s.sqlite --worst connect_time.max --trace run.jsonl --summary run.json -q");
  t.sql(
      "s.sqlite 'SELECT seed, \"connect_time.max\" FROM run ORDER BY \"connect_time.max\" DESC, "
      "combination LIMIT 1'");
  const std::string seed = t.out().substr(0, t.out().find('|'));
  CHECK_THAT(t.read("run.json"), Contains("\"seed\": " + seed + ","));
  t.lastack("run s.sqlite --worst connect_time:2 -q --summary second.json");
  CHECK(t.exit_code() == 0);
  CHECK(t.read("second.json") != t.read("run.json"));
  const Refusals cases{
      {"run s.sqlite", "want --worst METRIC with a database"},
      {"run s.sqlite --worst peak", "want a metric of s.sqlite"},
      {"run s.sqlite --worst connect_time:0", "METRIC:K with K from 1"},
      {"run s.sqlite --worst connect_time --seed 3", "has its own seed and settings"},
      {"run plain.json --worst connect_time", "plain.json: is no SQLite database"},
  };
  refuses(t, cases);
}

TEST_CASE("run: --worst of a family takes the largest statistic that was kept", "[command]") {
  Sweeps t;
  std::string text = t.read("plain.json");
  const std::string kept = R"("connect_time", "syn_sent")";
  text.replace(text.find(kept), kept.size(),
               R"("connect_time.median", "connect_time.p90", "connect_time.mean")");
  t.file("few.json", text);
  t.lastack("sweep few.json --db few.sqlite -q");
  t.lastack("run few.sqlite --worst connect_time");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), StartsWith("retries: worst run by connect_time.p90\n"));
  t.lastack("run few.sqlite --worst connect_time.max");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--worst: want one of those that few.sqlite kept "
                               "(connect_time.mean, connect_time.median, connect_time.p90), have "
                               "connect_time.max"));
}

TEST_CASE("export: --summary has a row for each combination, over all its connections",
          "[command]") {
  Sweeps t;
  t.lastack("sweep plain.json --db s.sqlite -q");
  t.lastack("export s.sqlite --summary -");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(),
             StartsWith("hosts.client.sysctl.tcp_syn_retries,runs,connect_ok,connect_ok.low,"
                        "connect_ok.high,connect_time.mean,"));
  CHECK_THAT(t.out(), Contains("\n1,400,0.9") && Contains("\n4,400,1,"));
}

TEST_CASE("export, report, compare: of very many combinations those that have run", "[command]") {
  Sweeps t;
  std::string text = t.read("plain.json");
  text.replace(text.find(R"("repeat": 400)"), 13, R"("repeat": 1)");
  const std::string vary = R"("vary": {)";
  text.insert(text.find(vary) + vary.size(),
              R"("links.0.loss": {"from": 0, "to": 0.1, "steps": 9000},
                 "links.0.corrupt": {"from": 0, "to": 0.1, "steps": 9000}, )");
  t.file("huge.json", text);
  t.lastack("sweep huge.json --db huge.sqlite -q --shard 2/32400000");
  REQUIRE(t.exit_code() == 0);
  t.lastack("export huge.sqlite --summary -");
  CHECK(t.exit_code() == 0);
  const std::string rows = t.out();
  CHECK(std::count(rows.begin(), rows.end(), '\n') == 1 + 5);  // 162,000,000 / 32,400,000
  t.lastack("report huge.sqlite -o huge.html");
  CHECK(t.exit_code() == 0);
  t.lastack("compare huge.sqlite --by tcp_syn_retries");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("tcp_syn_retries = 4: "));
  t.lastack("compare huge.sqlite huge.sqlite");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("161999995 combinations that have not run"));
  t.lastack("compare huge.sqlite huge.sqlite --fail-if-worse connect_ok --unsure fail");
  CHECK(t.exit_code() == 1);
}

TEST_CASE("sweep: more columns than a database holds are refused before anything runs",
          "[command]") {
  Sweeps t;
  std::string hosts;
  std::string links;
  for (int i = 0; i < 250; ++i) {
    const std::string name = "h" + std::to_string(i);
    hosts += "\"" + name + "\": {}, ";
    links += R"(, {"a": ")" + name + R"(", "b": "server"})";
  }
  const auto sweep = [&](const std::string& metrics) {
    return R"({"scenario": {"hosts": {)" + hosts + R"("client": {}, "server": {}},
      "links": [{"a": "client", "b": "server"})" +
           links + R"(],
      "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}]},
      "vary": {"links.0.loss": [0, 0.1]})" +
           metrics + "}";
  };
  t.file("all.json", sweep(""));
  const char* wish = "want at most 2000 columns in a database, have ";
  for (const char* command : {"validate all.json", "sweep all.json --db all.sqlite"}) {
    t.lastack(command);
    CHECK(t.exit_code() == 2);
    CHECK_THAT(t.err(), Contains(wish) && Contains("name fewer in `metrics`"));
  }
  t.file("some.json", sweep(R"(, "metrics": ["time_in.SYN_SENT", "time_in.LAST_ACK",
    "time_in.ESTABLISHED", "time_in.TIME_WAIT", "time_in.SYN_RCVD", "time_in.FIN_WAIT_2"])"));
  t.lastack("sweep some.json --db some.sqlite -q");
  CHECK(t.exit_code() == 0);
  t.lastack("export some.sqlite --csv -");
  CHECK(t.exit_code() == 0);
}

TEST_CASE("sweep: every metric that the file names is shown, below each other where there are many",
          "[command]") {
  Sweeps t;
  std::string text = t.read("plain.json");
  const std::string kept = R"("metrics": ["connect_ok", "connect_time", "syn_sent"])";
  text.replace(
      text.find(kept), kept.size(),
      R"("metrics": ["connect_ok", "connect_time", "time_in.SYN_SENT", "bytes_delivered"])");
  t.file("many.json", text);
  t.lastack("sweep many.json");
  for (const char* name : {"connect_ok", "connect_time.mean", "connect_time.p99.9",
                           "connect_time.max", "time_in.SYN_SENT", "bytes_delivered"}) {
    INFO(name);
    CHECK_THAT(t.out(), Contains(name));
  }
  // Of single hosts only what the file names.
  CHECK_THAT(t.out(), !Contains("time_in.SYN_SENT.") &&
                          Contains("2 more metrics: name some in `metrics` to see them here; --db "
                                   "FILE keeps all\n"));
  text.replace(text.find("time_in.SYN_SENT"), 16, "time_in.SYN_SENT.client");
  t.file("one.json", text);
  t.lastack("sweep one.json");
  CHECK_THAT(t.out(), Contains("time_in.SYN_SENT.client") && !Contains("more metric"));
  CHECK_THAT(t.out(), !Contains("e+") && Contains("20 ms") && Contains(" %"));
}

TEST_CASE("sweep: without `metrics` those that differ are shown, and that there are more",
          "[command]") {
  Sweeps t;
  std::string text = t.read("plain.json");
  const std::string kept = R"("metrics": ["connect_ok", "connect_time", "syn_sent"], )";
  text.erase(text.find(kept), kept.size());
  t.file("all.json", text);
  t.lastack("sweep all.json --db all.sqlite");
  CHECK_THAT(t.out(), Contains("connect_ok") && Contains(" more metrics: name some in `metrics` to "
                                                         "see them here, or lastack export "
                                                         "all.sqlite --summary FILE\n"));
  text.replace(text.find("0.3"), 3, "0");  // then all combinations are alike
  t.file("alike.json", text);
  t.lastack("sweep alike.json");
  CHECK_THAT(t.out(), Contains("4                400   100 % ("));
}

TEST_CASE("sweep: a half width that was not reached is said", "[command]") {
  Sweeps t;
  std::string text = t.read("plain.json");
  text.replace(
      text.find(R"("repeat": 400)"), 13,
      R"("repeat": {"until": {"metric": "connect_ok", "half_width": 0.0005}, "max": 200})");
  t.file("narrow.json", text);
  t.lastack("sweep narrow.json");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(),
             Contains("Not as narrow as `until` asked:\n  connect_ok at tcp_syn_retries=1: has ±"));
}

TEST_CASE("sweep, compare: requests that are not answered are shown, unasked", "[command]") {
  Sweeps t;
  // A server that waits for 200 octets has no answer to 100.
  t.file("requests.json", R"({"scenario": {
      "hosts": {"client": {}, "server": {}}, "stop_at": "10s",
      "links": [{"a": "client", "b": "server", "delay": "10ms"}],
      "apps": [{"host": "server", "listen": 80, "steps": [{"recv": 100}, {"send": 10}]},
               {"host": "client", "connect": "server:80", "steps": [{"send": 100}, {"recv": 10}]}]},
    "vary": {"apps.0.steps.0.recv": [100, 200]}, "repeat": 20})");
  t.lastack("sweep requests.json --db r.sqlite");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("request_ok"));
  CHECK_THAT(t.out(), !Contains("connect_ok"));  // the same everywhere
  t.lastack("compare r.sqlite --by recv --metric request_ok");
  CHECK_THAT(t.out(), Contains("recv = 200: unanswered requests 0 % → 100 %"));
}

TEST_CASE("sweep: where the report cannot be written the runs are kept, and it says so",
          "[command]") {
  Sweeps t;
  t.lastack("sweep good.json --db s.sqlite -q --junit /dev/full");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("/dev/full: cannot be written: No space left on device; written "
                               "before it: s.sqlite (--resume judges its runs again)"));
  t.lastack("sweep good.json --db s.sqlite -q --resume --junit report.xml");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.read("report.xml"), Contains("failures=\"0\""));
  t.lastack("sweep good.json -q --junit /dev/full");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("No space left on device\n") && !Contains("written before it"));
}

TEST_CASE("sweep: of a database and a report that cannot both be made there is neither",
          "[command]") {
  Sweeps t;
  const auto before = t.files();
  t.lastack("sweep good.json --db s.sqlite -q --junit no/report.xml");
  CHECK(t.exit_code() == 2);
  t.lastack("sweep good.json --db no/s.sqlite -q --junit report.xml");
  CHECK(t.exit_code() == 2);
  CHECK(t.files() == before);
  t.lastack("sweep good.json --db s.sqlite -q");
  t.lastack("sweep good.json --db s.sqlite -q --junit report.xml");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("s.sqlite: exists already"));
  CHECK(t.files().size() == before.size() + 1);
}

TEST_CASE("sweep: a shard is not judged, so no report of it is asked for", "[command]") {
  Sweeps t;
  for (const char* report : {"--junit report.xml", "--tap", "--github"}) {
    t.lastack(std::string{"sweep good.json --db s.sqlite --shard 1/2 "} + report);
    CHECK(t.exit_code() == 2);
    CHECK_THAT(t.err(), Contains("want the whole sweep, have a shard"));
  }
  t.lastack("sweep good.json --db s.sqlite --shard 1/2 -q");
  CHECK(t.exit_code() == 0);
}

namespace {

/// A sweep over these numbers of idle hosts, 3 kB each at the least.
std::string of_hosts(const std::string& counts) {
  return R"({"scenario": {"hosts": {"c": {"count": 1000}}}, "vary": {"hosts.c.count": )" + counts +
         "}, \"repeat\": 1";
}

}  // namespace

TEST_CASE("sweep: a run that takes too much memory is told before the first one", "[command]") {
  Shell t;
  t.file("s.json", of_hosts("[1000, 1000000, 2000]") + "}");
  t.lastack("sweep s.json --db s.sqlite --max-memory 300M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.err(), Contains("s.json: takes at least 3.0 GB before its first event, more than "
                               "--max-memory 300M"));
  CHECK(t.files() == std::vector<std::string>{"s.json"});
  t.file("e.json", of_hosts("[1000, 1000000, 2000]") +
                       R"(, "expect": [{"metric": "segments_lost", "max": 0}]})");
  t.lastack("test e.json --max-memory 300M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.out(), Contains("e.json: takes at least 3.0 GB"));
}

TEST_CASE("sweep: runs side by side are held against the memory together", "[command]") {
  Shell t;
  t.file("s.json", of_hosts("[50000, 50001, 50002, 50003]") + "}");
  t.lastack("sweep s.json --db s.sqlite -j 4 --max-memory 400M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.err(),
             Contains("s.json: 4 runs side by side take at least 600 MB before their first events, "
                      "more than --max-memory 400M; one run at a time (-j 1) at least 150 MB"));
  CHECK(t.files() == std::vector<std::string>{"s.json"});
  if (takes_memory_of_its_own) {
    WARN("skipped: what fits, as the sanitizer's memory counts as well");
    return;
  }
  t.lastack("sweep s.json --db s.sqlite -j 1 --max-memory 400M -q");
  CHECK(t.exit_code() == 0);
  // There are only so many runs, whatever -j says.
  t.lastack("sweep s.json -j 64 --max-memory 700M -q");
  CHECK_THAT(t.err(), !Contains("side by side"));
}

TEST_CASE("sweep: past --max-memory it stops, keeps what ran, and goes on", "[command]") {
  Sweeps t;
  t.lastack("sweep plain.json --db s.sqlite --max-memory 1M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.err(), Contains("plain.json: stopped at --max-memory 1M after 0 runs, which are "
                               "kept; --resume goes on"));
  t.lastack("sweep plain.json --db s.sqlite --resume --max-memory 100G -q");
  CHECK(t.exit_code() == 0);
  t.lastack("test good.json --max-memory 1M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.out(), Contains("good.json: stopped at --max-memory 1M after 0 runs; 1 expectation "
                               "was not judged"));
}
