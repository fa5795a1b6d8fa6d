// Applications without engine and network: whose turn it is, what they hold, what a reboot takes.
#include <string>

#include <catch2/catch.hpp>

#include "stage.hpp"

namespace lastack {
namespace {

using test::Stage;

constexpr app::HostIndex client = 0;
constexpr app::HostIndex server = 1;

const std::string one_connection = R"("apps": [
  {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
  {"host": "client", "connect": "server:80", "steps": [{"send": 100}, {"close": true}]}])";

TEST_CASE("Applications: who is woken makes no call before its turn", "[run]") {
  Stage t{one_connection};
  t.connect();
  CHECK(t.calls() == "client connect connect\n");  // the handshake is over, but nobody has run
  CHECK_FALSE(t.apps().woken().empty());
  t.turn();
  CHECK(t.calls() ==
        "client connect connected ok\n"
        "client connect send 100\n"
        "client connect close\n"
        "server accept#1 accepted\n"
        "server accept#1 recv eof 100\n"
        "server accept#1 close\n");
  CHECK(t.tally().connects_ok == 1);
  CHECK(t.tally().accepts == 1);
  CHECK(t.tally().bytes_read == 100);
}

TEST_CASE("Applications: a listener that begins to accept takes those who wait already", "[run]") {
  Stage t{R"("apps": [
    {"host": "server", "listen": 80, "accept": "5s", "steps": [{"hold": true}]},
    {"host": "client", "connect": "server:80", "count": 2, "steps": [{"hold": true}]}])"};
  t.connect();
  t.connect();
  t.turn();
  CHECK(t.tally().accepts == 0);
  t.calls();
  t.apps().begin_to_accept(0);
  CHECK(t.calls() == "server accept#1 accepted\nserver accept#2 accepted\n");
}

TEST_CASE("Applications: without a descriptor accept fails once, and goes on when there are more",
          "[run]") {
  Stage t{R"("hosts": {"client": {}, "server": {"sysctl": {"fs.file-max": 2}}},
    "apps": [{"host": "server", "listen": 80, "steps": [{"hold": true}]},
             {"host": "client", "connect": "server:80", "count": 3, "steps": [{"hold": true}]}])"};
  for (int i = 0; i < 3; ++i) {
    t.connect();
    t.turn();
  }
  CHECK(t.tally().accepts == 1);  // the listener has the other one
  CHECK(t.calls() ==
        "client connect#1 connect\nclient connect#1 connected ok\nserver accept#1 accepted\n"
        "client connect#2 connect\nclient connect#2 connected ok\nserver listen accept ENFILE\n"
        "client connect#3 connect\nclient connect#3 connected ok\n");
  t.settings(server).file_max = 3;
  t.apps().settings_changed();
  t.turn();
  CHECK(t.calls() == "server accept#2 accepted\n");  // and the third waits on, silently
}

TEST_CASE("Applications: what a host that is lost ran is gone, and its connects are cut off",
          "[run]") {
  Stage t{one_connection};
  t.connect();
  t.reboot(client);
  t.calls();
  t.turn();  // the client was woken before it was lost
  CHECK(t.calls() == "server accept#1 accepted\n");
  CHECK(t.tally().connects_ok == 0);
  REQUIRE(t.book().records().size() == 1);
  CHECK(t.book().records()[0].cut_off == run::CutOff::rebooted);
}

TEST_CASE("Applications: sockets that are bound before their time are bound again after a reboot",
          "[run]") {
  Stage t{R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"hold": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2,
     "steps": [{"hold": true}]}])"};
  t.reboot(client);
  t.connect();
  t.turn();
  CHECK(t.calls() ==
        "client connect#1 connect\nclient connect#1 connected ok\nserver accept#1 accepted\n");
  CHECK(t.book().records()[0].local.port == 40000);
  t.connect();
  CHECK(t.book().records()[1].local.port == 40001);
}

TEST_CASE("Applications: a step that sleeps goes on when its clock comes up, not before", "[run]") {
  Stage t{R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"hold": true}]},
    {"host": "client", "connect": "server:80",
     "steps": [{"sleep": "2s"}, {"send": 10}, {"hold": true}]}])"};
  t.connect();
  t.turn();
  t.calls();
  t.until(1999ms);
  CHECK(t.calls().empty());
  t.until(2s);
  CHECK(t.calls() == "client connect send 10\n");
}

TEST_CASE("Applications: connections of a connector begin at its pace", "[run]") {
  Stage t{R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"hold": true}]},
    {"host": "client", "connect": "server:80", "at": "1s", "count": 3, "every": "2s",
     "steps": [{"hold": true}]}])"};
  CHECK(t.apps().next_connection(0) == sim_start + 1s);
  t.until(1s);
  t.connect();  // sets the time of the next
  t.until(10s);
  CHECK(t.tally().connects == 3);
  CHECK(t.now() == sim_start + 4s);  // the clock stood at the start when the first began
}

}  // namespace
}  // namespace lastack
