#include "machine_lag.hpp"

#include <chrono>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "lastack/app/program.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/core/time.hpp"
#include "lastack/net/link.hpp"

namespace lastack::fuzz {

namespace {

using std::chrono::microseconds;

constexpr std::uint64_t rate_bps = 200'000'000;

void slow_down(net::LinkConfig& link, SimDuration more) {
  if (auto* constant = std::get_if<net::ConstantDelay>(&link.delay)) constant->value += more;
}

bool waits(const app::Step& step) {
  return std::holds_alternative<app::SleepStep>(step) ||
         std::holds_alternative<app::UntilStep>(step);
}

bool ends(const app::Step& step) {
  return std::holds_alternative<app::ShutdownStep>(step) ||
         std::holds_alternative<app::CloseStep>(step) ||
         std::holds_alternative<app::AbortStep>(step);
}

app::Step constant_sleep(SimDuration time) { return app::SleepStep{net::ConstantDelay{time}}; }

/// Puts so much time between two calls that no wait parts already.
void part_calls(std::vector<app::Step>& steps, SimDuration time) {
  std::vector<app::Step> parted;
  for (app::Step& step : steps) {
    const bool joined = !parted.empty() && !waits(parted.back()) && !waits(step);
    if (joined) parted.push_back(constant_sleep(time));
    parted.push_back(std::move(step));
  }
  steps = std::move(parted);
}

/// Puts so much time before each call that ends a connection, up to `waking` behind each wait.
void delay_ends_and_waking(std::vector<app::Step>& steps, SimDuration time, SimDuration waking) {
  std::vector<app::Step> slower;
  for (app::Step& step : steps) {
    const bool follows = !slower.empty() && !waits(step);
    const bool woken = follows && waits(slower.back());
    if (woken) slower.push_back(app::SleepStep{net::UniformDelay{SimDuration{0}, waking}});
    if (follows && !woken && ends(step)) slower.push_back(constant_sleep(time));
    slower.push_back(std::move(step));
  }
  steps = std::move(slower);
}

void add_slow_wire(scenario::Scenario& scenario, std::int64_t steps) {
  for (scenario::Link& link : scenario.links) {
    for (net::LinkConfig* way : {&link.a_to_b, &link.b_to_a}) {
      if (!way->rate_bps) way->rate_bps = rate_bps;
    }
  }
  for (app::Listener& listener : scenario.listeners) {
    part_calls(listener.steps, steps * microseconds{60});
  }
  for (app::Connector& connector : scenario.connectors) {
    part_calls(connector.steps, steps * microseconds{30});
  }
}

/// Of packets that arrive at one instant, those of one link have their turn before the next one's.
void take_links_in_turn(std::vector<scenario::Link>& links, std::int64_t steps) {
  const bool last_is_first = steps % 2 == 1;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const std::size_t turn = last_is_first ? links.size() - 1 - i : i;
    const SimDuration more = static_cast<std::int64_t>(turn) * steps * microseconds{20};
    slow_down(links[i].a_to_b, more);
    slow_down(links[i].b_to_a, more);
  }
}

void add_busy_processor(scenario::Scenario& scenario, std::int64_t steps) {
  take_links_in_turn(scenario.links, steps);
  for (scenario::Fault& fault : scenario.faults) {
    if (fault.action != scenario::FaultAction::drop) fault.by += steps * microseconds{100};
  }
  const SimDuration waking = steps * microseconds{100};
  for (app::Listener& listener : scenario.listeners) {
    delay_ends_and_waking(listener.steps, steps * microseconds{60}, waking);
    if (listener.steps.empty()) continue;
    listener.steps.insert(listener.steps.begin(), constant_sleep(steps * microseconds{150}));
  }
  for (app::Connector& connector : scenario.connectors) {
    delay_ends_and_waking(connector.steps, steps * microseconds{30}, waking);
  }
}

}  // namespace

void add_machine_lag(scenario::Scenario& scenario, Machine machine, std::size_t step) {
  LASTACK_ASSERT(step >= 1);
  const auto steps = static_cast<std::int64_t>(step);
  for (scenario::Link& link : scenario.links) {
    slow_down(link.a_to_b, steps * microseconds{60});
    slow_down(link.b_to_a, steps * microseconds{100});
  }
  switch (machine) {
    case Machine::slow_wire: return add_slow_wire(scenario, steps);
    case Machine::busy_processor: return add_busy_processor(scenario, steps);
  }
}

}  // namespace lastack::fuzz
