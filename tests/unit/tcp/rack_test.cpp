#include "send/rack.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;

namespace {

using Copy = Rack::Copy;

/// A sender of segments of 1000 octets, numbered from 1, and what RACK knows of them.
class Sender {
 public:
  Rack rack;
  RetransmissionQueue queue;
  SimTime now = sim_start + 1s;

  Sender& after(SimDuration time) {
    now += time;
    return *this;
  }
  void sends() {
    const auto place = static_cast<std::uint32_t>(queue.size());
    queue.push({.seq = Seq{1 + place * 1000}, .len = 1000, .sent = now});
    queue.sent(place, now, rack.next_order());
  }
  void resends(std::size_t segment) {
    queue.resend(segment - 1);
    queue.sent(segment - 1, now, rack.next_order());
  }
  /// The peer's SACK of this segment; whether others can be judged by it.
  bool arrives(std::size_t segment, Copy which = Copy::latest) {
    const InFlight record = queue[segment - 1];
    queue.sack({record.seq, record.end()}, [](const InFlight&) {});
    return rack.delivered(record, which, now);
  }
  /// The segments that are lost now: "1 3".
  std::string lost(SimDuration tolerance = 0ms) {
    found = rack.detect(queue, tolerance, now);
    std::string numbers;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (queue[i].lost) numbers += (numbers.empty() ? "" : " ") + std::to_string(i + 1);
    }
    return numbers;
  }

  Rack::Found found;
};

}  // namespace

TEST_CASE("Rack: what was sent before something that arrived is lost", "[tcp][rfc8985]") {
  Sender s;
  for (int i = 0; i < 4; ++i) s.after(1ms).sends();
  s.after(20ms);
  CHECK(s.arrives(3));
  CHECK(s.lost() == "1 2");
  CHECK(s.found.losses == 2);
  CHECK(s.found.wait == 0ms);
}

TEST_CASE("Rack: of what left at the same instant the order decides", "[tcp][rfc8985]") {
  Sender s;
  for (int i = 0; i < 3; ++i) s.sends();
  s.after(20ms);
  s.arrives(2);
  CHECK(s.lost() == "1");
}

TEST_CASE("Rack: until the tolerance is over the earlier one may be late only", "[tcp][rfc8985]") {
  Sender s;
  s.sends();
  s.after(1ms).sends();
  s.after(20ms).arrives(2);  // RACK.rtt = 20 ms; segment 1 left 21 ms ago
  CHECK(s.lost(5ms).empty());
  CHECK(s.found.wait == 4ms);  // 20 + 5 - 21 ms
  s.after(4ms);
  CHECK(s.lost(5ms) == "1");
}

TEST_CASE("Rack: waits for the last of those in doubt", "[tcp][rfc8985]") {
  Sender s;
  s.sends();
  s.sends();
  s.after(2ms).resends(1);
  s.after(1ms).sends();
  s.after(20ms).arrives(3);
  CHECK(s.lost(5ms).empty());
  CHECK(s.found.wait == 4ms);  // for the first; the second has 2 ms left
}

TEST_CASE("Rack: what was sent again is lost when something sent later arrives", "[tcp][rfc8985]") {
  Sender s;
  s.sends();
  s.sends();
  s.after(20ms).arrives(2);
  REQUIRE(s.lost() == "1");
  s.resends(1);
  s.after(1ms).sends();
  CHECK(s.lost().empty());
  s.after(20ms).arrives(3);
  CHECK(s.lost() == "1");
}

TEST_CASE("Rack: a loss that is taken back is not found again before the segment goes again",
          "[tcp][linux]") {
  Sender s;
  s.sends();
  s.sends();
  s.after(20ms).arrives(2);
  REQUIRE(s.lost() == "1");
  s.queue.believe_none_lost();
  CHECK(s.after(1s).lost().empty());

  s.resends(1);
  s.after(1ms).sends();
  s.after(20ms).arrives(3);
  CHECK(s.lost() == "1");
}

TEST_CASE("Rack: of two copies an early answer may be for the first", "[tcp][rfc8985]") {
  Sender s;
  s.sends();
  s.sends();
  s.rack.round_trip(20ms);
  s.after(15ms).resends(2);
  s.after(10ms);  // less than any round trip so far
  CHECK_FALSE(s.arrives(2));
  CHECK(s.lost().empty());
}

TEST_CASE("Rack: a timestamp that echoes the first copy says so", "[tcp][rfc8985]") {
  Sender s;
  s.sends();
  s.sends();
  s.after(30ms).resends(2);
  s.after(30ms);
  CHECK_FALSE(s.arrives(2, Copy::earlier));
  CHECK(s.lost().empty());
}

TEST_CASE("Rack: the answer to a second copy, late enough, judges what left before it",
          "[tcp][rfc8985]") {
  Sender s;
  s.sends();
  s.sends();
  s.rack.round_trip(20ms);
  s.after(15ms).resends(2);
  s.after(20ms);
  CHECK(s.arrives(2));
  CHECK(s.rack.rtt() == 20ms);
  CHECK(s.lost() == "1");
}

TEST_CASE("Rack: tolerates a quarter of the shortest round trip, but no more than SRTT",
          "[tcp][rfc8985]") {
  Rack rack;
  CHECK(rack.min_rtt() == 0ms);
  rack.round_trip(100ms);
  rack.round_trip(80ms);
  rack.round_trip(200ms);
  CHECK(rack.min_rtt() == 80ms);
  CHECK(rack.reordering_window(100ms) == 20ms);
  CHECK(rack.reordering_window(15ms) == 15ms);
}
