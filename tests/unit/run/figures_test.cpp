// The figures of RFC 9293, section 3: the segments of the catalogue's files, in the RFC's notation.
#include <string>

#include <catch2/catch.hpp>

#include "lastack/event/recording.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack {
namespace {

std::string in_rfc_notation(const trace::Send& send, const std::string& host) {
  using tcp::Flags;
  const tcp::Segment& seg = send.segment;
  std::string text = send.forged ? "... " : host + " ";
  text += "<SEQ=" + std::to_string(seg.seq.raw()) + ">";
  if (seg.flags.has(Flags::ack)) text += "<ACK=" + std::to_string(seg.ack.raw()) + ">";
  if (seg.data > 0) text += "<DATA=" + std::to_string(seg.data) + ">";
  std::string control;
  const auto add = [&](Flags flag, const std::string& name) {
    if (seg.flags.has(flag)) control += (control.empty() ? "" : ",") + name;
  };
  add(Flags::syn, "SYN");
  add(Flags::fin, "FIN");
  add(Flags::rst, "RST");
  add(Flags::ack, "ACK");
  return text + "<CTL=" + control + ">\n";
}

/// What is sent from `from` on, one segment a line.
std::string figure(const std::string& name, SimDuration from = {}) {
  trace::Recording recording;
  const scenario::Scenario scenario = scenario::load_scenario(
      std::string{LASTACK_SOURCE_DIR} + "/scenarios/rfc9293/figure_" + name + ".json");
  run::Simulation simulation{scenario, 1, {&recording}};
  simulation.run();
  std::string text;
  for (const trace::Event& event : recording.events()) {
    const auto* send = std::get_if<trace::Send>(&event.what);
    if (send == nullptr || event.at < sim_start + from) continue;
    text += in_rfc_notation(*send, recording.names().name(send->src.host));
  }
  return text;
}

TEST_CASE("RFC 9293, figure 6: three-way handshake", "[run][rfc9293]") {
  CHECK(figure("06_three_way_handshake") ==
        "A <SEQ=100><CTL=SYN>\n"
        "B <SEQ=300><ACK=101><CTL=SYN,ACK>\n"
        "A <SEQ=101><ACK=301><CTL=ACK>\n"
        "A <SEQ=101><ACK=301><DATA=10><CTL=ACK>\n"
        "B <SEQ=301><ACK=111><CTL=ACK>\n");  // beyond the figure
}

TEST_CASE("RFC 9293, figure 7: simultaneous connection synchronization", "[run][rfc9293]") {
  CHECK(figure("07_simultaneous_open") ==
        "A <SEQ=100><CTL=SYN>\n"
        "B <SEQ=300><CTL=SYN>\n"
        "B <SEQ=300><ACK=101><CTL=SYN,ACK>\n"
        "A <SEQ=100><ACK=301><CTL=SYN,ACK>\n"
        // beyond the figure: each SYN came twice, so its number is acknowledged once more
        "A <SEQ=101><ACK=301><CTL=ACK>\n"
        "B <SEQ=301><ACK=101><CTL=ACK>\n");
}

TEST_CASE("RFC 9293, figure 8: recovery from an old duplicate SYN", "[run][rfc9293]") {
  CHECK(figure("08_old_duplicate_syn") ==
        "... <SEQ=90><CTL=SYN>\n"
        "B <SEQ=300><ACK=91><CTL=SYN,ACK>\n"
        "A <SEQ=100><CTL=SYN>\n"  // delayed: it arrives last
        "A <SEQ=91><CTL=RST>\n"
        "B <SEQ=400><ACK=101><CTL=SYN,ACK>\n"
        "A <SEQ=101><ACK=401><CTL=ACK>\n");
}

TEST_CASE("RFC 9293, figure 9: half-open connection discovery", "[run][rfc9293]") {
  CHECK(figure("09_half_open_connection_discovered", 1s) ==
        "A <SEQ=400><CTL=SYN>\n"
        "B <SEQ=300><ACK=100><CTL=ACK>\n"
        "A <SEQ=100><CTL=RST>\n"
        "A <SEQ=400><CTL=SYN>\n"
        "B <SEQ=600><ACK=401><CTL=SYN,ACK>\n"  // beyond the figure
        "A <SEQ=401><ACK=601><CTL=ACK>\n");
}

TEST_CASE("RFC 9293, figure 10: active side causes half-open connection discovery",
          "[run][rfc9293]") {
  CHECK(figure("10_half_open_connection_meets_data", 1s) ==
        "B <SEQ=300><ACK=100><DATA=10><CTL=ACK>\n"
        "A <SEQ=100><CTL=RST>\n");
}

TEST_CASE("RFC 9293, figure 11: an old duplicate SYN initiates a reset on two passive sockets",
          "[run][rfc9293]") {
  CHECK(figure("11_old_syn_between_two_listeners") ==
        "... <SEQ=90><CTL=SYN>\n"
        "B <SEQ=300><ACK=91><CTL=SYN,ACK>\n"
        "A <SEQ=91><CTL=RST>\n");
}

TEST_CASE("RFC 9293, figure 12: normal close sequence", "[run][rfc9293]") {
  CHECK(figure("12_normal_close", 1s) ==
        "A <SEQ=100><ACK=300><CTL=FIN,ACK>\n"
        "B <SEQ=300><ACK=101><CTL=ACK>\n"
        "B <SEQ=300><ACK=101><CTL=FIN,ACK>\n"
        "A <SEQ=101><ACK=301><CTL=ACK>\n");
}

TEST_CASE("RFC 9293, figure 13: simultaneous close sequence", "[run][rfc9293]") {
  CHECK(figure("13_simultaneous_close", 1s) ==
        "A <SEQ=100><ACK=300><CTL=FIN,ACK>\n"
        "B <SEQ=300><ACK=100><CTL=FIN,ACK>\n"
        "B <SEQ=301><ACK=101><CTL=ACK>\n"
        "A <SEQ=101><ACK=301><CTL=ACK>\n");
}

}  // namespace
}  // namespace lastack
