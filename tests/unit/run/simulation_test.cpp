#include "lastack/run/simulation.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/scenario/load.hpp"
#include "story.hpp"

namespace lastack {
namespace {

using test::Story;

/// A server that reads to the end and closes, and a client that closes half a second later.
constexpr const char* open_and_close = R"("apps": [
  {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
  {"host": "client", "connect": "server:80", "from_port": 40000,
   "steps": [{"sleep": "500ms"}, {"close": true}]}])";

std::string with(const char* apps, const std::string& more) { return apps + (", " + more); }

TEST_CASE("Simulation: three segments open, four close", "[run]") {
  const Story story{open_and_close};
  CHECK(story.segments() ==
        "0 client S\n"
        "10 server S.\n"
        "20 client .\n"
        "520 client F.\n"
        "530 server .\n"
        "530 server F.\n"
        "540 client .\n");
  CHECK(story.calls() ==
        "0 client connect connect\n"
        "20 client connect connected ok\n"
        "30 server accept#1 accepted\n"
        "520 client connect close\n"
        "530 server accept#1 recv eof 0\n"
        "530 server accept#1 close\n");
  CHECK(
      story.states("client") ==
      "0 SYN_SENT\n20 ESTABLISHED\n520 FIN_WAIT_1\n540 FIN_WAIT_2\n540 TIME_WAIT\n60540 CLOSED\n");
}

TEST_CASE("Simulation: it ends when nothing is left to happen", "[run]") {
  const Story story{open_and_close};
  CHECK(story.summary().simulated_seconds == Approx(60.54));
  CHECK(story.recording().ended() == sim_start + 60540ms);
}

TEST_CASE("Simulation: cancelled timers do not prolong it", "[run]") {
  // The client's RTO and the server's SYN-ACK timer were armed for a second and are cancelled.
  const Story story{R"("apps": [
    {"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "steps": [{"hold": true}]}])"};
  CHECK(story.summary().simulated_seconds == Approx(0.03));
}

TEST_CASE("Simulation: cancelled timers beyond stop_at are nothing left to happen", "[run]") {
  const Story story{R"("stop_at": "500ms", "apps": [
    {"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "steps": [{"hold": true}]}])"};
  CHECK(story.summary().simulated_seconds == Approx(0.03));
}

TEST_CASE("Simulation: stop_at cuts it, and closes nothing", "[run]") {
  const Story story{with(open_and_close, R"("stop_at": "10s")")};
  CHECK(story.summary().simulated_seconds == 10);
  CHECK(story.summary().open_at_end.at("TIME_WAIT") == 1);
  CHECK(story.states("client").ends_with("540 TIME_WAIT\n"));
}

TEST_CASE("Simulation: a stop from outside is noted", "[run]") {
  const auto scenario = test::usual_scenario(open_and_close);
  run::Simulation simulation{scenario, 1};
  const std::atomic<bool> stop{true};
  simulation.run(&stop);
  CHECK(simulation.summary().interrupted);
}

TEST_CASE("Simulation: the third segment lost, the server gives up on its own clock", "[run]") {
  const Story story{R"("sysctl": {"tcp_synack_retries": 2}, "apps": [
      {"host": "server", "listen": 80},
      {"host": "client", "connect": "server:80", "from_port": 40000, "steps": [{"hold": true}]}],
    "faults": [{"on": "client->server", "flags": ".", "do": "drop"}])"};
  CHECK(story.segments() ==
        "0 client S\n"
        "10 server S.\n"
        "20 client . lost\n"
        "1010 server S.\n"
        "1020 client . lost\n"
        "3010 server S.\n"
        "3020 client . lost\n"
        "7010 server R\n");
  CHECK(story.summary().segments_lost == 3);
  CHECK(story.summary().retransmitted_by_cause.at("synack_timeout") == 2);
}

TEST_CASE("Simulation: after a failed connect the steps are not run", "[run]") {
  const Story story{R"("apps": [
    {"host": "client", "connect": "server:81", "steps": [{"send": 10}, {"close": true}]}])"};
  CHECK(story.calls() == "0 client connect connect\n20 client connect connected ECONNREFUSED\n");
  CHECK(story.summary().connect_errors.at("ECONNREFUSED") == 1);
  CHECK(story.summary().connections.at(0).connect_time == SimDuration{20ms});
}

TEST_CASE("Simulation: a step that fails is logged by its key, and the next one runs", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"abort": true}]},
    {"host": "client", "connect": "server:80",
     "steps": [{"recv": "eof"}, {"send": 5}, {"close": true}]}])"};
  CHECK(story.calls("client") ==
        "0 connect connect\n"
        "20 connect connected ok\n"
        "40 connect recv ECONNRESET\n"
        "40 connect send EPIPE\n"
        "40 connect close\n");
}

TEST_CASE("Simulation: recv counts bytes, and EOF cuts it short", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80,
     "steps": [{"recv": 100}, {"recv": 1000}, {"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80",
     "steps": [{"send": 300}, {"shutdown": "write"}, {"recv": "eof"}, {"close": true}]}])"};
  CHECK(story.calls("server") ==
        "30 accept#1 accepted\n"
        "30 accept#1 recv 100\n"
        "30 accept#1 recv 200\n"
        "30 accept#1 recv eof 0\n"
        "30 accept#1 close\n");
  CHECK(story.summary().bytes_delivered == 300);
}

TEST_CASE("Simulation: a sleeping application does not read, and sleeps to the nanosecond",
          "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80,
     "steps": [{"sleep": "1000001ns"}, {"recv": 10}, {"until": "2s"}, {"recv": 10}]},
    {"host": "client", "connect": "server:80",
     "steps": [{"send": 20}, {"hold": true}]}])"};
  CHECK(story.call("server", "recv", 1).at == sim_start + 30ms + 1000001ns);
  CHECK(story.call("server", "recv", 2).at == sim_start + 2s);
}

TEST_CASE("Simulation: large transfers arrive whole, both ways", "[run]") {
  const Story story{R"("links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.02}],
    "apps": [
    {"host": "server", "listen": 80,
     "steps": [{"recv": 1000000}, {"send": 500000}, {"close": true}]},
    {"host": "client", "connect": "server:80",
     "steps": [{"send": 1000000}, {"recv": "eof"}, {"close": true}]}])"};
  const auto result = [](const trace::Event& e) {
    return std::get<std::uint64_t>(std::get<trace::AppCall>(e.what).result);
  };
  CHECK(result(story.call("server", "recv")) == 1'000'000);
  CHECK(result(story.call("client", "recv eof")) == 500'000);
  CHECK(story.summary().segments_retransmitted > 0);
}

TEST_CASE("Simulation: a listener accepts from its time on, or never", "[run]") {
  const Story later{R"("apps": [
    {"host": "server", "listen": 80, "accept": "5s", "steps": [{"recv": 10}]},
    {"host": "client", "connect": "server:80", "steps": [{"send": 10}, {"hold": true}]}])"};
  CHECK(later.calls("server") == "5000 accept#1 accepted\n5000 accept#1 recv 10\n");
  const Story never_accepts{R"("apps": [
    {"host": "server", "listen": 80, "accept": false},
    {"host": "client", "connect": "server:80", "steps": [{"hold": true}]}])"};
  CHECK(never_accepts.calls("server").empty());
  CHECK(never_accepts.summary().accepts == 0);
}

TEST_CASE("Simulation: a connector with a count numbers its connections", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 3, "every": "50ms"}])"};
  CHECK(story.calls("client") ==
        "0 connect#1 connect\n"
        "20 connect#1 connected ok\n"
        "50 connect#2 connect\n"
        "70 connect#2 connected ok\n"
        "100 connect#3 connect\n"
        "120 connect#3 connected ok\n");
  CHECK(story.summary().connections.at(2).local == "client:40002");
}

TEST_CASE("Simulation: a group's members are hosts of their own", "[run]") {
  const Story story{R"("hosts": {"clients": {"count": 2}, "server": {}},
    "links": [{"a": "clients", "b": "server", "delay": "10ms"}],
    "apps": [{"host": "server", "listen": 80}, {"host": "clients", "connect": "server:80"}])"};
  CHECK(story.calls() ==
        "0 clients[0] connect connect\n"
        "0 clients[1] connect connect\n"
        "20 clients[0] connect connected ok\n"
        "20 clients[1] connect connected ok\n"
        "30 server accept#1 accepted\n"
        "30 server accept#2 accepted\n");
}

TEST_CASE("Simulation: connections whose port is taken fail when their time comes", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80},
    {"host": "client", "listen": 40000},
    {"host": "client", "connect": "server:80", "from_port": 65535, "count": 1}])"};
  CHECK(story.summary().connects_ok == 1);
}

TEST_CASE("Simulation: segments may be as long as a packet can be", "[run]") {
  const Story story{R"("links": [{"a": "client", "b": "server", "mtu": 65535}], "apps": [
    {"host": "server", "listen": 80},
    {"host": "client", "connect": "server:80", "steps": [{"send": 100}]}])"};
  CHECK(story.summary().connects_ok == 1);
}

TEST_CASE("Simulation: power off silences a host, power on finds all as it was", "[run]") {
  const Story story{with(open_and_close, R"("events": [
    {"at": "400ms", "host": "server", "do": "power_off"},
    {"at": "2s", "host": "server", "do": "power_on"}])")};
  CHECK(story.segments(500ms, 10s) ==
        "520 client F. lost\n"
        "1520 client F. lost\n"
        "3520 client F.\n"
        "3530 server .\n"
        "3530 server F.\n"
        "3540 client .\n");
  CHECK(story.calls("server") ==
        "30 accept#1 accepted\n"
        "400 host power_off\n"
        "2000 host power_on\n"
        "3530 accept#1 recv eof 0\n"
        "3530 accept#1 close\n");
}

TEST_CASE("Simulation: on its way when the power goes is discarded at the host", "[run]") {
  const Story story{with(open_and_close, R"("events": [
    {"at": "5ms", "host": "server", "do": "power_off"}], "stop_at": "500ms")")};
  CHECK(story.segments() == "0 client S discarded\n");
  const auto& drop = std::get<trace::Drop>(story.events().back().what);
  CHECK(drop.place == trace::DropPlace::host);
  CHECK(drop.reason == trace::DropReason{trace::LossReason::host_off});
}

TEST_CASE("Simulation: a reboot loses everything and sends nothing", "[run]") {
  const Story story{with(open_and_close, R"("events": [
    {"at": "100ms", "host": "server", "do": "reboot"}], "stop_at": "10s")")};
  CHECK(story.states("server") ==
        "0 LISTEN\n10 SYN_RCVD\n30 ESTABLISHED\n100 CLOSED\n100 CLOSED\n");
  CHECK(story.segments(100ms) == "520 client F.\n530 server R\n");
  CHECK(story.calls("server") == "30 accept#1 accepted\n100 host reboot\n");
}

TEST_CASE("Simulation: applications whose time comes after a reboot run on the new stack",
          "[run]") {
  const Story story{R"("apps": [
      {"host": "server", "listen": 80},
      {"host": "client", "connect": "server:80", "from_port": 40000, "steps": [{"hold": true}]},
      {"host": "client", "connect": "server:80", "from_port": 50000, "at": "2s"}],
    "events": [{"at": "1s", "host": "client", "do": "reboot"}])"};
  CHECK(story.calls("client") ==
        "0 connect connect\n"
        "20 connect connected ok\n"
        "1000 host reboot\n"
        "2000 connect connect\n"
        "2020 connect connected ok\n");
}

TEST_CASE("Simulation: a reboot ends an application in mid-step without a word", "[run]") {
  const Story story{R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "client", "connect": "server:80",
       "steps": [{"sleep": "2s"}, {"send": 1}, {"close": true}]}],
    "events": [{"at": "1s", "host": "client", "do": "reboot"}])"};
  CHECK(story.calls("client") == "0 connect connect\n20 connect connected ok\n1000 host reboot\n");
  CHECK(story.summary().simulated_seconds == 1);
}

TEST_CASE("Simulation: a reboot cuts off a connect that has no result yet", "[run]") {
  const Story story{R"("apps": [{"host": "client", "connect": "server:80"}],
    "events": [{"at": "5ms", "host": "client", "do": "reboot"}])"};
  CHECK(story.calls("client") == "0 connect connect\n5 host reboot\n");
  const run::ConnectionSummary& connection = story.summary().connections.at(0);
  CHECK(connection.cut_off == run::CutOff::rebooted);
  CHECK(run::to_text(story.summary(), 100).find("cut off by a reboot") != std::string::npos);
}

// --- What an application does while it is connecting ---

TEST_CASE("Simulation: shutdown ends a connect, which says ECONNRESET", "[run]") {
  // Linux, inet_shutdown: whatever is shut down, SYN_SENT is left; asked of the kernel.
  const std::string how = GENERATE("read", "write", "both");
  const Story story{R"("apps": [
      {"host": "server", "listen": 80},
      {"host": "client", "connect": "server:80",
       "while_connecting": [{"sleep": "5ms"}, {"shutdown": ")" +
                    how + R"("}], "steps": [{"send": 1}]}])"};
  CHECK(story.calls("client") ==
        "0 connect connect\n5 connect shutdown " + how + "\n5 connect connected ECONNRESET\n");
  CHECK(story.summary().open_at_end.count("SYN_SENT") == 0);
}

TEST_CASE("Simulation: whoever closes while connecting hears no result", "[run]") {
  const std::string step = GENERATE("close", "abort");
  const Story story{R"("apps": [
      {"host": "server", "listen": 80},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "while_connecting": [{"until": "5ms"}, {")" +
                    step + R"(": true}], "steps": [{"send": 1}]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "at": "1s"}])"};
  CHECK(story.calls("client") == "0 connect connect\n5 connect " + step +
                                     "\n1000 connect connect\n1020 connect connected ok\n");
  const run::ConnectionSummary& connection = story.summary().connections.at(0);
  CHECK(connection.cut_off == run::CutOff::closed);
  CHECK(story.summary().connects == 2);
  CHECK(story.summary().connects_ok == 1);
  CHECK(run::to_text(story.summary(), 100).find("closed while connecting") != std::string::npos);
}

TEST_CASE("Simulation: when connect has its result, the steps go on whatever was left", "[run]") {
  const Story story{R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "client", "connect": "server:80",
       "while_connecting": [{"setsockopt": {"TCP_NODELAY": 1}}, {"sleep": "50ms"},
                            {"close": true}],
       "steps": [{"send": 1}, {"sleep": "100ms"}, {"close": true}]}])"};
  CHECK(story.calls("client") ==
        "0 connect connect\n"
        "20 connect connected ok\n"
        "20 connect send 1\n"
        "120 connect close\n");
}

TEST_CASE("Simulation: close in SYN_RCVD of a simultaneous open closes in order", "[run]") {
  const Story story{R"("apps": [
      {"host": "server", "connect": "client:40000", "from_port": 80,
       "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "while_connecting": [{"sleep": "15ms"}, {"close": true}]}])"};
  CHECK(story.calls("client") == "0 connect connect\n15 connect close\n");
  CHECK(story.calls("server") ==
        "0 connect connect\n"
        "20 connect connected ok\n"
        "25 connect recv eof 0\n"
        "25 connect close\n");
  CHECK(story.summary().connections.at(1).cut_off == run::CutOff::closed);
}

TEST_CASE("Simulation: shutdown in SYN_RCVD waits for the handshake with Linux", "[run]") {
  const Story story{R"("profile": "linux-6", "apps": [
      {"host": "server", "connect": "client:40000", "from_port": 80,
       "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "while_connecting": [{"sleep": "15ms"}, {"shutdown": "write"}],
       "steps": [{"recv": "eof"}, {"close": true}]}])"};
  CHECK(story.calls("client") ==
        "0 connect connect\n"
        "15 connect shutdown write\n"
        "20 connect connected ok\n"
        "40 connect recv eof 0\n"
        "40 connect close\n");
}

TEST_CASE("Simulation: counters and times outlive a reboot in the summary", "[run]") {
  const Story story{R"("apps": [
      {"host": "server", "listen": 80},
      {"host": "client", "connect": "server:80", "steps": [{"hold": true}]}],
    "events": [{"at": "1020ms", "host": "client", "do": "reboot"}])"};
  const run::HostSummary& client = story.summary().hosts.at(0);
  CHECK(client.counters.at("TcpActiveOpens") == 1);
  CHECK(client.socket_seconds[static_cast<std::size_t>(tcp::State::established)] == Approx(1));
  CHECK(client.peak[static_cast<std::size_t>(tcp::State::established)] == 1);
}

TEST_CASE("Simulation: a link that is down loses, then carries again", "[run]") {
  const Story story{with(open_and_close, R"("events": [
    {"at": "500ms", "link": ["client", "server"], "do": "down"},
    {"at": "1s", "link": ["client", "server"], "do": "up"}])")};
  CHECK(story.segments(500ms, 2s) ==
        "520 client F. lost\n"
        "1520 client F.\n"
        "1530 server .\n"
        "1530 server F.\n"
        "1540 client .\n");
  CHECK(story.call("client", "link_down").at == sim_start + 500ms);
  CHECK(std::get<std::string>(
            std::get<trace::AppCall>(story.call("client", "link_up").what).result) ==
        "client-server");
}

TEST_CASE("Simulation: the trace says by which of a host's links a segment went", "[run]") {
  const Story story{R"("routers": ["slow", "fast"],
    "links": [{"a": "client", "b": "slow", "delay": "50ms"},
              {"a": "client", "b": "fast", "delay": "5ms"},
              {"a": "slow", "b": "server", "delay": "50ms"},
              {"a": "fast", "b": "server", "delay": "5ms"}],
    "apps": [{"host": "client", "connect": "server:80"}])"};
  const trace::Event& syn = story.sent("client", "S");
  CHECK(std::get<trace::Send>(syn.what).link == trace::LinkId{1});
  const trace::Event& arrival = story.find<trace::Receive>([](const auto&) { return true; });
  CHECK(std::get<trace::Receive>(arrival.what).link == trace::LinkId{3});
}

TEST_CASE("Simulation: of a group's links one member's can go down", "[run]") {
  const Story story{R"("hosts": {"clients": {"count": 3}, "server": {}},
    "links": [{"a": "clients", "b": "server", "delay": "10ms"}],
    "apps": [{"host": "clients", "connect": "server:80"}],
    "events": [{"at": "0s", "link": ["clients[1]", "server"], "do": "down"}],
    "stop_at": "500ms")"};
  CHECK(story.segments() ==
        "0 clients[0] S\n"
        "0 clients[1] S lost\n"
        "0 clients[2] S\n"
        "10 server R.\n"
        "10 server R.\n");
}

TEST_CASE("Simulation: connections to two listeners of a host have one numbering", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80}, {"host": "server", "listen": 81},
    {"host": "client", "connect": "server:80"}, {"host": "client", "connect": "server:81"}])"};
  CHECK(story.calls("server") == "30 accept#1 accepted\n30 accept#2 accepted\n");
}

TEST_CASE("Simulation: a listener that closes resets what nobody accepted", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80, "accept": false, "close_at": "1s"},
    {"host": "client", "connect": "server:80", "steps": [{"recv": "eof"}]}])"};
  CHECK(story.calls() ==
        "0 client connect connect\n"
        "20 client connect connected ok\n"
        "1000 server listen close\n"
        "1010 client connect recv ECONNRESET\n");
}

TEST_CASE("Simulation: a listener that starts late says how it went", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80, "at": "1s"},
    {"host": "client", "connect": "server:80"},
    {"host": "client", "connect": "server:80", "at": "2s"}])"};
  CHECK(story.calls() ==
        "0 client connect connect\n"
        "20 client connect connected ECONNREFUSED\n"
        "1000 server listen listen ok\n"
        "2000 client connect connect\n"
        "2020 client connect connected ok\n"
        "2030 server accept#1 accepted\n");
}

TEST_CASE("Simulation: routers carry a connection over several hops", "[run]") {
  const Story story{R"("routers": ["r1", "r2"], "links": [
      {"a": "client", "b": "r1", "delay": "1ms"}, {"a": "r1", "b": "r2", "delay": "8ms"},
      {"a": "r2", "b": "server", "delay": "1ms"}],
    "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}])"};
  CHECK(story.segments() == "0 client S\n10 server S.\n20 client .\n");
}

TEST_CASE("Simulation: applications run when every segment of the instant is in", "[run]") {
  // Data and FIN arrive together: what the server reads first is all of it.
  const Story story{R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"send": 10}, {"close": true}]},
    {"host": "client", "connect": "server:80",
     "steps": [{"send": 3000}, {"shutdown": "write"}, {"recv": "eof"}, {"close": true}]}])"};
  CHECK(story.calls("server") ==
        "30 accept#1 accepted\n30 accept#1 recv eof 3000\n30 accept#1 send 10\n"
        "30 accept#1 close\n");
}

TEST_CASE("Simulation: a setting changed by an event holds from then on", "[run]") {
  const Story story{R"("apps": [
      {"host": "client", "connect": "server:80", "from_port": 40000, "at": "1s"}],
    "faults": [{"on": "client->server", "do": "drop"}],
    "events": [{"at": "500ms", "host": "client", "sysctl": {"tcp_syn_retries": 1}}])"};
  CHECK(story.calls("client") ==
        "500 host sysctl tcp_syn_retries=1\n"
        "1000 connect connect\n"
        "4000 connect connected ETIMEDOUT\n");
}

TEST_CASE("Simulation: an injected segment arrives as if it came over the wire", "[run]") {
  const Story story{with(open_and_close, R"("inject": [
    {"at": "200ms", "from": "client", "to": "server", "sport": 40000, "dport": 80,
     "flags": "R", "seq": "iss+1"}])")};
  CHECK(story.segments(100ms, 1s) == "200 forged client R\n520 client F.\n530 server R\n");
  const trace::Event& forged = story.sent("client", "R");
  CHECK(std::get<trace::Send>(forged.what).segment.seq ==
        std::get<trace::Send>(story.sent("client", "S").what).segment.seq + 1U);
  const auto id = std::get<trace::Send>(forged.what).id;
  const trace::Event& arrival =
      story.find<trace::Receive>([&](const trace::Receive& r) { return r.id == id; });
  CHECK(arrival.at == sim_start + 200ms);
  CHECK(story.cause_of(arrival) == &forged);
  CHECK(story.summary().segments_sent == 5);  // forged ones aside
}

TEST_CASE("Simulation: a relative number of a connection that is gone counts from its SYN",
          "[run]") {
  const Story story{R"("apps": [
      {"host": "client", "connect": "server:80", "from_port": 40000}],
    "inject": [{"at": "1s", "from": "client", "to": "server", "sport": 40000, "dport": 80,
                "flags": ".", "seq": "iss+1", "ack": 7}])"};
  const auto& syn = std::get<trace::Send>(story.sent("client", "S").what).segment;
  const auto& forged = std::get<trace::Send>(story.sent("client", ".").what).segment;
  CHECK(forged.seq == syn.seq + 1U);
  CHECK(forged.ack == tcp::Seq{7});
}

/// What the server's first acknowledgment covers after 10 octets with this TSval.
std::uint32_t covered_after(const std::string& val) {
  const Story story{with(open_and_close, R"("profile": "linux-6", "inject": [
    {"at": "200ms", "from": "client", "to": "server", "sport": 40000, "dport": 80, "flags": "P.",
     "seq": "iss+1", "ack": "iss+1", "len": 10, "options": [{"ts": [")" +
                                             val + R"(", "ts"]}]}])")};
  const auto& syn = std::get<trace::Send>(story.sent("client", "S").what).segment;
  return std::get<trace::Send>(story.sent("server", ".").what).segment.ack - syn.seq;
}

TEST_CASE("Simulation: PAWS takes an injected segment by its timestamp", "[run]") {
  CHECK(covered_after("ts+1") == 11);
  CHECK(covered_after("ts") == 11);
  CHECK(covered_after("ts-1") == 11);    // Linux allows for one tick (TCP_PAWS_WINDOW)
  CHECK(covered_after("ts-1000") == 1);  // RFC 7323, 5.3: acknowledged and dropped
}

TEST_CASE("Simulation: SACK blocks that cannot be are passed over", "[run]") {
  const auto sent_after = [](const std::string& blocks) {
    const Story story{R"("profile": "linux-6", "apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": "eof"}]},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "steps": [{"sleep": "200ms"}, {"send": 5000}]}],
      "faults": [{"on": "client->server", "payload": true, "do": "drop"}],
      "inject": [{"at": "225ms", "from": "server", "to": "client", "sport": 80, "dport": 40000,
                  "flags": ".", "seq": "iss+1", "ack": "iss+1",
                  "options": [{"ts": ["ts", "ts"]}, {"sack": )" +
                      blocks + "}]}]"};
    return story.segments(225ms, 250ms);
  };
  const std::string nothing = "225 forged server .\n";
  CHECK(sent_after(R"([["iss+1449", "iss+4345"]])") != nothing);  // two segments and more
  CHECK(sent_after(R"([["iss+1449", "iss+5002"]])") == nothing);  // beyond what was sent
  CHECK(sent_after(R"([["iss+5001", "iss+1449"]])") == nothing);  // turned round
  CHECK(sent_after(R"([["iss+1449", "iss+1449"]])") == nothing);  // empty
}

TEST_CASE("Simulation: the options of an injected SYN are a peer's", "[run]") {
  const Story story{R"("profile": "linux-6", "apps": [{"host": "server", "listen": 80}],
    "inject": [{"at": "1s", "from": "client", "to": "server", "sport": 40000, "dport": 80,
                "flags": "S", "seq": 5, "options":
                  [{"mss": 500}, "sack_permitted", {"ts": [1000, 0]}, {"wscale": 7}]},
               {"at": "2s", "from": "client", "to": "server", "sport": 40001, "dport": 80,
                "flags": "S", "seq": 5}])"};
  const auto& forged = std::get<trace::Send>(story.sent("client", "S").what).segment.options;
  CHECK(forged.mss == 500);
  CHECK(forged.window_scale == 7);
  const auto& answer = std::get<trace::Send>(story.sent("server", "S.").what).segment.options;
  CHECK(answer.has_timestamps);
  CHECK(answer.ts_ecr == tcp::Timestamp{1000});
  CHECK(answer.sack_permitted);
  CHECK(answer.has_window_scale);
  const trace::Event& plain =
      story.find<trace::Send>([](const trace::Send& send) { return send.dst.port == 40001; });
  CHECK_FALSE(std::get<trace::Send>(plain.what).segment.options.has_timestamps);
}

TEST_CASE("Simulation: a silent host answers nothing, not even with a reset", "[run]") {
  const Story story{R"("profile": "linux-6", "hosts": {"client": {"silent": true}, "server": {}},
    "apps": [{"host": "server", "listen": 80, "steps": [{"recv": 10}, {"close": true}]}],
    "stop_at": "2s",
    "inject": [
      {"at": "100ms", "from": "client", "to": "server", "sport": 40000, "dport": 80, "flags": "S",
       "seq": 1000},
      {"at": "200ms", "from": "client", "to": "server", "sport": 40000, "dport": 80, "flags": ".",
       "seq": 1001, "ack": "iss+1"},
      {"at": "300ms", "from": "client", "to": "server", "sport": 40000, "dport": 80, "flags": "P.",
       "seq": 1001, "ack": "iss+1", "len": 10},
      {"at": "400ms", "from": "client", "to": "server", "sport": 40000, "dport": 80, "flags": ".",
       "seq": 1011, "ack": "iss+2"}])"};
  CHECK(story.segments(0s, 100ms).empty());
  CHECK(story.segments(100ms, 300ms) ==
        "100 forged client S\n"
        "100 server S.\n"
        "200 forged client .\n");
  CHECK(story.states("server") ==
        "0 LISTEN\n100 SYN_RCVD\n200 ESTABLISHED\n300 FIN_WAIT_1\n400 FIN_WAIT_2\n");
  const trace::Event& answer = story.sent("server", "S.");
  const auto id = std::get<trace::Send>(answer.what).id;
  const trace::Event& arrival =
      story.find<trace::Receive>([&](const trace::Receive& r) { return r.id == id; });
  const trace::Event& drop =
      story.find<trace::Drop>([&](const trace::Drop& d) { return d.id == id; });
  CHECK(std::get<trace::Drop>(drop.what).reason == trace::DropReason{tcp::DiscardReason::silent});
  CHECK(story.cause_of(drop) == &arrival);
}

TEST_CASE("Simulation: a connect to a silent host times out, and datagrams end there", "[run]") {
  const Story story{R"("hosts": {"client": {}, "server": {"silent": true}},
    "apps": [{"host": "client", "connect": "server:80"},
             {"host": "client", "datagrams": "server:9000"}],
    "sysctl": {"tcp_syn_retries": 1})"};
  CHECK(story.calls("client") == "0 connect connect\n3000 connect connected ETIMEDOUT\n");
  CHECK(story.summary().datagrams_received == 0);
}

/// Initial sequence numbers of what the host sent with these flags, in order.
std::vector<std::uint32_t> initial_numbers(const Story& story, const std::string& host,
                                           const std::string& flags) {
  std::vector<std::uint32_t> numbers;
  for (const trace::Event& event : story.events()) {
    const auto* send = std::get_if<trace::Send>(&event.what);
    if (send == nullptr || send->segment.flags.text() != flags) continue;
    if (story.recording().names().name(send->src.host) != host) continue;
    numbers.push_back(send->segment.seq.raw());
  }
  return numbers;
}

TEST_CASE("Simulation: a list of initial numbers has one for each connection, the last stays",
          "[run]") {
  for (const std::string port : {"", R"("from_port": 40000, )"}) {
    CAPTURE(port);
    const Story story{R"("apps": [
        {"host": "server", "listen": 80, "iss": [7000, 8000]},
        {"host": "client", "connect": "server:80", )" +
                      port + R"("iss": [100, 200, 4294967295], "count": 4, "every": "1s"}])"};
    CHECK(initial_numbers(story, "client", "S") ==
          std::vector<std::uint32_t>{100, 200, 4294967295, 4294967295});
    CHECK(initial_numbers(story, "server", "S.") ==
          std::vector<std::uint32_t>{7000, 8000, 8000, 8000});
  }
}

TEST_CASE("Simulation: a SYN that is sent again keeps its initial number", "[run]") {
  const Story story{R"("apps": [
      {"host": "server", "listen": 80, "iss": [7000, 8000]},
      {"host": "client", "connect": "server:80", "iss": [100, 200]}],
    "faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "drop"},
               {"on": "server->client", "flags": "S.", "nth": 1, "do": "drop"}])"};
  CHECK(initial_numbers(story, "client", "S").back() == 100);
  CHECK(initial_numbers(story, "server", "S.").back() == 7000);
}

TEST_CASE("Simulation: an entry of a list goes before what TIME_WAIT would have", "[run]") {
  const auto numbers = [](const std::string& iss) {
    const Story story{R"("profile": "linux-6", "apps": [
      {"host": "server", "listen": 80, "iss": )" +
                      iss + R"(, "steps": [{"close": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "iss": 100,
       "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "iss": 900000, "at": "5s"}])"};
    return initial_numbers(story, "server", "S.");
  };
  CHECK(numbers("[7000, 8000]") == std::vector<std::uint32_t>{7000, 8000});
  CHECK(numbers("7000").back() > 7000);  // beyond what the old connection used
}

TEST_CASE("Simulation: what is injected into a host without power is discarded", "[run]") {
  const Story story{R"("apps": [], "events": [{"at": "0s", "host": "server", "do": "power_off"}],
    "inject": [{"at": "1s", "from": "client", "to": "server", "sport": 1, "dport": 80,
                "flags": "S", "seq": 0}])"};
  CHECK(story.segments() == "1000 forged client S discarded\n");
}

TEST_CASE("Simulation: a duplicated segment arrives twice under one id", "[run]") {
  const Story story{with(open_and_close, R"("faults": [
    {"on": "client->server", "flags": "F.", "do": "duplicate", "by": "100ms"}])")};
  const trace::Event& fin = story.sent("client", "F.");
  const auto id = std::get<trace::Send>(fin.what).id;
  const auto is_fin = [&](const trace::Receive& r) { return r.id == id; };
  const trace::Event& first = story.find<trace::Receive>(is_fin, 1);
  const trace::Event& second = story.find<trace::Receive>(is_fin, 2);
  CHECK(second.at - first.at == 100ms);
  CHECK(story.cause_of(first) == &fin);
  const trace::Event* copied = story.cause_of(second);
  REQUIRE(copied != nullptr);
  CHECK(std::get<trace::Duplicate>(copied->what).by == 100ms);
  CHECK(story.cause_of(*copied) == &fin);
}

TEST_CASE("Simulation: datagrams cross the same link, unacknowledged", "[run]") {
  const Story story{R"("apps": [{"host": "client", "datagrams": "server:9000", "size": 1000,
      "count": 50, "every": "20ms"}],
    "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.3}])"};
  CHECK(story.summary().datagrams_sent == 50);
  CHECK(story.summary().datagrams_received > 20);
  CHECK(story.summary().datagrams_received < 48);
  CHECK(story.summary().segments_sent == 0);
  CHECK(story.summary().segments_lost == 0);
  CHECK(story.events().front().cause == 0);
}

// --- Causes ---

TEST_CASE("Simulation: every event's cause comes before it", "[run]") {
  const Story story{with(open_and_close, R"("faults": [
    {"on": "client->server", "flags": "F.", "nth": 1, "do": "drop"},
    {"on": "server->client", "flags": "S.", "nth": 1, "do": "duplicate", "by": "5ms"}])")};
  std::uint64_t n = 0;
  for (const trace::Event& event : story.events()) {
    REQUIRE(event.n == ++n);
    REQUIRE(event.cause < event.n);
  }
}

TEST_CASE("Simulation: a call's segment follows from the call, the answer from the arrival",
          "[run]") {
  const Story story{open_and_close};
  CHECK(story.cause_of(story.sent("client", "S")) == &story.call("client", "connect"));
  CHECK(story.cause_of(story.call("client", "connect")) == nullptr);
  const trace::Event* arrival = story.cause_of(story.sent("server", "S."));
  REQUIRE(arrival != nullptr);
  CHECK(std::holds_alternative<trace::Receive>(arrival->what));
  CHECK(story.cause_of(*arrival) == &story.sent("client", "S"));
  CHECK(story.cause_of(story.sent("client", "F.")) == &story.call("client", "close"));
}

TEST_CASE("Simulation: a connect follows from nothing, however many went before", "[run]") {
  const Story story{R"("apps": [{"host": "server", "listen": 80, "steps": [{"close": true}]},
    {"host": "client", "connect": "server:80", "count": 3, "every": "1s",
     "steps": [{"close": true}]}])"};
  for (const int nth : {1, 2, 3}) {
    CHECK(story.cause_of(story.call("client", "connect", nth)) == nullptr);
  }
}

TEST_CASE("Simulation: a call follows from what woke it, or from the one before", "[run]") {
  const Story story{open_and_close};
  const trace::Event* woke = story.cause_of(story.call("client", "connected"));
  REQUIRE(woke != nullptr);
  CHECK(std::holds_alternative<trace::Receive>(woke->what));
  CHECK(story.cause_of(story.call("client", "close")) == &story.call("client", "connected"));
  CHECK(story.cause_of(story.call("server", "close")) == &story.call("server", "recv eof"));
  const trace::Event* end = story.cause_of(story.call("server", "recv eof"));
  REQUIRE(end != nullptr);
  CHECK(story.cause_of(*end) == &story.sent("client", "F."));
}

TEST_CASE("Simulation: a read follows from the last arrival of its instant", "[run]") {
  // Data and FIN leave at 30 ms and arrive together.
  const Story story{R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"send": 100}, {"close": true}]},
    {"host": "client", "connect": "server:80", "steps": [{"recv": "eof"}, {"close": true}]}])"};
  const trace::Event* end = story.cause_of(story.call("client", "recv eof"));
  REQUIRE(end != nullptr);
  CHECK(story.cause_of(*end) == &story.sent("server", "F."));
  const trace::Event* opened = story.cause_of(story.call("client", "connected"));
  REQUIRE(opened != nullptr);
  CHECK(story.cause_of(*opened) == &story.sent("server", "S."));
}

TEST_CASE("Simulation: a timer fires because it was armed, and what follows, because it fired",
          "[run]") {
  const Story story{with(open_and_close, R"("faults": [
    {"on": "client->server", "flags": "S", "nth": 1, "do": "drop"}])")};
  const trace::Event* fired = story.cause_of(story.sent("client", "S", 2));
  REQUIRE(fired != nullptr);
  CHECK(std::get<trace::TimerChange>(fired->what).action == tcp::TimerAction::fire);
  const trace::Event* armed = story.cause_of(*fired);
  REQUIRE(armed != nullptr);
  CHECK(std::get<trace::TimerChange>(armed->what).action == tcp::TimerAction::arm);
  CHECK(story.cause_of(*armed) == &story.call("client", "connect"));
}

TEST_CASE("Simulation: a drop follows from the segment that it loses", "[run]") {
  const Story story{with(open_and_close, R"("faults": [
    {"on": "client->server", "flags": "S", "nth": 1, "do": "drop"}])")};
  const trace::Event& drop = story.find<trace::Drop>([](const trace::Drop&) { return true; });
  CHECK(story.cause_of(drop) == &story.sent("client", "S"));
}

// --- The same every time ---

constexpr const char* lossy = R"("links": [
    {"a": "client", "b": "server", "delay": {"model": "normal", "mean": "10ms", "sd": "2ms"},
     "jitter": "1ms", "loss": 0.05, "duplicate": 0.02, "reorder": 0.02, "corrupt": 0.01}],
  "apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"send": 3000}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 20, "every": "37ms",
     "steps": [{"send": 20000}, {"shutdown": "write"}, {"recv": "eof"}, {"close": true}]}])";

/// Enough of an event to notice any difference.
std::string fingerprint(const Story& story) {
  return story.segments() + story.calls() + story.states("client") + story.states("server");
}

TEST_CASE("Simulation: the same seed gives the same run, another a different one", "[run]") {
  const std::string first = fingerprint(Story{lossy, 7});
  CHECK(fingerprint(Story{lossy, 7}) == first);
  CHECK(fingerprint(Story{lossy, 8}) != first);
}

/// The ports whose SYNs go at one tick of the timer wheel, tick by tick, in the order of the wire.
std::vector<std::vector<tcp::Port>> syns_by_tick(const Story& story) {
  std::vector<std::vector<tcp::Port>> ticks;
  SimTime last = sim_start;
  for (const trace::Event& event : story.events()) {
    const auto* send = std::get_if<trace::Send>(&event.what);
    if (send == nullptr || event.at < sim_start + 500ms) continue;
    if (ticks.empty() || event.at - last > 1ms) ticks.emplace_back();
    ticks.back().push_back(send->src.port);
    last = event.at;
  }
  return ticks;
}

TEST_CASE("Simulation: of SYNs whose timers end in one tick the last one goes again first",
          "[run]") {
  // The wheel's phase, and so how many share a tick, is the seed's.
  const Story story{R"("profile": "linux-6", "stop_at": "2500ms",
    "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 1}],
    "apps": [{"host": "client", "connect": "server:80", "from_port": 40000,
              "count": 5, "every": "2ms"}])",
                    GENERATE(range(std::uint64_t{1}, std::uint64_t{21}))};
  bool first_timeout = true;
  tcp::Port behind = 40000;  // of those of the first timeout
  for (const std::vector<tcp::Port>& tick : syns_by_tick(story)) {
    if (behind == 40005) first_timeout = false;
    const std::set<tcp::Port> sorted{tick.begin(), tick.end()};
    REQUIRE(sorted.size() == tick.size());
    if (first_timeout) {
      CHECK(std::equal(tick.begin(), tick.end(), sorted.rbegin()));
      behind = static_cast<tcp::Port>(behind + tick.size());
    } else {
      CHECK(std::equal(tick.begin(), tick.end(), sorted.begin()));  // the list is turned round
    }
  }
  CHECK_FALSE(first_timeout);
}

TEST_CASE("Simulation: tracing changes nothing but the trace", "[run]") {
  const auto scenario = test::usual_scenario(lossy);
  trace::Recording recording;
  run::Simulation traced{scenario, 3, {&recording}};
  run::Simulation untraced{scenario, 3};
  traced.run();
  untraced.run();
  CHECK(recording.events().size() > 1000);
  CHECK(run::to_json(traced.summary()) == run::to_json(untraced.summary()));
}

TEST_CASE("Simulation: one more host and link does not shift another's losses", "[run]") {
  const std::string apps = R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}]},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 50, "every": "10ms",
     "steps": [{"close": true}]}], )";
  const Story few{apps + R"("hosts": {"client": {}, "server": {}}, "links": [
    {"a": "client", "b": "server", "delay": "10ms", "loss": 0.2}])"};
  const Story more{apps + R"("hosts": {"client": {}, "server": {}, "other": {}}, "links": [
    {"a": "other", "b": "server", "delay": "10ms", "loss": 0.2},
    {"a": "client", "b": "server", "delay": "10ms", "loss": 0.2}])"};
  CHECK(few.segments() == more.segments());
  CHECK(few.summary().segments_lost > 10);
}

TEST_CASE("Simulation: runs side by side in threads do not touch each other", "[run]") {
  const auto scenario = test::usual_scenario(lossy);
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (std::string& result : results) {
    threads.emplace_back([&scenario, &result] {
      run::Simulation simulation{scenario, 5};
      simulation.run();
      result = run::to_json(simulation.summary());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) CHECK(result == results.front());
}

// Nothing comes from nowhere or is lost without a line in the trace.
TEST_CASE("Simulation: sent, forged and copied is received or dropped", "[run]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const Story story{with(lossy, R"("inject": [
      {"at": "100ms", "from": "client", "to": "server", "sport": 40000, "dport": 80,
       "flags": "R", "seq": 5}])"),
                      seed};
    std::map<std::uint64_t, int> on_the_way;
    for (const trace::Event& event : story.events()) {
      if (const auto* send = std::get_if<trace::Send>(&event.what)) ++on_the_way[send->id];
      if (const auto* copy = std::get_if<trace::Duplicate>(&event.what)) ++on_the_way[copy->id];
      if (const auto* drop = std::get_if<trace::Drop>(&event.what)) {
        // What TCP itself throws away was received before.
        const bool before_tcp = std::holds_alternative<trace::LossReason>(drop->reason);
        if (before_tcp) --on_the_way[drop->id];
      }
      if (const auto* arrival = std::get_if<trace::Receive>(&event.what)) --on_the_way[arrival->id];
    }
    for (const auto& [id, left] : on_the_way) {
      CAPTURE(id);
      REQUIRE(left == 0);
    }
  }
}

}  // namespace
}  // namespace lastack
