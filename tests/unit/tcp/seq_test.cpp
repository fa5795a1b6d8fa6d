#include "lastack/tcp/seq.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack::tcp;

TEST_CASE("Seq: distances and sums go round the circle", "[tcp][seq]") {
  CHECK(Seq{5} - Seq{3} == 2);
  CHECK(Seq{2} - Seq{0xffff'fffe} == 4);
  CHECK(Seq{0xffff'fffe} + 4 == Seq{2});
  CHECK(Seq{2} - 4U == Seq{0xffff'fffe});
}

TEST_CASE("Seq: a window holds its first octet and not the one after its last", "[tcp][seq]") {
  const Seq first{GENERATE(0U, 1000U, 0xffff'fff0U, 0xffff'ffffU)};
  CHECK(in_window(first, first, 100));
  CHECK(in_window(first + 99, first, 100));
  CHECK_FALSE(in_window(first + 100, first, 100));
  CHECK_FALSE(in_window(first - 1U, first, 100));
}

TEST_CASE("Seq: a window of nothing holds nothing", "[tcp][seq]") {
  CHECK_FALSE(in_window(Seq{7}, Seq{7}, 0));
}

TEST_CASE("Seq: before and after are opposite for all near points", "[tcp][seq]") {
  const Seq a{GENERATE(0U, 1U, 0x7fff'ffffU, 0x8000'0000U, 0xffff'ffffU)};
  const std::uint32_t distance = GENERATE(1U, 2U, 65535U, 0x7fff'ffffU);
  const Seq b = a + distance;
  CHECK(before(a, b));
  CHECK_FALSE(before(b, a));
  CHECK(after(b, a));
  CHECK(at_or_before(a, b));
  CHECK_FALSE(at_or_after(a, b));
  CHECK(later_of(a, b) == b);
  CHECK(earlier_of(a, b) == a);
}

TEST_CASE("Seq: a point is neither before nor after itself", "[tcp][seq]") {
  const Seq a{GENERATE(0U, 0xffff'ffffU)};
  CHECK_FALSE(before(a, a));
  CHECK_FALSE(after(a, a));
  CHECK(at_or_before(a, a));
  CHECK(at_or_after(a, a));
}
