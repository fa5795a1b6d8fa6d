#include "lastack/scenario/nearest_name.hpp"

#include <array>

#include <catch2/catch.hpp>

namespace lastack::scenario {
namespace {

TEST_CASE("edit distance: letters inserted, deleted, replaced or swapped", "[scenario]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("delay", "delay") == 0);
  CHECK(edit_distance("dely", "delay") == 1);
  CHECK(edit_distance("delaay", "delay") == 1);
  CHECK(edit_distance("delax", "delay") == 1);
  CHECK(edit_distance("dealy", "delay") == 1);
  CHECK(edit_distance("", "delay") == 5);
  CHECK(edit_distance("abc", "xyz") == 3);
}

TEST_CASE("nearest name: what was meant, or nothing where nothing is near", "[scenario]") {
  constexpr std::array<std::string_view, 5> known{"delay", "loss", "duplicate", "two-way", "rate"};
  CHECK(nearest_name("dely", known) == "delay");
  CHECK(nearest_name("DELAY", known) == "delay");
  CHECK(nearest_name("dup", known) == "duplicate");  // its beginning
  CHECK(nearest_name("2-way", known) == "two-way");
  CHECK(nearest_name("mtu", known) == "");
  CHECK(nearest_name("", known) == "");
  CHECK(nearest_name("x", {}) == "");
}

TEST_CASE("nearest name: a slip of the pen comes before the beginning of a longer name",
          "[scenario]") {
  constexpr std::array<std::string_view, 2> known{"from_port", "for"};
  CHECK(nearest_name("fro", known) == "for");
  CHECK(nearest_name("from", known) == "from_port");
}

}  // namespace
}  // namespace lastack::scenario
