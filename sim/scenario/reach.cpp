#include "reach.hpp"

#include <algorithm>
#include <numeric>
#include <variant>

namespace lastack::scenario {

Reach::Reach(const Scenario& scenario, const Nodes& nodes) : parent_(scenario.routers.size()) {
  std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  for (const Link& link : scenario.links) add(link, nodes);
  for (std::size_t router = 0; router < parent_.size(); ++router) parent_[router] = island(router);
  for (auto& [host, router] : to_router_) router = parent_[router];
  std::sort(to_router_.begin(), to_router_.end());
  to_router_.erase(std::unique(to_router_.begin(), to_router_.end()), to_router_.end());
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

/// The way there gets shorter each time (path halving), so that a chain of routers is no long one.
std::size_t Reach::island(std::size_t router) {
  while (parent_[router] != router) {
    parent_[router] = parent_[parent_[router]];
    router = parent_[router];
  }
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
  auto [at_a, end_a] = routers_of(a);
  auto [at_b, end_b] = routers_of(b);
  while (at_a != end_a && at_b != end_b) {
    if (at_a->second == at_b->second) return true;
    ++(at_a->second < at_b->second ? at_a : at_b);
  }
  return false;
}

}  // namespace lastack::scenario
