#include "lastack/scenario/quantities.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <numeric>
#include <span>
#include <string>

#include "lastack/core/text.hpp"

namespace lastack::scenario {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;  ///< in the smallest unit
};

constexpr std::array time_units{
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"min", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

constexpr std::array rate_units{
    Unit{"bit", 1},          Unit{"kbit", 1'000},         Unit{"Kbit", 1'000},
    Unit{"Mbit", 1'000'000}, Unit{"Gbit", 1'000'000'000}, Unit{"Tbit", 1'000'000'000'000},
};

/// A decimal number in parts: "1.50ms" is {"1", "5", "ms"}.
struct Decimal {
  std::string_view whole;
  std::string_view fraction;  ///< without zeros at its end
  std::string_view unit;
};

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

std::optional<Decimal> split(std::string_view text) {
  Decimal result;
  result.whole = take_digits(text);
  if (result.whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    result.fraction = take_digits(text);
    if (result.fraction.empty()) return std::nullopt;
    while (result.fraction.ends_with('0')) result.fraction.remove_suffix(1);
  }
  result.unit = text;
  return result;
}

enum class Trouble { too_fine, too_big };

/// `decimal` times `unit`, exactly.
std::variant<std::uint64_t, Trouble> scale(const Decimal& decimal, std::uint64_t unit,
                                           std::uint64_t max) {
  const auto whole = parse_count(decimal.whole);
  if (!whole || *whole > max / unit) return Trouble::too_big;
  // 0.d…d (k digits) units are d…d * unit / 10^k; with k above 18 no unit here divides evenly.
  if (decimal.fraction.size() > 18) return Trouble::too_fine;
  std::uint64_t digits = 0;
  std::uint64_t tenths = 1;
  for (const char c : decimal.fraction) {
    digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
    tenths *= 10;
  }
  const std::uint64_t common = std::gcd(tenths, unit);
  if (digits % (tenths / common) != 0) return Trouble::too_fine;
  const std::uint64_t part = digits / (tenths / common) * (unit / common);
  const std::uint64_t sum = *whole * unit + part;
  if (sum > max) return Trouble::too_big;
  return sum;
}

/// `number` / 10^`decimals` in each `per_ns`.
Parsed<app::Rate> lowest_terms(std::uint64_t number, std::uint64_t per_ns, std::size_t decimals) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide century_ns = Wide{36'525} * 86'400 * 1'000'000'000;
  Wide per = per_ns;
  for (std::size_t i = 0; i < decimals; ++i) per *= 10;
  if (number > per) return Wish{"a rate of at most 1/ns"};
  if (per > century_ns * number) return Wish{"a rate of at least one in a century"};
  const std::uint64_t common = std::gcd(number, static_cast<std::uint64_t>(per % number));
  if (per / common > std::numeric_limits<std::int64_t>::max()) {
    return Wish{"a rate with fewer digits"};
  }
  return app::Rate{number / common, static_cast<std::uint64_t>(per / common)};
}

const Unit* find_unit(std::span<const Unit> units, std::string_view name) {
  const auto found =
      std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : &*found;
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Parsed<SimDuration> parse_duration(std::string_view text) {
  if (text.starts_with('-')) return Wish{"a duration that is not negative"};
  const auto decimal = split(text);
  if (!decimal) return Wish{"a duration such as \"10ms\""};
  const Unit* unit = find_unit(time_units, decimal->unit);
  if (unit == nullptr) {
    return Wish{decimal->unit.empty() ? "a duration with a unit such as \"10ms\""
                                      : "a duration in ns, us, ms, s, min or h"};
  }
  constexpr auto max = static_cast<std::uint64_t>(SimDuration::max().count());
  const auto scaled = scale(*decimal, unit->size, max);
  if (const auto* ns = std::get_if<std::uint64_t>(&scaled)) {
    return SimDuration{static_cast<std::int64_t>(*ns)};
  }
  return Wish{std::get<Trouble>(scaled) == Trouble::too_fine ? "a duration of whole nanoseconds"
                                                             : "a duration of at most 292 years"};
}

Parsed<std::uint64_t> parse_rate(std::string_view text) {
  const auto decimal = split(text);
  if (!decimal) return Wish{"a rate such as \"10Mbit\""};
  const Unit* unit = find_unit(rate_units, decimal->unit);
  if (unit == nullptr) return Wish{"a rate in bit, kbit, Mbit, Gbit or Tbit such as \"10Mbit\""};
  constexpr std::uint64_t max = 1'000'000'000'000'000;
  const auto scaled = scale(*decimal, unit->size, max);
  if (const auto* bits = std::get_if<std::uint64_t>(&scaled)) {
    if (*bits == 0) return Wish{"a rate above 0"};
    return *bits;
  }
  return Wish{std::get<Trouble>(scaled) == Trouble::too_fine ? "a rate of whole bits per second"
                                                             : "a rate of at most 1000 Tbit"};
}

Parsed<app::Rate> parse_frequency(std::string_view text) {
  const auto decimal = split(text);
  if (!decimal || !decimal->unit.starts_with('/')) return Wish{"a rate such as \"5000/s\""};
  const Unit* unit = find_unit(time_units, decimal->unit.substr(1));
  if (unit == nullptr) return Wish{"a rate per ns, us, ms, s, min or h such as \"5000/s\""};
  constexpr std::size_t digits_max = 18;  // then everything below fits into 64 bits
  if (decimal->whole.size() + decimal->fraction.size() > digits_max) {
    return Wish{"a rate of at most 18 digits"};
  }
  std::uint64_t number = 0;
  for (const char c : std::string{decimal->whole} + std::string{decimal->fraction}) {
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (number == 0) return Wish{"a rate above 0"};
  return lowest_terms(number, unit->size, decimal->fraction.size());
}

Parsed<CountRange> parse_count_range(std::string_view text) {
  const Wish wish{"a count from 1, a list such as [1,3] or a range such as \"2-4\" or \"3+\""};
  std::string_view rest = text;
  const auto first = parse_count(take_digits(rest));
  if (!first || *first == 0) return wish;
  if (rest == "+") return CountRange{*first, std::numeric_limits<std::uint64_t>::max()};
  if (!rest.starts_with('-')) return wish;
  const auto last = parse_count(rest.substr(1));
  if (!last) return wish;
  if (*last < *first) return Wish{"a range whose end is not below its start"};
  return CountRange{*first, *last};
}

Parsed<tcp::Address> parse_address(std::string_view text) {
  const Wish wish{"an IPv4 address of one host such as \"10.0.0.1\""};
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    const std::string_view digits = take_digits(text);
    const auto octet = parse_count(digits);
    if (!octet || digits.size() > 3 || *octet > 255) return wish;
    address = address << 8U | static_cast<std::uint32_t>(*octet);
    if (!text.starts_with(part < 3 ? "." : "")) return wish;
    if (part < 3) text.remove_prefix(1);
  }
  const std::uint32_t network = address >> 24U;
  if (!text.empty() || network == 0 || network == 127 || network >= 224) return wish;
  return tcp::Address{address};
}

}  // namespace lastack::scenario
