#include <variant>

#include "lastack/run/simulation.hpp"

namespace lastack::run {

namespace {

// Measured with 100,000 to 1,000,000 hosts, idle and with a link and a connection each, and rounded
// down: what fits must not be refused.
constexpr std::uint64_t of_a_host = 3000;
constexpr std::uint64_t of_a_link = 1500;
constexpr std::uint64_t of_an_application = 100;

std::uint64_t members(const scenario::Scenario& scenario, const scenario::NodeRef& end) {
  const auto* host = std::get_if<scenario::HostRef>(&end.node);
  return host == nullptr || host->member ? 1 : scenario.hosts[host->host].count;
}

}  // namespace

std::uint64_t least_memory(const scenario::Scenario& scenario) {
  std::uint64_t bytes = 0;
  for (const scenario::Host& host : scenario.hosts) bytes += host.count * of_a_host;
  for (const scenario::Link& link : scenario.links) {
    bytes += members(scenario, link.a) * members(scenario, link.b) * of_a_link;
  }
  return bytes + (scenario.listeners.size() + scenario.connectors.size()) * of_an_application;
}

}  // namespace lastack::run
