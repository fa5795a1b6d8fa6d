// Limits of process and host are answered with the errors that a kernel gives.
#include <new>
#include <string>

#include <catch2/catch.hpp>

#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"
#include "story.hpp"

namespace lastack {
namespace {

using test::Story;

/// Four clients 10 ms apart that hold on, and a server with `limits` and steps.
std::string four_clients(const std::string& limits, const std::string& steps,
                         const std::string& more = "") {
  return R"("apps": [{"host": "server", "listen": 80, "limits": )" + limits + R"(, "steps": )" +
         steps + R"(},
    {"host": "client", "connect": "server:80", "count": 4, "every": "10ms",
     "steps": [{"hold": true}]}])" +
         more;
}

std::uint64_t counter(const Story& story, std::size_t host, const std::string& name) {
  const auto& counters = story.summary().hosts.at(host).counters;
  const auto found = counters.find(name);
  return found == counters.end() ? 0 : found->second;
}

TEST_CASE("limits: accept without a descriptor leaves the connection in the queue", "[run]") {
  // Three standard descriptors, one for the listener, two for connections.
  const Story story{four_clients(R"({"nofile": 6})", R"([{"hold": true}])")};
  CHECK(story.calls("server") ==
        "30 accept#1 accepted\n"
        "40 accept#2 accepted\n"
        "50 listen accept EMFILE\n");  // once, though two connections wait
  CHECK(story.summary().connects_ok == 4);
  CHECK(story.summary().accepts == 2);
  CHECK(story.summary().accept_errors.at("EMFILE") == 1);
  CHECK(story.summary().open_at_end.at("ESTABLISHED") == 8);
  CHECK(counter(story, 1, "TcpExtListenOverflows") == 0);
}

TEST_CASE("limits: accept goes on as soon as a descriptor is closed", "[run]") {
  const Story story{four_clients(R"({"nofile": 5})", R"([{"sleep": "1s"}, {"abort": true}])")};
  CHECK(story.calls("server") ==
        "30 accept#1 accepted\n"
        "40 listen accept EMFILE\n"
        "1030 accept#1 abort\n"
        "1030 accept#2 accepted\n"
        "2030 accept#2 abort\n"
        "2030 accept#3 accepted\n"
        "3030 accept#3 abort\n"
        "3030 accept#4 accepted\n"
        "4030 accept#4 abort\n");
}

TEST_CASE("limits: a handshake that ends in a reset says what was missing", "[run]") {
  const auto why = [](const std::string& host, const std::string& backlog) {
    const Story story{R"("hosts": {"client": {}, "server": {)" + host + R"(
        "sysctl": {"tcp_abort_on_overflow": 1}}},
      "apps": [{"host": "server", "listen": 80, "accept": false, "backlog": )" +
                      backlog + R"(},
        {"host": "client", "connect": "server:80"},
        {"host": "client", "connect": "server:80", "at": "100ms", "count": 2}])"};
    CHECK(story.sent("server", "R").at == sim_start + 130ms);
    return story
        .find<trace::StateChange>([](const trace::StateChange& change) {
          return change.from == tcp::State::syn_rcvd && change.to == tcp::State::closed;
        })
        .what;
  };
  CHECK(std::get<trace::StateChange>(why("", "1")).why == tcp::StateReason::accept_queue_full);
  CHECK(std::get<trace::StateChange>(why(R"("limits": {"sockets": 3},)", "5")).why ==
        tcp::StateReason::no_memory_for_socket);
}

TEST_CASE("limits: a shortage that comes again is logged again", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80, "limits": {"nofile": 5},
     "steps": [{"sleep": "100ms"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "count": 2, "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "at": "1s", "count": 2,
     "steps": [{"recv": "eof"}, {"close": true}]}])"};
  CHECK(story.summary().accepts == 4);
  CHECK(story.summary().accept_errors.at("EMFILE") == 2);
}

TEST_CASE("limits: the listener's own socket needs a descriptor too", "[run]") {
  const Story story{four_clients(R"({"nofile": 3})", "[]")};
  CHECK(story.calls("server") == "0 listen listen EMFILE\n");
  CHECK(story.summary().connect_errors.at("ECONNREFUSED") == 4);
}

TEST_CASE("limits: a listener that closes gives its descriptor back", "[run]") {
  const Story story{R"("sysctl": {"fs.file-max": 1}, "apps": [
    {"host": "server", "listen": 80, "close_at": "1s"},
    {"host": "server", "listen": 81, "at": "500ms"},
    {"host": "server", "listen": 82, "at": "1500ms"}])"};
  CHECK(story.calls("server") ==
        "500 listen listen ENFILE\n1000 listen close\n1500 listen listen ok\n");
}

TEST_CASE("limits: a failed listen gives its descriptor back", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80},
    {"host": "server", "listen": 80, "at": "500ms"},
    {"host": "server", "listen": 81, "at": "1s"}],
    "hosts": {"client": {}, "server": {"sysctl": {"fs.file-max": 2}}})"};
  CHECK(story.calls("server") == "500 listen listen EADDRINUSE\n1000 listen listen ok\n");
}

TEST_CASE("limits: socket() fails with EMFILE, and nothing is sent", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "count": 3, "every": "100ms",
     "limits": {"nofile": 5}, "steps": [{"send": 10}]}])"};
  CHECK(story.calls("client") ==
        "0 connect#1 connect\n20 connect#1 connected ok\n20 connect#1 send 10\n"
        "100 connect#2 connect\n120 connect#2 connected ok\n120 connect#2 send 10\n"
        "200 connect#3 connect\n200 connect#3 connected EMFILE\n");
  CHECK(story.segments(200ms, 210ms).empty());
  CHECK(story.summary().connections.at(2).result == tcp::Error::too_many_files);
}

TEST_CASE("limits: a connection that is closed or refused gives its descriptor back", "[run]") {
  const Story story{R"("apps": [
    {"host": "client", "connect": "server:81", "count": 3, "every": "100ms",
     "limits": {"nofile": 4}}])"};
  CHECK(story.summary().connect_errors.at("ECONNREFUSED") == 3);
  const Story closing{R"("apps": [{"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "count": 3, "every": "100ms",
     "limits": {"nofile": 4}, "steps": [{"close": true}]}])"};
  CHECK(closing.summary().connects_ok == 3);
}

TEST_CASE("limits: apps of one host are processes of their own, and share fs.file-max", "[run]") {
  const std::string two = R"([
    {"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "count": 2, "limits": {"nofile": 4}},
    {"host": "client", "connect": "server:80", "count": 2, "limits": {"nofile": 4}}])";
  const Story own{R"("apps": )" + two};
  CHECK(own.summary().connects_ok == 2);
  CHECK(own.summary().connect_errors.at("EMFILE") == 2);
  const Story shared{
      R"("hosts": {"client": {"sysctl": {"fs.file-max": 1}}, "server": {}}, "apps": )" + two};
  CHECK(shared.summary().connects_ok == 1);
  CHECK(shared.summary().connect_errors.at("EMFILE") == 1);  // its own limit is looked at first
  CHECK(shared.summary().connect_errors.at("ENFILE") == 2);
}

TEST_CASE("limits: fs.nr_open caps what a process may have", "[run]") {
  const std::string apps = R"("apps": [{"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "count": 80, "limits": {"nofile": "unlimited"}}])";
  CHECK(Story{apps}.summary().connects_ok == 80);
  const Story capped{R"("sysctl": {"fs.nr_open": 64}, )" + apps};
  CHECK(capped.summary().connect_errors.at("EMFILE") == 19);
}

TEST_CASE("limits: a file-max that is raised lets accept go on", "[run]") {
  const Story story{R"("hosts": {"client": {}, "server": {"sysctl": {"fs.file-max": 1}}},
    "events": [{"at": "1s", "host": "server", "sysctl": {"fs.file-max": 2}}], "apps": [
    {"host": "server", "listen": 80, "steps": [{"hold": true}]},
    {"host": "client", "connect": "server:80", "steps": [{"hold": true}]}])"};
  CHECK(story.calls("server") ==
        "30 listen accept ENFILE\n1000 host sysctl file-max=2\n1000 accept#1 accepted\n");
}

TEST_CASE("limits: sockets bound in advance hold their descriptors from the start", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 3, "every": "1s",
     "limits": {"nofile": 5}, "steps": [{"close": true}]}])"};
  CHECK(story.calls("client") ==
        "0 connect#1 connect\n20 connect#1 connected ok\n20 connect#1 close\n"
        "1000 connect#2 connect\n1020 connect#2 connected ok\n1020 connect#2 close\n"
        "2000 connect#3 connect\n2000 connect#3 connected EMFILE\n");
}

TEST_CASE("limits: a reboot closes everything, descriptors included", "[run]") {
  const Story story{R"("hosts": {"client": {"sysctl": {"fs.file-max": 1}}, "server": {}},
    "events": [{"at": "1s", "host": "client", "do": "reboot"}], "apps": [
    {"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "steps": [{"hold": true}]},
    {"host": "client", "connect": "server:80", "at": "500ms", "steps": [{"hold": true}]},
    {"host": "client", "connect": "server:80", "at": "2s", "steps": [{"hold": true}]}])"};
  CHECK(story.summary().connects_ok == 2);
  CHECK(story.summary().connect_errors.at("ENFILE") == 1);
}

TEST_CASE("limits: without memory for a socket the call fails with ENOBUFS, the ACK is dropped",
          "[run]") {
  const Story story{R"("hosts": {"client": {}, "server": {"limits": {"sockets": 2}}}, "apps": [
    {"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "count": 2, "steps": [{"hold": true}]},
    {"host": "server", "connect": "client:81", "at": "1s"}])"};
  CHECK(story.summary().connects_ok == 2);
  CHECK(story.summary().accepts == 1);
  CHECK(story.summary().connect_errors.at("ENOBUFS") == 1);
  CHECK(story.summary().discarded_by_reason.at("socket_limit") > 1);  // each SYN-ACK asks again
  CHECK(counter(story, 1, "TcpExtListenDrops") ==
        story.summary().discarded_by_reason.at("socket_limit"));
}

TEST_CASE("limits: orphans keep their memory but no descriptor", "[run]") {
  const std::string apps = R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"hold": true}]},
    {"host": "client", "connect": "server:80", "steps": [{"close": true}]},
    {"host": "client", "connect": "server:80", "at": "1s"},
    {"host": "client", "connect": "server:80", "at": "20min"}],
    "stop_at": "1h", "sysctl": {"tcp_orphan_retries": 3},
    "faults": [{"on": "client->server", "flags": "F.", "do": "drop"}], "hosts": {"server": {}, )";
  const Story memory{apps + R"("client": {"limits": {"sockets": 1}}})"};
  CHECK(memory.summary().connect_errors.at("ENOBUFS") == 1);
  CHECK(memory.summary().connects_ok == 2);
  const Story files{apps + R"("client": {"sysctl": {"file-max": 1}}})"};
  CHECK(files.summary().connects_ok == 2);
  CHECK(files.summary().connect_errors.at("ENFILE") == 1);  // the second keeps its socket
}

TEST_CASE("limits: a group's million connectors run out of ports, each member of its own",
          "[run]") {
  // A hundred hosts with a hundred ports each and 10,000 connections to open.
  const auto scenario = scenario::parse_scenario(R"({
    "profile": "textbook", "stop_at": "1s",
    "hosts": {"clients": {"count": 100, "sysctl": {"ip_local_port_range": "40000 40099"}},
              "server": {"sysctl": {"somaxconn": 100000, "tcp_max_syn_backlog": 100000}}},
    "links": [{"a": "clients", "b": "server", "delay": "10ms"}],
    "apps": [{"host": "server", "listen": 80, "backlog": 100000, "steps": [{"hold": true}]},
             {"host": "clients", "connect": "server:80", "count": 10000, "every": "10us",
              "steps": [{"hold": true}]}]})",
                                                 "million.json");
  run::Simulation simulation{scenario, 1};
  simulation.run();
  const run::Summary summary = simulation.summary();
  CHECK(summary.connects == 1'000'000);
  CHECK(summary.connects_ok == 10'000);
  CHECK(summary.connect_errors.at("EADDRNOTAVAIL") == 990'000);
  CHECK(summary.open_at_end.at("ESTABLISHED") == 20'000);
}

// --- The simulator's own memory ---

/// Connects one after the other for as long as it is let.
scenario::Scenario endless() {
  return test::usual_scenario(R"("stop_at": "1000h", "apps": [{"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "count": 1000000, "every": "10ms",
     "steps": [{"abort": true}]}])");
}

TEST_CASE("limits: a run that takes too much memory stops with what ran so far", "[run]") {
  const scenario::Scenario scenario = endless();
  trace::Recording recording;
  run::Simulation simulation{scenario, 1, {&recording}};
  int asked = 0;
  simulation.watch_memory([&asked] { return ++asked > 3; });
  simulation.run();
  const run::Summary summary = simulation.summary();
  CHECK(summary.out_of_memory);
  CHECK_FALSE(summary.interrupted);
  CHECK(asked == 4);
  CHECK(summary.events > 10'000);
  CHECK(summary.events < 20'000);
  CHECK(summary.connects > 1'000);
  CHECK(recording.ended() > sim_start + 10s);  // sinks were given the end
}

TEST_CASE("limits: a run that the system refuses memory ends likewise", "[run]") {
  const scenario::Scenario scenario = endless();
  run::Simulation simulation{scenario, 1};
  int asked = 0;
  simulation.watch_memory([&asked]() -> bool {
    if (++asked > 3) throw std::bad_alloc{};
    return false;
  });
  simulation.run();
  CHECK(simulation.summary().out_of_memory);
  CHECK(simulation.summary().connects > 1'000);
}

TEST_CASE("limits: a run with memory enough says so", "[run]") {
  const auto scenario = test::usual_scenario(R"("apps": [{"host": "server", "listen": 80}])");
  run::Simulation simulation{scenario, 1};
  simulation.watch_memory([] { return false; });
  simulation.run();
  CHECK_FALSE(simulation.summary().out_of_memory);
}

}  // namespace
}  // namespace lastack
