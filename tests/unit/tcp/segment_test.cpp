#include "lastack/tcp/segment.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack::tcp;

TEST_CASE("Flags: text is tcpdump's", "[tcp][segment]") {
  CHECK(Flags::syn.text() == "S");
  CHECK((Flags::syn | Flags::ack).text() == "S.");
  CHECK((Flags::fin | Flags::psh | Flags::ack).text() == "FP.");
  CHECK((Flags::rst | Flags::ack).text() == "R.");
  CHECK(Flags::none.text().empty());
}

TEST_CASE("Flags: parse reads letters in any order and no others", "[tcp][segment]") {
  CHECK(Flags::parse(".S") == (Flags::syn | Flags::ack));
  CHECK(Flags::parse("") == Flags::none);
  CHECK_FALSE(Flags::parse("SX"));
  CHECK_FALSE(Flags::parse("s"));
}

TEST_CASE("Flags: every set of them survives text and parse", "[tcp][segment]") {
  for (std::uint8_t bits = 0; bits < 32; ++bits) {
    const Flags flags{bits};
    CHECK(Flags::parse(flags.text()) == flags);
  }
}

TEST_CASE("Flags: bits are those of the TCP header", "[tcp][segment]") {
  CHECK(Flags::fin.bits() == 0x01);
  CHECK(Flags::syn.bits() == 0x02);
  CHECK(Flags::rst.bits() == 0x04);
  CHECK(Flags::psh.bits() == 0x08);
  CHECK(Flags::ack.bits() == 0x10);
}

TEST_CASE("Segment: SYN and FIN count in its length", "[tcp][segment]") {
  Segment segment;
  segment.seq = Seq{0xffff'ffff};
  segment.data = 10;
  CHECK(segment.len() == 10);
  segment.flags = Flags::fin | Flags::ack;
  CHECK(segment.len() == 11);
  segment.flags = Flags::syn;
  CHECK(segment.len() == 11);
  CHECK(segment.end() == Seq{10});
  segment.flags = Flags::rst;
  CHECK(segment.len() == 10);
}

TEST_CASE("Options: take as many octets on the wire as Linux lays out", "[tcp][segment]") {
  Options options;
  CHECK(options.wire_size() == 0);
  SECTION("a plain SYN: MSS") {
    options.mss = 1460;
    CHECK(options.wire_size() == 4);
  }
  SECTION("a usual SYN: MSS, SACK permitted, timestamps, window scale") {
    options.mss = 1460;
    options.sack_permitted = true;
    options.has_timestamps = true;
    options.has_window_scale = true;
    CHECK(options.wire_size() == 20);
  }
  SECTION("timestamps alone: padded by two NOPs") {
    options.has_timestamps = true;
    CHECK(options.wire_size() == 12);
  }
  SECTION("one SACK block") {
    options.sack_count = 1;
    CHECK(options.wire_size() == 12);
  }
  SECTION("timestamps and three SACK blocks fill the header") {
    options.has_timestamps = true;
    options.sack_count = 3;
    CHECK(options.wire_size() == 40);
  }
}

TEST_CASE("Segment: its size on the wire counts both headers", "[tcp][segment]") {
  Segment segment;
  CHECK(segment.wire_size() == 40);
  segment.data = 1448;
  segment.options.has_timestamps = true;
  CHECK(segment.wire_size() == 1500);
}
