#include "send/send_buffer.hpp"

#include <vector>

#include <catch2/catch.hpp>

#include "support/aborts.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;
using namespace lastack::test;

namespace {

using Chunk = SendBuffer::Chunk;

constexpr std::uint32_t mss = 1460;
constexpr std::uint32_t goal = 44 * mss;

/// From octet 1 on, with so many written at once.
SendBuffer with(std::uint32_t octets) {
  SendBuffer buffer;
  buffer.begin(Seq{1});
  buffer.begin_chunk(Chunk::fresh, Seq{1}, goal, nullptr);
  buffer.append(octets);
  return buffer;
}

/// What is written goes on at the end, in chunks of so many octets.
void write(SendBuffer& buffer, std::uint32_t octets, std::uint32_t size, OddChunks& odd,
           Seq nxt = Seq{1}) {
  for (; octets > 0; octets -= size) {
    buffer.begin_chunk(Chunk::fresh, nxt, size, &odd);
    buffer.append(size);
  }
}

/// How a buffer is sent in which nothing grows, from there on.
std::vector<std::uint32_t> pieces(const SendBuffer& buffer, const OddChunks& odd,
                                  Seq nxt = Seq{1}) {
  std::vector<std::uint32_t> all;
  for (; nxt != buffer.end(); nxt += all.back()) all.push_back(buffer.chunk_left(nxt, &odd));
  return all;
}

/// A try that the window holds back.
void blocked_try(SendBuffer& buffer, std::uint32_t most, OddChunks& odd, Seq nxt = Seq{1}) {
  const std::uint32_t left = buffer.chunk_left(nxt, &odd);
  const std::uint32_t grown = buffer.chunk_grown(nxt, most, &odd);
  if (grown == left) return;
  if (buffer.joins_inner(nxt, left, grown, &odd)) {
    buffer.join_inner(nxt, odd);
  } else {
    buffer.keep_grown(nxt, grown);
  }
}

using Sizes = std::vector<std::uint32_t>;

std::uint32_t bytes_for(std::int32_t asked, std::uint32_t cwnd, const Settings& settings = {}) {
  SendBuffer buffer;
  buffer.grow(asked, mss, cwnd, settings);
  return buffer.bytes();
}

}  // namespace

TEST_CASE("SendBuffer: a FIN follows the last octet, and is one", "[tcp][rfc9293]") {
  auto buffer = with(1000);
  CHECK(buffer.end() == Seq{1001});
  CHECK(buffer.unsent(Seq{1}) == 1000);
  CHECK_FALSE(buffer.fin_follows(Seq{1001}));
  buffer.queue_fin();
  CHECK(buffer.fin_end() == Seq{1002});
  CHECK(buffer.unsent(Seq{401}) == 601);
  CHECK(buffer.fin_follows(Seq{1001}));
  CHECK_FALSE(buffer.fin_follows(Seq{1000}));
}

// --- Its size ---

TEST_CASE("SendBuffer: begins with two initial windows of segments and their memory",
          "[tcp][linux]") {
  CHECK(bytes_for(0, 10) == 46'080);  // 2 x 10 x (2048 + 256)
  CHECK(bytes_for(0, 2) == 46'080);
}

TEST_CASE("SendBuffer: grows with the congestion window, up to tcp_wmem, and never falls",
          "[tcp][linux]") {
  SendBuffer buffer;
  const Settings settings;
  buffer.grow(0, mss, 20, settings);
  CHECK(buffer.bytes() == 92'160);
  buffer.grow(0, mss, 10, settings);
  CHECK(buffer.bytes() == 92'160);
  buffer.grow(0, mss, 100'000, settings);
  CHECK(buffer.bytes() == 4'194'304);
}

TEST_CASE("SendBuffer: SO_SNDBUF counts twice, up to wmem_max, and stays", "[tcp][linux]") {
  CHECK(bytes_for(10'000, 10) == 20'000);
  CHECK(bytes_for(10'000, 100) == 20'000);
  CHECK(bytes_for(1, 10) == 4608);  // SOCK_MIN_SNDBUF
  Settings settings;
  settings.wmem_max = 212'992;
  CHECK(bytes_for(1'000'000'000, 10, settings) == 425'984);
}

TEST_CASE("SendBuffer: without memory half of what is queued will do, 4608 bytes at least",
          "[tcp][linux]") {
  SendBuffer buffer;
  buffer.grow(0, mss, 10, {});
  buffer.shrink(60'000);
  CHECK(buffer.bytes() == 30'000);
  buffer.shrink(100'000);
  CHECK(buffer.bytes() == 30'000);
  buffer.shrink(0);
  CHECK(buffer.bytes() == 4608);
}

TEST_CASE("SendBuffer: a waiting application goes on when a third is free", "[tcp][linux]") {
  SendBuffer buffer;
  buffer.grow(9000, mss, 10, {});
  REQUIRE(buffer.bytes() == 18'000);
  CHECK(buffer.has_room(12'000));
  CHECK_FALSE(buffer.has_room(12'002));
  CHECK_FALSE(buffer.has_room(20'000));
  buffer.block();
  CHECK(buffer.blocked());
  buffer.unblock();
  CHECK_FALSE(buffer.blocked());
}

// --- Chunks (Linux, tcp_sendmsg_locked) ---

TEST_CASE("SendBuffer: a chunk is whole segments, up to half the largest window", "[tcp][linux]") {
  CHECK(SendBuffer::chunk_goal(1'000'000, 1448) == 45 * 1448);  // 65215 octets at the most
  CHECK(SendBuffer::chunk_goal(10'000, 1448) == 3 * 1448);
  CHECK(SendBuffer::chunk_goal(100, 1448) == 1448);
}

TEST_CASE("SendBuffer: what is written next joins the chunk at the end while it has room",
          "[tcp][linux]") {
  auto buffer = with(1000);
  CHECK(buffer.next_chunk(Seq{1}, goal) == Chunk::begun);
  CHECK(buffer.room_in_chunk(goal) == goal - 1000);
  buffer.append(goal - 1000);
  CHECK(buffer.next_chunk(Seq{1}, goal) == Chunk::fresh);
}

TEST_CASE("SendBuffer: what was sent takes no more", "[tcp][linux]") {
  const auto buffer = with(1000);
  CHECK(buffer.next_chunk(Seq{1001}, goal) == Chunk::fresh);
}

TEST_CASE("SendBuffer: a chunk leaves as what is left of it", "[tcp][linux]") {
  auto buffer = with(3000);
  CHECK(buffer.chunk_left(Seq{1}, nullptr) == 3000);
  CHECK(buffer.chunk_left(Seq{1461}, nullptr) == 1540);
  buffer.append(goal - 3000);
  REQUIRE_FALSE(buffer.becomes_odd(Seq{1}));
  buffer.begin_chunk(Chunk::fresh, Seq{1}, goal, nullptr);
  buffer.append(500);
  CHECK_FALSE(buffer.at_last_chunk(Seq{1}));
  CHECK(buffer.chunk_left(Seq{1}, nullptr) == goal);
  CHECK(buffer.at_last_chunk(Seq{1} + goal));
  CHECK(buffer.chunk_left(Seq{1} + goal, nullptr) == 500);
}

TEST_CASE("SendBuffer: a chunk keeps the size that it had when it was written", "[tcp][linux]") {
  SendBuffer buffer;
  OddChunks odd;
  buffer.begin(Seq{1});
  write(buffer, 144, 48, odd);
  REQUIRE(pieces(buffer, odd) == Sizes{48, 48, 48});
  write(buffer, 2000, 1000, odd);  // the window opened
  CHECK(pieces(buffer, odd) == Sizes{48, 48, 48, 1000, 1000});
  write(buffer, 600, 600, odd, Seq{1 + 48 + 20});
  CHECK(pieces(buffer, odd, Seq{1 + 48 + 20}) == Sizes{28, 48, 1000, 1000, 600});
  CHECK(pieces(buffer, odd, Seq{1 + 144 + 2000}) == Sizes{600});
  write(buffer, 1400, 700, odd, Seq{1 + 144 + 2000});
  CHECK(pieces(buffer, odd, Seq{1 + 144 + 2000}) == Sizes{600, 700, 700});
}

TEST_CASE("SendBuffer: where a chunk ends early the next one joins it, but only one",
          "[tcp][linux]") {
  constexpr std::uint32_t small = 2 * mss;
  SendBuffer buffer;
  OddChunks odd;
  buffer.begin(Seq{1});
  write(buffer, 3 * small, small, odd);
  CHECK(buffer.chunk_grown(Seq{1}, 10 * mss, &odd) == 4 * mss);
  CHECK(buffer.chunk_grown(Seq{1} + mss, 2 * mss, &odd) == 2 * mss);
  CHECK(buffer.chunk_grown(Seq{1}, mss, &odd) == 2 * mss);                 // is large enough
  CHECK(buffer.chunk_grown(Seq{1} + 4 * mss, 10 * mss, &odd) == 2 * mss);  // the last
}

TEST_CASE("SendBuffer: a chunk that joined another stays joined though it may not go",
          "[tcp][linux]") {
  SendBuffer buffer;
  OddChunks odd;
  buffer.begin(Seq{1});
  write(buffer, 240, 48, odd);
  blocked_try(buffer, 96, odd);
  CHECK(pieces(buffer, odd) == Sizes{96, 48, 48, 48});
  blocked_try(buffer, 96, odd);  // is large enough
  CHECK(pieces(buffer, odd) == Sizes{96, 48, 48, 48});
  blocked_try(buffer, 1000, odd);
  blocked_try(buffer, 1000, odd);
  CHECK(pieces(buffer, odd) == Sizes{192, 48});
  write(buffer, 48, 48, odd);
  CHECK(pieces(buffer, odd) == Sizes{192, 48, 48});
}

TEST_CASE("SendBuffer: what the last chunk loses to the one before makes room in it",
          "[tcp][linux]") {
  SendBuffer buffer;
  OddChunks odd;
  buffer.begin(Seq{1});
  write(buffer, 96, 48, odd);
  blocked_try(buffer, 60, odd);
  CHECK(pieces(buffer, odd) == Sizes{60, 36});
  CHECK(buffer.next_chunk(Seq{1}, 48) == Chunk::begun);
  CHECK(buffer.room_in_chunk(48) == 12);
  blocked_try(buffer, 1000, odd);  // there is but one
  CHECK(pieces(buffer, odd) == Sizes{96});
  CHECK(buffer.next_chunk(Seq{1}, 48) == Chunk::fresh);
}

TEST_CASE("SendBuffer: what takes a part of one that others follow takes it again",
          "[tcp][linux]") {
  SendBuffer buffer;
  OddChunks odd;
  buffer.begin(Seq{1});
  write(buffer, 144, 48, odd);
  blocked_try(buffer, 60, odd);
  CHECK(buffer.chunk_grown(Seq{1}, 60, &odd) == 60);
  CHECK(buffer.chunk_grown(Seq{1}, 1000, &odd) == 96);
}

TEST_CASE("SendBuffer: chunks of all sizes count in memory as they are", "[tcp][linux]") {
  SendBuffer buffer;
  OddChunks odd;
  const RetransmissionQueue queue;
  SendSequence snd;
  snd.begin(Seq{1});
  buffer.begin(Seq{1});
  CHECK(buffer.memory(queue, snd, &odd) == 0);
  write(buffer, 144, 48, odd);
  CHECK(buffer.memory(queue, snd, &odd) == 144 + 3 * 832);
  write(buffer, 2000, 1000, odd);
  CHECK(buffer.memory(queue, snd, &odd) == 2144 + 5 * 832);
}

TEST_CASE("SendBuffer: each chunk takes 832 bytes beside its octets, sent or not", "[tcp][linux]") {
  const auto buffer = with(3000);
  RetransmissionQueue queue;
  SendSequence snd;
  snd.begin(Seq{1});
  CHECK(buffer.memory(queue, snd, nullptr) == 3000 + 832);
  queue.push({.seq = Seq{1}, .len = 1460, .sent = sim_start});
  snd.sent(1460);
  CHECK(buffer.memory(queue, snd, nullptr) == 3000 + 2 * 832);
}

TEST_CASE("SendBuffer: what was sent though nobody gave it is a bug of ours", "[tcp][invariants]") {
  auto buffer = with(1000);
  buffer.check_invariants(Seq{1001});
  CHECK(aborts([&] { buffer.check_invariants(Seq{1002}); }));
  buffer.queue_fin();
  buffer.check_invariants(Seq{1002});
}
