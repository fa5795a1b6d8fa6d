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

/// What a busy processor adds to an application's steps.
struct Lateness {
  SimDuration start;    ///< before the first
  SimDuration ending;   ///< before one that ends the connection
  SimDuration hearing;  ///< behind a recv
  SimDuration waking;   ///< behind a wait, at most
};

void be_late(std::vector<app::Step>& steps, const Lateness& late) {
  if (steps.empty()) return;
  std::vector<app::Step> slower{constant_sleep(late.start), std::move(steps.front())};
  for (std::size_t i = 1; i < steps.size(); ++i) {
    app::Step& step = steps[i];
    if (waits(slower.back()) && !waits(step)) {
      slower.push_back(app::SleepStep{net::UniformDelay{SimDuration{0}, late.waking}});
    } else if (std::holds_alternative<app::RecvStep>(slower.back()) && !waits(step)) {
      slower.push_back(constant_sleep(late.hearing));
    } else if (ends(step)) {
      slower.push_back(constant_sleep(late.ending));
    }
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
  const bool hears_late = steps % 2 == 1;
  for (app::Listener& listener : scenario.listeners) {
    const SimDuration call = steps * microseconds{60};
    be_late(listener.steps, {.start = steps * microseconds{150},
                             .ending = call,
                             .hearing = hears_late ? call : SimDuration{0},
                             .waking = steps * microseconds{100}});
  }
  for (app::Connector& connector : scenario.connectors) {
    const SimDuration call = steps * microseconds{30};
    be_late(connector.steps, {.start = call,
                              .ending = call,
                              .hearing = hears_late ? call : SimDuration{0},
                              .waking = steps * microseconds{100}});
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
