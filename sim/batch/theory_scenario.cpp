// Which scenarios have a closed form, and what it says of them.

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "lastack/batch/theory.hpp"
#include "lastack/core/assert.hpp"
#include "timer_phases.hpp"

namespace lastack::batch {

namespace {

SimDuration rto_max_of(const tcp::Settings& settings) {
  return std::chrono::milliseconds{settings.tcp_rto_max_ms};
}

bool has_grid(const ConnectModel& model) {
  return model.client_timers == tcp::TimerMode::wheel ||
         model.listener_timers == tcp::TimerMode::wheel;
}

std::int64_t phases_of(const ConnectModel& model) { return has_grid(model) ? timer_phases : 1; }

SynPolicy client_at(const ConnectModel& model, std::int64_t phase) {
  SynPolicy client = model.client;
  client.grid = grid_at(model.client_timers, model.client_hz, phase);
  return client;
}

/// How long an attempt may take, and its request at the listener after it.
struct Longest {
  SimDuration attempt{};
  SimDuration with_request{};
};

Longest longest_of(const ConnectModel& model) {
  Longest longest;
  for (std::int64_t phase = 0; phase < phases_of(model); ++phase) {
    const SimDuration attempt = syn_transmissions(client_at(model, phase)).gives_up;
    longest.attempt = std::max(longest.attempt, attempt);
  }
  SimDuration wait = model.listener.initial_rto;
  SimDuration request = wait;
  for (std::int32_t i = 0; i < model.listener.retries; ++i) {
    wait = doubled(wait, model.listener.rto_max);
    request = saturating_add(request, wait);
  }
  // The grid makes a wait an eighth longer at most.
  longest.with_request = saturating_add(longest.attempt, request + request / 8);
  return longest;
}

/// How many ports a search is sure to find when all are free. Linux's goes by twos, and where the
/// number of ports is odd it leaves out one or the other, by where it began.
std::uint64_t ports_found(const scenario::Host& client) {
  const std::uint64_t ports = ephemeral_ports(client.settings);
  const auto [first, last] = client.settings.ip_local_port_range;
  const bool by_twos = tcp::profile_of(client.profile).port_order == tcp::PortOrder::linux;
  const bool one_left_out = by_twos && first < last && (last - first) % 2 == 0;
  return ports > 0 && one_left_out ? ports - 1 : ports;
}

}  // namespace

// --- Hosts ---

std::optional<double> port_rate(const scenario::Host& client) {
  if (ports_found(client) != ephemeral_ports(client.settings)) return std::nullopt;
  if (client.settings.tcp_tw_reuse == 1 && client.settings.tcp_timestamps != 0) return std::nullopt;
  return port_rate(ephemeral_ports(client.settings), SimDuration::zero(), 2 * client.msl);
}

// --- The model's figures ---

ConnectOdds ConnectModel::odds() const {
  const std::int64_t number = phases_of(*this);
  const auto divisor = static_cast<double>(number);
  ConnectOdds mean;
  std::map<SimDuration, double> times;
  for (std::int64_t phase = 0; phase < number; ++phase) {
    SynAckPolicy server = listener;
    server.grid = grid_at(listener_timers, listener_hz, phase);
    const ConnectOdds odds = connect_odds(syn_transmissions(client_at(*this, phase)), server, way);
    mean.ok += odds.ok;
    mean.syns_sent += odds.syns_sent;
    for (const auto& [time, probability] : odds.times) times[time] += probability / divisor;
  }
  mean.ok /= divisor;
  mean.syns_sent /= divisor;
  mean.times.assign(times.begin(), times.end());
  return mean;
}

namespace {

bool agrees(double a, double b) { return std::abs(a - b) <= 1e-9; }

/// x, x^2 and so on to the nth power by multiplication, which rounds alike everywhere.
double power(double x, int n) {
  double product = 1;
  for (int i = 0; i < n; ++i) product *= x;
  return product;
}

/// The exponent of `1 - loss^n` where the sum comes down to that: with losses one way alone, and
/// the timers' phase without a say.
std::optional<int> exponent_of(double loss, double ok) {
  constexpr int most = 300;
  for (int n = 1; n <= most && loss > 0 && loss < 1; ++n) {
    if (agrees(1 - power(loss, n), ok) && !agrees(power(loss, n), power(loss, n - 1))) return n;
  }
  return std::nullopt;
}

/// The loss that alone matters; nothing if there is both or none.
std::optional<double> only_loss(const RoundTrip& way) {
  if (way.loss_there > 0 && way.loss_back > 0) return std::nullopt;
  const double loss = std::max(way.loss_there, way.loss_back);
  return loss > 0 ? std::optional{loss} : std::nullopt;
}

std::string sum_formula(const RoundTrip& way) {
  return fmt::format("sum over which SYN (loss {}) and which SYN-ACK (loss {}) arrives first",
                     way.loss_there, way.loss_back);
}

std::string ok_formula(const RoundTrip& way, double ok) {
  if (way.loss_there <= 0 && way.loss_back <= 0) return "1, as nothing is lost";
  if (const auto loss = only_loss(way)) {
    if (const auto n = exponent_of(*loss, ok)) return fmt::format("1 - {}^{}", *loss, *n);
  }
  return sum_formula(way);
}

std::string syns_formula(const RoundTrip& way, const ConnectOdds& odds) {
  if (way.loss_there <= 0 && way.loss_back <= 0) return "1, as nothing is lost";
  if (const auto loss = only_loss(way)) {
    const auto n = exponent_of(*loss, odds.ok);
    if (n && agrees((1 - power(*loss, *n)) / (1 - *loss), odds.syns_sent)) {
      return fmt::format("(1 - {0}^{1}) / (1 - {0})", *loss, *n);
    }
  }
  return "1 + sum over the other SYNs of P(no SYN-ACK came before it is due)";
}

}  // namespace

std::vector<Prediction> ConnectModel::predictions() const {
  const ConnectOdds result = odds();
  std::vector<Prediction> all;
  all.push_back({"connect_ok", result.ok, ok_formula(way, result.ok)});
  if (const auto time = result.mean_time()) {
    all.push_back(
        {"connect_time.mean", *time,
         "sum over the SYN-ACKs of P(it is the first to arrive) x its arrival, divided by "
         "connect_ok"});
  }
  const auto number = static_cast<double>(connections);
  all.push_back({"connect_error.ETIMEDOUT", number * (1 - result.ok),
                 fmt::format("{} x (1 - connect_ok)", connections)});
  const std::string syns = syns_formula(way, result);
  all.push_back({"syn_sent", number * result.syns_sent,
                 connections == 1 ? syns : fmt::format("{} x [{}]", connections, syns)});
  return all;
}

// --- Recognising a scenario ---

namespace {

/// What stands in the way of a closed form; empty: nothing.
using Obstacle = std::string;

Obstacle in_surroundings(const scenario::Scenario& s) {
  const bool alone = std::all_of(s.hosts.begin(), s.hosts.end(),
                                 [](const scenario::Host& host) { return host.count == 1; });
  if (s.hosts.size() != 2 || !alone) return "it takes exactly two hosts";
  if (!s.routers.empty() || s.links.size() != 1) return "it takes exactly one link and no router";
  if (!s.faults.empty()) return "there are faults";
  if (!s.injections.empty()) return "there are forged segments";
  if (!s.host_events.empty() || !s.link_events.empty()) return "there are events";
  if (!s.datagram_flows.empty()) return "there are datagrams";
  if (s.connectors.size() != 1) return "it takes exactly one connector";
  for (const scenario::Host& host : s.hosts) {
    if (host.silent) return host.name + " is silent";
    if (host.handshake != tcp::Handshake::three_way)
      return "the handshake is not the three-way one";
    if (host.files_max != app::unlimited_files || host.sockets_max != tcp::unlimited_sockets) {
      return host.name + " has a limit of descriptors or sockets";
    }
  }
  return {};
}

Obstacle in_direction(const net::LinkConfig& link) {
  constexpr std::uint32_t enough = 100;  // a SYN with all options has 60
  if (!std::holds_alternative<net::ConstantDelay>(link.delay)) return "the delay is not constant";
  if (!std::holds_alternative<net::BernoulliLoss>(link.loss)) return "losses are not independent";
  if (link.jitter != SimDuration::zero()) return "the link has jitter";
  if (link.duplicate > 0) return "the link duplicates";
  if (link.reorder.p > 0) return "the link reorders";
  if (link.corrupt > 0) return "the link corrupts";
  if (link.rate_bps) return "the link has a rate";
  if (link.mtu < enough) return "the link's MTU is below 100";
  return {};
}

const app::Listener* listener_of(const scenario::Scenario& s, const app::Connector& connector) {
  const auto found =
      std::find_if(s.listeners.begin(), s.listeners.end(), [&](const app::Listener& l) {
        return l.host == connector.to && l.port == connector.to_port;
      });
  return found == s.listeners.end() ? nullptr : &*found;
}

std::optional<std::int32_t> option_of(const std::vector<tcp::SocketOptionValue>& options,
                                      tcp::SocketOption wanted) {
  std::optional<std::int32_t> value;
  for (const tcp::SocketOptionValue& option : options) {
    if (option.option == wanted && option.value != 0) value = option.value;
  }
  return value;
}

/// Requires a scenario without obstacles in its surroundings.
RoundTrip way_of(const scenario::Link& link, std::size_t client) {
  const auto* a = std::get_if<scenario::HostRef>(&link.a.node);
  const bool from_a = a != nullptr && a->host == client;
  const net::LinkConfig& there = from_a ? link.a_to_b : link.b_to_a;
  const net::LinkConfig& back = from_a ? link.b_to_a : link.a_to_b;
  return {std::get<net::BernoulliLoss>(there.loss).p, std::get<net::BernoulliLoss>(back.loss).p,
          std::get<net::ConstantDelay>(there.delay).value,
          std::get<net::ConstantDelay>(back.delay).value};
}

ConnectModel model_of(const scenario::Scenario& s, const app::Connector& connector,
                      const app::Listener& listener) {
  const scenario::Host& client = s.hosts[connector.host];
  const scenario::Host& server = s.hosts[connector.to];
  constexpr auto count = tcp::SocketOption::tcp_syncnt;
  ConnectModel model;
  model.client.retries =
      option_of(connector.options, count).value_or(client.settings.tcp_syn_retries);
  model.client.linear_timeouts = client.settings.tcp_syn_linear_timeouts;
  model.client.initial_rto = client.initial_rto;
  model.client.rto_max = rto_max_of(client.settings);
  model.client.budget = tcp::profile_of(client.profile).retry_budget;
  model.listener.retries =
      option_of(listener.options, count).value_or(server.settings.tcp_synack_retries);
  model.listener.initial_rto = server.initial_rto;
  model.listener.rto_max = rto_max_of(server.settings);
  model.listener.repeated_syn = tcp::profile_of(server.profile).repeated_syn;
  model.listener.answer_limit = std::chrono::milliseconds{server.settings.tcp_invalid_ratelimit};
  model.way = way_of(s.links.front(), connector.host);
  model.connections = connector.count;
  model.client_timers = client.timers;
  model.listener_timers = server.timers;
  model.client_hz = client.hz;
  model.listener_hz = server.hz;
  return model;
}

/// Sockets and ports have to be there for all connections, and time to the end of each.
Obstacle in_connector(const scenario::Scenario& s, const app::Connector& connector,
                      const Longest& longest) {
  const std::uint64_t ports =
      connector.from_port ? 65536U - *connector.from_port : ports_found(s.hosts[connector.host]);
  if (connector.count > ports) return "there are more connections than ports";
  if (option_of(connector.options, tcp::SocketOption::tcp_user_timeout)) {
    return "the connector has TCP_USER_TIMEOUT";
  }
  if (!connector.while_connecting.empty()) return "the connector acts while it is connecting";
  const double last_begins = to_seconds(connector.every) * static_cast<double>(connector.count - 1);
  const double left = to_seconds(s.stop_at - connector.at) - last_begins;
  if (left <= to_seconds(longest.attempt)) return "stop_at may come before connect ends";
  return {};
}

/// Queues must not fill, nor be half full, from when on Linux sheds requests early.
Obstacle in_listener(const scenario::Scenario& s, const app::Connector& connector,
                     const app::Listener& listener, const Longest& longest) {
  const tcp::Settings& settings = s.hosts[connector.to].settings;
  if (listener.listen_at > connector.at || listener.close_at) {
    return "the listener is not there from the start to the end";
  }
  if (settings.tcp_syncookies == 2) return "tcp_syncookies is 2";
  const std::int64_t backlog = std::min(listener.backlog, settings.somaxconn);
  const bool accepts = listener.accept_from && *listener.accept_from <= connector.at;
  std::int64_t at_once = static_cast<std::int64_t>(connector.count);
  if (accepts && connector.every > SimDuration::zero()) {
    at_once = std::min<std::int64_t>(at_once, 1 + longest.with_request / connector.every);
  }
  if (at_once > 1 && (at_once > backlog || 2 * at_once > std::max<std::int64_t>(8, backlog))) {
    return "the listener's queue may fill";
  }
  const std::int64_t kept = settings.tcp_max_syn_backlog >> 2;  // for peers it knows
  const std::int64_t room = std::int64_t{settings.tcp_max_syn_backlog} - kept;
  if (settings.tcp_syncookies == 0 && at_once > room) return "tcp_max_syn_backlog may be reached";
  return {};
}

Obstacle find_model(const scenario::Scenario& s, std::optional<ConnectModel>& found) {
  if (Obstacle obstacle = in_surroundings(s); !obstacle.empty()) return obstacle;
  for (const net::LinkConfig* link : {&s.links.front().a_to_b, &s.links.front().b_to_a}) {
    if (Obstacle obstacle = in_direction(*link); !obstacle.empty()) return obstacle;
  }
  const app::Connector& connector = s.connectors.front();
  if (connector.arrivals) return "the number of connections is random";
  if (connector.host == connector.to) return "the connector connects to its own host";
  const app::Listener* listener = listener_of(s, connector);
  if (listener == nullptr) return "nobody listens where the connector connects to";
  const ConnectModel model = model_of(s, connector, *listener);
  const Longest longest = longest_of(model);
  if (Obstacle obstacle = in_connector(s, connector, longest); !obstacle.empty()) return obstacle;
  if (Obstacle o = in_listener(s, connector, *listener, longest); !o.empty()) return o;
  found = model;
  return {};
}

}  // namespace

std::optional<ConnectModel> connect_model(const scenario::Scenario& scenario,
                                          std::string* why_not) {
  std::optional<ConnectModel> found;
  Obstacle obstacle = find_model(scenario, found);
  if (why_not != nullptr) *why_not = std::move(obstacle);
  return found;
}

}  // namespace lastack::batch
