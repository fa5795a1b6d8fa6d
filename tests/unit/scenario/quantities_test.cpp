#include "lastack/scenario/quantities.hpp"

#include <array>
#include <rapidcheck.h>
#include <string>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

namespace lastack::scenario {
namespace {

SimDuration duration(std::string_view text) {
  const auto parsed = parse_duration(text);
  INFO(text);
  REQUIRE(std::holds_alternative<SimDuration>(parsed));
  return std::get<SimDuration>(parsed);
}

std::string refused(std::string_view text) {
  const auto parsed = parse_duration(text);
  const auto* wish = std::get_if<Wish>(&parsed);
  return wish == nullptr ? "taken" : wish->text;
}

TEST_CASE("durations: every unit", "[scenario]") {
  CHECK(duration("7ns") == 7ns);
  CHECK(duration("250us") == 250us);
  CHECK(duration("10ms") == 10ms);
  CHECK(duration("1.5s") == 1500ms);
  CHECK(duration("2min") == 120s);
  CHECK(duration("1.25h") == 75min);
  CHECK(duration("0s") == 0ns);
  CHECK(duration("007.500ms") == 7500us);
}

TEST_CASE("durations: decimals are exact", "[scenario]") {
  CHECK(duration("0.1s").count() == 100'000'000);
  CHECK(duration("0.3s").count() == 300'000'000);
  CHECK(duration("0.000000001s") == 1ns);
  CHECK(duration("1.000000000000000000000000000s") == 1s);
  CHECK(duration("0.05min") == 3s);
  CHECK(duration("0.0000000000025h").count() == 9);  // 3.6e12 ns * 2.5e-12
  CHECK(duration("9223372036.854775807s") == SimDuration::max());
}

TEST_CASE("durations: what is no duration is reported", "[scenario]") {
  CHECK(refused("0.5ns") == "a duration of whole nanoseconds");
  CHECK(refused("1.0000000001s") == "a duration of whole nanoseconds");
  CHECK(refused("0.00000000000000000001h") == "a duration of whole nanoseconds");
  CHECK(refused("9223372036.854775808s") == "a duration of at most 292 years");
  CHECK(refused("2562048h") == "a duration of at most 292 years");
  CHECK(refused("5124096h") == "a duration of at most 292 years");  // little above 2^64 ns
  CHECK(refused("-1ms") == "a duration that is not negative");
  CHECK(refused("10") == "a duration with a unit such as \"10ms\"");
  for (const auto* text : {"10 ms", "10MS", "10m", "10sec", "1e3s", "1,5s", "10ms ", "1.5.2s"}) {
    INFO(text);
    CHECK(refused(text) == "a duration in ns, us, ms, s, min or h");
  }
  for (const auto* text : {"", "ms", ".5s", "1.s", "+1s", " 1s", "inf", "0x10ms "}) {
    INFO(text);
    CHECK(refused(text) != "taken");
  }
}

TEST_CASE("durations: nanoseconds written in any unit are read back exactly", "[scenario]") {
  rc::prop("a decimal of seconds", [](std::uint64_t any) {
    const auto ns = static_cast<std::int64_t>(any >> 1U);
    std::string fraction = std::to_string(ns % 1'000'000'000);
    fraction.insert(0, 9 - fraction.size(), '0');
    const auto parsed = parse_duration(std::to_string(ns / 1'000'000'000) + "." + fraction + "s");
    RC_ASSERT(std::get<SimDuration>(parsed).count() == ns);
  });
  rc::prop("whole numbers of a unit", [](std::uint32_t n) {
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> units{
        {{"ns", 1},
         {"us", 1000},
         {"ms", 1000'000},
         {"s", 1000'000'000},
         {"min", 60'000'000'000},
         {"h", 3'600'000'000'000}}};
    for (const auto& [unit, size] : units) {
      if (n > std::numeric_limits<std::int64_t>::max() / size) continue;
      const auto parsed = parse_duration(std::to_string(n) + std::string{unit});
      RC_ASSERT(std::get<SimDuration>(parsed).count() == n * size);
    }
  });
}

TEST_CASE("durations: any text is either a duration or refused", "[scenario]") {
  rc::prop("no crash, never negative", [](const std::string& text) {
    const auto parsed = parse_duration(text);
    if (const auto* value = std::get_if<SimDuration>(&parsed)) {
      RC_ASSERT(*value >= SimDuration::zero());
    }
  });
}

TEST_CASE("rates: bits per second with decimal prefixes", "[scenario]") {
  const auto rate = [](std::string_view text) { return std::get<std::uint64_t>(parse_rate(text)); };
  CHECK(rate("1bit") == 1);
  CHECK(rate("56kbit") == 56'000);
  CHECK(rate("56Kbit") == 56'000);
  CHECK(rate("10Mbit") == 10'000'000);
  CHECK(rate("2.5Gbit") == 2'500'000'000);
  CHECK(rate("1000Tbit") == 1'000'000'000'000'000);
  for (const auto* text : {"0bit", "10", "10mbit", "10 Mbit", "1.5bit", "1001Tbit", "-1bit", ""}) {
    INFO(text);
    CHECK(std::holds_alternative<Wish>(parse_rate(text)));
  }
}

TEST_CASE("frequencies: a number per time, exactly", "[scenario]") {
  const auto rate = [](std::string_view text) {
    return std::get<app::Rate>(parse_frequency(text));
  };
  CHECK(rate("5000/s") == app::Rate{1, 200'000});
  CHECK(rate("3/s") == app::Rate{3, 1'000'000'000});
  CHECK(rate("2.5/ms") == app::Rate{1, 400'000});
  CHECK(rate("90/min") == app::Rate{3, 2'000'000'000});
  CHECK(rate("0.1/h") == app::Rate{1, 36'000'000'000'000});
  CHECK(rate("1/ns") == app::Rate{1, 1});
  CHECK(rate("1000000000/s") == app::Rate{1, 1});
  CHECK(rate("007.500/us") == app::Rate{3, 400});
  CHECK(rate("0.0011408/h").mean_interval_ns() == Approx(3.6e12 / 0.0011408));  // nearly a century
}

TEST_CASE("frequencies: what is none is reported", "[scenario]") {
  const auto refused = [](std::string_view text) {
    const auto parsed = parse_frequency(text);
    const auto* wish = std::get_if<Wish>(&parsed);
    return wish == nullptr ? "taken" : wish->text;
  };
  for (const auto* text : {"", "5", "/s", "5s", "-5/s", "+5/s", "5 /s", ".5/s", "5./s", "1e3/s"}) {
    INFO(text);
    CHECK(refused(text) == "a rate such as \"5000/s\"");
  }
  for (const auto* text : {"5/", "5/sec", "5/ s", "5/S", "5//s", "5/s/s", "5/m", "5/2s"}) {
    INFO(text);
    CHECK(refused(text) == "a rate per ns, us, ms, s, min or h such as \"5000/s\"");
  }
  CHECK(refused("0/s") == "a rate above 0");
  CHECK(refused("0.000/s") == "a rate above 0");
  CHECK(refused("1.000000001/ns") == "a rate of at most 1/ns");
  CHECK(refused("1000000001/s") == "a rate of at most 1/ns");
  CHECK(refused("0.000001/h") == "a rate of at least one in a century");
  CHECK(refused("1234567890123456789/h") == "a rate of at most 18 digits");
  CHECK(refused("0.123456789012345678/h") == "a rate of at most 18 digits");
  CHECK(refused("1.00000000000000001/h") == "a rate with fewer digits");
}

TEST_CASE("frequencies: any text is either one or refused", "[scenario]") {
  rc::prop("no crash, never zero", [](const std::string& text) {
    for (const char* unit : {"", "/ns", "/h"}) {
      const auto parsed = parse_frequency(text + unit);
      if (const auto* rate = std::get_if<app::Rate>(&parsed)) {
        RC_ASSERT(rate->number > 0 && rate->per_ns >= rate->number);
      }
    }
  });
  rc::prop("whole numbers per second are kept", [](std::uint32_t any) {
    const std::uint64_t n = any % 1'000'000'000 + 1;
    const auto rate = std::get<app::Rate>(parse_frequency(std::to_string(n) + "/s"));
    RC_ASSERT(rate.number * 1'000'000'000 == n * rate.per_ns);
  });
}

TEST_CASE("count ranges: from 1, open or closed", "[scenario]") {
  const auto range = [](std::string_view text) {
    return std::get<CountRange>(parse_count_range(text));
  };
  CHECK(range("2-4") == CountRange{2, 4});
  CHECK(range("1-1") == CountRange{1, 1});
  CHECK(range("3+").first == 3);
  CHECK(range("3+").second == std::numeric_limits<std::uint64_t>::max());
  for (const auto* text : {"", "3", "0-2", "0+", "4-2", "-2", "2-", "+", "1-2-3", "1 - 2", "3++"}) {
    INFO(text);
    CHECK(std::holds_alternative<Wish>(parse_count_range(text)));
  }
}

TEST_CASE("addresses: one host's, dotted", "[scenario]") {
  CHECK(std::get<tcp::Address>(parse_address("10.0.0.1")) == tcp::Address{0x0a000001});
  CHECK(std::get<tcp::Address>(parse_address("223.255.255.255")) == tcp::Address{0xdfffffff});
  for (const auto* text : {"", "10.0.0", "10.0.0.1.2", "10.0.0.256", "0.0.0.1", "127.0.0.1",
                           "224.0.0.1", "10.0.0.1 ", "10..0.1", "::1", "10.0.0.0001"}) {
    INFO(text);
    CHECK(std::holds_alternative<Wish>(parse_address(text)));
  }
}

}  // namespace
}  // namespace lastack::scenario
