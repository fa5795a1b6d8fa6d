#include "machine_lag.hpp"

#include <chrono>
#include <cstdint>
#include <variant>

#include "lastack/core/time.hpp"
#include "lastack/net/link.hpp"

namespace lastack::fuzz {

namespace {

constexpr std::uint64_t rate_bps = 200'000'000;

void slow_down(net::LinkConfig& link, SimDuration more) {
  if (auto* constant = std::get_if<net::ConstantDelay>(&link.delay)) constant->value += more;
  if (!link.rate_bps) link.rate_bps = rate_bps;
}

}  // namespace

void add_machine_lag(scenario::Scenario& scenario, std::size_t step) {
  using std::chrono::microseconds;
  const auto steps = static_cast<std::int64_t>(step);
  for (scenario::Link& link : scenario.links) {
    slow_down(link.a_to_b, steps * microseconds{60});
    slow_down(link.b_to_a, steps * microseconds{100});
  }
}

}  // namespace lastack::fuzz
