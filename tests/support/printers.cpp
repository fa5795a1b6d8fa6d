#include "support/printers.hpp"

namespace lastack::test {

std::string text_of(SimDuration duration) {
  const std::int64_t ns = duration.count();
  const std::int64_t magnitude = ns < 0 ? -ns : ns;
  std::string fraction = std::to_string(magnitude % 1'000'000'000 + 1'000'000'000).substr(1);
  if (fraction.ends_with("000")) fraction.resize(6);
  return (ns < 0 ? "-" : "") + std::to_string(magnitude / 1'000'000'000) + "." + fraction + " s";
}

}  // namespace lastack::test
