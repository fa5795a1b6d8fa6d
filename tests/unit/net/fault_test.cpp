#include "lastack/net/fault.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace lastack::net {
namespace {

constexpr NodeIndex client = 0;
constexpr NodeIndex server = 1;

Packet packet(std::string_view flags, std::uint32_t data = 0, NodeIndex from = client,
              NodeIndex to = server) {
  Packet packet;
  packet.from = from;
  packet.to = to;
  packet.segment.flags = tcp::Flags::parse(flags).value();
  packet.segment.data = data;
  return packet;
}

Fault fault(std::string_view flags) {
  Fault fault{{client, client}, {server, server}, tcp::Flags::parse(flags), {}, {}};
  return fault;
}

/// Which of so many equal packets the list chooses: "x" is chosen.
std::string choices(FaultList& list, const Packet& each, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += list.apply(sim_start, each) == nullptr ? '.' : 'x';
  }
  return text;
}

TEST_CASE("Fault: flags match exactly, P aside", "[net]") {
  FaultList list{{fault(".")}};
  CHECK(list.apply(sim_start, packet(".")) != nullptr);
  CHECK(list.apply(sim_start, packet("P.", 10)) != nullptr);
  CHECK(list.apply(sim_start, packet("S.")) == nullptr);
  CHECK(list.apply(sim_start, packet("F.")) == nullptr);
}

TEST_CASE("Fault: only segments from one host to the other match", "[net]") {
  FaultList list{{fault("S")}};
  CHECK(list.apply(sim_start, packet("S", 0, server, client)) == nullptr);
  CHECK(list.apply(sim_start, packet("S", 0, client, 2)) == nullptr);
  CHECK(list.apply(sim_start, packet("S")) != nullptr);
}

TEST_CASE("Fault: a group stands for each of its members", "[net]") {
  Fault of_group = fault("S");
  of_group.from = {2, 4};
  FaultList list{{of_group}};
  CHECK(list.apply(sim_start, packet("S", 0, 1, server)) == nullptr);
  CHECK(list.apply(sim_start, packet("S", 0, 2, server)) != nullptr);
  CHECK(list.apply(sim_start, packet("S", 0, 4, server)) != nullptr);
  CHECK(list.apply(sim_start, packet("S", 0, 5, server)) == nullptr);
}

TEST_CASE("Fault: payload true wants data, false wants none", "[net]") {
  Fault with = fault(".");
  with.payload = true;
  FaultList list{{with}};
  CHECK(list.apply(sim_start, packet(".")) == nullptr);
  CHECK(list.apply(sim_start, packet(".", 1)) != nullptr);
  with.payload = false;
  FaultList none{{with}};
  CHECK(none.apply(sim_start, packet(".")) != nullptr);
  CHECK(none.apply(sim_start, packet(".", 1)) == nullptr);
}

TEST_CASE("Fault: nth counts matching segments from 1", "[net]") {
  Fault some = fault("S");
  some.nth = {{2, 2}, {4, 5}, {8, ~std::uint64_t{0}}};
  FaultList list{{some}};
  CHECK(list.apply(sim_start, packet(".")) == nullptr);  // not counted
  CHECK(choices(list, packet("S"), 10) == ".x.xx..xxx");
}

TEST_CASE("Fault: after is included, until is not, and neither counts outside", "[net]") {
  Fault timed = fault("S");
  timed.after = sim_start + 1s;
  timed.until = sim_start + 2s;
  timed.nth = {{2, 2}};
  FaultList list{{timed}};
  CHECK(list.apply(sim_start + 999ms, packet("S")) == nullptr);
  CHECK(list.apply(sim_start + 1s, packet("S")) == nullptr);  // the first
  CHECK(list.apply(sim_start + 1999ms, packet("S")) != nullptr);
  timed.nth.clear();
  FaultList later{{timed}};
  CHECK(later.apply(sim_start + 2s, packet("S")) == nullptr);
}

TEST_CASE("Fault: the first that applies wins, later ones still count", "[net]") {
  Fault first = fault("S");
  first.nth = {{1, 1}};
  first.action = FaultAction::drop;
  Fault second = fault("S");
  second.nth = {{2, 2}};
  second.action = FaultAction::delay;
  FaultList list{{first, second}};
  CHECK(list.apply(sim_start, packet("S"))->action == FaultAction::drop);
  CHECK(list.apply(sim_start, packet("S"))->action == FaultAction::delay);  // its second
  CHECK(list.apply(sim_start, packet("S")) == nullptr);
}

TEST_CASE("Fault: its record tells what it met, and what met all but one condition", "[net]") {
  Fault of_fin = fault("F");
  of_fin.payload = false;
  of_fin.after = sim_start + 1s;
  FaultList list{{of_fin}};
  list.apply(sim_start + 1s, packet("F.", 0));                 // other flags
  list.apply(sim_start + 2s, packet("FP.", 0));                // the same: P makes no difference
  list.apply(sim_start + 2s, packet("F", 5));                  // with data
  list.apply(sim_start, packet("F"));                          // too early
  list.apply(sim_start, packet("F."));                         // too early, and other flags
  list.apply(sim_start + 2s, packet("F", 0, server, client));  // the other way
  const FaultRecord record = list.records().front();
  CHECK(record.passed == 5);
  CHECK(record.matched == 0);
  CHECK(record.applied == 0);
  REQUIRE(record.other_flags.size() == 1);
  CHECK(record.other_flags.front() == std::pair{*tcp::Flags::parse("F."), std::uint64_t{2}});
  CHECK(record.other_payload == 1);
  CHECK(record.other_time == 1);
  CHECK(record.first_other_time == sim_start);
}

TEST_CASE("Fault: one that an earlier one forestalls is chosen, but never applied", "[net]") {
  Fault second = fault("S");
  second.nth = {{2, 2}};
  FaultList list{{fault("S"), second}};
  CHECK(choices(list, packet("S"), 3) == "xxx");
  const auto records = list.records();
  CHECK(records[0].applied == 3);
  CHECK(records[1].matched == 3);
  CHECK(records[1].chosen == 1);
  CHECK(records[1].applied == 0);
}

}  // namespace
}  // namespace lastack::net
