#include "receive/receive_buffer.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;

namespace {

constexpr std::int32_t tcp_rmem_default = 131'072;
constexpr std::uint32_t tcp_rmem_max = 6'291'456;

Segment data(std::uint32_t octets) {
  Segment seg;
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
  buffer.add_in_order(data(1448));
  const std::uint32_t left = buffer.free_space();
  CHECK(left == (131'072 - 2304) / 2);
  buffer.add_out_of_order(data(1448));
  CHECK(buffer.free_space() == (131'072 - 2 * 2304) / 2);
  buffer.remove(2896, 2896);
  CHECK(buffer.free_space() == 65'536);
}

TEST_CASE("ReceiveBuffer: a segment that was read in part takes its memory until the rest is read",
          "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.add_in_order(data(1448));
  buffer.add_in_order(data(1448));
  buffer.remove(1000, 2896);
  CHECK(buffer.used() == 2 * 2304);
  buffer.remove(448, 1896);
  CHECK(buffer.used() == 2304);
  buffer.remove(1447, 1448);
  CHECK(buffer.used() == 2304);
  buffer.remove(1, 1);
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

TEST_CASE("ReceiveBuffer: a receiver that lags behind is not given more", "[tcp][linux]") {
  ReceiveBuffer buffer = of_linux();
  buffer.start_measuring(Seq{0}, sim_start, 14'480);
  buffer.round_trip(20ms, ReceiveBuffer::Queue::empty);
  CHECK_FALSE(buffer.resize(Seq{100'000}, 90'000, 0, sim_start + 20ms, tcp_rmem_max));
}
