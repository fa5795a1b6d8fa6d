#include "receive/receive_queue.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <catch2/catch.hpp>

#include "support/aborts.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;
using namespace lastack::test;

namespace {

/// A receiver that takes segments as they come, as the RFCs' examples do. What it would answer is
/// a line: the ACK, then the blocks in their order: "5500, 6000-6500".
class Receiver {
 public:
  explicit Receiver(std::uint32_t nxt) { queue.begin(Seq{nxt - 1}); }

  std::string gets(std::uint32_t left, std::uint32_t right, Flags flags = Flags::none) {
    Segment seg;
    seg.seq = Seq{left};
    seg.data = right - left;
    seg.flags = flags;
    take_in(seg);
    queue.check_invariants();
    std::string answer = acknowledges();
    queue.acknowledged();
    return answer;
  }
  std::string acknowledges() const {
    Options options;
    options.has_timestamps = stamps;
    queue.add_sack_blocks(options);
    std::string line = std::to_string(queue.nxt().raw());
    for (std::size_t i = 0; i < options.sack_count; ++i) {
      const SackBlock& block = options.sack[i];
      line += ", " + std::to_string(block.left.raw()) + "-" + std::to_string(block.right.raw());
    }
    return line;
  }

  ReceiveQueue queue;
  bool stamps = false;

 private:
  void take_in(const Segment& seg) {
    const Seq nxt = queue.nxt();
    if (!after(seg.end(), nxt)) {
      queue.came_twice(seg.seq, seg.end());
    } else if (after(seg.seq, nxt)) {
      if (queue.keep(seg) == ReceiveQueue::Known::repeated) queue.came_twice(seg.seq, seg.end());
    } else {
      queue.came_twice(seg.seq, nxt);
      queue.take(seg.seq + seg.data - nxt);
      if (seg.flags.has(Flags::fin)) queue.take_fin();
      queue.absorb();
      if (queue.fin_received()) queue.forget_blocks();
    }
  }
};

}  // namespace

// --- Octets (RFC 9293, 3.3.1) ---

TEST_CASE("ReceiveQueue: octets wait until the application takes them, the FIN does not",
          "[tcp][rfc9293]") {
  Receiver r{1};
  CHECK(r.gets(1, 101) == "101");
  CHECK(r.queue.unread() == 100);
  r.queue.taken(40);
  CHECK(r.queue.unread() == 60);
  CHECK(r.gets(101, 101, Flags::fin) == "102");
  CHECK(r.queue.fin_received());
  CHECK(r.queue.unread() == 60);
  r.queue.taken(60);
  CHECK(r.queue.unread() == 0);
  r.queue.check_invariants();
}

TEST_CASE("ReceiveQueue: what lies beyond a hole waits for what is missing", "[tcp][rfc9293]") {
  Receiver r{1};
  r.gets(101, 201);
  CHECK(r.queue.has_hole());
  CHECK(r.queue.reach_beyond_hole() == 200);
  CHECK(r.queue.unread() == 0);
  CHECK(r.gets(1, 101) == "201");
  CHECK_FALSE(r.queue.has_hole());
  CHECK_FALSE(r.queue.keeps_something());
  CHECK(r.queue.unread() == 200);
}

TEST_CASE("ReceiveQueue: says when something followed, and when no hole is left",
          "[tcp][rfc5681]") {
  Receiver r{1};
  r.gets(101, 201);
  r.gets(301, 401);
  r.queue.take(100);
  const auto first = r.queue.absorb();
  CHECK(first.octets);
  CHECK_FALSE(first.hole_filled);
  r.queue.take(100);
  const auto second = r.queue.absorb();
  CHECK(second.octets);
  CHECK(second.hole_filled);
  CHECK(r.queue.nxt() == Seq{401});
}

TEST_CASE("ReceiveQueue: each octet enters once and in order, whatever order segments come in",
          "[tcp][rfc9293]") {
  struct Piece {
    std::uint32_t left, right;
    Flags flags;
  };
  const std::array<Piece, 6> pieces{
      {{1, 26, {}}, {11, 21, {}}, {15, 31, {}}, {31, 41, {}}, {41, 42, {}}, {42, 50, Flags::fin}}};
  std::array<std::size_t, 6> order{0, 1, 2, 3, 4, 5};
  do {
    Receiver r{1};
    for (const std::size_t i : order) r.gets(pieces[i].left, pieces[i].right, pieces[i].flags);
    REQUIRE(r.acknowledges() == "51");
    REQUIRE(r.queue.fin_received());
    REQUIRE(r.queue.unread() == 49);
    REQUIRE_FALSE(r.queue.has_hole());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("ReceiveQueue: what was kept may lie inside what then comes in order", "[tcp][rfc9293]") {
  Receiver r{1};
  r.gets(11, 21);
  CHECK(r.gets(1, 26) == "26");
  CHECK(r.queue.unread() == 25);
}

TEST_CASE("ReceiveQueue: the sequence space may wrap beyond a hole", "[tcp][rfc9293]") {
  Receiver r{0xffff'ff00};
  r.gets(0xffff'ff80, 0x80);
  CHECK(r.queue.reach_beyond_hole() == 0x180);
  CHECK(r.gets(0xffff'ff00, 0xffff'ff80) == std::to_string(0x80));
}

TEST_CASE("ReceiveQueue: a third hole takes a third block, what touches the first two does not",
          "[tcp][rfc2018]") {
  Receiver r{1};
  CHECK_FALSE(r.queue.takes_third_block(Seq{101}, Seq{201}));
  r.gets(101, 201);
  CHECK_FALSE(r.queue.takes_third_block(Seq{301}, Seq{401}));
  r.gets(301, 401);
  CHECK(r.queue.takes_third_block(Seq{501}, Seq{601}));
  CHECK_FALSE(r.queue.takes_third_block(Seq{201}, Seq{251}));
  CHECK_FALSE(r.queue.takes_third_block(Seq{401}, Seq{501}));
  r.gets(501, 601);
  CHECK(r.queue.takes_third_block(Seq{201}, Seq{251}));  // the block of 101 has become the third
}

TEST_CASE("ReceiveQueue: what there is no room for is forgotten, and no block reports what is left",
          "[tcp][rfc2018]") {
  Receiver r{1};
  r.gets(101, 201);
  r.gets(301, 401);
  r.gets(501, 551, Flags::fin);
  r.queue.forget_beyond(Seq{351});
  r.queue.check_invariants();
  CHECK(r.acknowledges() == "1");
  CHECK(r.queue.reach_beyond_hole() == 350);
  CHECK(r.gets(1, 101) == "201");
  CHECK(r.gets(201, 301) == "351");
  CHECK(r.gets(351, 551) == "551");  // the FIN was forgotten, too
  CHECK_FALSE(r.queue.fin_received());

  Receiver all{1};
  all.gets(101, 201);
  all.queue.forget_beyond(std::nullopt);
  CHECK_FALSE(all.queue.has_hole());
  CHECK(all.gets(1, 101) == "101");
}

TEST_CASE(
    "ReceiveQueue: a FIN beyond a hole counts as an octet there, and ends the text when its "
    "turn comes",
    "[tcp][rfc9293]") {
  Receiver r{1};
  CHECK(r.gets(101, 151, Flags::fin) == "1, 101-152");
  CHECK_FALSE(r.queue.fin_received());
  CHECK(r.gets(1, 101) == "152");
  CHECK(r.queue.fin_received());
  CHECK(r.queue.unread() == 150);
}

TEST_CASE("ReceiveQueue: what claims to lie beyond the FIN goes with it", "[tcp][rfc9293]") {
  Receiver r{1};
  r.gets(201, 301);
  CHECK(r.gets(1, 101, Flags::fin) == "102");
  CHECK_FALSE(r.queue.has_hole());
  CHECK(r.queue.unread() == 100);
}

// --- SACK (RFC 2018, 4, the examples) ---

TEST_CASE("ReceiveQueue: the first of eight segments is lost", "[tcp][rfc2018]") {
  Receiver r{5000};
  CHECK(r.gets(5500, 6000) == "5000, 5500-6000");
  CHECK(r.gets(6000, 6500) == "5000, 5500-6500");
  CHECK(r.gets(6500, 7000) == "5000, 5500-7000");
  CHECK(r.gets(7000, 7500) == "5000, 5500-7500");
  CHECK(r.gets(7500, 8000) == "5000, 5500-8000");
  CHECK(r.gets(8000, 8500) == "5000, 5500-8500");
  CHECK(r.gets(8500, 9000) == "5000, 5500-9000");
}

TEST_CASE("ReceiveQueue: every second segment is lost, so the newest block comes first",
          "[tcp][rfc2018]") {
  Receiver r{5000};
  CHECK(r.gets(5000, 5500) == "5500");
  CHECK(r.gets(6000, 6500) == "5500, 6000-6500");
  CHECK(r.gets(7000, 7500) == "5500, 7000-7500, 6000-6500");
  CHECK(r.gets(8000, 8500) == "5500, 8000-8500, 7000-7500, 6000-6500");
  CHECK(r.gets(6500, 7000) == "5500, 6000-7500, 8000-8500");  // the fourth comes late
  CHECK(r.gets(5500, 6000) == "7500, 8000-8500");             // … then the second
}

TEST_CASE("ReceiveQueue: four blocks fit a header, beside timestamps three", "[tcp][rfc2018]") {
  Receiver r{1};
  r.stamps = GENERATE(false, true);
  for (std::uint32_t left = 101; left < 1000; left += 200) r.gets(left, left + 100);
  CHECK(r.acknowledges() == (r.stamps ? "1, 901-1001, 701-801, 501-601"  //
                                      : "1, 901-1001, 701-801, 501-601, 301-401"));
}

// --- D-SACK (RFC 2883, 4.1, the examples) ---

TEST_CASE("ReceiveQueue: a segment that came twice is reported once", "[tcp][rfc2883]") {
  Receiver r{3000};
  CHECK(r.gets(3000, 3500) == "3500");
  CHECK(r.gets(3500, 4000) == "4000");  // say that both ACKs are lost
  CHECK(r.gets(3000, 3500) == "4000, 3000-3500");
  CHECK(r.acknowledges() == "4000");
  CHECK_FALSE(r.queue.keeps_something());
}

TEST_CASE("ReceiveQueue: what came twice is reported before what lies beyond the hole",
          "[tcp][rfc2883]") {
  Receiver r{3000};
  CHECK(r.gets(3000, 3500) == "3500");
  CHECK(r.gets(3500, 4000) == "4000");
  CHECK(r.gets(4500, 5000) == "4000, 4500-5000");
  CHECK(r.gets(3000, 3500) == "4000, 3000-3500, 4500-5000");
}

TEST_CASE("ReceiveQueue: a segment that came twice beyond a hole, then the block it lies in",
          "[tcp][rfc2883]") {
  Receiver r{4000};
  CHECK(r.gets(4500, 5000) == "4000, 4500-5000");
  CHECK(r.gets(5000, 5500) == "4000, 4500-5500");
  CHECK(r.gets(5000, 5500) == "4000, 5000-5500, 4500-5500");
}

TEST_CASE("ReceiveQueue: only the part of a segment that came before came twice",
          "[tcp][rfc2883]") {
  Receiver r{1000};
  CHECK(r.gets(1000, 1500) == "1500");
  CHECK(r.gets(1000, 2000) == "2000, 1000-1500");
}

// --- Ends ---

TEST_CASE("ReceiveQueue: a FIN that text in order has gone beyond is none", "[tcp][linux]") {
  Receiver r{1};
  r.gets(101, 101, Flags::fin);
  r.gets(1, 51);
  r.queue.taken(50);
  CHECK(r.gets(51, 301) == "301");  // the peer contradicts itself; what was read stays read
  CHECK_FALSE(r.queue.fin_received());
  CHECK(r.queue.unread() == 250);
}

TEST_CASE("ReceiveQueue: a FIN leaves no block to report, and an end nothing at all",
          "[tcp][rfc2018]") {
  Receiver r{1};
  r.gets(101, 201);
  r.queue.forget_blocks();
  CHECK(r.acknowledges() == "1");
  CHECK(r.queue.has_hole());
  r.queue.clear();
  CHECK_FALSE(r.queue.keeps_something());
}

TEST_CASE("ReceiveQueue: octets read before they came, and text kept without a hole, are bugs",
          "[tcp][invariants]") {
  ReceiveQueue queue;
  queue.begin(Seq{0});
  queue.take(10);
  queue.check_invariants();
  CHECK(aborts([queue = std::move(queue)]() mutable {
    queue.taken(11);
    queue.check_invariants();
  }));
  CHECK(aborts([] {
    Receiver r{1};
    r.gets(1, 11, Flags::fin);
    r.queue.taken(11);  // the FIN is not for the application
    r.queue.check_invariants();
  }));
  CHECK(aborts([] {
    Receiver r{1};
    Segment seg;
    seg.seq = Seq{1};
    seg.data = 10;
    r.queue.keep(seg);
    r.queue.check_invariants();
  }));
}
