#include "receive/receive_buffer.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;

namespace {

constexpr std::int32_t tcp_rmem_default = 131'072;
constexpr std::uint32_t tcp_rmem_max = 6'291'456;

Segment data(std::uint32_t octets, std::uint32_t from = 0) {
  Segment seg;
  seg.seq = Seq{from};
  seg.flags = Flags::ack;
  seg.data = octets;
  seg.options.has_timestamps = true;
  return seg;
}

ReceiveBuffer of_linux() { return {profile_of(ProfileId::linux_6), tcp_rmem_default}; }

}  // namespace

TEST_CASE("ReceiveBuffer: half of Linux's buffer is for payload until segments show more",
          "[tcp][linux]") {
  CHECK(of_linux().full_space() == 65'536);
  CHECK(ReceiveBuffer(profile_of(ProfileId::rfc9293), 65'536).full_space() == 65'536);
}

TEST_CASE("ReceiveBuffer: memory of a segment is what the kernel's table shows for it",
          "[tcp][linux]") {
  // Read off rmem_alloc behind a TUN device (ss -m), a segment in the queue.
  CHECK(segment_memory(data(1)) == 832);
  CHECK(segment_memory(data(1448)) == 2304);
  CHECK(segment_memory(data(500)) == 1280);
}

TEST_CASE("ReceiveBuffer: a full segment shows that more of the memory is payload",
          "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  CHECK(buffer.learn_share(data(1448)));
  CHECK(buffer.full_space() == 131'072 / 256 * (1448 * 256 / 2304));
  CHECK_FALSE(buffer.learn_share(data(1448)));
}

TEST_CASE("ReceiveBuffer: what is read makes room again", "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.add_in_order(data(1448), 1448);
  const std::uint32_t left = buffer.free_space();
  CHECK(left == (131'072 - 2304) / 2);
  buffer.add_out_of_order(data(1448, 2896));
  CHECK(buffer.free_space() == (131'072 - 2 * 2304) / 2);
  buffer.remove(1448, 1448, 1448);
  CHECK(buffer.free_space() == left);
  buffer.add_in_order(data(1448), 1448);
  buffer.absorb(Seq{2896}, Seq{4344});
  buffer.remove(2896, 2896, 0);
  CHECK(buffer.free_space() == 65'536);
}

TEST_CASE("ReceiveBuffer: a segment that was read in part takes its memory until the rest is read",
          "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.add_in_order(data(1448), 1448);
  buffer.add_in_order(data(1448), 1448);
  CHECK(buffer.in_first(2896) == 1448);
  buffer.remove(1000, 2896, 0);
  CHECK(buffer.used() == 2 * 2304);
  CHECK(buffer.in_first(1896) == 448);
  buffer.remove(448, 1896, 0);
  CHECK(buffer.used() == 2304);
  buffer.remove(1447, 1448, 0);
  CHECK(buffer.used() == 2304);
  buffer.remove(1, 1, 0);
  CHECK(buffer.used() == 0);
}

TEST_CASE("ReceiveBuffer: full segments let the offer grow by two, small ones hardly",
          "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.learn_share(data(1448));
  const auto growth = [&](std::uint32_t octets, std::uint32_t offer) {
    return buffer.growth_for(data(octets), offer, 536, 1448, tcp_rmem_max);
  };
  CHECK(growth(1448, 65'535) == 2 * 1448);
  CHECK(growth(200, 65'535) == 2 * 536);
  CHECK(growth(200, 2'000'000) == 0);
  CHECK(growth(1, 65'535) == 0);
}

TEST_CASE("ReceiveBuffer: it follows what the application reads in a round trip", "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.start_measuring(Seq{0}, sim_start, 14'480);
  buffer.round_trip(20ms, ReceiveBuffer::Queue::empty);
  CHECK_FALSE(buffer.resize(Seq{100'000}, 0, 0, sim_start + 10ms, tcp_rmem_max));  // too early
  CHECK(buffer.resize(Seq{100'000}, 0, 0, sim_start + 20ms, tcp_rmem_max));
  CHECK(buffer.full_space() > 200'000);
  CHECK_FALSE(
      buffer.resize(Seq{150'000}, 0, 0, sim_start + 40ms, tcp_rmem_max));  // less than before
}

TEST_CASE("ReceiveBuffer: it grows for what lies far beyond a hole", "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  CHECK_FALSE(buffer.grow_for_hole(100'000, tcp_rmem_max));  // nothing was measured yet
  buffer.start_measuring(Seq{0}, sim_start, 14'480);
  CHECK_FALSE(buffer.grow_for_hole(36'000, tcp_rmem_max));
  CHECK(buffer.grow_for_hole(40'000, tcp_rmem_max));
  CHECK(buffer.full_space() == 2 * 14'480 + 40'000);
  CHECK(buffer.grow_for_hole(400'000, 200'000));
  CHECK(buffer.full_space() == 100'000);
}

TEST_CASE("ReceiveBuffer: a receiver that lags behind is not given more", "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.start_measuring(Seq{0}, sim_start, 14'480);
  buffer.round_trip(20ms, ReceiveBuffer::Queue::empty);
  CHECK_FALSE(buffer.resize(Seq{100'000}, 90'000, 0, sim_start + 20ms, tcp_rmem_max));
}

// --- Beyond a hole (Linux, tcp_data_queue_ofo) ---

TEST_CASE("ReceiveBuffer: short segments beyond a hole are copied together where there is room",
          "[tcp][linux]") {
  // A segment of 244 octets takes 1280 bytes and leaves room for 344 more.
  ReceiveBuffer buffer = of_linux();
  buffer.add_out_of_order(data(244, 1000));
  CHECK(buffer.used() == 1280);
  buffer.add_out_of_order(data(244, 1244));
  CHECK(buffer.used() == 1280);
  buffer.add_out_of_order(data(244, 1488));
  CHECK(buffer.used() == 2 * 1280);
  CHECK(buffer.end_of_early() == Seq{1732});
}

TEST_CASE("ReceiveBuffer: what is there already takes no memory again, what is covered gives it",
          "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.add_out_of_order(data(1448, 1000));
  buffer.add_out_of_order(data(1448, 1000));
  buffer.add_out_of_order(data(500, 1500));
  CHECK(buffer.used() == 2304);
  buffer.add_out_of_order(data(1, 5000));
  CHECK(buffer.used() == 2304 + 832);
  buffer.add_out_of_order(data(1448, 4900));
  CHECK(buffer.used() == 2 * 2304);
}

TEST_CASE("ReceiveBuffer: beyond a hole it says what came twice", "[tcp][rfc2883]") {
  const auto said = [](const std::optional<SackBlock>& twice) {
    return twice ? std::to_string(twice->left.raw()) + "-" + std::to_string(twice->right.raw())
                 : "nothing";
  };
  ReceiveBuffer buffer = of_linux();
  CHECK(said(buffer.add_out_of_order(data(100, 300))) == "nothing");
  CHECK(said(buffer.add_out_of_order(data(100, 500))) == "nothing");
  CHECK(said(buffer.add_out_of_order(data(20, 350))) == "350-370");
  CHECK(said(buffer.add_out_of_order(data(200, 350))) == "350-400");  // and 500-550 is apart
  CHECK(said(buffer.add_out_of_order(data(500, 200))) == "300-600");  // all of it
  CHECK(said(buffer.absorb(Seq{300}, Seq{700})) == "200-300");        // 0 to 300 came in order
  CHECK(said(buffer.absorb(Seq{700}, Seq{700})) == "nothing");
}

TEST_CASE("ReceiveBuffer: what lay beyond a hole is read segment by segment like the rest",
          "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.add_out_of_order(data(1448, 1448));
  buffer.add_out_of_order(data(1448, 2896));
  buffer.add_in_order(data(1448, 0), 1448);
  buffer.absorb(Seq{1448}, Seq{4344});
  CHECK(buffer.used() == 3 * 2304);
  CHECK_FALSE(buffer.end_of_early().has_value());
  buffer.remove(1448, 4344, 0);
  CHECK(buffer.used() == 2 * 2304);
  buffer.remove(1448, 2896, 0);
  CHECK(buffer.used() == 2304);
}

TEST_CASE("ReceiveBuffer: a FIN beyond a hole takes memory until it is absorbed or forgotten",
          "[tcp][linux]") {
  const bool absorbed = GENERATE(false, true);
  ReceiveBuffer buffer = of_linux();
  Segment fin = data(0, 1000);
  fin.flags = Flags::ack | Flags::fin;
  buffer.add_out_of_order(fin);
  CHECK(buffer.used() == 832);
  if (absorbed) {
    buffer.absorb(Seq{1000}, Seq{1001});
  } else {
    buffer.forget_early();
  }
  CHECK(buffer.used() == 0);
}

// --- When there is no room (Linux, tcp_prune_queue) ---

TEST_CASE("ReceiveBuffer: it is overfull only once more is in it than it was made for",
          "[tcp][linux]") {
  ReceiveBuffer buffer{profile_of(ProfileId::linux_6), 2304};
  buffer.add_in_order(data(1448), 1448);
  CHECK_FALSE(buffer.is_overfull());
  buffer.add_in_order(data(1), 1);
  CHECK_FALSE(buffer.is_overfull());  // beside the segment before
  buffer.add_in_order(data(1448), 1448);
  CHECK(buffer.is_overfull());
  buffer.grow_to_used(4000);
  CHECK(buffer.is_overfull());
  buffer.grow_to_used(5000);
  CHECK_FALSE(buffer.is_overfull());
}

TEST_CASE("ReceiveBuffer: short segments are copied into pages once there is no room",
          "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  for (int i = 0; i < 20; ++i) buffer.add_in_order(data(400), 400);
  CHECK(buffer.used() == 20 * 1280);
  buffer.collapse();
  // 8000 octets: two pages with 3776 each, and 448 octets in the smallest block but one.
  CHECK(buffer.used() == 2 * (4096 + 256) + 1024 + 256);
  buffer.remove(3776, 8000, 0);
  CHECK(buffer.used() == 4096 + 256 + 1024 + 256);
}

TEST_CASE("ReceiveBuffer: a segment full of payload is left where it is", "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.learn_share(data(1448));
  buffer.add_in_order(data(1448), 1448);
  buffer.add_in_order(data(1448), 1448);
  buffer.collapse();
  CHECK(buffer.used() == 2 * 2304);
  buffer.remove(100, 2896, 0);
  buffer.collapse();  // what was read needs no memory: all that follows moves together
  CHECK(buffer.used() == 4096 + 256);
}

TEST_CASE("ReceiveBuffer: beyond a hole only neighbours are copied together", "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.add_out_of_order(data(400, 1000));
  buffer.add_out_of_order(data(400, 2000));
  buffer.collapse();
  CHECK(buffer.used() == 2 * 1280);
  buffer.add_out_of_order(data(400, 2400));
  buffer.add_out_of_order(data(400, 2800));
  buffer.collapse();  // 1200 octets: a block of 2048
  CHECK(buffer.used() == 1280 + 2048 + 256);
  CHECK(buffer.end_of_early() == Seq{3200});
}

TEST_CASE("ReceiveBuffer: without room the last segments beyond a hole are forgotten",
          "[tcp][linux]") {
  using Pressure = ReceiveBuffer::Pressure;
  ReceiveBuffer buffer{profile_of(ProfileId::linux_6), 5000};
  for (std::uint32_t i = 1; i <= 4; ++i) buffer.add_out_of_order(data(1448, 10'000 * i));
  REQUIRE(buffer.is_overfull());
  CHECK_FALSE(buffer.prune(Seq{45'000}, Pressure::no));  // it would come last itself
  CHECK(buffer.prune(Seq{0}, Pressure::no));
  CHECK(buffer.used() == 2 * 2304);
  CHECK(buffer.end_of_early() == Seq{21'448});
  CHECK(buffer.prune(Seq{0}, Pressure::yes));
  CHECK(buffer.used() == 0);
  CHECK_FALSE(buffer.end_of_early().has_value());
  CHECK_FALSE(buffer.prune(Seq{0}, Pressure::yes));
}

TEST_CASE("ReceiveBuffer: where payload alone counts nothing is pruned", "[tcp][rfc9293]") {
  ReceiveBuffer buffer{profile_of(ProfileId::rfc9293), 1000};
  buffer.add_in_order(data(1448), 1448);
  CHECK_FALSE(buffer.is_overfull());
  CHECK_FALSE(buffer.prune(Seq{0}, ReceiveBuffer::Pressure::yes));
}
