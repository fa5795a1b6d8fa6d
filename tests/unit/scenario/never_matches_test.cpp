#include "lastack/scenario/never_matches.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "lastack/scenario/load.hpp"
#include "support.hpp"

namespace lastack::scenario {
namespace {

/// A client that connects from port 40000, clients that choose their ports, and a host that nobody
/// talks to, with one more section.
std::string with(const std::string& section) {
  return R"({"stop_at": "10s",
    "hosts": {"client": {}, "server": {}, "clients": {"count": 2}, "lonely": {}},
    "links": [{"a": "client", "b": "server"}, {"a": "clients", "b": "server"},
              {"a": "lonely", "b": "server"}],
    "apps": [{"host": "server", "listen": 80},
             {"host": "client", "connect": "server:80", "from_port": 40000, "count": 3, "every": "1s"},
             {"host": "clients", "connect": "server:80"}],
    )" + section +
         "}";
}

/// What is found there: "POINTER: PROBLEM" of the first, "" where nothing is.
std::string found_in(const std::string& section) {
  const std::vector<Unmatched> found = never_matches(parse_scenario(with(section), "s.json"));
  if (found.empty()) return "";
  CHECK(found.front().never);
  return found.front().pointer + ": " + found.front().problem;
}

std::string in_fault(const std::string& fault) {
  return found_in(R"("faults": [{"on": "client->server", "do": "drop", )" + fault + "}]");
}

std::string in_expectation(const std::string& expectation, const std::string& more = "") {
  return found_in(more + R"("expect": [)" + expectation + "]");
}

TEST_CASE("never matches: nothing of a scenario that makes sense", "[scenario]") {
  CHECK(in_fault(R"("flags": "F.", "payload": true, "nth": 1, "after": "10s")").empty());
  CHECK(in_fault(R"("flags": "P.")").empty());  // P makes no difference
  CHECK(in_expectation(R"({"segments": {"on": "server->clients", "flags": "R"}, "count": 0})")
            .empty());
  CHECK(in_expectation(R"({"call": "accepted", "host": "server", "count": 0})").empty());
  CHECK(in_expectation(R"({"state": "CLOSED", "socket": "client:40002", "at": "10s"})").empty());
  CHECK(in_expectation(R"({"state": "CLOSED", "socket": "clients[1]:50000"})").empty());
  CHECK(in_expectation(R"({"metric": "segments_lost", "max": 0})").empty());
}

TEST_CASE("never matches: flags that no segment has, and data where there is none", "[scenario]") {
  CHECK(
      in_fault(R"("flags": "F")") ==
      "/faults/0: could never match: every FIN carries an ACK, so its flags are \"F.\", not \"F\"");
  CHECK(in_fault(R"("flags": "SF")") ==
        "/faults/0: could never match: no segment has the flags \"FS\" "
        "(known: \"S\", \"S.\", \".\", \"F.\", \"R\", \"R.\")");
  CHECK(in_fault(R"("flags": "none")").find("the flags \"none\"") != std::string::npos);
  const std::string no_data = "/faults/0: could never match: no SYN or RST carries data";
  CHECK(in_fault(R"("flags": "S", "payload": true)") == no_data);
  CHECK(in_fault(R"("flags": "R.", "payload": true)") == no_data);
  CHECK(in_fault(R"("flags": "S", "payload": false)").empty());
  CHECK(in_expectation(R"({"segments": {"flags": "F"}, "count": 0})").starts_with("/expect/0: "));
}

TEST_CASE("never matches: a time after the end", "[scenario]") {
  const std::string late =
      "could never match: \"after\" is later than stop_at, the end of every run";
  CHECK(in_fault(R"("after": "10001ms")") == "/faults/0: " + late);
  CHECK(in_expectation(R"({"segments": {"after": "11s"}, "count": 0})") == "/expect/0: " + late);
  CHECK(in_expectation(R"({"call": "connected", "host": "client", "after": "11s", "count": 0})") ==
        "/expect/0: " + late);
  CHECK(in_expectation(R"({"state": "CLOSED", "socket": "client:40000", "at": "11s"})") ==
        "/expect/0: could never match: \"at\" is later than stop_at, the end of every run");
  CHECK(in_expectation(R"({"segments": {"after": "1s", "until": "1s"}, "count": 0})")
            .starts_with("/expect/0: could never match: no time is both "));
}

TEST_CASE("never matches: hosts that send each other nothing", "[scenario]") {
  CHECK(found_in(R"("faults": [{"on": "lonely->server", "do": "drop"}])") ==
        "/faults/0: could never match: no app connects \"lonely\" and \"server\"");
  CHECK(found_in(R"("faults": [{"on": "client->clients", "do": "drop"}])") ==
        "/faults/0: could never match: no app connects \"client\" and \"clients\"");
  CHECK(found_in(R"("faults": [{"on": "server->clients[1]", "do": "drop"}])").empty());
  CHECK_FALSE(in_expectation(R"({"segments": {"on": "server->lonely"}, "count": 0})").empty());
  const std::string forged = R"("inject": [{"at": "1s", "from": "lonely", "to": "server",
                                 "sport": 9, "dport": 80, "flags": "S"}], )";
  CHECK(in_expectation(R"({"segments": {"on": "server->lonely"}, "count": 1})", forged).empty());
}

TEST_CASE("never matches: a fault behind one that takes everything", "[scenario]") {
  const auto second = [](const std::string& first) {
    return found_in(R"("faults": [{"on": "client->server", "do": "drop")" + first + R"(},
      {"on": "client->server", "flags": "S", "do": "delay", "by": "1s", "after": "1s"}])");
  };
  const std::string taken =
      "/faults/1: could never apply: /faults/0 takes every segment that it matches";
  CHECK(second("") == taken);
  CHECK(second(R"(, "flags": "S")") == taken);
  CHECK(second(R"(, "flags": "S.")").empty());
  CHECK(second(R"(, "nth": 1)").empty());
  CHECK(second(R"(, "until": "5s")").empty());
  CHECK(second(R"(, "payload": false)").empty());
}

TEST_CASE("never matches: a forged segment that never arrives", "[scenario]") {
  const auto forged = [](const std::string& at, const std::string& events) {
    return found_in(R"("inject": [{"from": "client", "to": "server", "sport": 9, "dport": 80,
                                   "flags": "S", "at": ")" +
                    at + R"("}], "events": [)" + events + "]");
  };
  CHECK(forged("10s", "").empty());
  CHECK(forged("11s", "") ==
        "/inject/0: could never arrive: \"at\" is later than stop_at, the end of every run");
  const std::string off = R"({"at": "2s", "host": "server", "do": "power_off"})";
  CHECK(forged("1999ms", off).empty());
  CHECK(forged("2s", off) == "/inject/0: could never arrive: \"server\" is off then");
  CHECK(forged("4s", off + R"(, {"at": "3s", "host": "server", "do": "power_on"})").empty());
  CHECK(forged("4s", R"({"at": "3s", "host": "server", "do": "reboot"}, )" + off).empty());
}

TEST_CASE("never matches: calls that nobody makes, and sockets that nobody has", "[scenario]") {
  CHECK(in_expectation(R"({"call": "accepted", "host": "client", "count": 0})") ==
        "/expect/0: could never match: nobody calls \"accepted\" on \"client\"");
  CHECK(in_expectation(R"({"state": "CLOSED", "socket": "client:40003"})") ==
        "/expect/0: could never match: no app of \"client\" has a socket with port 40003");
  CHECK_FALSE(in_expectation(R"({"state": "CLOSED", "socket": "clients[0]:1024"})").empty());
  CHECK_FALSE(in_expectation(R"({"path": ["LISTEN"], "socket": "server:8080"})").empty());
  CHECK_FALSE(
      in_expectation(R"({"state": "CLOSED", "socket": "server:80", "peer": "client:5"})").empty());
  CHECK_FALSE(
      in_expectation(R"({"state": "CLOSED", "socket": "client:40000", "peer": "clients[0]:40000"})")
          .empty());
}

TEST_CASE("never matches: what holds whatever happens", "[scenario]") {
  const std::string always = "/expect/0: holds whatever happens: nothing is below 0";
  CHECK(in_expectation(R"({"segments": {}, "min": 0})") == always);
  CHECK(in_expectation(R"({"call": "connected", "host": "client", "min": 0})") == always);
  CHECK(in_expectation(R"({"metric": "connects", "min": 0})") == always);
  CHECK(in_expectation(R"({"metric": "connects", "min": 0, "max": 1})").empty());
}

TEST_CASE("never matches: names everything, in the file's order", "[scenario]") {
  const auto found = never_matches(parse_scenario(
      with(R"("expect": [{"metric": "connects", "min": 1}, {"metric": "connects", "min": 0}],
              "faults": [{"on": "client->server", "flags": "F", "do": "drop"},
                         {"on": "client->server", "do": "drop"},
                         {"on": "lonely->server", "do": "drop"}])"),
      "s.json"));
  REQUIRE(found.size() == 3);
  CHECK(found[0].pointer == "/faults/0");
  CHECK(found[1].pointer == "/faults/2");
  CHECK(found[2].pointer == "/expect/1");
}

TEST_CASE("expectation: a caller that an override has taken away is no error", "[scenario]") {
  const std::string json =
      with(R"("expect": [{"call": "connected", "host": "client", "who": "connect#3"}])");
  CHECK(problem_with(json).empty());
  CHECK(problem_with(json, {{"apps.1.count", "2"}}).empty());
  const auto found = never_matches(parse_scenario(json, "s.json", {{"apps.1.count", "2"}}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].problem ==
        "could never match: no \"connect#3\" calls \"connected\" on \"client\"");
  CHECK(problem_with(json, {{"expect.0.who", "connect#4"}})
            .find("/expect/0/who: want one who calls") != std::string::npos);
}

TEST_CASE("expectation: an app that cannot be read makes its caller no second error",
          "[scenario]") {
  std::string json =
      with(R"("expect": [{"call": "connected", "host": "clients", "who": "connect"}])");
  json.replace(json.find(R"("host": "clients", "connect")"), 17, R"("hots": "clients")");
  const auto errors = check_scenario_text(json, "s.json");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].pointer().starts_with("/apps/2"));
}

TEST_CASE("never matches: of many windows the first that takes all of another's", "[scenario]") {
  const auto windows = [](const std::string& list) {
    return found_in(R"("faults": [)" + list + "]");
  };
  const auto drop = [](const std::string& after, const std::string& until) {
    return R"({"on": "client->server", "after": ")" + after + R"(", "until": ")" + until +
           R"(", "do": "drop"})";
  };
  CHECK(windows(drop("1s", "2s") + "," + drop("2s", "3s") + "," + drop("1s", "3s")).empty());
  CHECK(windows(drop("4s", "5s") + "," + drop("1s", "4s") + "," + drop("1s", "3s") + "," +
                drop("2s", "3s"))
            .starts_with("/faults/2: could never apply: /faults/1 takes every segment"));
  CHECK(windows(drop("2s", "3s") + "," + drop("1s", "4s") + "," + drop("1s", "5s") + "," +
                drop("2s", "5s"))
            .starts_with("/faults/3: could never apply: /faults/2 takes every segment"));
  CHECK(windows(drop("1s", "2s") + "," + drop("1s", "2s"))
            .starts_with("/faults/1: could never apply: /faults/0 takes every segment"));
}

TEST_CASE("never matches: power of one member and of its group, whichever was last", "[scenario]") {
  const auto problem = [](const std::string& events, const std::string& at) {
    return found_in(R"("events": [)" + events + R"(], "inject": [{"at": ")" + at +
                    R"(", "from": "server", "to": "clients[1]", "sport": 80, "dport": 1,
                      "flags": "R"}])");
  };
  const std::string group_off = R"({"at": "1s", "host": "clients", "do": "power_off"})";
  const std::string member_on = R"({"at": "2s", "host": "clients[1]", "do": "reboot"})";
  const std::string other_on = R"({"at": "2s", "host": "clients[0]", "do": "power_on"})";
  const std::string off = "/inject/0: could never arrive: \"clients[1]\" is off then";
  CHECK(problem(group_off, "999ms").empty());
  CHECK(problem(group_off, "1s") == off);
  CHECK(problem(member_on + "," + group_off, "1500ms") == off);
  CHECK(problem(member_on + "," + group_off, "2s").empty());
  CHECK(problem(group_off + "," + other_on, "3s") == off);
  // Of one instant the last in the file counts.
  const std::string same_off = R"({"at": "2s", "host": "clients", "do": "power_off"})";
  CHECK(problem(member_on + "," + same_off, "2s") == off);
  CHECK(problem(same_off + "," + member_on, "2s").empty());
}

TEST_CASE("never matches: ports that several connectors of a host use", "[scenario]") {
  const auto state = [](const std::string& socket) {
    return found_in(R"("expect": [{"state": "CLOSED", "socket": ")" + socket + R"("}])");
  };
  CHECK(state("client:40000").empty());
  CHECK(state("client:40002").empty());
  CHECK_FALSE(state("client:40003").empty());
  CHECK_FALSE(state("client:39999").empty());
  CHECK(state("clients[0]:40003").empty());  // connect() may choose it
  CHECK_FALSE(state("lonely:40000").empty());
}

}  // namespace
}  // namespace lastack::scenario
