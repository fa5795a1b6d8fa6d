// `lastack explain`: what it prints, and what it answers to wrong input.
#include <catch2/catch.hpp>

#include "shell.hpp"
#include "small_scenarios.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A folder with a scenario, and with a small sweep of one over a lossy link.
struct Explained : Shell {
  Explained() {
    file("s.json", holds);
    file("lossy.json", R"({
  "hosts": {"client": {}, "server": {}},
  "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.3}],
  "apps": [{"host": "server", "listen": 80},
           {"host": "client", "connect": "server:80", "count": 5, "every": "1s"}]})");
    file("sweep.json", R"({
  "name": "retries", "scenario": "lossy.json",
  "vary": {"hosts.client.sysctl.tcp_syn_retries": [1, 4]},
  "metrics": ["connect_ok", "connect_time", "connect_error", "syn_sent"], "repeat": 30})");
  }
};

}  // namespace

TEST_CASE("explain: prints each outcome, why, and the steps with their rules", "[command]") {
  Explained t;
  t.lastack("explain s.json");
  CHECK(t.exit_code() == 0);
  CHECK(t.err().empty());
  CHECK_THAT(t.out(), StartsWith("client:40000 > server:80\n\n"
                                 "At 20 ms connect() of client succeeded after 20 ms.\n"
                                 "  RFC 9293, 3.5\n"
                                 "       0 s  The application of client called connect();"));
  CHECK_THAT(t.out(),
             Contains("\n     10 ms  The SYN arrived at server;") &&
                 Contains("\n            RFC 9293, 3.10.7.2\n") &&
                 Contains("client:40000 went from TIME_WAIT to CLOSED: timeout.\n  Why: "));
  CHECK_THAT(t.out(), !Contains("\x1b["));
}

TEST_CASE("explain: colours where they are asked for", "[command]") {
  Explained t;
  t.lastack("explain s.json --color always");
  CHECK_THAT(t.out(), StartsWith("\x1b[1mclient:40000 > server:80\x1b[0m\n"));
  t.lastack("explain s.json --color sometimes");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--color: want auto, always or never, have sometimes"));
}

TEST_CASE("explain: --set and --seed change the run as they do for run", "[command]") {
  Explained t;
  t.lastack("explain s.json --set links.0.loss=1 --set sysctl.tcp_syn_retries=1");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("connect() of client failed with ETIMEDOUT after 3 s.") &&
                          Contains("tcp_syn_retries = 1;"));
  t.lastack("explain lossy.json --seed 1");
  const std::string one = t.out();
  t.lastack("explain lossy.json --seed 2");
  CHECK(t.out() != one);
  t.lastack("explain lossy.json --seed 1");
  CHECK(t.out() == one);
}

TEST_CASE("explain: --socket chooses, and an unknown one is answered with those there are",
          "[command]") {
  Explained t;
  t.lastack("explain s.json --socket server:80");
  CHECK(t.exit_code() == 0);
  t.lastack("explain s.json --socket client:4000");
  CHECK(t.exit_code() == 2);
  CHECK(t.out().empty());
  CHECK_THAT(t.err(), Contains("--socket: want an end of a connection such as client:40000, have "
                               "client:4000"));
}

TEST_CASE("explain: with few retries and linear waits it is a time that ends a connect",
          "[command]") {
  Shell t;
  const std::string lost = "explain " LASTACK_SOURCE_DIR
                           "/scenarios/loss/syn_lost_for_ever_linux.json --set "
                           "hosts.client.sysctl.tcp_syn_retries=";
  t.lastack(lost + "1");
  CHECK_THAT(t.out(), Contains("failed with ETIMEDOUT after 3 s"));
  CHECK_THAT(t.out(), Contains("and the time for retries was over."));
  CHECK_THAT(t.out(), Contains("tcp_syn_retries = 1, which Linux takes as 3 s of time"));
  t.lastack(lost + "3");
  CHECK_THAT(t.out(), Contains("failed with ETIMEDOUT after 19 s"));
  CHECK_THAT(t.out(), Contains("and no retry was left."));
}

TEST_CASE("explain: --worst replays the worst run of a sweep, and says which that is",
          "[command]") {
  Explained t;
  t.lastack("sweep sweep.json --db s.sqlite -q");
  t.sql(
      "s.sqlite 'SELECT seed FROM run WHERE \"connect_time.max\" NOT NULL "
      "ORDER BY \"connect_time.max\" DESC, combination, replication LIMIT 1'");
  const std::string seed = t.out().substr(0, t.out().find('\n'));
  t.lastack("explain s.sqlite --worst connect_time");
  CHECK(t.exit_code() == 0);
  CHECK(t.err().empty());
  CHECK_THAT(t.out(), StartsWith("The worst run of retries by connect_time.max: ") &&
                          Contains("with seed " + seed) &&
                          Contains("\nlastack run s.sqlite --worst connect_time\n") &&
                          Contains("connect() of client succeeded after "));
  t.lastack("explain s.sqlite --worst connect_ok");  // the smallest: more is better
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("connect() of client failed with ETIMEDOUT"));
}

TEST_CASE("explain: a metric that a database has not is answered with those it has", "[command]") {
  Explained t;
  t.lastack("sweep sweep.json --db s.sqlite -q");
  t.lastack("explain s.sqlite --worst syn_send");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--worst: want a metric of s.sqlite (connect_ok, ") &&
                          Contains("have syn_send; nearest is syn_sent"));
  t.lastack("explain s.sqlite --worst connect_error");  // several, none of which it can mean
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("connect_error.ETIMEDOUT"));
}

TEST_CASE("explain: of a database with a hundred metrics some are named", "[command]") {
  Explained t;
  std::string text = t.read("sweep.json");
  const auto from = text.find("\"metrics\"");
  REQUIRE(from != std::string::npos);
  text.erase(from, text.find(']', from) - from + 2);
  t.file("all.json", text);
  t.lastack("sweep all.json --db s.sqlite -q");
  REQUIRE(t.exit_code() == 0);
  t.lastack("explain s.sqlite --worst syn_send");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(),
             Contains("(connect_ok, ") && Contains(" more), have syn_send; nearest is syn_sent"));
  CHECK(t.err().size() < 800);
}

TEST_CASE("explain: a database and --worst belong together", "[command]") {
  Explained t;
  t.lastack("sweep sweep.json --db s.sqlite -q");
  t.lastack("explain s.sqlite");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(),
             Contains("s.sqlite: want --worst METRIC with a database, one of connect_ok,"));
  t.lastack("explain s.json --worst connect_time");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("s.json: "));
  t.lastack("explain s.sqlite --worst connect_time --seed 3");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("want neither --seed nor --set"));
}

TEST_CASE("explain: wrong files are answered with what is wrong, and nothing is printed",
          "[command]") {
  Explained t;
  t.lastack("sweep sweep.json --db s.sqlite -q");
  t.sql("s.sqlite 'PRAGMA wal_checkpoint(TRUNCATE)'");
  t.run("cp s.sqlite other.sqlite");
  t.sql("other.sqlite 'PRAGMA user_version = 99'");
  t.run("head -c 5000 s.sqlite > cut.sqlite && : > empty.sqlite");
  t.file("broken.json", "{");
  const auto refused = [&](const std::string& arguments, const std::string& says) {
    t.lastack("explain " + arguments);
    CAPTURE(arguments, t.err());
    CHECK(t.exit_code() == 2);
    CHECK(t.out().empty());
    CHECK_THAT(t.err(), Contains(says));
  };
  refused("none.json", "none.json: ");
  refused("broken.json", "broken.json: ");
  refused("sweep.json", "sweep.json: want a scenario, have a sweep");
  refused("none.sqlite --worst connect_time", "none.sqlite: ");
  refused("other.sqlite --worst connect_time", "other.sqlite: has format 99; this program reads");
  refused("other.sqlite", "other.sqlite: has format 99; this program reads");
  refused("cut.sqlite --worst connect_time", "cut.sqlite: is damaged");
  refused("empty.sqlite --worst connect_time", "empty.sqlite: ");
  refused("empty.sqlite", "empty.sqlite: ");
}

TEST_CASE("explain: a run without connections has nothing to explain", "[command]") {
  Explained t;
  t.file("idle.json", expects_nothing);
  t.lastack("explain idle.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("idle.json: no connection was tried in this run"));
}

TEST_CASE("explain: a run that is too long to keep is refused with what to do", "[command]") {
  Explained t;
  t.file("long.json", never_ends);
  t.lastack("explain long.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("long.json: the run has more than 2000000 events") &&
                          Contains("--set stop_at=10s"));
}
