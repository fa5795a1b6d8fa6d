#pragma once

#include <utility>
#include <vector>

#include "lastack/scenario/scenario.hpp"
#include "nodes.hpp"

namespace lastack::scenario {

/// Which hosts have a way to each other: a link, or a way over routers. Hosts do not forward.
class Reach {
 public:
  Reach(const Scenario& scenario, const Nodes& nodes);

  bool connected(app::HostIndex a, app::HostIndex b) const;

 private:
  void add(const Link& link, const Nodes& nodes);
  void join(std::size_t a, std::size_t b);
  /// The router that stands for all those that `router` has a way to.
  std::size_t island(std::size_t router);

  std::vector<std::size_t> parent_;  ///< of routers: union-find
  std::vector<std::pair<app::HostIndex, std::size_t>>
      to_router_;  ///< and islands they are on; sorted
  std::vector<std::pair<app::HostIndex, app::HostIndex>> to_host_;  ///< both ways; sorted
};

}  // namespace lastack::scenario
