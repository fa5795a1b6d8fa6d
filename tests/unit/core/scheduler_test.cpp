#include "lastack/core/scheduler.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using namespace lastack;

namespace {

constexpr SimTime at(SimDuration d) { return sim_start + d; }

Event numbered(std::uint32_t i) { return Event{.kind = 1, .owner = 2, .index = i}; }

std::vector<std::uint32_t> drain(Scheduler& s) {
  std::vector<std::uint32_t> order;
  while (const auto e = s.next()) {
    order.push_back(e->index);
  }
  return order;
}

void arm(Scheduler& s, Wakeup& wakeup, SimTime due) {
  wakeup.due = due;
  s.follow(wakeup, numbered(7));
}

}  // namespace

TEST_CASE("Scheduler: events come out by time and move the clock", "[core]") {
  Scheduler s;
  s.schedule(at(3s), numbered(3));
  s.schedule(at(1ns), numbered(1));
  s.schedule(at(2h), numbered(4));
  s.schedule(at(2s), numbered(2));
  REQUIRE(s.size() == 4);
  CHECK(s.next() == numbered(1));
  CHECK(s.now() == at(1ns));
  CHECK(s.next() == numbered(2));
  CHECK(s.next() == numbered(3));
  CHECK(s.next() == numbered(4));
  CHECK(s.now() == at(2h));
  CHECK_FALSE(s.next().has_value());
  CHECK(s.empty());
}

TEST_CASE("Scheduler: events of one instant run in the order of their insertion", "[core]") {
  Scheduler s;
  // Some are far away when they are scheduled, others near: they travel through different levels.
  s.schedule(at(10s), numbered(1));
  s.schedule(at(10s), numbered(2));
  s.schedule(at(9999ms), numbered(0));
  CHECK(s.next() == numbered(0));
  s.schedule(at(10s), numbered(3));
  s.schedule(at(10s), numbered(4));
  CHECK(drain(s) == std::vector<std::uint32_t>{1, 2, 3, 4});
}

TEST_CASE("Scheduler: so do a hundred thousand among others of nearly the same time", "[core]") {
  for (const std::uint32_t instants : {1U, 2U, 7U, 1000U}) {
    CAPTURE(instants);
    Scheduler s;
    for (std::uint32_t i = 0; i < 100'000; ++i)
      s.schedule(at(100s + i % instants * 3ns), numbered(i));
    SimTime last = sim_start;
    std::uint32_t before = 0;
    bool in_order = true;
    while (const auto event = s.next()) {
      in_order = in_order && (s.now() > last || event->index >= before);
      last = s.now();
      before = event->index;
    }
    CHECK(in_order);
  }
}

TEST_CASE("Scheduler: a lane's events stand among the others by time and insertion", "[core]") {
  Scheduler s;
  s.schedule(Lane{0}, at(10ms), numbered(1));
  s.schedule(at(10ms), numbered(2));
  s.schedule(Lane{1}, at(10ms), numbered(3));
  s.schedule(Lane{0}, at(10ms), numbered(4));
  s.schedule(Lane{0}, at(5s), numbered(6));
  s.schedule(Lane{0}, at(1s), numbered(5));  // out of order in its lane
  s.schedule(at(1us), numbered(0));
  CHECK(s.size() == 7);
  CHECK(drain(s) == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("Scheduler: what follows where the last event came from can be looked at", "[core]") {
  Scheduler s;
  CHECK(s.following(0) == nullptr);
  for (std::uint32_t i = 0; i < 4; ++i) s.schedule(Lane{1}, at(i * 1ms), numbered(i));
  for (std::uint32_t i = 4; i < 8; ++i) s.schedule(at(10ms + i * 1us), numbered(i));
  const auto index = [&s](std::size_t skipped) {
    const Event* event = s.following(skipped);
    return event == nullptr ? -1 : static_cast<int>(event->index);
  };
  CHECK(s.next() == numbered(0));
  CHECK(index(0) == 1);
  CHECK(index(2) == 3);
  CHECK(index(3) == -1);  // the lane's end: what stands in the wheel is not named
  while (s.now() < at(10ms)) s.next();
  CHECK(index(0) == 5);
  CHECK(index(2) == 7);
  CHECK(index(3) == -1);
  CHECK(drain(s) == std::vector<std::uint32_t>{5, 6, 7});
  CHECK(index(0) == -1);
}

TEST_CASE("Scheduler: nothing past the limit comes out, and the clock stays", "[core]") {
  Scheduler s;
  s.schedule(at(5s), numbered(5));
  CHECK_FALSE(s.next(at(4s)).has_value());
  CHECK(s.now() == sim_start);
  s.schedule(at(1s), numbered(1));  // earlier than what was already looked at
  CHECK(s.next(at(4s)) == numbered(1));
  CHECK(s.next(at(5s)) == numbered(5));
}

TEST_CASE("Scheduler: the end of representable time can be scheduled", "[core]") {
  Scheduler s;
  s.schedule(never - 1ns, numbered(2));
  s.schedule(at(1s), numbered(1));
  CHECK(drain(s) == std::vector<std::uint32_t>{1, 2});
  CHECK(s.now() == never - 1ns);
}

TEST_CASE("Wakeup: a deadline moved later fires once, at its new time", "[core]") {
  Scheduler s;
  Wakeup w;
  arm(s, w, at(1s));
  arm(s, w, at(3s));
  CHECK(s.size() == 1);  // the early entry carries the later deadline
  REQUIRE(s.next() == numbered(7));
  CHECK_FALSE(s.comes_due(w, numbered(7)));
  REQUIRE(s.next() == numbered(7));
  CHECK(s.now() == at(3s));
  CHECK(s.comes_due(w, numbered(7)));
  CHECK_FALSE(s.next().has_value());
}

TEST_CASE("Wakeup: a deadline moved earlier fires there, and the old entry is stale", "[core]") {
  Scheduler s;
  Wakeup w;
  arm(s, w, at(3s));
  arm(s, w, at(1s));
  REQUIRE(s.next() == numbered(7));
  CHECK(s.now() == at(1s));
  CHECK(s.comes_due(w, numbered(7)));
  REQUIRE(s.next() == numbered(7));
  CHECK(s.now() == at(3s));
  CHECK_FALSE(s.comes_due(w, numbered(7)));
}

TEST_CASE("Wakeup: a cancelled one does not fire, armed anew it does", "[core]") {
  Scheduler s;
  Wakeup w;
  arm(s, w, at(1s));
  w.due = never;
  REQUIRE(s.next() == numbered(7));
  CHECK_FALSE(s.comes_due(w, numbered(7)));
  CHECK_FALSE(s.next().has_value());
  arm(s, w, at(2s));
  w.due = never;
  arm(s, w, at(2s));  // the same instant again
  REQUIRE(s.next() == numbered(7));
  CHECK(s.comes_due(w, numbered(7)));
  CHECK_FALSE(s.next().has_value());
}

TEST_CASE("Scheduler: agrees with a sorted list over random schedules", "[core]") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random{seed};  // NOLINT: a test may use the standard engine
    Scheduler s;
    struct Planned {
      SimTime at;
      std::uint32_t index;
    };
    std::vector<Planned> plan;
    std::vector<std::uint32_t> seen;
    std::uint32_t index = 0;
    for (int round = 0; round < 3000; ++round) {
      if (random() % 3 != 0 || s.empty()) {
        // From a nanosecond to weeks ahead, many of them on a coarse grid so that ties occur.
        const auto magnitude = random() % 50;
        auto ahead = static_cast<std::int64_t>(random() >> (63 - magnitude));
        ahead = random() % 2 == 0 ? ahead / 1'000'000 * 1'000'000 : ahead;
        plan.push_back({s.now() + SimDuration{ahead}, index});
        const Lane lane{static_cast<std::uint8_t>(random() % 16)};  // half of them are none
        s.schedule(lane, plan.back().at, numbered(index++));
      } else {
        seen.push_back(s.next()->index);
      }
      if (round % 32 == 0) s.check_invariants();
    }
    const auto rest = drain(s);
    seen.insert(seen.end(), rest.begin(), rest.end());
    std::stable_sort(plan.begin(), plan.end(),
                     [](const Planned& a, const Planned& b) { return a.at < b.at; });
    std::vector<std::uint32_t> wanted;
    for (const auto& p : plan) {
      wanted.push_back(p.index);
    }
    CHECK(seen == wanted);
  }
}
