#include "lastack/tcp/state_reason.hpp"

#include <set>
#include <string>

#include <catch2/catch.hpp>

using namespace lastack::tcp;

namespace {

StateReason reason(std::size_t i) { return static_cast<StateReason>(i); }

}  // namespace

TEST_CASE("StateReason: each has a name of its own, by which it is found", "[tcp][state]") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < state_reason_count; ++i) {
    const std::string name{name_of(reason(i))};
    CAPTURE(name);
    CHECK(names.insert(name).second);
    CHECK(state_reason_named(name) == reason(i));
  }
  CHECK(names.size() == state_reason_count);
  CHECK(names.count("?") == 0);
}

TEST_CASE("StateReason: a word that is no reason names none", "[tcp][state]") {
  CHECK_FALSE(state_reason_named("boredom"));
  CHECK_FALSE(state_reason_named(""));
  CHECK_FALSE(state_reason_named("?"));
}
