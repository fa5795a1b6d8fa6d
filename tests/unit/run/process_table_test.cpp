#include "../../../sim/run/process_table.hpp"

#include <vector>

#include <catch2/catch.hpp>

namespace lastack::run {
namespace {

constexpr app::HostIndex client = 0;
constexpr app::HostIndex server = 1;
constexpr tcp::SocketId socket_3{3};

TEST_CASE("ProcessTable: a process is found by its host and socket until it ends", "[run]") {
  const std::vector<app::Step> steps;
  ProcessTable t{2};
  CHECK(t.of(server, socket_3) == no_process);
  const ProcessIndex made = t.make(server, socket_3, steps);
  CHECK(t.of(server, socket_3) == made);
  CHECK(t.of(client, socket_3) == no_process);
  CHECK(t.of(server, tcp::SocketId{2}) == no_process);
  t.end(made);
  CHECK(t.of(server, socket_3) == no_process);
}

TEST_CASE(
    "ProcessTable: a place is used again, and of the old process only the clock's entry stays",
    "[run]") {
  const std::vector<app::Step> steps;
  ProcessTable t{2};
  const ProcessIndex first = t.make(client, socket_3, steps);
  t[first].cause = 7;
  t[first].last_arrival = 8;
  t[first].clock = {.due = sim_start + 5s, .queued = sim_start + 4s};
  t.end(first);
  CHECK_FALSE(t[first].clock.armed());

  const ProcessIndex second = t.make(server, tcp::SocketId{1}, steps);
  CHECK(second == first);
  CHECK(t[second].host == server);
  CHECK(t[second].cause == 0);
  CHECK(t[second].last_arrival == 0);
  CHECK(t[second].clock.queued == sim_start + 4s);  // the scheduler still has it
}

TEST_CASE("ProcessTable: the processes of one host, by socket, and any of them may end", "[run]") {
  const std::vector<app::Step> steps;
  ProcessTable t{2};
  for (const std::uint32_t socket : {4U, 1U, 6U}) t.make(server, tcp::SocketId{socket}, steps);
  t.make(client, tcp::SocketId{5}, steps);
  std::vector<std::uint32_t> sockets;
  t.for_each_on(server, [&](ProcessIndex index) {
    sockets.push_back(static_cast<std::uint32_t>(t[index].socket));
    t.end(index);
  });
  CHECK(sockets == std::vector<std::uint32_t>{1, 4, 6});
  CHECK(t.of(server, tcp::SocketId{4}) == no_process);
  CHECK(t.of(client, tcp::SocketId{5}) != no_process);
}

}  // namespace
}  // namespace lastack::run
