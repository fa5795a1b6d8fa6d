#include "send/retransmission_queue.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "support/aborts.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;
using namespace lastack::test;

namespace {

constexpr std::uint32_t length = 1000;

/// Where segment n begins; segments count from 1, as octets do.
constexpr Seq seq(std::uint32_t n) { return Seq{1 + (n - 1) * length}; }

InFlight segment(Seq at, std::uint32_t octets = length) {
  return {.seq = at, .len = octets, .sent = sim_start};
}

/// So many segments of 1000 octets, one sent each millisecond.
RetransmissionQueue in_flight(std::uint32_t segments) {
  RetransmissionQueue queue;
  for (std::uint32_t n = 1; n <= segments; ++n) {
    queue.push(segment(seq(n)));
    queue.sent(n - 1, sim_start + std::chrono::milliseconds{n}, n);
  }
  return queue;
}

std::uint32_t acknowledge(RetransmissionQueue& queue, Seq ack) {
  std::uint32_t went = 0;
  queue.acknowledge(ack, [&](const InFlight&) { ++went; });
  return went;
}

std::uint32_t sack(RetransmissionQueue& queue, Seq left, Seq right) {
  std::uint32_t news = 0;
  queue.sack({left, right}, [&](const InFlight&) { ++news; });
  return news;
}

}  // namespace

TEST_CASE("RetransmissionQueue: acknowledged segments go, oldest first", "[tcp][rfc9293]") {
  auto queue = in_flight(3);
  CHECK(acknowledge(queue, seq(1)) == 0);
  CHECK(acknowledge(queue, seq(3)) == 2);
  CHECK(queue.size() == 1);
  CHECK(queue.front().seq == seq(3));
  queue.check_invariants(seq(3), seq(4));
  CHECK(acknowledge(queue, seq(4)) == 1);
  CHECK(queue.empty());
}

TEST_CASE("RetransmissionQueue: a part of a segment that is acknowledged goes", "[tcp][rfc9293]") {
  auto queue = in_flight(2);
  CHECK(acknowledge(queue, seq(1) + 400) == 0);
  CHECK(queue.size() == 2);
  CHECK(queue.front().seq == seq(1) + 400);
  CHECK(queue.front().len == 600);
  queue.check_invariants(seq(1) + 400, seq(3));
}

TEST_CASE("RetransmissionQueue: a block marks the segments that lie in it, once",
          "[tcp][rfc2018]") {
  auto queue = in_flight(5);
  CHECK(sack(queue, seq(2), seq(4)) == 2);
  CHECK(sack(queue, seq(2), seq(5)) == 1);
  CHECK(sack(queue, seq(5), seq(5) + 999) == 0);  // a part says nothing yet
  CHECK(queue.sacked() == 3);
  CHECK_FALSE(queue[0].sacked);
  CHECK_FALSE(queue[4].sacked);
}

TEST_CASE("RetransmissionQueue: on its way is what was neither SACKed nor lost, or went again",
          "[tcp][rfc6675]") {
  auto queue = in_flight(4);
  CHECK(queue.on_their_way() == 4);
  sack(queue, seq(3), seq(5));
  CHECK(queue.on_their_way() == 2);
  queue.lose(0);
  CHECK(queue.on_their_way() == 1);
  CHECK(queue.lost() == 1);
  queue.resend(0);
  CHECK(queue.on_their_way() == 2);
  CHECK(queue.lost() == 0);
  CHECK(queue.resent() == 1);
  CHECK(queue[0].retransmitted);
}

TEST_CASE("RetransmissionQueue: what was sent again may be lost again, or arrive after all",
          "[tcp][rfc6675]") {
  auto queue = in_flight(2);
  queue.lose(0);
  queue.resend(0);
  queue.lose(0);
  CHECK(queue.resent() == 0);
  CHECK(queue.on_their_way() == 1);
  sack(queue, seq(1), seq(2));
  CHECK(queue.lost() == 0);
  CHECK(queue.sacked() == 1);
  queue.check_invariants(seq(1), seq(3));
}

TEST_CASE("RetransmissionQueue: after a spurious timeout nothing counts as lost",
          "[tcp][rfc5682]") {
  auto queue = in_flight(3);
  for (std::size_t i = 0; i < 3; ++i) queue.lose(i);
  queue.believe_none_lost();
  CHECK(queue.lost() == 0);
  CHECK(queue.on_their_way() == 3);
}

TEST_CASE("RetransmissionQueue: a FIN joins the last segment", "[tcp][rfc9293]") {
  auto queue = in_flight(2);
  queue.append_fin();
  CHECK(queue.back().fin);
  CHECK(queue.back().end() == seq(3) + 1);
  CHECK(queue.back().data() == length);
  queue.check_invariants(seq(1), seq(3) + 1);
}

TEST_CASE("RetransmissionQueue: a segment that goes again in two keeps what is known of it",
          "[tcp][linux]") {
  auto queue = in_flight(2);
  queue.lose(0);
  queue.split(0, 400);
  CHECK(queue.size() == 3);
  CHECK(queue[0].end() == seq(1) + 400);
  CHECK(queue[1].end() == seq(2));
  CHECK(queue.lost() == 2);
  queue.check_invariants(seq(1), seq(3));
}

TEST_CASE("RetransmissionQueue: short segments that follow join one that goes again, a FIN too",
          "[tcp][linux]") {
  RetransmissionQueue queue;
  queue.push(segment(Seq{1}, 100));
  queue.push(segment(Seq{101}, 200));
  queue.push({.seq = Seq{301}, .len = 1, .sent = sim_start, .fin = true});
  queue.join_following(0, 1448, Seq{10'000});
  CHECK(queue.size() == 1);
  CHECK(queue.front().data() == 300);
  CHECK(queue.front().fin);
  queue.check_invariants(Seq{1}, Seq{302});
}

TEST_CASE("RetransmissionQueue: … as many as fit, end in the window and did not arrive",
          "[tcp][linux]") {
  const auto joined = [](std::uint32_t room, Seq window_end, bool arrived) {
    RetransmissionQueue queue;
    queue.push(segment(Seq{1}, 100));
    queue.push(segment(Seq{101}, 100));
    queue.push(segment(Seq{201}, 100));
    if (arrived) sack(queue, Seq{101}, Seq{201});
    queue.join_following(0, room, window_end);
    return queue.front().len;
  };
  CHECK(joined(300, Seq{301}, false) == 300);
  CHECK(joined(299, Seq{301}, false) == 200);
  CHECK(joined(300, Seq{300}, false) == 200);
  CHECK(joined(300, Seq{301}, true) == 100);
  CHECK(joined(100, Seq{301}, false) == 100);
}

TEST_CASE("RetransmissionQueue: what left in one burst stays apart", "[tcp][linux]") {
  RetransmissionQueue queue;
  queue.push(segment(Seq{1}, 100));
  queue.push(segment(Seq{101}, 100));
  queue.push(segment(Seq{201}, 100));
  queue.last_follows();
  queue.join_following(0, 1448, Seq{10'000});
  CHECK(queue.size() == 3);
}

TEST_CASE("RetransmissionQueue: knows bursts and when it last wrote", "[tcp][linux]") {
  auto queue = in_flight(2);
  queue.last_follows();
  CHECK(queue.bursts() == 1);
  CHECK(queue.last_write() == sim_start + 2ms);
  queue.sent(0, sim_start + 9ms, 3);
  CHECK(queue.last_write() == sim_start + 9ms);
  CHECK(RetransmissionQueue{}.bursts() == 0);
}

TEST_CASE("RetransmissionQueue: gaps, empty segments and text after a FIN are bugs",
          "[tcp][invariants]") {
  const auto pushed = [](const InFlight& record) {
    return aborts([&] {
      auto queue = in_flight(2);
      queue.push(record);
      queue.check_invariants(seq(1), record.end());
    });
  };
  CHECK_FALSE(pushed(segment(seq(3))));
  CHECK(pushed(segment(seq(3) + 1)));  // a gap
  CHECK(pushed(segment(seq(3) - 1)));  // twice
  CHECK(pushed(segment(seq(3), 0)));
  InFlight both = segment(seq(3));
  both.sacked = both.lost = true;
  CHECK(pushed(both));
  CHECK(aborts([] {
    auto queue = in_flight(1);
    queue.append_fin();
    queue.push(segment(seq(2) + 1));
    queue.check_invariants(seq(1), seq(3) + 1);
  }));
}

TEST_CASE("RetransmissionQueue: it reaches from SND.UNA to SND.NXT", "[tcp][invariants]") {
  CHECK(aborts([] { in_flight(2).check_invariants(seq(2), seq(3)); }));
  CHECK(aborts([] { in_flight(2).check_invariants(seq(1), seq(4)); }));
}

// --- Bursts are cut anew (Linux keeps each as one) ---

namespace {

/// Three segments that left together.
RetransmissionQueue burst_of_three() {
  auto queue = in_flight(1);
  for (int i = 0; i < 2; ++i) {
    InFlight next = segment(queue.back().end());
    queue.push(next);
    queue.last_follows();
  }
  return queue;
}

}  // namespace

TEST_CASE("RetransmissionQueue: an ACK amid a burst moves all its borders", "[tcp][linux]") {
  auto queue = burst_of_three();
  queue.acknowledge(seq(1) + 40, [](const InFlight&) {});
  REQUIRE(queue.size() == 3);
  CHECK(queue[0].end() == seq(2) + 40);
  CHECK(queue[1].end() == seq(3) + 40);
  CHECK(queue[2].end() == seq(4));
  queue.check_invariants(seq(1) + 40, seq(4));
}

TEST_CASE("RetransmissionQueue: … but not those of what is SACKed", "[tcp][linux]") {
  auto queue = burst_of_three();
  sack(queue, seq(2), seq(3));
  queue.acknowledge(seq(1) + 40, [](const InFlight&) {});
  CHECK(queue[0].end() == seq(2));
  CHECK(queue[1].end() == seq(3));
}

TEST_CASE("RetransmissionQueue: a probe is cut from the burst as segments are now",
          "[tcp][linux]") {
  auto queue = burst_of_three();
  CHECK(queue.cut_off_last(length - 12) == 2);
  CHECK(queue[2].seq == seq(3) - 24);
  CHECK(queue[2].end() == seq(4) - 36);
  CHECK(queue.back().end() == seq(4));
  CHECK(queue.bursts() == 3);
  queue.check_invariants(seq(1), seq(4));
}
