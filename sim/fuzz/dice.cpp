#include "dice.hpp"

#include <algorithm>
#include <bit>
#include <chrono>

namespace lastack::fuzz {

std::int64_t Dice::between(std::int64_t low, std::int64_t high) {
  LASTACK_ASSERT(low <= high);
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  return low + static_cast<std::int64_t>(stream_.below(span + 1));
}

std::int64_t Dice::scaled(std::int64_t low, std::int64_t high) {
  LASTACK_ASSERT(low <= high);
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const auto bits = static_cast<unsigned>(std::bit_width(span));
  const std::uint64_t magnitude = stream_.below(bits + 1);
  const std::uint64_t most =
      magnitude == 64 ? span : std::min(span, (std::uint64_t{1} << magnitude) - 1);
  const std::uint64_t least =
      magnitude == 0 ? 0 : std::min(most, std::uint64_t{1} << (magnitude - 1));
  return low + static_cast<std::int64_t>(least + stream_.below(most - least + 1));
}

std::string Dice::duration(SimDuration low, SimDuration high) {
  using std::chrono::milliseconds;
  const auto in_ms = [](SimDuration d) {
    return std::chrono::duration_cast<milliseconds>(d).count();
  };
  return std::to_string(scaled(in_ms(low), in_ms(high))) + "ms";
}

}  // namespace lastack::fuzz
