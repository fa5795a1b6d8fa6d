// The notation in which tests speak; a mistake here could hide mistakes elsewhere.
#include "support/notation.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Flags;
using tcp::Segment;
using tcp::Seq;

namespace {

const Origins origins{Seq{1000}, Seq{5000}, Seq{9000}};

Segment segment(std::string_view text) { return to_segment(parse_line(text), origins, 65535); }
bool same(std::string_view wanted, std::string_view seen) {
  return matches(parse_line(wanted), segment(seen), origins);
}

}  // namespace

TEST_CASE("notation: numbers count from the initial ones", "[notation]") {
  const Segment s = segment("P. 1:101(100) ack 7 win 300");
  CHECK(s.flags == (Flags::psh | Flags::ack));
  CHECK(s.seq == Seq{1001});
  CHECK(s.data == 100);
  CHECK(s.ack == Seq{5007});
  CHECK(s.wnd == 300);
}

TEST_CASE("notation: absolute numbers and the window's edge", "[notation]") {
  CHECK(segment("R @7").seq == Seq{7});
  CHECK(segment(". w-1 ack @4294967295").seq == Seq{8999});
  CHECK(segment(". w-1 ack @4294967295").ack == Seq{0xffff'ffff});
  CHECK(segment("P. w:w+10 ack 1").data == 10);
  CHECK(segment("S -10:-10").seq == Seq{990});
}

TEST_CASE("notation: options", "[notation]") {
  const auto o =
      segment("S 0:0 <mss 1460,sackOK,TS val 5 ecr 6,nop,wscale 7,sack 1:2 3:4>").options;
  CHECK(o.mss == 1460);
  CHECK(o.sack_permitted);
  CHECK(o.ts_val == tcp::Timestamp{5});
  CHECK(o.ts_ecr == tcp::Timestamp{6});
  CHECK(o.window_scale == 7);
  REQUIRE(o.sack_count == 2);
  CHECK(o.sack[1] == tcp::SackBlock{Seq{5003}, Seq{5004}});
}

TEST_CASE("notation: a segment printed and read again is the same", "[notation]") {
  const std::string text =
      "SFRP. 5:15(10) ack 3 win 8 <mss 1460,sackOK,TS val 5 ecr 6,wscale 7,sack 1:2 3:4>";
  const std::string printed = to_line(segment(text), origins);
  CHECK(printed ==
        "FSRP. 5:15(10) ack 3 win 8 <mss 1460,sackOK,TS val 5 ecr 6,wscale 7,sack 1:2 3:4>");
  CHECK(to_line(segment(printed), origins) == printed);
}

TEST_CASE("notation: a wish is compared in all that it names", "[notation]") {
  const std::string seen = "P. 1:101 ack 7 win 300 <TS val 5 ecr 6>";
  CHECK(same("P. 1:101 ack 7 win 300 <TS val 5 ecr 6>", seen));
  CHECK(same("P. 1:101 ack 7", seen));
  CHECK(same(". 1:101 ack 7", seen));  // PSH may be there
  CHECK(same(". 1:101 ack 7 <TS>", seen));
  CHECK(same(". 1:101 ack 7 <TS ecr 6>", seen));
  CHECK_FALSE(same("F. 1:101 ack 7", seen));
  CHECK_FALSE(same(". 2:102 ack 7", seen));
  CHECK_FALSE(same(". 1:100 ack 7", seen));
  CHECK_FALSE(same(". 1:101 ack 8", seen));
  CHECK_FALSE(same("P 1:101", seen));
  CHECK_FALSE(same(". 1:101 ack 7 win 301", seen));
  CHECK_FALSE(same(". 1:101 ack 7 <>", seen));
  CHECK_FALSE(same(". 1:101 ack 7 <TS ecr 7>", seen));
  CHECK_FALSE(same(". 1:101 ack 7 <TS,sackOK>", seen));
  CHECK_FALSE(same("P. 1:101 ack 7", ". 1:101 ack 7"));  // PSH must be there
}

TEST_CASE("notation: a line that is none says what is wrong", "[notation]") {
  for (const char* const text :
       {"", "S", "X 0", "S 0:", "S 5:4", ". 1", "S 0 ack 1", ". 1 ack", ". 1 ack x", "S 0 <mss",
        "S 0 <mss x>", "S 0 <what 7>", ". 1 ack 1 window 5", ". 1 ack 1 <TS vale 5>"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_line(text), std::invalid_argument);
  }
}
