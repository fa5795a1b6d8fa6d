#include "units.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lastack::trace {

namespace {

/// `count` units of a thousand parts, rounded to so many decimals that three digits or more remain;
/// zeros at the end are left out.
std::string rounded(std::int64_t thousandths, std::string_view unit) {
  constexpr std::int64_t hundred = 100'000;
  constexpr std::int64_t ten = 10'000;
  const std::int64_t step = thousandths >= hundred ? 1000 : thousandths >= ten ? 100 : 10;
  thousandths = (thousandths + step / 2) / step * step;
  std::string text = std::to_string(thousandths / 1000);
  std::string decimals = std::to_string(1000 + thousandths % 1000).substr(1);
  while (!decimals.empty() && decimals.back() == '0') {
    decimals.pop_back();
  }
  if (!decimals.empty()) {
    text += "." + decimals;
  }
  return text.append(" ").append(unit);
}

}  // namespace

std::string duration_text(SimDuration duration) {
  const std::int64_t ns = duration.count();
  if (ns < 0) return "-" + duration_text(-duration);
  if (ns < 1000) return std::to_string(ns) + " ns";
  if (duration < 1ms) return rounded(ns, "us");
  if (duration < 1s) return rounded(ns / 1000, "ms");
  return rounded(ns / 1'000'000, "s");
}

std::string seconds_text(SimTime at, int decimals) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t ns = at.time_since_epoch().count();
  std::string text = std::to_string(ns / second);
  if (decimals > 0) {
    const std::string fraction = std::to_string(second + ns % second).substr(1);
    text += "." + fraction.substr(0, static_cast<std::size_t>(decimals));
  }
  return text;
}

}  // namespace lastack::trace
