#include "../../../sim/run/woken.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace lastack::run {
namespace {

constexpr app::HostIndex client = 0;
constexpr app::HostIndex server = 1;
constexpr SimTime noon = sim_start + std::chrono::hours{12};

Wake socket(app::HostIndex host, std::uint32_t id, std::uint64_t cause = 0) {
  return {host, tcp::SocketId{id}, cause};
}

/// Who goes on, in order: "client 3". Whoever is there wakes nobody.
std::vector<std::string> turns_of(Woken& t) {
  std::vector<std::string> who;
  t.run([&](const Wake& wake) {
    const auto id = static_cast<std::uint32_t>(std::get<tcp::SocketId>(wake.whom));
    who.push_back((wake.host == client ? "client " : "server ") + std::to_string(id));
  });
  return who;
}

TEST_CASE("Woken: they go on in the order in which they were woken, each wake once", "[run]") {
  Woken t{2, Woken::Causes::forgotten};
  CHECK(t.empty());
  t.add(socket(server, 4), noon);
  t.add(socket(client, 3), noon);
  t.add(socket(server, 4), noon);
  CHECK_FALSE(t.empty());
  CHECK(turns_of(t) == std::vector<std::string>{"server 4", "client 3", "server 4"});
  CHECK(t.empty());
}

TEST_CASE("Woken: whom one of them wakes goes on in the same turn", "[run]") {
  Woken t{2, Woken::Causes::forgotten};
  t.add(socket(client, 1), noon);
  std::vector<std::uint32_t> who;
  t.run([&](const Wake& wake) {
    const auto id = static_cast<std::uint32_t>(std::get<tcp::SocketId>(wake.whom));
    who.push_back(id);
    if (id < 3) t.add(socket(server, id + 1), noon);
  });
  CHECK(who == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(t.empty());
}

TEST_CASE("Woken: without chance they let every event of the instant pass", "[run]") {
  Woken t{2, Woken::Causes::forgotten};
  t.add(socket(client, 1), noon);
  for (int i = 0; i < 1000; ++i) t.let_pass(noon);
  CHECK_FALSE(t.impatient());
}

TEST_CASE("Woken: where timers are real, what comes within 1 us goes before them, too", "[run]") {
  Woken t{2, Woken::Causes::forgotten};
  t.take_turns(server, RandomStream{1, "host/server/turns"});
  t.add(socket(client, 1), noon);
  CHECK(t.turn() == noon);
  turns_of(t);
  t.add(socket(server, 1), noon);
  CHECK(t.turn() == noon + std::chrono::microseconds{1});
  t.add(socket(server, 2), noon + std::chrono::nanoseconds{900});  // does not put it off
  CHECK(t.turn() == noon + std::chrono::microseconds{1});
  for (int i = 0; i < 32; ++i) t.let_pass(noon + std::chrono::nanoseconds{950});
  CHECK(t.turn() == noon);  // so many take longer than that
}

TEST_CASE("Woken: by chance, about one turn in sixteen comes after fewer than five events",
          "[run]") {
  Woken t{2, Woken::Causes::forgotten};
  t.take_turns(server, RandomStream{1, "host/server/turns"});
  int hurried = 0;
  for (int turn = 0; turn < 1600; ++turn) {
    t.add(socket(server, 1), noon);
    for (int i = 0; i < 4 && !t.impatient(); ++i) t.let_pass(noon);
    if (t.impatient()) ++hurried;
    turns_of(t);
    CHECK_FALSE(t.impatient());  // patience is for one turn
  }
  CHECK(hurried > 60);
  CHECK(hurried < 140);
}

TEST_CASE("Woken: what woke a socket last is known until its turn is over", "[run]") {
  Woken t{2, Woken::Causes::kept};
  t.add(socket(server, 2, 10), noon);
  CHECK(t.last_cause(server, tcp::SocketId{2}, 10) == 0);  // nothing came after the first
  t.add(socket(server, 2, 12), noon);
  CHECK(t.last_cause(server, tcp::SocketId{2}, 10) == 12);
  CHECK(t.last_cause(client, tcp::SocketId{2}, 10) == 0);
  CHECK(t.last_cause(server, tcp::SocketId{7}, 10) == 0);
  turns_of(t);
  CHECK(t.last_cause(server, tcp::SocketId{2}, 10) == 0);
}

}  // namespace
}  // namespace lastack::run
