#include "lastack/trace/pcapng.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lastack/core/atomic_file.hpp"
#include "story.hpp"

using namespace lastack;
using namespace lastack::trace;
namespace fs = std::filesystem;

namespace {

using tcp::SendReason;
using tcp::State;

/// What a shell command prints.
std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  char block[4096];
  while (const std::size_t got = std::fread(block, 1, sizeof block, pipe)) {
    out.append(block, got);
  }
  ::pclose(pipe);
  return out;
}

bool tshark_is_there() {
  static const bool there = std::system("tshark --version > /dev/null 2>&1") == 0;
  if (!there) {
    WARN("skipped: tshark is not installed, so nobody checked the capture");
  }
  return there;
}

/// A capture file, and tshark's view of it.
class Capture {
 public:
  explicit Capture(Story& story, PcapngOptions options = {}) {
    PcapngSink sink{std::make_unique<AtomicFile>(path_), options};
    story.finish().replay(sink);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() { fs::remove(path_); }

  /// The packets' fields as tshark decodes them, by name; each a list of texts. All checksums are
  /// validated.
  std::vector<nlohmann::json> packets(const std::vector<std::string>& fields) const {
    std::string command = tshark() + " -T json";
    for (const std::string& field : fields) {
      command += " -e " + field;
    }
    const std::string text = output_of(command + " 2> /dev/null");
    std::vector<nlohmann::json> out;
    INFO(text);
    for (const auto& packet : nlohmann::json::parse(text)) {
      out.push_back(packet["_source"]["layers"]);
    }
    return out;
  }
  /// One field of every packet, "" where a packet has none; several values are parted by "|".
  std::vector<std::string> column(const std::string& field) const {
    std::vector<std::string> out;
    for (const auto& packet : packets({"frame.number", field})) {
      std::string all;
      for (const auto& value : packet.value(field, nlohmann::json::array())) {
        all += (all.empty() ? "" : "|") + value.get<std::string>();
      }
      out.push_back(all);
    }
    return out;
  }
  /// What tshark has to complain about: malformed packets, wrong checksums, damaged blocks.
  std::string complaints() const {
    return output_of(tshark() +
                     " -Y '_ws.malformed || tcp.checksum.status == 0 || udp.checksum.status == 0 ||"
                     " ip.checksum.status == 0 || _ws.expert.severity == error'"
                     " 2>&1 | grep -v '^Running as user'");
  }
  std::string tshark() const {
    return "tshark -n -r " + path_ +
           " -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE";
  }
  const std::string& path() const { return path_; }

 private:
  static std::string fresh_path() {
    static int count = 0;
    return fs::temp_directory_path() / ("lastack-test-" + std::to_string(::getpid()) + "-" +
                                        std::to_string(++count) + ".pcapng");
  }
  std::string path_ = fresh_path();
};

using Column = std::vector<std::string>;

/// A handshake with its state changes and the first SYN lost; the client's port is `c`'s.
void lost_syn_then_handshake(Story& t) {
  t.state(Story::s, End{Story::server, 0}, State::closed, State::listen);
  const auto connect = t.app(Story::client, "connect", "connect");
  t.state(Story::c, Story::s, State::closed, State::syn_sent, connect);
  t.options.mss = 1460;
  t.options.sack_permitted = true;
  t.options.has_timestamps = true;
  t.options.ts_val = tcp::Timestamp{77};
  t.options.has_window_scale = true;
  t.options.window_scale = 7;
  t.lose(t.send(Story::c, Story::s, "S", 0, 0, SendReason::syn, connect), Story::client);
  t.at(1s + 1ns);
  const auto again = t.send(Story::c, Story::s, "S", 0, 0, SendReason::rto);
  t.at(1010ms);
  const auto arrives = t.receive(again, Story::server);
  t.state(Story::s, Story::c, State::listen, State::syn_rcvd, arrives);
  t.options.ts_ecr = tcp::Timestamp{77};
  const auto answer = t.send(Story::s, Story::c, "S.", 0, 1, SendReason::synack, arrives);
  t.at(1020ms);
  const auto back = t.receive(answer, Story::client);
  t.options.mss = 0;
  t.options.sack_permitted = false;
  t.options.has_window_scale = false;
  const auto third = t.send(Story::c, Story::s, ".", 1, 1, SendReason::ack, back);
  t.state(Story::c, Story::s, State::syn_sent, State::established, back);
  t.at(1030ms);
  t.state(Story::s, Story::c, State::syn_rcvd, State::established, t.receive(third, Story::server));
}

}  // namespace

TEST_CASE("pcapng: tshark reads a handshake without a complaint, at exact times",
          "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  lost_syn_then_handshake(t);
  const Capture capture{t};
  CHECK(capture.complaints() == "");
  CHECK(capture.column("frame.time_epoch") == Column{"0.000000000", "1.000000001", "1.010000000",
                                                     "1.010000000", "1.020000000", "1.020000000",
                                                     "1.030000000"});
  CHECK(capture.column("frame.interface_name") ==
        Column{"client", "client", "server", "server", "client", "client", "server"});
  CHECK(capture.column("frame.packet_flags_direction") ==
        Column{"0x00000002", "0x00000002", "0x00000001", "0x00000002", "0x00000001", "0x00000002",
               "0x00000001"});
  CHECK(capture.column("tcp.flags.str") == Column{"··········S·", "··········S·", "··········S·",
                                                  "·······A··S·", "·······A··S·", "·······A····",
                                                  "·······A····"});
  CHECK(capture.column("tcp.seq_raw") ==
        Column{"1000", "1000", "1000", "5000", "5000", "1001", "1001"});
  CHECK(capture.column("tcp.checksum.status") == Column(7, "1"));
  CHECK(capture.column("ip.checksum.status") == Column(7, "1"));
  CHECK(capture.column("ip.src").front() == "10.0.0.1");
  CHECK(capture.column("tcp.dstport").front() == "80");
}

TEST_CASE("pcapng: drops and state changes are comments of the packets they belong to",
          "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  lost_syn_then_handshake(t);
  t.at(61030ms);
  t.state(Story::c, Story::s, State::time_wait, State::closed);
  const Capture capture{t};
  const std::string c = "client:40000 to server:80 ";
  const std::string s = "server:80 to client:40000 ";
  CHECK(capture.column("frame.comment") ==
        Column{c + "CLOSED -> SYN_SENT (connect)|dropped on the wire: fault|" +
                   "server:80 CLOSED -> LISTEN (connect)",
               "", s + "LISTEN -> SYN_RCVD (connect)", "", c + "SYN_SENT -> ESTABLISHED (connect)",
               "",
               s + "SYN_RCVD -> ESTABLISHED (connect)|" + "at 61.030000000 s: " + c +
                   "TIME_WAIT -> CLOSED (connect)"});
}

TEST_CASE("pcapng: forged options that fit only without padding", "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  t.options.mss = 1460;
  t.options.sack_permitted = true;
  t.options.sack_count = 4;
  for (std::uint32_t i = 0; i < 4; ++i) {
    t.options.sack[i] = {tcp::Seq{10 * i + 1}, tcp::Seq{10 * i + 5}};
  }
  t.send(Story::c, Story::s, ".", 1, 1, SendReason::data);
  const Capture capture{t};
  CHECK(capture.complaints() == "");
  CHECK(capture.column("tcp.options") == Column{"020405b4"
                                                "0402"
                                                "0522"
                                                "0000000100000005"
                                                "0000000b0000000f"
                                                "0000001500000019"
                                                "0000001f00000023"});
}

TEST_CASE("pcapng: options lie in the header as Linux lays them out", "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  t.options.mss = 1460;
  t.options.sack_permitted = true;
  t.options.has_timestamps = true;
  t.options.ts_val = tcp::Timestamp{0x01020304};
  t.options.has_window_scale = true;
  t.options.window_scale = 10;
  t.send(Story::c, Story::s, "S", 0, 0, SendReason::syn);
  t.options.has_timestamps = false;
  t.send(Story::c, Story::s, "S", 0, 0, SendReason::syn);
  t.options = {};
  t.options.has_timestamps = true;
  t.options.ts_val = tcp::Timestamp{1};
  t.options.ts_ecr = tcp::Timestamp{2};
  t.options.sack_count = 1;
  t.options.sack[0] = {tcp::Seq{3}, tcp::Seq{4}};
  t.send(Story::s, Story::c, ".", 1, 1, SendReason::dup_ack);
  const Capture capture{t};
  CHECK(capture.complaints() == "");
  CHECK(capture.column("tcp.options") == Column{"020405b4"
                                                "0402"
                                                "080a0102030400000000"
                                                "01"
                                                "03030a",  // MSS, SACK, TS, NOP, WS
                                                "020405b4"
                                                "0101"
                                                "0402"
                                                "01"
                                                "03030a",  // MSS, NOP, NOP, SACK, NOP, WS
                                                "0101"
                                                "080a0000000100000002"
                                                "0101"
                                                "050a"
                                                "0000000300000004"});
  CHECK(capture.column("tcp.hdr_len") == Column{"40", "32", "44"});
}

TEST_CASE("pcapng: payload is there as zeros, or cut at the snap length", "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  t.send(Story::c, Story::s, "P.", 1, 1, SendReason::data, 0, 1460);
  const Capture whole{t};
  CHECK(whole.complaints() == "");
  CHECK(whole.column("frame.cap_len") == Column{"1500"});
  CHECK(whole.column("tcp.len") == Column{"1460"});
  CHECK(whole.column("tcp.checksum.status") == Column{"1"});
  const Capture cut{t, {.snaplen = 96}};
  CHECK(cut.complaints() == "");
  CHECK(cut.column("frame.cap_len") == Column{"96"});
  CHECK(cut.column("frame.len") == Column{"1500"});
}

TEST_CASE("pcapng: an odd payload does not spoil checksums or blocks", "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  for (std::uint32_t data = 1; data <= 5; ++data) {
    t.send(Story::c, Story::s, "P.", data, 1, SendReason::data, 0, data);
  }
  const Capture capture{t};
  CHECK(capture.complaints() == "");
  CHECK(capture.column("tcp.len") == Column{"1", "2", "3", "4", "5"});
}

TEST_CASE("pcapng: a corrupted packet has a wrong checksum where it arrives, not where it left",
          "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  const auto id = t.send(Story::c, Story::s, "S", 0, 0, SendReason::syn);
  t.at(10ms);
  t.add(Drop{id, Story::server, DropPlace::host, LossReason::checksum});
  const Capture capture{t};
  CHECK(capture.column("frame.interface_name") == Column{"client", "server"});
  CHECK(capture.column("tcp.checksum.status") == Column{"1", "0"});
  CHECK(capture.complaints() != "");
  CHECK(capture.column("frame.comment") == Column{"", "dropped at server: checksum"});
}

TEST_CASE(
    "pcapng: what a host discards after its arrival is remarked there, what it never saw at "
    "the sender",
    "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  const auto full = t.send(Story::c, Story::s, "S", 0, 0, SendReason::syn);
  const auto off = t.send(Story::c, Story::s, "S", 0, 0, SendReason::rto);
  t.at(10ms);
  t.receive(full, Story::server);
  t.add(Drop{full, Story::server, DropPlace::host, tcp::DiscardReason::accept_queue});
  t.at(20ms);
  t.add(Drop{off, Story::server, DropPlace::host, LossReason::host_off});
  const Capture capture{t};
  CHECK(capture.column("frame.comment") ==
        Column{"", "dropped at server: host_off", "dropped at server: accept_queue"});
}

TEST_CASE("pcapng: a delayed, doubled packet is seen once where it left and twice where it came",
          "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  const auto id = t.send(Story::c, Story::s, "S", 0, 0, SendReason::syn);
  t.add(Delay{id, 50ms});
  t.add(Duplicate{id, 1500us});
  t.at(60ms);
  t.receive(id, Story::server);
  t.at(61500us);
  t.receive(id, Story::server);
  const Capture capture{t};
  CHECK(capture.column("frame.packet_id") == Column{"1", "1", "1"});
  CHECK(capture.column("frame.time_epoch") == Column{"0.000000000", "0.060000000", "0.061500000"});
  CHECK(capture.column("frame.comment") ==
        Column{"delayed on the wire by 50 ms|duplicated on the wire: again 1.5 ms later", "", ""});
}

TEST_CASE("pcapng: a forged segment is seen only where it arrives", "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  Send forged{.id = 9,
              .src = Story::c,
              .dst = Story::s,
              .segment = {},
              .why = SendReason::syn,
              .forged = true};
  forged.segment.flags = tcp::Flags::rst;
  t.add(forged);
  t.receive(9, Story::server);
  const Capture capture{t};
  CHECK(capture.column("frame.interface_name") == Column{"server"});
  CHECK(capture.column("frame.comment") == Column{"forged: no host sent it"});
}

TEST_CASE("pcapng: datagrams are UDP", "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  Send sent{.id = 1,
            .src = {Story::client, 5000},
            .dst = {Story::server, 9000},
            .segment = {},
            .why = SendReason::data,
            .protocol = Protocol::datagram};
  sent.segment.src = {tcp::Address{0x0a000001}, 5000};
  sent.segment.dst = {tcp::Address{0x0a000002}, 9000};
  sent.segment.data = 1000;
  t.add(sent);
  const Capture capture{t};
  CHECK(capture.complaints() == "");
  CHECK(capture.column("udp.length") == Column{"1008"});
  CHECK(capture.column("udp.checksum.status") == Column{"1"});
}

TEST_CASE("pcapng: a host with several links has an interface for each, routers have none",
          "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Names names = Story::two_hosts();
  names.hosts.push_back("r1");
  names.hosts.push_back("r2");
  names.addresses.resize(4);
  const HostId r1{2};
  const HostId r2{3};
  names.links = {
      {Story::client, r1}, {r1, Story::server}, {r2, Story::client}, {r2, Story::server}};
  Story t{names};
  Send sent{.id = 1,
            .src = Story::c,
            .dst = Story::s,
            .segment = {},
            .why = SendReason::syn,
            .link = LinkId{2}};
  t.add(sent);
  t.at(1ms);
  t.add(Receive{1, Story::server, LinkId{1}});
  const Capture capture{t};
  CHECK(capture.column("frame.interface_name") == Column{"client-r2", "server-r1"});
}

TEST_CASE("pcapng: a packet whose fate takes long does not hold back others for ever",
          "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  const auto slow = t.send(Story::c, Story::s, "S", 0, 0, SendReason::syn);
  for (int i = 0; i < 20; ++i) {
    t.at(i * 1ms);
    t.receive(t.send(Story::c, Story::s, ".", 1, 1, SendReason::ack), Story::server);
  }
  t.at(1s);
  t.lose(slow, Story::client);
  const Capture capture{t, {.held_max = 8}};
  CHECK(capture.column("frame.number").size() == 41);
  CHECK(capture.column("frame.comment") == Column(41, ""));
  const Capture patient{t};
  CHECK(patient.column("frame.comment").front() == "dropped on the wire: fault");
}

TEST_CASE("pcapng: the section names the program and the scenario, the hosts have names",
          "[trace][tshark]") {
  if (!tshark_is_there()) return;
  Story t;
  t.send(Story::c, Story::s, "S", 0, 0, SendReason::syn);
  const Capture capture{t};
  const std::string info = output_of("capinfos " + capture.path() + " 2> /dev/null");
  CHECK_THAT(info, Catch::Contains("Lastack") && Catch::Contains("hand-made, seed 1") &&
                       Catch::Contains("nanoseconds"));
  const std::string resolved = output_of("tshark -r " + capture.path() + " -N n 2> /dev/null");
  CHECK_THAT(resolved, Catch::Contains("client") && Catch::Contains("server"));
}
