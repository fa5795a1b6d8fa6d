// `lastack compare`: values of a setting in one database, and two databases.
#include <catch2/catch.hpp>

#include "small_sweeps.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

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
  CHECK_THAT(t.out(), Contains("  tcp_syn_retries = 3: failures 5 % → 0 %, "));
  CHECK_THAT(t.out(), Contains("within noise: mean connect; too few runs to tell: 99th\n"));
}

TEST_CASE("compare: the cost at one host is said where the sum was not kept", "[command]") {
  DeadServer t{R"("time_in.SYN_SENT.proxy")"};
  t.lastack("compare dead.sqlite --by tcp_syn_retries --where under=dead");
  CHECK_THAT(t.out(), Contains("socket-seconds in SYN_SENT at proxy 3.06"));
}

TEST_CASE("compare: where nobody answers and no cost was kept, it says which to keep",
          "[command]") {
  const std::string advice =
      "No connect succeeds here. Keep the metric time_in.SYN_SENT to see how long\n"
      "  each takes to fail.\n";
  DeadServer t{R"("syn_sent")"};
  t.lastack("compare dead.sqlite --by tcp_syn_retries --where under=dead");
  CHECK_THAT(t.out(), Contains(advice));
  t.lastack("compare dead.sqlite --by tcp_syn_retries --where under=loss");
  CHECK_THAT(t.out(), !Contains("No connect succeeds"));
  DeadServer kept;
  kept.lastack("compare dead.sqlite --by tcp_syn_retries --where under=dead");
  CHECK_THAT(kept.out(), !Contains("No connect succeeds"));
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
                                 "/links/0/mtu is new: 1400;\n  "
                                 "/stop_at is new: \"300s\"; and 1 more\n"));
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
