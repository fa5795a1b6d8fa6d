#include "machine_lag.hpp"

#include <chrono>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "lastack/app/program.hpp"
#include "lastack/core/time.hpp"
#include "lastack/net/link.hpp"

namespace lastack::fuzz {

namespace {

constexpr std::uint64_t rate_bps = 200'000'000;

void slow_down(net::LinkConfig& link, SimDuration more) {
  if (auto* constant = std::get_if<net::ConstantDelay>(&link.delay)) constant->value += more;
  if (!link.rate_bps) link.rate_bps = rate_bps;
}

bool waits(const app::Step& step) {
  return std::holds_alternative<app::SleepStep>(step) ||
         std::holds_alternative<app::UntilStep>(step);
}

/// Puts so much time between two calls that no wait parts already.
void part_calls(std::vector<app::Step>& steps, SimDuration time) {
  std::vector<app::Step> parted;
  for (app::Step& step : steps) {
    const bool joined = !parted.empty() && !waits(parted.back()) && !waits(step);
    if (joined) parted.push_back(app::SleepStep{net::ConstantDelay{time}});
    parted.push_back(std::move(step));
  }
  steps = std::move(parted);
}

}  // namespace

void add_machine_lag(scenario::Scenario& scenario, std::size_t step) {
  using std::chrono::microseconds;
  const auto steps = static_cast<std::int64_t>(step);
  for (scenario::Link& link : scenario.links) {
    slow_down(link.a_to_b, steps * microseconds{60});
    slow_down(link.b_to_a, steps * microseconds{100});
  }
  for (app::Listener& listener : scenario.listeners) {
    part_calls(listener.steps, steps * microseconds{60});
  }
  for (app::Connector& connector : scenario.connectors) {
    part_calls(connector.steps, steps * microseconds{30});
  }
}

}  // namespace lastack::fuzz
