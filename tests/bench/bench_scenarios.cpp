#include "bench/bench_scenarios.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lastack/tcp/settings.hpp"

namespace lastack::bench {

namespace {

constexpr tcp::Port port = 80;
/// What lets a server take any number of connections at once.
constexpr std::int32_t plenty = 2'000'000;
/// Connections of one client that fit into the usual range of ports, all in TIME_WAIT.
constexpr std::uint64_t usual_ports = 20'000;

scenario::Host host(std::string name, std::uint32_t count) {
  scenario::Host host;
  host.name = std::move(name);
  host.count = count;
  host.group = count > 1;
  host.profile = tcp::ProfileId::linux_6;
  host.settings = tcp::default_settings(host.profile);
  host.settings.tcp_max_syn_backlog = plenty;
  host.settings.somaxconn = plenty;
  host.settings.tcp_max_orphans = plenty;
  host.initial_rto = 1s;
  host.msl = 30s;
  return host;
}

/// `clients` hosts in a star around the server, without applications.
scenario::Scenario star(std::uint32_t clients) {
  scenario::Scenario scenario;
  scenario.name = "bench";
  scenario.stop_at = sim_start + 24h;
  scenario.hosts = {host(clients > 1 ? "clients" : "client", clients), host("server", 1)};
  scenario::Link link;
  link.a.node = clients > 1 ? scenario::HostRef{0, {}} : scenario::HostRef{0, 0U};
  link.b.node = scenario::HostRef{1, 0U};
  link.a_to_b.delay = link.b_to_a.delay = net::ConstantDelay{10ms};
  scenario.links = {link};
  return scenario;
}

/// What each client and the server do.
struct Load {
  std::uint64_t each;  ///< connections of every client
  SimDuration every;
  std::vector<app::Step> client;
  std::vector<app::Step> server;
};

void add(scenario::Scenario& scenario, const Load& load) {
  const std::uint32_t clients = scenario.hosts.front().count;
  if (load.each > usual_ports) {
    scenario.hosts.front().settings.ip_local_port_range = {1024, 65535};
  }
  app::Listener listener;
  listener.host = clients;
  listener.port = port;
  listener.backlog = plenty;
  listener.steps = load.server;
  scenario.listeners = {listener};
  for (std::uint32_t i = 0; i < clients; ++i) {
    app::Connector connector;
    connector.host = i;
    connector.to = clients;
    connector.to_port = port;
    connector.count = load.each;
    connector.every = load.every;
    connector.at = sim_start + load.every * i / clients;  // not all in one instant
    connector.steps = load.client;
    scenario.connectors.push_back(connector);
  }
}

Load open_and_close(std::uint64_t each, SimDuration every) {
  return {each, every, {app::CloseStep{}}, {app::RecvStep{}, app::CloseStep{}}};
}

/// A fault that drops every segment with these flags.
void drop_all(scenario::Scenario& scenario, tcp::Flags flags, std::size_t from, std::size_t to) {
  scenario::Fault fault;
  fault.from = {from, {}};
  fault.to = {to, {}};
  fault.flags = flags;
  scenario.faults = {fault};
}

/// All SYNs go out in less than the second after which they would be repeated.
scenario::Scenario burst_of_syns(std::uint64_t count) {
  constexpr SimDuration burst = 900ms;
  const std::uint64_t each = count / client_count;
  scenario::Scenario scenario = star(client_count);
  add(scenario, open_and_close(each, burst / static_cast<std::int64_t>(each)));
  scenario.stop_at = sim_start + burst + 50ms;
  return scenario;
}

}  // namespace

scenario::Scenario churn(const Churn& shape) {
  scenario::Scenario scenario = star(client_count);
  add(scenario, open_and_close(shape.connections / client_count, shape.every));
  scenario::Link& link = scenario.links.front();
  link.a_to_b.loss = link.b_to_a.loss = net::BernoulliLoss{shape.loss};
  return scenario;
}

Churn churn_at(std::uint64_t in_flight, SimDuration life) {
  constexpr std::uint64_t least = 200'000;
  Churn shape;
  shape.connections = std::max(least, 3 * in_flight);
  shape.every = life * client_count / static_cast<std::int64_t>(in_flight);
  return shape;
}

scenario::Scenario idle(std::uint64_t pairs) {
  scenario::Scenario scenario = star(client_count);
  const Load load{pairs / client_count, 1ms, {app::HoldStep{}}, {app::HoldStep{}}};
  add(scenario, load);
  scenario.stop_at = sim_start + load.every * static_cast<std::int64_t>(load.each) + 1s;
  return scenario;
}

scenario::Scenario half_open(std::uint64_t count) {
  scenario::Scenario scenario = burst_of_syns(count);
  drop_all(scenario, tcp::Flags::syn | tcp::Flags::ack, 1, 0);
  return scenario;
}

scenario::Scenario unanswered(std::uint64_t count) {
  scenario::Scenario scenario = burst_of_syns(count);
  drop_all(scenario, tcp::Flags::syn, 0, 1);
  return scenario;
}

scenario::Scenario two_hosts() {
  scenario::Scenario scenario = star(1);
  add(scenario, open_and_close(1, 0s));
  return scenario;
}

}  // namespace lastack::bench
