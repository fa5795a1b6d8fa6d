#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "lastack/scenario/scenario.hpp"
#include "nodes.hpp"

namespace lastack::scenario {

/// When a scenario's events switch hosts off and on, so that many questions do not search them all
/// each.
class PowerTimes {
 public:
  PowerTimes(const std::vector<HostEvent>& events, const Nodes& nodes);

  /// Whether a host, which is one, has power. Of one instant, what is done to hosts comes first.
  bool is_on(const HostRef& host, SimTime at) const;

 private:
  using Range = std::pair<app::HostIndex, app::HostIndex>;
  /// When, in which place among the events, and whether there is power from then on.
  struct Change {
    SimTime at;
    std::size_t place;
    bool on;
  };

  /// The last change of such an event up to a time; null: none.
  const Change* last(Range hosts, SimTime at) const;

  const Nodes& nodes_;
  std::map<Range, std::vector<Change>> changes_;  ///< by the hosts that events name; in order
};

}  // namespace lastack::scenario
