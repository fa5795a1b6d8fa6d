// The program's help, and the commands that run nothing.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lastack/tcp/settings.hpp"
#include "shell.hpp"
#include "small_scenarios.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

std::string text_of(const std::string& path) {
  std::ifstream in{LASTACK_SOURCE_DIR "/" + path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The long options that a help text lists, without their dashes.
std::set<std::string> options_in(const std::string& help) {
  static const std::regex option{R"(\n  (?:-\w,)?--([a-z-]+))"};
  std::set<std::string> names;
  for (auto it = std::sregex_iterator{help.begin(), help.end(), option};
       it != std::sregex_iterator{}; ++it) {
    names.insert((*it)[1]);
  }
  return names;
}

}  // namespace

TEST_CASE("lastack: --help of the program and of each command has examples", "[command]") {
  Shell t;
  for (const char* command :
       {"", "run ", "test ", "sweep ", "merge ", "compare ", "tune ", "export ", "report ",
        "explain ", "validate ", "schema ", "sysctl ", "diff ", "kernel check ", "kernel run "}) {
    t.lastack(std::string{command} + "--help");
    CHECK(t.exit_code() == 0);
    CHECK_THAT(t.out(), Contains("Example") && Contains(std::string{"  lastack "} + command));
    CHECK(widest_line(t.out()) <= 100);
  }
  t.lastack("help run");
  CHECK_THAT(t.out(), Contains("Usage: lastack run"));
}

TEST_CASE("lastack: what --help lists, the man page explains and bash completes", "[command]") {
  const std::string page =
      std::regex_replace(text_of("tools/man/lastack.1"), std::regex{R"(\\-)"}, "-");
  const std::string completion = text_of("tools/completion/lastack.bash");
  Shell t;
  for (const char* command : {"run", "test", "tune", "report", "explain", "validate", "schema",
                              "sysctl", "diff", "kernel check", "kernel run"}) {
    t.lastack(std::string{command} + " --help");
    const std::set<std::string> options = options_in(t.out());
    CHECK(options.count("help") == 1);
    for (const std::string& option : options) {
      CHECK_THAT(page, Contains("--" + option));
      CHECK_THAT(completion, Contains("--" + option));
    }
  }
}

TEST_CASE("lastack: --version names the program and its version", "[command]") {
  Shell t;
  t.lastack("--version");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), StartsWith("lastack 0."));
}

TEST_CASE("lastack: an unknown command is answered with the nearest", "[command]") {
  Shell t;
  t.lastack("vaildate");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("did you mean `validate`?"));
  t.lastack("xyzzy");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(),
             Contains("want one of run, test, sweep, merge, compare, tune, export, report, "
                      "explain, validate, schema, sysctl, diff, kernel"));
}

TEST_CASE("lastack: an option before the command is answered with what comes first", "[command]") {
  Shell t;
  t.lastack("--quiet run s.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("want a command (run, test, sweep, merge, compare, tune, export, "
                               "report, explain, validate, schema, sysctl, diff, kernel) first"));
}

TEST_CASE("lastack: a scenario in place of a command is answered with how to run it", "[command]") {
  Shell t;
  t.file("s.json", holds);
  t.lastack("s.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("lastack run s.json"));
}

TEST_CASE("lastack: without a command it shows its help, exit code 2", "[command]") {
  Shell t;
  t.lastack("");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("Usage: lastack"));
  CHECK(t.out().empty());
}

TEST_CASE("validate: says ok, or every error with its place", "[command]") {
  Shell t;
  t.file("good.json", holds);
  t.file("bad.json", two_mistakes);
  t.lastack("validate good.json");
  CHECK(t.exit_code() == 0);
  CHECK(t.out() == "good.json: ok\n");
  t.lastack("validate bad.json good.json");
  CHECK(t.exit_code() == 2);
  CHECK(t.out() == "good.json: ok\n");
  CHECK_THAT(t.err(),
             Contains("bad.json: /links/0/dely: want ") && Contains("bad.json: /links/1/delay: "));
}

TEST_CASE("validate: what could never match is a warning, with --strict an error", "[command]") {
  Shell t;
  t.file("s.json", with_faults(R"({"on": "client->server", "flags": "F", "do": "drop"})"));
  t.lastack("validate s.json");
  CHECK(t.exit_code() == 0);
  CHECK(t.out() == "s.json: ok\n");
  CHECK_THAT(t.err(), StartsWith("lastack: warning: s.json: /faults/0: could never match: "));
  t.lastack("validate -q s.json");
  CHECK(t.err().empty());
  t.lastack("validate --strict -q s.json");
  CHECK(t.exit_code() == 2);
  CHECK(t.out().empty());
  CHECK_THAT(t.err(), StartsWith("lastack: error: s.json: /faults/0: could never match: "));
}

TEST_CASE("validate: in a folder, files that are no scenarios are skipped, named ones are not",
          "[command]") {
  Shell t;
  t.file("tree/other.json", "{}");
  t.lastack("validate tree");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("tree/other.json: skipped"));
  t.lastack("validate tree/other.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("hosts"));
}

TEST_CASE("schema: prints the schema that the catalogue's scenarios name", "[command]") {
  Shell t;
  t.lastack("schema");
  CHECK(t.exit_code() == 0);
  CHECK(nlohmann::json::parse(t.out())["$schema"] == "http://json-schema.org/draft-07/schema#");
  t.lastack("schema | cmp - " LASTACK_SOURCE_DIR "/scenarios/scenario.schema.json");
  CHECK(t.exit_code() == 0);
}

TEST_CASE("sysctl: lists every setting, in lines of at most 80 columns", "[command]") {
  Shell t;
  t.lastack("sysctl");
  CHECK(t.exit_code() == 0);
  CHECK(widest_line(t.out()) <= 80);
  for (const auto& setting : lastack::tcp::setting_infos()) {
    CHECK_THAT("\n" + t.out(), Contains("\n" + std::string{setting.name} + " = "));
  }
}

TEST_CASE("sysctl file: what was passed over is told once, by every command", "[command]") {
  Shell t;
  t.file("host.conf", "net.ipv4.tcp_ecn = 1\nnet.ipv4.tcp_tw_recycle = 1\n");
  const std::string scenario = R"({"hosts": {"client": {"sysctl_file": "host.conf"},
                                             "server": {"sysctl_file": "host.conf"}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [{"host": "server", "listen": 80},
             {"host": "client", "connect": "server:80", "steps": [{"close": true}]}],
    "expect": [{"metric": "connects_ok", "equals": 1}]})";
  t.file("s.json", scenario);
  t.file("sweep.json", "{\"scenario\": " + scenario +
                           R"(, "vary": {"links.0.delay": ["1ms", "2ms", "3ms"]}, "repeat": 2,
                               "expect": [{"metric": "connect_ok", "equals": 1}]})");
  const std::string warnings =
      "lastack: warning: host.conf:2: net.ipv4.tcp_tw_recycle: gone since Linux 4.12\n"
      "lastack: warning: host.conf: 1 setting of the file is not modelled: tcp_ecn\n";
  for (const char* what : {"run s.json", "run -q s.json", "validate s.json", "test s.json",
                           "sweep sweep.json", "validate sweep.json", "test sweep.json"}) {
    INFO(what);
    t.lastack(what);
    CHECK(t.err() == warnings);
    CHECK(t.exit_code() == 0);
  }
  t.lastack("validate --quiet s.json");
  CHECK(t.err() == "");
}

TEST_CASE("sysctl file: a file as people write it", "[command]") {
  Shell t;
  t.file("as-people-write.conf",
         "# the settings of a host\n"
         "net.ipv4.ip_local_port_range = 40000\t40009\n"
         "net.ipv4.ip_local_reserved_ports = 40002-40007\n");
  t.file("s.json", R"({"hosts": {"client": {"sysctl_file": "as-people-write.conf"}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [{"host": "server", "listen": 80},
             {"host": "client", "connect": "server:80", "count": 12}],
    "expect": [{"metric": "connects_ok", "equals": 4},
               {"metric": "connect_errors.EADDRNOTAVAIL", "equals": 8}]})");
  t.lastack("run s.json");
  CHECK(t.exit_code() == 0);
  CHECK(t.err() == "");
}

TEST_CASE("sysctl: one setting, by either of its names", "[command]") {
  Shell t;
  t.lastack("sysctl net.ipv4.tcp_syn_retries");
  CHECK_THAT(t.out(), StartsWith("tcp_syn_retries = 6 (linux-6, linux-4), "));
  CHECK_THAT(t.out(), Contains("Range: 1 to 127 segments. Source: "));
  t.lastack("sysctl tcp_syn_retries --profile textbook");
  CHECK_THAT(t.out(), StartsWith("tcp_syn_retries = 5\n"));
}

TEST_CASE("sysctl: what differs between two profiles", "[command]") {
  Shell t;
  t.lastack("sysctl --profile linux-6.1 --against linux-6.6");
  CHECK(t.exit_code() == 0);
  CHECK(t.out() ==
        "linux-6.1 -> linux-6.6: 1 setting and 0 rules differ\n"
        "tcp_syn_linear_timeouts: 0 -> 4\n"
        "    since Linux 6.5 (commit ccce324dabfe)\n"
        "Not yet settings in linux-6.1: tcp_syn_linear_timeouts (6.5), tcp_shrink_window\n"
        "(6.5)\n");
  t.lastack("sysctl --profile linux-6 --against linux-6.18");
  CHECK(t.out() == "linux-6 -> linux-6.18: 0 settings and 0 rules differ\n");
  t.lastack("sysctl --profile rfc9293 --against textbook");
  CHECK_THAT(t.out(), Contains("blind_attacks: is challenged -> ends\n"));
  t.lastack("sysctl --against linux-6");
  CHECK(t.exit_code() == 2);
  t.lastack("sysctl --profile linux-6 --against linux-7");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--against: want one of linux-6, "));
}

TEST_CASE("sweep: the profile may be varied", "[command]") {
  Shell t;
  t.file("sweep.json", R"({"scenario": {"hosts": {"client": {}, "server": {}}, "stop_at": "4s",
      "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 1}],
      "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}]},
    "vary": {"profile": ["linux-5.15", "linux-6.18"]},
    "expect": [{"metric": "syn_sent", "where": {"profile": "linux-5.15"}, "equals": 3},
               {"metric": "syn_sent", "where": {"profile": "linux-6.18"}, "equals": 4}]})");
  t.lastack("sweep sweep.json");
  INFO(t.out() + t.err());
  CHECK(t.exit_code() == 0);
}

TEST_CASE("sysctl: an unknown name is answered with the nearest", "[command]") {
  Shell t;
  t.lastack("sysctl tcp_sync_retries");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("did you mean `tcp_syn_retries`?"));
  t.lastack("sysctl tcp_ecn");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("does not model"));
  t.lastack("sysctl --profile linux");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("linux-6, linux-4, rfc9293, textbook"));
}
