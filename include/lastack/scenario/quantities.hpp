#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "lastack/app/arrivals.hpp"
#include "lastack/scenario/duration.hpp"
#include "lastack/tcp/segment.hpp"

namespace lastack::scenario {

/// "10Mbit", "1.5Gbit", also bit, kbit or Kbit, Tbit: bits per second, above zero, whole.
Parsed<std::uint64_t> parse_rate(std::string_view text);

/// "5000/s", "2.5/min", also per ns, us, ms and h; exact, so "3/s" is 3 times in 1 s. Zero, more
/// often than once a nanosecond or less than once in a century is refused.
Parsed<app::Rate> parse_frequency(std::string_view text);

/// An inclusive range of counts, from 1.
using CountRange = std::pair<std::uint64_t, std::uint64_t>;
/// "2-4" or "3+".
Parsed<CountRange> parse_count_range(std::string_view text);

/// "10.0.0.1", one host's address.
Parsed<tcp::Address> parse_address(std::string_view text);

/// A whole decimal number without sign; nothing for anything else, or beyond 64 bits.
std::optional<std::uint64_t> parse_count(std::string_view text);

}  // namespace lastack::scenario
