// `lastack sweep`, `merge`, `export` and `compare`, as people and CI use them.
#include <catch2/catch.hpp>

#include "shell.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

/// A folder with a small sweep: what holds, what does not, and what is wrong.
struct Sweeps : Shell {
  Sweeps() {
    const std::string start = R"({
  "name": "retries", "description": "How often a lost SYN is sent again.",
  "scenario": {
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.3}],
    "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}]
  },
  "vary": {"hosts.client.sysctl.tcp_syn_retries": [1, 4]},
  "metrics": ["connect_ok", "connect_time", "syn_sent"], "repeat": 400)";
    file("plain.json", start + "}");
    file("good.json", start + R"(, "expect": [{"metric": "connect_ok", "min": 0.8}]})");
    file("bad.json", start + R"(, "expect": [{"metric": "connect_ok", "min": 0.999}]})");
    file("wrong.json", start + R"(, "metric": ["peak"]})");
    file("percent.json", start + R"(, "expect": [{"metric": "connect_ok", "min": 99}]})");
  }
};

/// What is given to the program, and what it says of it.
using Refusals = std::vector<std::pair<std::string, std::string>>;

/// Each is answered with exit code 2 and its message; `command` stands before each.
void refuses(Shell& t, const Refusals& cases, const std::string& command = "") {
  for (const auto& [arguments, message] : cases) {
    INFO(arguments);
    t.lastack(command + arguments);
    CHECK(t.exit_code() == 2);
    CHECK_THAT(t.err(), Contains(message));
  }
}

}  // namespace

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

TEST_CASE("compare: what it cannot find is reported with what there is", "[command]") {
  Sweeps t;
  t.lastack("sweep plain.json --db r.sqlite -q");
  const Refusals cases{
      {"--by tcp_syn_retires", "--by: want a path of `vary`, have \"tcp_syn_retires\" (known: "},
      {"--by tcp_syn_retries --baseline 2", "--baseline: want a value of"},
      {"--by tcp_syn_retries --where loss", "--where: want KEY=VALUE, have loss"},
      {"--by tcp_syn_retries --metric conect_ok", "nearest is connect_ok"},
      {"--by tcp_syn_retries --where tcp_syn_retries=4", "want another path than that of --by"},
  };
  refuses(t, cases, "compare r.sqlite ");
}

namespace {

/// The small sweep with a dead server beside a loss, and with what sockets cost.
struct DeadServer : Sweeps {
  explicit DeadServer(const std::string& costs = R"("time_in.SYN_SENT", "peak.SYN_SENT")") {
    file("dead.json", R"({
  "scenario": {
    "hosts": {"proxy": {}, "backend": {}}, "stop_at": "200s",
    "links": [{"a": "proxy", "b": "backend", "delay": "10ms"}],
    "apps": [{"host": "backend", "listen": 80}, {"host": "proxy", "connect": "backend:80"}]
  },
  "under": [
    {"name": "loss", "set": {"links.0.loss": 0.3}},
    {"name": "dead", "set": {"events": [{"at": "0s", "host": "backend", "do": "power_off"}]}}],
  "vary": {"hosts.proxy.sysctl.tcp_syn_retries": [1, 3], "hosts.proxy.sysctl.tcp_sack": [1]},
  "metrics": ["connect_ok", "connect_time", )" +
                          costs + R"(], "repeat": 200})");
    lastack("sweep dead.json --db dead.sqlite -q");
  }
};

}  // namespace

TEST_CASE("compare: says unasked what a setting costs at a dead server", "[command]") {
  DeadServer t;
  t.lastack("compare dead.sqlite --by tcp_syn_retries");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("at under=dead tcp_sack=1\n"
                               "  tcp_syn_retries = 3: socket-seconds in SYN_SENT 3.06"));
  CHECK_THAT(t.out(),
             Contains("no value at either: mean connect, 99th percentile of\n  connect\n") &&
                 !Contains("SYN_SENT.proxy"));
  CHECK_THAT(t.out(), Contains("higher by 1.841 to 9.003 points"));
  t.lastack("compare dead.sqlite --by tcp_syn_retries --metric time_in.SYN_SENT");
  CHECK_THAT(t.out(), Contains("3                time_in.SYN_SENT  ") && !Contains(".proxy"));
  t.lastack("compare dead.sqlite --by under --where tcp_syn_retries=3 --metric connect_time.mean");
  CHECK_THAT(t.out(), Contains("  under = dead: no value at dead: mean connect\n"));
}

TEST_CASE("compare: what takes more runs is not called noise", "[command]") {
  DeadServer t;
  t.lastack("compare dead.sqlite --by tcp_syn_retries --where under=loss");
  CHECK_THAT(t.out(), Contains("  tcp_syn_retries = 3: failures 5 % → 0 %; too few runs to tell: "
                               "mean connect,\n"));
}

TEST_CASE("compare: the cost at one host is said where the sum was not kept", "[command]") {
  DeadServer t{R"("time_in.SYN_SENT.proxy")"};
  t.lastack("compare dead.sqlite --by tcp_syn_retries --where under=dead");
  CHECK_THAT(t.out(), Contains("socket-seconds in SYN_SENT at proxy 3.06"));
}

TEST_CASE("compare: where nothing differs it says so, without a table", "[command]") {
  Sweeps t;
  std::string text = t.read("plain.json");
  text.replace(text.find("0.3"), 3, "0");
  t.file("alike.json", text);
  t.lastack("sweep alike.json --db alike.sqlite -q");
  t.lastack("compare alike.sqlite --by tcp_syn_retries");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), EndsWith("95 % intervals\n\n  tcp_syn_retries = 4: nothing differs\n"));
}

TEST_CASE("compare: a sentence without figures has no table below it", "[command]") {
  DeadServer t;
  t.lastack(
      "compare dead.sqlite --by tcp_syn_retries --where under=dead --metric connect_time.p99");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), EndsWith("  tcp_syn_retries = 3: no value at either: 99th percentile of "
                               "connect\n"));
}

TEST_CASE("compare: what selects nothing is refused", "[command]") {
  DeadServer t;
  const Refusals cases{
      {"--by tcp_syn_retries --where under=dead --where under=loss",
       "--where: want each path once, have under twice"},
      {"--by tcp_sack", "--by: want a path of several values, hosts.proxy.sysctl.tcp_sack has one"},
  };
  refuses(t, cases, "compare dead.sqlite ");
}

TEST_CASE("sweep: `lastack test` runs those that expect something", "[command]") {
  Sweeps t;
  t.lastack("test good.json bad.json plain.json --junit report.xml");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("failed bad.json\n") && Contains("replay: lastack sweep bad.json"));
  CHECK_THAT(t.out(), Contains("skipped plain.json: a sweep without `expect`"));
  CHECK_THAT(t.out(), Contains("2 sweeps ran: 1 held, 1 failed"));
  t.lastack("validate good.json wrong.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.out(), Contains("good.json: ok"));
  CHECK_THAT(t.err(), Contains("wrong.json: /metric: want a key of a sweep"));
}

// --- Two databases ---

namespace {

/// The small sweep before and after a change: ten per cent more delay.
struct BeforeAndAfter : Sweeps {
  BeforeAndAfter() {
    std::string text = read("plain.json");
    file("base.json", text);
    text.replace(text.find("\"10ms\""), 6, "\"11ms\"");
    file("new.json", text);
    lastack("sweep base.json --db base.sqlite -q");
    lastack("sweep new.json --db new.sqlite -q");
  }
};

}  // namespace

TEST_CASE("compare: a build fails where a new database is worse than the base", "[command]") {
  BeforeAndAfter t;
  t.lastack("compare base.sqlite new.sqlite --fail-if-worse connect_time.median:5%");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(),
             StartsWith("new.sqlite against base.sqlite\n  another scenario: /links/0/delay "
                        "is \"11ms\", was \"10ms\"\n\n"));
  CHECK_THAT(t.out(), Contains("connect_time.median") && Contains("tcp_syn_retries=1") &&
                          Contains("  worse\n") && Contains("+2 ms"));
  t.lastack("compare base.sqlite new.sqlite --fail-if-worse connect_time.median:15%");
  CHECK(t.exit_code() == 0);
  t.lastack("compare new.sqlite base.sqlite --fail-if-worse connect_time.median");
  CHECK(t.exit_code() == 0);
  t.lastack(
      "compare base.sqlite base.sqlite --fail-if-worse connect_time.p99 "
      "--fail-if-worse connect_ok --unsure fail");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("the same in every pair"));
}

TEST_CASE("compare: a few of the places where two scenarios differ are named", "[command]") {
  BeforeAndAfter t;
  std::string text = t.read("base.json");
  const std::string links = R"("loss": 0.3)";
  text.replace(text.find(links), links.size(), R"("loss": 0.2, "mtu": 1400)");
  text.replace(text.find(R"("apps": [)"), 9, R"("stop_at": "300s", "apps": [)");
  text.replace(text.find(R"("listen": 80})"), 12, R"("listen": 80, "backlog": 9)");
  t.file("other.json", text);
  t.lastack("sweep other.json --db other.sqlite -q");
  t.lastack("compare base.sqlite other.sqlite");
  CHECK_THAT(t.out(), StartsWith("other.sqlite against base.sqlite\n"
                                 "  another scenario: /links/0/loss is 0.2, was 0.3; "
                                 "/links/0/mtu is new; /stop_at\n  is new; and 1 more\n"));
}

TEST_CASE("compare: without a rule two databases are shown, and nothing fails", "[command]") {
  BeforeAndAfter t;
  t.lastack("compare base.sqlite new.sqlite");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("connect_ok") && Contains("connect_time.p99") && Contains("worse"));
}

TEST_CASE("compare: what cannot be told passes or fails as it is asked", "[command]") {
  BeforeAndAfter t;
  // All took 2 ms longer, which is 0.07 % of the 99.9th percentile: no interval of 400 connects
  // tells.
  const std::string rule =
      "compare base.sqlite new.sqlite --fail-if-worse connect_time.p99.9:0.07% ";
  t.lastack(rule);
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("cannot tell"));
  t.lastack(rule + "--unsure fail");
  CHECK(t.exit_code() == 1);
  // Programs are told neither that it passed nor that it failed, but why it is open.
  t.lastack(rule + "--tap --junit open.xml --github");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains(" - connect_time.p99.9 at tcp_syn_retries=1 # SKIP cannot tell") &&
                          Contains("::warning title=cannot tell%3A connect_time.p99.9 at "));
  CHECK_THAT(t.read("open.xml"), Contains("<testsuite name=\"lastack compare\"") &&
                                     Contains("<skipped message=\"cannot tell"));
  t.lastack(rule + "--unsure fail --confidence 0.9 --junit failed.xml");
  CHECK_THAT(t.read("failed.xml"),
             Contains("<failure message=\"connect_time.p99.9 at tcp_syn_retries=1: cannot tell") &&
                 Contains("replay: lastack compare base.sqlite new.sqlite --fail-if-worse "
                          "'connect_time.p99.9:0.07%' --unsure fail --confidence 0.9&#10;"));
}

TEST_CASE("compare: a metric that one of two databases lacks is named with that database",
          "[command]") {
  BeforeAndAfter t;
  std::string text = t.read("base.json");
  const std::string kept = R"("connect_ok", "connect_time", "syn_sent")";
  text.replace(text.find(kept), kept.size(), R"("connect_ok")");
  t.file("less.json", text);
  t.lastack("sweep less.json --db less.sqlite -q");
  const Refusals cases{
      {"--fail-if-worse syn_sent",
       "--fail-if-worse: want a metric that less.sqlite kept (connect_ok), have syn_sent"},
      {"--metric syn_sent", "--metric: want a metric that less.sqlite kept (connect_ok)"},
  };
  refuses(t, cases, "compare less.sqlite new.sqlite ");
}

TEST_CASE("compare: of two databases only what can get worse is compared", "[command]") {
  Sweeps t;
  std::string text = t.read("plain.json");
  const std::string kept = R"("connect_ok", "connect_time", "syn_sent")";
  text.replace(text.find(kept), kept.size(), R"("time_in.ESTABLISHED", "time_in.SYN_SENT")");
  t.file("times.json", text);
  t.lastack("sweep times.json --db times.sqlite -q");
  t.lastack("compare times.sqlite times.sqlite --metric time_in");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("time_in.SYN_SENT") && !Contains("ESTABLISHED"));
  refuses(t, {{"compare times.sqlite times.sqlite --metric time_in.ESTABLISHED",
               "--metric: neither more nor less time_in.ESTABLISHED is better"}});
}

TEST_CASE("compare: CI servers read what the comparison came to", "[command]") {
  BeforeAndAfter t;
  const std::string compare =
      "compare base.sqlite new.sqlite --fail-if-worse connect_time.median:5% ";
  t.lastack(compare + "--tap --junit gate.xml --github");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), StartsWith("TAP version 13\n1..2\n"
                                 "not ok 1 - connect_time.median at tcp_syn_retries=1\n"));
  CHECK_THAT(t.out(), Contains("::error title=expectation failed%3A connect_time.median at"));
  CHECK_THAT(t.read("gate.xml"), Contains("failures=\"1\"") &&
                                     Contains("name=\"connect_time.median at tcp_syn_retries=4\""));
}

TEST_CASE("compare: what is wrong with two databases is said, and nothing is written",
          "[command]") {
  BeforeAndAfter t;
  t.lastack("sweep plain.json --db other.sqlite --seed 9 -q");
  const auto before = t.files();
  const Refusals cases{
      {"compare base.sqlite", "--by is required with one database"},
      {"compare base.sqlite --fail-if-worse connect_ok", "want two databases"},
      {"compare base.sqlite new.sqlite --by tcp_syn_retries", "want one database, have two"},
      {"compare base.sqlite new.sqlite base.sqlite", "have more"},
      {"compare base.sqlite new.sqlite --fail-if-worse connect_tim.p99", "nearest is connect_time"},
      {"compare base.sqlite new.sqlite --fail-if-worse connect_ok:5", "METRIC or METRIC:N%"},
      {"compare base.sqlite new.sqlite --fail-if-worse connect_ok=5%", "METRIC or METRIC:N%"},
      {"compare base.sqlite new.sqlite --fail-if-worse connect_ok:-5%", "a share from 0% up"},
      {"compare base.sqlite new.sqlite --unsure maybe", "want pass or fail, have maybe"},
      {"compare base.sqlite other.sqlite", "their runs are no pairs"},
      {"compare base.sqlite new.sqlite --junit new.sqlite", "want a file of its own"},
      {"compare base.sqlite plain.json", "plain.json: is no SQLite database"},
  };
  refuses(t, cases);
  CHECK(t.files() == before);
}

// --- Replaying and exporting ---

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
