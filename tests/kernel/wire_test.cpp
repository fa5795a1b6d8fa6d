// What the wire between two real hosts does to packets, without hosts and without time passing.
#include "kernel/wire.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/scenario/load.hpp"

using namespace lastack;
using kernel::Addresses;
using kernel::Bytes;
using kernel::Journal;
using kernel::Wire;

namespace {

constexpr net::NodeIndex client = 0;
constexpr net::NodeIndex server = 1;
constexpr net::NodeIndex other_client = 2;
const Addresses real{tcp::Address{0x0a400001}, tcp::Address{0x0a400002}, tcp::Address{0x0a400003}};

/// A wire with a delay of 10 ms and whatever else the scenario says, and a clock that stands still.
struct WireTest {
  static constexpr auto two_hosts = R"("hosts": {"client": {}, "server": {}},
                "links": [{"a": "client", "b": "server", "delay": "10ms"}])";

  explicit WireTest(const std::string& rest, const std::string& network = two_hosts)
      : scenario{scenario::parse_scenario("{" + network + ", " + rest + "}", "t.json")},
        world{scenario, scenario.seed},
        wire{scenario, world, real, journal} {}

  void at(SimDuration time) { now = sim_start + time; }

  void send(net::NodeIndex from, tcp::Flags flags, std::uint32_t seq = 0, std::uint32_t data = 0) {
    tcp::Segment segment;
    segment.src = {real[from], from == client ? tcp::Port{40000} : tcp::Port{80}};
    segment.dst = {real[1 - from], from == client ? tcp::Port{80} : tcp::Port{40000}};
    segment.flags = flags;
    segment.seq = tcp::Seq{seq};
    segment.data = data;
    wire.sent(now, from, kernel::forge_packet(segment));
  }

  /// Lets time pass to the next thing that is due.
  std::optional<Wire::Delivery> next() {
    now = wire.next_due();
    REQUIRE(now != never);
    return wire.advance(now);
  }

  /// What the journal has, one word each: "send:S", "recv", "drop:fault" …
  std::vector<std::string> words() {
    std::vector<std::string> words;
    for (const Journal::Entry& entry : journal.take()) {
      if (const auto* send = std::get_if<trace::Send>(&entry.what)) {
        words.push_back((send->forged ? "forge:" : "send:") + send->segment.flags.text());
      } else if (const auto* drop = std::get_if<trace::Drop>(&entry.what)) {
        words.push_back(std::string{drop->place == trace::DropPlace::host ? "discard:" : "drop:"} +
                        std::string{name_of(drop->reason)});
      } else if (std::holds_alternative<trace::Delay>(entry.what)) {
        words.emplace_back("delay");
      } else if (std::holds_alternative<trace::Duplicate>(entry.what)) {
        words.emplace_back("duplicate");
      } else if (std::holds_alternative<trace::Receive>(entry.what)) {
        words.emplace_back("recv");
      } else if (const auto* call = std::get_if<trace::AppCall>(&entry.what)) {
        words.emplace_back(name_of(call->call));
      }
    }
    return words;
  }

  scenario::Scenario scenario;
  scenario::World world;
  Journal journal;
  Wire wire;
  SimTime now = sim_start;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("wire: a packet arrives unchanged after the delay of its direction", "[kernel]") {
  WireTest t{R"("seed": 1)"};
  t.at(1ms);
  t.send(client, tcp::Flags::syn, 5);
  CHECK(t.wire.next_due() == sim_start + 11ms);
  const auto delivery = t.next();
  REQUIRE(delivery);
  CHECK(delivery->to == server);
  CHECK(delivery->due == sim_start + 11ms);
  const auto segment = kernel::parse_packet(*delivery->packet);
  REQUIRE(segment);
  CHECK(segment->src.address == real[client]);
  CHECK(segment->seq == tcp::Seq{5});
  CHECK(t.wire.next_due() == never);
  CHECK(t.words() == Words{"send:S", "recv"});
}

TEST_CASE("wire: a fault hits what its conditions say and nothing else", "[kernel]") {
  WireTest t{R"("faults": [{"on": "client->server", "flags": "S", "nth": 2, "do": "drop"}])"};
  t.send(client, tcp::Flags::syn);
  t.send(server, tcp::Flags::syn);                    // the other way
  t.send(client, tcp::Flags::syn | tcp::Flags::ack);  // other flags
  t.send(client, tcp::Flags::syn);
  t.send(client, tcp::Flags::syn);
  CHECK(t.words() == Words{"send:S", "send:S", "send:S.", "send:S", "drop:fault", "send:S"});
}

TEST_CASE("wire: payload, PSH, after and until of a fault are heeded", "[kernel]") {
  WireTest t{R"("faults": [{"on": "client->server", "flags": ".", "payload": true,
                            "after": "1s", "until": "2s", "do": "drop"}])"};
  t.at(999ms);
  t.send(client, tcp::Flags::ack, 0, 10);
  t.at(1s);
  t.send(client, tcp::Flags::ack, 0, 0);
  t.send(client, tcp::Flags::ack | tcp::Flags::psh, 0, 10);
  t.at(2s);
  t.send(client, tcp::Flags::ack, 0, 10);
  CHECK(t.words() == Words{"send:.", "send:.", "send:P.", "drop:fault", "send:."});
}

TEST_CASE("wire: a delayed segment comes later, a duplicated one twice", "[kernel]") {
  WireTest t{
      R"("faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "delay", "by": "1s"},
                           {"on": "client->server", "flags": "S", "nth": 2, "do": "duplicate",
                            "by": "5ms"}])"};
  t.send(client, tcp::Flags::syn, 1);
  t.send(client, tcp::Flags::syn, 2);
  std::vector<std::pair<std::uint32_t, SimTime>> seen;
  while (t.wire.next_due() != never) {
    const auto delivery = t.next();
    REQUIRE(delivery);
    seen.emplace_back(kernel::parse_packet(*delivery->packet)->seq.raw(), delivery->due);
  }
  CHECK(seen == std::vector<std::pair<std::uint32_t, SimTime>>{
                    {2, sim_start + 10ms}, {2, sim_start + 15ms}, {1, sim_start + 1010ms}});
  CHECK(t.words() == Words{"send:S", "delay", "send:S", "duplicate", "recv", "recv", "recv"});
}

TEST_CASE("wire: without power nothing enters or leaves a host, not even what is on its way",
          "[kernel]") {
  WireTest t{R"("events": [{"at": "5ms", "host": "server", "do": "power_off"},
                           {"at": "20ms", "host": "server", "do": "power_on"}])"};
  t.send(client, tcp::Flags::syn);
  CHECK_FALSE(t.next());  // power_off
  t.send(client, tcp::Flags::syn);
  t.send(server, tcp::Flags::ack);
  CHECK_FALSE(t.next());  // the first SYN arrives
  CHECK_FALSE(t.next());  // power_on
  t.send(client, tcp::Flags::syn);
  CHECK(t.next());
  CHECK(t.words() == Words{"send:S", "power_off", "send:S", "drop:host_off", "send:.",
                           "drop:host_off", "discard:host_off", "power_on", "send:S", "recv"});
}

TEST_CASE("wire: a link that is down loses what is sent, not what is on its way", "[kernel]") {
  WireTest t{R"("events": [{"at": "5ms", "link": ["client", "server"], "do": "down"},
                           {"at": "20ms", "link": ["client", "server"], "do": "up"}])"};
  t.send(client, tcp::Flags::syn);
  CHECK_FALSE(t.next());
  t.send(client, tcp::Flags::syn);
  CHECK(t.next());
  CHECK_FALSE(t.next());
  t.send(client, tcp::Flags::syn);
  CHECK(t.words() ==
        Words{"send:S", "link_down", "send:S", "drop:link_down", "recv", "link_up", "send:S"});
}

TEST_CASE("wire: a forged segment counts from the last SYN of its side", "[kernel]") {
  WireTest t{
      R"("inject": [{"at": "1s", "from": "client", "to": "server", "sport": 40000, "dport": 80,
                            "flags": "R.", "seq": "iss+1", "ack": "iss-2", "win": 3, "len": 4}])"};
  t.send(client, tcp::Flags::syn, 1000);
  t.send(server, tcp::Flags::syn | tcp::Flags::ack, 2000);
  t.next();
  t.next();
  const auto delivery = t.next();
  REQUIRE(delivery);
  CHECK(delivery->to == server);
  const auto segment = kernel::parse_packet(*delivery->packet);
  REQUIRE(segment);
  CHECK(segment->src == tcp::SocketAddress{real[client], 40000});
  CHECK(segment->dst == tcp::SocketAddress{real[server], 80});
  CHECK(segment->seq == tcp::Seq{1001});
  CHECK(segment->ack == tcp::Seq{1998});
  CHECK(segment->wnd == 3);
  CHECK(segment->data == 4);
  CHECK(t.words().back() == "recv");
}

TEST_CASE("wire: forged options go in their order, counted from what both ends sent", "[kernel]") {
  WireTest t{
      R"("inject": [{"at": "1s", "from": "client", "to": "server", "sport": 40000, "dport": 80,
                     "flags": ".", "options": ["nop", {"ts": ["ts-1", "ts"]}, {"mss": 7},
                     "sack_permitted", {"wscale": 15}, {"mss": 9}, "nop"]}])"};
  const auto send_stamped = [&](net::NodeIndex from, std::uint32_t stamp) {
    tcp::Segment segment;
    segment.src = {real[from], from == client ? tcp::Port{40000} : tcp::Port{80}};
    segment.dst = {real[1 - from], from == client ? tcp::Port{80} : tcp::Port{40000}};
    segment.options.has_timestamps = true;
    segment.options.ts_val = tcp::Timestamp{stamp};
    t.wire.sent(t.now, from, kernel::forge_packet(segment));
  };
  send_stamped(client, 500);
  send_stamped(server, 700);
  t.next();
  t.next();
  const auto delivery = t.next();
  REQUIRE(delivery);
  const Bytes& packet = *delivery->packet;
  const Bytes options(packet.begin() + 40, packet.end());
  CHECK(options == Bytes{1, 8, 10, 0, 0, 0x01, 0xf3, 0, 0,  0x02, 0xbc,  // 499 and 700
                         2, 4, 0,  7, 4, 2,    3,    3, 15, 2,    4,    0, 9, 1, 1, 1, 1});
  const auto segment = kernel::parse_packet(packet);
  REQUIRE(segment);
  CHECK(segment->options.mss == 9);
  CHECK(segment->options.ts_ecr == tcp::Timestamp{700});
}

TEST_CASE("wire: a forged segment does not reach a host without power", "[kernel]") {
  WireTest t{R"("events": [{"at": "1s", "host": "server", "do": "power_off"}],
                "inject": [{"at": "2s", "from": "client", "to": "server", "sport": 1, "dport": 80,
                            "flags": "S"}])"};
  CHECK_FALSE(t.next());
  CHECK_FALSE(t.next());
  CHECK(t.words() == Words{"power_off", "forge:S", "discard:host_off"});
}

TEST_CASE("wire: a silent host takes segments in, and its kernel sees none", "[kernel]") {
  WireTest t{R"("inject": [{"at": "2s", "from": "client", "to": "server", "sport": 1, "dport": 80,
                            "flags": "S"}])",
             R"("hosts": {"client": {}, "server": {"silent": true}},
                "links": [{"a": "client", "b": "server", "delay": "10ms"}])"};
  t.send(client, tcp::Flags::syn);
  CHECK_FALSE(t.next());
  CHECK_FALSE(t.next());
  CHECK(t.words() ==
        Words{"send:S", "recv", "discard:silent", "forge:S", "recv", "discard:silent"});
}

TEST_CASE("wire: what is no TCP segment goes nowhere and leaves no trace", "[kernel]") {
  WireTest t{R"("seed": 1)"};
  t.wire.sent(t.now, client, Bytes{0x60, 0, 0, 0});
  CHECK(t.wire.next_due() == never);
  CHECK(t.words().empty());
}

TEST_CASE("wire: several hosts on a star, each with its own way", "[kernel]") {
  WireTest t{R"("seed": 1)",
             R"("hosts": {"client": {}, "server": {}, "other": {}}, "routers": ["r"],
                "links": [{"a": "client", "b": "r", "delay": "1ms"},
                          {"a": "other", "b": "r", "delay": "5ms"},
                          {"a": "r", "b": "server", "delay": "10ms"}])"};
  tcp::Segment segment;
  segment.src = {real[other_client], 40000};
  segment.dst = {real[server], 80};
  t.wire.sent(t.now, other_client, kernel::forge_packet(segment));
  t.send(client, tcp::Flags::syn);
  CHECK_FALSE(t.next());  // at the router
  CHECK_FALSE(t.next());
  auto delivery = t.next();
  REQUIRE(delivery);
  CHECK(delivery->due == sim_start + 11ms);
  CHECK(kernel::parse_packet(*delivery->packet)->src.address == real[client]);
  delivery = t.next();
  REQUIRE(delivery);
  CHECK(delivery->due == sim_start + 15ms);
  CHECK(kernel::parse_packet(*delivery->packet)->src.address == real[other_client]);
  CHECK(t.wire.next_due() == never);
}

TEST_CASE("wire: a reboot gives power back and is told to whoever runs the hosts", "[kernel]") {
  WireTest t{R"("events": [{"at": "5ms", "host": "server", "do": "power_off"},
                           {"at": "20ms", "host": "server", "do": "reboot"}])"};
  CHECK_FALSE(t.next());
  CHECK(t.wire.take_rebooted().empty());
  CHECK_FALSE(t.next());
  CHECK(t.wire.take_rebooted() == std::vector<net::NodeIndex>{server});
  CHECK(t.wire.take_rebooted().empty());
  t.send(client, tcp::Flags::syn);
  CHECK(t.next());
  CHECK(t.words() == Words{"power_off", "reboot", "send:S", "recv"});
}

namespace {

/// A connector and a listener with fixed numbers, on a wire.
struct FixedTest : WireTest {
  FixedTest()
      : WireTest{R"("apps": [{"host": "server", "listen": 80, "iss": [7000, 9000]},
                             {"host": "client", "connect": "server:80", "from_port": 40000,
                              "iss": 4294967295}])"} {}

  /// Sends a segment with these numbers of the kernel's and returns it as the other host gets it.
  tcp::Segment through(net::NodeIndex from, tcp::Flags flags, std::uint32_t seq,
                       std::uint32_t ack) {
    tcp::Segment segment;
    segment.src = {real[from], from == client ? tcp::Port{40000} : tcp::Port{80}};
    segment.dst = {real[1 - from], from == client ? tcp::Port{80} : tcp::Port{40000}};
    segment.flags = flags;
    segment.seq = tcp::Seq{seq};
    segment.ack = tcp::Seq{ack};
    wire.sent(now, from, kernel::forge_packet(segment));
    const auto delivery = next();
    REQUIRE(delivery);
    return *kernel::parse_packet(*delivery->packet);
  }
};

}  // namespace

TEST_CASE("wire: fixed numbers are on the wire, and each kernel sees its own", "[kernel]") {
  FixedTest t;
  const auto syn = t.through(client, tcp::Flags::syn, 500, 0);
  CHECK(syn.seq == tcp::Seq{4294967295});
  const auto syn_ack = t.through(server, tcp::Flags::syn | tcp::Flags::ack, 30, 0);
  CHECK(syn_ack.seq == tcp::Seq{7000});
  CHECK(syn_ack.ack == tcp::Seq{501});  // 0 on the wire: behind 4294967295
  const auto ack = t.through(client, tcp::Flags::ack, 501, 7001);
  CHECK(ack.seq == tcp::Seq{0});
  CHECK(ack.ack == tcp::Seq{31});
}

TEST_CASE("wire: a repeated SYN keeps its number, another connection takes the list's next",
          "[kernel]") {
  FixedTest t;
  t.through(client, tcp::Flags::syn, 500, 0);
  CHECK(t.through(server, tcp::Flags::syn | tcp::Flags::ack, 30, 0).seq == tcp::Seq{7000});
  CHECK(t.through(server, tcp::Flags::syn | tcp::Flags::ack, 30, 0).seq == tcp::Seq{7000});
  CHECK(t.through(server, tcp::Flags::syn | tcp::Flags::ack, 90'000, 0).seq == tcp::Seq{9000});
  CHECK(t.through(server, tcp::Flags::ack, 90'001, 0).seq == tcp::Seq{9001});
}

TEST_CASE("wire: SACK blocks are counted back, and the checksum is right", "[kernel]") {
  tcp::Segment segment;
  segment.src = {real[server], 80};
  segment.dst = {real[client], 40000};
  segment.flags = tcp::Flags{tcp::Flags::ack};
  segment.seq = tcp::Seq{1};
  segment.ack = tcp::Seq{100};
  segment.options.sack_count = 1;
  segment.options.sack[0] = {tcp::Seq{200}, tcp::Seq{300}};
  const Bytes packet = kernel::renumbered(kernel::forge_packet(segment), 5, 1000);
  segment.seq = tcp::Seq{6};
  segment.ack = tcp::Seq{1100};
  segment.options.sack[0] = {tcp::Seq{1200}, tcp::Seq{1300}};
  CHECK(packet == kernel::forge_packet(segment));
}

TEST_CASE("wire: an answer to nobody's segment has no number to be fixed", "[kernel]") {
  FixedTest t;
  t.through(client, tcp::Flags::syn, 500, 0);
  t.through(server, tcp::Flags::syn | tcp::Flags::ack, 30, 0);
  CHECK(t.through(server, tcp::Flags::rst | tcp::Flags::ack, 0, 0).seq == tcp::Seq{0});
}

TEST_CASE("wire: a number that lies before its ISN belongs to that one, not to an older connection",
          "[kernel]") {
  FixedTest t;
  t.through(client, tcp::Flags::syn, 500, 0);
  t.through(server, tcp::Flags::syn | tcp::Flags::ack, 30, 0);
  t.through(server, tcp::Flags::syn | tcp::Flags::ack, 90'000, 0);  // its number on the wire: 9000
  CHECK(t.through(server, tcp::Flags::rst, 89'999, 0).seq == tcp::Seq{8999});
  CHECK(t.through(client, tcp::Flags::ack, 501, 8999).ack == tcp::Seq{89'999});
}
