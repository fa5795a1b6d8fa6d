#include "support/side_by_side.hpp"

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using lastack::cli::side_by_side;

TEST_CASE("side_by_side: each task is done once, and all before it returns", "[cli]") {
  for (const unsigned threads : {1U, 3U, 100U}) {
    std::vector<std::atomic<int>> done(20);
    side_by_side(done.size(), threads, [&](std::size_t i) { ++done[i]; });
    for (const std::atomic<int>& times : done) CHECK(times == 1);
  }
}

TEST_CASE("side_by_side: one thread does them in their order", "[cli]") {
  std::vector<std::size_t> order;
  side_by_side(4, 1, [&](std::size_t i) { order.push_back(i); });
  CHECK(order == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("side_by_side: as many at a time as there are threads, and no more", "[cli]") {
  constexpr int threads = 3;
  std::atomic<int> under_way{0};
  std::atomic<int> most{0};
  side_by_side(30, threads, [&](std::size_t i) {
    const int now = ++under_way;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
    // The first wait for each other, which would take forever were they fewer.
    while (i < threads && most < threads) std::this_thread::yield();
    --under_way;
  });
  CHECK(most == threads);
}

TEST_CASE("side_by_side: tasks run in other threads than the caller's", "[cli]") {
  const std::thread::id caller = std::this_thread::get_id();
  bool apart = false;
  side_by_side(1, 1, [&](std::size_t) { apart = std::this_thread::get_id() != caller; });
  CHECK(apart);
}

TEST_CASE("side_by_side: what a task throws is thrown, and no task begins after it", "[cli]") {
  std::atomic<int> begun{0};
  const auto third_fails = [&](std::size_t i) {
    ++begun;
    if (i == 2) throw std::runtime_error{"the third"};
  };
  CHECK_THROWS_WITH(side_by_side(100, 1, third_fails), "the third");
  CHECK(begun == 3);
}

TEST_CASE("side_by_side: nothing to do is done at once", "[cli]") {
  side_by_side(0, 8, [](std::size_t) { FAIL("there is no task"); });
}
