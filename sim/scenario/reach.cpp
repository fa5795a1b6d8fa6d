#include "reach.hpp"

#include <algorithm>
#include <numeric>
#include <variant>

namespace lastack::scenario {

Reach::Reach(const Scenario& scenario, const Nodes& nodes) : parent_(scenario.routers.size()) {
  std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  for (const Link& link : scenario.links) add(link, nodes);
  std::sort(to_router_.begin(), to_router_.end());
  std::sort(to_host_.begin(), to_host_.end());
}

void Reach::add(const Link& link, const Nodes& nodes) {
  const auto* host_a = std::get_if<HostRef>(&link.a.node);
  const auto* host_b = std::get_if<HostRef>(&link.b.node);
  if (host_a == nullptr && host_b == nullptr) {
    join(std::get<std::size_t>(link.a.node), std::get<std::size_t>(link.b.node));
  } else if (host_a == nullptr || host_b == nullptr) {
    const auto [first, end] = nodes.range(host_a == nullptr ? *host_b : *host_a);
    const auto router = std::get<std::size_t>(host_a == nullptr ? link.a.node : link.b.node);
    for (auto host = first; host < end; ++host) to_router_.emplace_back(host, router);
  } else {
    const auto [first_a, end_a] = nodes.range(*host_a);
    const auto [first_b, end_b] = nodes.range(*host_b);
    for (auto a = first_a; a < end_a; ++a) {
      for (auto b = first_b; b < end_b; ++b) {
        to_host_.emplace_back(a, b);
        to_host_.emplace_back(b, a);
      }
    }
  }
}

void Reach::join(std::size_t a, std::size_t b) { parent_[island(a)] = island(b); }

std::size_t Reach::island(std::size_t router) const {
  while (parent_[router] != router) router = parent_[router];
  return router;
}

bool Reach::connected(app::HostIndex a, app::HostIndex b) const {
  if (std::binary_search(to_host_.begin(), to_host_.end(), std::pair{a, b})) return true;
  const auto routers_of = [&](app::HostIndex host) {
    return std::pair{
        std::lower_bound(to_router_.begin(), to_router_.end(), std::pair{host, std::size_t{0}}),
        std::lower_bound(to_router_.begin(), to_router_.end(),
                         std::pair{host + 1, std::size_t{0}})};
  };
  const auto [first_a, end_a] = routers_of(a);
  const auto [first_b, end_b] = routers_of(b);
  return std::any_of(first_a, end_a, [&, first = first_b, end = end_b](const auto& of_a) {
    return std::any_of(
        first, end, [&](const auto& of_b) { return island(of_a.second) == island(of_b.second); });
  });
}

}  // namespace lastack::scenario
