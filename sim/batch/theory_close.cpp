// Farewells: what a host does for its FIN, and scenarios in which the peer has vanished.

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "lastack/app/arrivals.hpp"
#include "lastack/batch/theory.hpp"
#include "lastack/tcp/rto_estimator.hpp"
#include "plain_delay.hpp"
#include "timer_phases.hpp"

namespace lastack::batch {

namespace {

/// With the host's timers in one of their phases.
FinPolicy fin_policy_at(const scenario::Host& host, SimDuration round_trip, std::int64_t phase) {
  const tcp::Profile& profile = tcp::profile_of(host.profile);
  const tcp::Settings& settings = host.settings;
  FinPolicy policy;
  policy.retries = settings.tcp_orphan_retries;
  policy.retries_for_0 = profile.orphan_retries_for_0;
  policy.rto_max = std::chrono::milliseconds{settings.tcp_rto_max_ms};
  policy.budget = profile.retry_budget;
  policy.grid = grid_at(host.timers, host.hz, phase);
  const tcp::RtoLimits limits{.formula = profile.rto_formula,
                              .min = std::chrono::microseconds{settings.tcp_rto_min_us},
                              .max = policy.rto_max,
                              .grid = policy.grid};
  tcp::RtoEstimator estimator{host.initial_rto};
  estimator.sample(round_trip, tcp::WindowTurn::same, limits);
  policy.rto = estimator.rto();
  const std::int32_t probes = settings.tcp_early_retrans;
  if ((probes == 3 || probes == 4) && settings.tcp_sack != 0) {
    // RFC 8985, 7.2, with Linux's allowance for a delayed ACK of a lone segment.
    const SimDuration wait = policy.grid.quantize_measured(2 * estimator.srtt() + limits.min);
    policy.probe_after = std::min(wait, policy.rto);
  }
  return policy;
}

}  // namespace

FinPolicy fin_policy(const scenario::Host& host, SimDuration round_trip) {
  return fin_policy_at(host, round_trip, 0);
}

VanishedPeerModel::Figures VanishedPeerModel::figures() const {
  const std::int64_t phases = closer.timers == tcp::TimerMode::wheel ? timer_phases : 1;
  Figures mean;
  for (std::int64_t phase = 0; phase < phases; ++phase) {
    const Transmissions fins = fin_transmissions(fin_policy_at(closer, round_trip, phase));
    mean.orphan_seconds += to_seconds(fins.gives_up) / static_cast<double>(phases);
    mean.fins += static_cast<double>(fins.sent.size()) / static_cast<double>(phases);
    mean.longest = std::max(mean.longest, fins.gives_up);
  }
  return mean;
}

std::vector<Prediction> VanishedPeerModel::predictions() const {
  const Figures each = figures();
  std::vector<Prediction> all{{"orphan_time.mean", each.orphan_seconds,
                               "the FIN's timeouts added up until the host gives up"}};
  if (connections) {
    all.push_back({"fin_sent", static_cast<double>(*connections) * each.fins,
                   fmt::format("{} x {:.4g} FINs", *connections, each.fins)});
  }
  return all;
}

namespace {

/// When steps close that do nothing else but wait; nothing for others. `begin` is when they begin.
std::optional<SimTime> closes_at(const std::vector<app::Step>& steps, SimTime begin) {
  for (const app::Step& step : steps) {
    if (const auto* until = std::get_if<app::UntilStep>(&step)) {
      begin = std::max(begin, until->time);
    } else if (const auto* sleep = std::get_if<app::SleepStep>(&step)) {
      const auto* constant = std::get_if<net::ConstantDelay>(&sleep->duration);
      if (constant == nullptr) return std::nullopt;
      begin += constant->value;
    } else if (std::holds_alternative<app::CloseStep>(step)) {
      return begin;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// The last moment at which a connection can begin; nothing where there is none.
std::optional<SimTime> last_beginning(const app::Connector& connector) {
  if (!connector.arrivals) {
    return connector.at + connector.every * static_cast<std::int64_t>(connector.count - 1);
  }
  if (!connector.arrivals->lasts) return std::nullopt;
  return connector.at + *connector.arrivals->lasts;
}

bool keeps_silent(const std::vector<app::Step>& steps) {
  return std::all_of(steps.begin(), steps.end(), [](const app::Step& step) {
    return std::holds_alternative<app::HoldStep>(step);
  });
}

/// Whether programs close at the same time, or neither does and both keep silent.
bool does_alike(const std::vector<app::Step>& a, const std::vector<app::Step>& b) {
  return closes_at(a, sim_start) == closes_at(b, sim_start) && keeps_silent(a) == keeps_silent(b);
}

/// The element of Scenario::hosts that an application's host belongs to: members of groups count
/// on.
std::size_t group_of(const scenario::Scenario& s, app::HostIndex host) {
  std::size_t group = 0;
  for (std::uint64_t first = 0; first + s.hosts[group].count <= host; ++group) {
    first += s.hosts[group].count;
  }
  return group;
}

/// Whether each member of one group connects once in the same way.
bool are_alike(const scenario::Scenario& s) {
  const app::Connector& first = s.connectors.front();
  const std::size_t group = group_of(s, first.host);
  return s.connectors.size() == s.hosts[group].count &&
         std::all_of(s.connectors.begin(), s.connectors.end(), [&](const app::Connector& c) {
           return group_of(s, c.host) == group && c.to == first.to && c.to_port == first.to_port &&
                  c.at == first.at && c.count == first.count && c.every == first.every &&
                  does_alike(c.steps, first.steps) && c.while_connecting.empty() &&
                  c.options.empty() && c.files_max == app::unlimited_files;
         });
}

/// Whether the listener is there for whoever comes from `begin` on, and has room for so many.
bool takes_all(const scenario::Scenario& s, SimTime begin, const app::Prospect& prospect) {
  const app::Listener& listener = s.listeners.front();
  const tcp::Settings& settings = s.hosts[group_of(s, listener.host)].settings;
  const std::int32_t room =
      std::min({listener.backlog, settings.somaxconn, settings.tcp_max_syn_backlog});
  const std::uint64_t most = prospect.exact ? prospect.connections : 2 * prospect.connections;
  return listener.listen_at <= begin && !listener.close_at && listener.accept_from <= begin &&
         listener.accept_from && listener.files_max == app::unlimited_files &&
         std::cmp_less_equal(most, room);
}

/// Two hosts or groups, one way between them, one application on either side; one of them loses
/// power and that is all.
bool is_vanishing(const scenario::Scenario& s) {
  const bool alone = s.hosts.size() == 2 && s.links.size() == 1 && s.routers.empty() &&
                     s.faults.empty() && s.injections.empty() && s.link_events.empty() &&
                     s.datagram_flows.empty();
  if (!alone || s.connectors.empty() || s.listeners.size() != 1 || s.host_events.size() != 1) {
    return false;
  }
  const scenario::HostEvent& event = s.host_events.front();
  const bool whole = !event.host.member || s.hosts[event.host.host].count == 1;
  const app::Listener& listener = s.listeners.front();
  const app::Connector& connector = s.connectors.front();
  return event.what == scenario::HostEvent::Do::power_off && whole && are_alike(s) &&
         listener.options.empty() && listener.host == connector.to &&
         listener.port == connector.to_port &&
         group_of(s, connector.host) != group_of(s, connector.to);
}

}  // namespace

std::optional<VanishedPeerModel> vanished_peer_model(const scenario::Scenario& s) {
  if (!is_vanishing(s)) return std::nullopt;
  const scenario::HostEvent& event = s.host_events.front();
  const app::Connector& connector = s.connectors.front();
  const app::Listener& listener = s.listeners.front();
  const bool peer_connects = group_of(s, connector.host) == event.host.host;
  const std::vector<app::Step>& closing = peer_connects ? listener.steps : connector.steps;
  const auto there = plain_delay(s.links.front().a_to_b);
  const auto back = plain_delay(s.links.front().b_to_a);
  const auto last = last_beginning(connector);
  const auto first_close = closes_at(closing, connector.at);
  const bool silent = keeps_silent(peer_connects ? connector.steps : listener.steps);
  if (!there || !back || !last || !first_close || !silent) return std::nullopt;

  VanishedPeerModel model;
  model.closer = s.hosts[peer_connects ? group_of(s, listener.host) : group_of(s, connector.host)];
  model.round_trip = *there + *back;
  // All connections stand when the peer vanishes, and none is closed before.
  const SimTime last_stands = *last + 2 * model.round_trip;
  if (last_stands > event.at || *first_close < event.at) return std::nullopt;
  const app::Prospect prospect = app::prospect(s.connectors, s.stop_at);
  if (!takes_all(s, connector.at, prospect)) return std::nullopt;
  // Linux resets orphans where there are too many.
  const auto most = static_cast<std::uint64_t>(model.closer.settings.tcp_max_orphans) / 4;
  const SimTime last_close = closes_at(closing, last_stands).value_or(s.stop_at);
  if (prospect.connections > most || last_close + model.figures().longest > s.stop_at) {
    return std::nullopt;
  }
  if (prospect.exact) model.connections = prospect.connections;
  return model;
}

}  // namespace lastack::batch
