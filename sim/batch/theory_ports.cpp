// Ports that run out: which scenarios show it, and what Little's law says of them.

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "lastack/batch/theory.hpp"
#include "plain_delay.hpp"

namespace lastack::batch {

std::optional<SimDuration> plain_delay(const net::LinkConfig& link) {
  const auto* delay = std::get_if<net::ConstantDelay>(&link.delay);
  const auto* loss = std::get_if<net::BernoulliLoss>(&link.loss);
  const bool plain = delay != nullptr && loss != nullptr && loss->p == 0 &&
                     link.jitter == SimDuration::zero() && link.duplicate == 0 &&
                     link.reorder.p == 0 && link.corrupt == 0 && !link.rate_bps;
  return plain ? std::optional{delay->value} : std::nullopt;
}

namespace {

bool only_closes(const std::vector<app::Step>& steps) {
  return steps.size() == 1 && std::holds_alternative<app::CloseStep>(steps.front());
}

/// Somebody who closes as soon as the client has.
bool closes_after(const std::vector<app::Step>& steps) {
  return steps.size() == 2 && std::holds_alternative<app::RecvStep>(steps.front()) &&
         std::holds_alternative<app::CloseStep>(steps.back());
}

bool is_quiet(const scenario::Scenario& s) {
  return s.faults.empty() && s.injections.empty() && s.host_events.empty() &&
         s.link_events.empty() && s.datagram_flows.empty();
}

/// How often connections begin, if that is at equal intervals.
std::optional<app::Rate> even_rate(const app::Connector& connector) {
  if (connector.arrivals) {
    const bool even = connector.arrivals->law == app::ArrivalLaw::even;
    return even ? std::optional{connector.arrivals->rate} : std::nullopt;
  }
  if (connector.every <= SimDuration::zero()) return std::nullopt;
  return app::Rate{1, static_cast<std::uint64_t>(connector.every.count())};
}

/// How many begin in a time, the one at its beginning included and one at its end not.
std::uint64_t begin_in(SimDuration time, app::Rate rate) {
  __extension__ using Wide = unsigned __int128;
  const Wide scaled = Wide{static_cast<std::uint64_t>(time.count())} * rate.number;
  return static_cast<std::uint64_t>((scaled + rate.per_ns - 1) / rate.per_ns);
}

}  // namespace

std::vector<Prediction> PortModel::predictions() const {
  // Connections that begin in one period of `held` find what those of the last period gave back.
  const std::uint64_t in_a_period = begin_in(held, rate);
  const std::uint64_t served = std::min(ports, in_a_period);
  const std::uint64_t ok =
      connections / in_a_period * served + std::min(served, connections % in_a_period);
  const auto all = static_cast<double>(connections);
  const std::string formula = fmt::format("{} ports in every {:.4g} s", ports, to_seconds(held));
  return {{"connect_ok", static_cast<double>(ok) / all, formula},
          {"connect_error.EADDRNOTAVAIL", static_cast<double>(connections - ok), formula}};
}

std::optional<PortModel> port_model(const scenario::Scenario& s) {
  if (s.hosts.size() != 2 || s.hosts[0].count != 1 || s.hosts[1].count != 1) return std::nullopt;
  if (s.links.size() != 1 || s.connectors.size() != 1 || s.listeners.size() != 1 || !is_quiet(s)) {
    return std::nullopt;
  }
  const app::Connector& connector = s.connectors.front();
  const scenario::Host& client = s.hosts[connector.host];
  const auto there = plain_delay(s.links.front().a_to_b);
  const auto back = plain_delay(s.links.front().b_to_a);
  const auto rate = even_rate(connector);
  const app::Prospect prospect = app::prospect(connector, s.stop_at);
  const bool simple = there && back && rate && prospect.exact && !connector.from_port &&
                      port_rate(client) > 0 && connector.while_connecting.empty() &&
                      only_closes(connector.steps) && closes_after(s.listeners.front().steps);
  if (!simple) return std::nullopt;
  PortModel model;
  model.ports = ephemeral_ports(client.settings);
  model.connections = prospect.connections;
  model.rate = *rate;
  model.held = 2 * (*there + *back) + 2 * client.msl;
  return model;
}

std::vector<Prediction> predictions_of(const scenario::Scenario& scenario) {
  if (const auto model = connect_model(scenario)) return model->predictions();
  if (const auto model = port_model(scenario)) return model->predictions();
  if (const auto model = vanished_peer_model(scenario)) return model->predictions();
  return {};
}

}  // namespace lastack::batch
