#include "../../../sim/run/check_pace.hpp"

#include <catch2/catch.hpp>

namespace lastack::run {
namespace {

/// How many events happen until the next check, that one included.
int events_until_check(CheckPace& t) {
  int events = 1;
  while (!t.event_happened()) ++events;
  return events;
}

TEST_CASE("CheckPace: while a check looks at little, one follows every event", "[run]") {
  CheckPace t;
  for (int i = 0; i < 100; ++i) {
    CHECK(events_until_check(t) == 1);
    t.checked(CheckPace::little);
  }
  CHECK(t.checks() == 100);
}

TEST_CASE("CheckPace: after a check that looked at much, as many events pass as pay for it",
          "[run]") {
  CheckPace t;
  t.checked(1000 * CheckPace::objects_per_event);
  CHECK(events_until_check(t) == 1000);
  t.checked(1000 * CheckPace::objects_per_event + 1);
  CHECK(events_until_check(t) == 1001);
  t.checked(1);
  CHECK(events_until_check(t) == 1);
}

TEST_CASE("CheckPace: a long run does not check after every event for ever", "[run]") {
  CheckPace t;
  for (std::uint64_t i = 0; i + 1 < CheckPace::first; ++i) t.checked(15);
  CHECK(events_until_check(t) == 1);
  t.checked(15);
  CHECK(events_until_check(t) == 15);
}

}  // namespace
}  // namespace lastack::run
