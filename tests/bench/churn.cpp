// Churn: 100 clients, 10 ms links, each connection is opened and closed at once, no data, and ends
// in TIME-WAIT for a minute, which is part of what is measured. Prints
// events/s, connections/s and bytes per open connection for 1,000 to 100,000 connections in flight.
// Event counts are checked between repetitions, so that speed cannot hide a change of behaviour.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <string>
#include <vector>

#include "lastack/run/simulation.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/tcp/settings.hpp"

namespace {

using namespace lastack;

constexpr std::uint32_t client_count = 100;
constexpr int repetitions = 5;
constexpr tcp::Port port = 80;

scenario::Host host(const std::string& name, std::uint32_t count) {
  scenario::Host host;
  host.name = name;
  host.count = count;
  host.group = count > 1;
  host.profile = tcp::ProfileId::linux_6;
  host.settings = tcp::default_settings(host.profile);
  host.settings.ip_local_port_range = {1024, 65535};
  host.settings.tcp_max_syn_backlog = 1'000'000;
  host.settings.somaxconn = 1'000'000;
  host.initial_rto = 1s;
  host.msl = 30s;
  return host;
}

/// `each` connections of every client, `every` apart, that run `steps`.
scenario::Scenario churn(std::uint64_t each, SimDuration every, const std::vector<app::Step>& steps,
                         const std::vector<app::Step>& server_steps) {
  scenario::Scenario scenario;
  scenario.name = "churn";
  scenario.stop_at = sim_start + 1h;
  scenario.hosts = {host("clients", client_count), host("server", 1)};
  scenario::Link link;
  link.a.node = scenario::HostRef{0, {}};
  link.b.node = scenario::HostRef{1, 0U};
  link.a_to_b.delay = link.b_to_a.delay = net::ConstantDelay{10ms};
  scenario.links = {link};
  app::Listener listener;
  listener.host = client_count;
  listener.port = port;
  listener.backlog = 1'000'000;
  listener.steps = server_steps;
  scenario.listeners = {listener};
  for (std::uint32_t i = 0; i < client_count; ++i) {
    app::Connector connector;
    connector.host = i;
    connector.to = client_count;
    connector.to_port = port;
    connector.count = each;
    connector.every = every;
    connector.at = sim_start + every * i / client_count;  // not all in one instant
    connector.steps = steps;
    scenario.connectors.push_back(connector);
  }
  return scenario;
}

std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Spread {
  double min, median, max;
};
Spread spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values.back()};
}

/// A connection lives for 60 ms of round trips, so `in_flight` of them mean in_flight / 60 ms
/// begin.
void print_churn(std::uint64_t in_flight) {
  constexpr SimDuration life = 60ms;
  const std::uint64_t total = std::max<std::uint64_t>(300'000, in_flight * 4);
  const SimDuration every = life * client_count / static_cast<std::int64_t>(in_flight);
  const std::vector<app::Step> closes{app::CloseStep{}};
  const std::vector<app::Step> reads_and_closes{app::RecvStep{}, app::CloseStep{}};
  const scenario::Scenario scenario = churn(total / client_count, every, closes, reads_and_closes);
  std::vector<double> events;
  std::vector<double> connections;
  std::uint64_t event_count = 0;
  for (int i = 0; i < repetitions; ++i) {
    run::Simulation simulation{scenario, 1};
    const auto start = std::chrono::steady_clock::now();
    simulation.run();
    const double seconds = seconds_since(start);
    const run::Summary summary = simulation.summary();
    if (summary.connects_ok != summary.connects || (i > 0 && summary.events != event_count)) {
      std::fprintf(stderr, "churn: behaviour changed: %llu of %llu connects, %llu events\n",
                   static_cast<unsigned long long>(summary.connects_ok),
                   static_cast<unsigned long long>(summary.connects),
                   static_cast<unsigned long long>(summary.events));
      std::exit(1);
    }
    event_count = summary.events;
    events.push_back(static_cast<double>(summary.events) / seconds / 1e6);
    connections.push_back(static_cast<double>(summary.connects) / seconds / 1e3);
  }
  const Spread e = spread(events);
  const Spread c = spread(connections);
  std::printf(
      "%9llu in flight  %6.2f M events/s (%.2f to %.2f)  %7.1f k connections/s (%.1f to %.1f)"
      "  %.1f events each\n",
      static_cast<unsigned long long>(in_flight), e.median, e.min, e.max, c.median, c.min, c.max,
      static_cast<double>(event_count) / static_cast<double>(total));
}

/// Bytes that 100,000 open connections take, beyond what the hosts take without any.
void print_memory() {
  constexpr std::uint64_t each = 1000;
  const std::vector<app::Step> holds{app::HoldStep{}};
  const auto size_with = [&](std::uint64_t count) {
    const scenario::Scenario scenario = churn(count, 100us, holds, holds);
    const std::size_t before = heap_bytes();
    run::Simulation simulation{scenario, 1};
    simulation.run();
    return heap_bytes() - before;
  };
  const std::size_t none = size_with(1);
  const std::size_t many = size_with(each);
  constexpr auto connections = static_cast<double>((each - 1) * client_count);
  std::printf("%.0f bytes per open connection, both ends and their applications\n",
              static_cast<double>(many - none) / connections);
}

}  // namespace

/// Arguments: other numbers of connections in flight than the usual ones.
int main(int argc, char** argv) {
  std::printf(
      "churn: 100 clients, 10 ms links, connect and close, no data; median (min to max) of %d "
      "runs\n",
      repetitions);
  std::vector<std::uint64_t> in_flight{1'000, 10'000, 100'000};
  if (argc > 1) in_flight.clear();
  for (int i = 1; i < argc; ++i) in_flight.push_back(std::strtoull(argv[i], nullptr, 10));
  for (const std::uint64_t connections : in_flight) print_churn(connections);
  if (argc == 1) print_memory();
}
