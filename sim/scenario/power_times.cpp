#include "power_times.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace lastack::scenario {

PowerTimes::PowerTimes(const std::vector<HostEvent>& events, const Nodes& nodes) : nodes_{nodes} {
  for (std::size_t i = 0; i < events.size(); ++i) {
    const HostEvent& event = events[i];
    if (event.what == HostEvent::Do::set) continue;
    const bool on = event.what != HostEvent::Do::power_off;
    changes_[nodes_.range(event.host)].push_back({event.at, i, on});
  }
  for (auto& [hosts, changes] : changes_) {
    std::stable_sort(changes.begin(), changes.end(),
                     [](const Change& a, const Change& b) { return a.at < b.at; });
  }
}

const PowerTimes::Change* PowerTimes::last(Range hosts, SimTime at) const {
  const auto found = changes_.find(hosts);
  if (found == changes_.end()) return nullptr;
  const std::vector<Change>& changes = found->second;
  const auto later =
      std::upper_bound(changes.begin(), changes.end(), at,
                       [](SimTime time, const Change& change) { return time < change.at; });
  return later == changes.begin() ? nullptr : &*std::prev(later);
}

bool PowerTimes::is_on(const HostRef& host, SimTime at) const {
  const Change* of_host = last(nodes_.range(host), at);
  const Change* of_group = last(nodes_.range(HostRef{host.host, std::nullopt}), at);
  if (of_host == nullptr || of_group == nullptr) {
    const Change* only = of_host == nullptr ? of_group : of_host;
    return only == nullptr || only->on;
  }
  const auto order = [](const Change& change) { return std::tie(change.at, change.place); };
  return order(*of_host) < order(*of_group) ? of_group->on : of_host->on;
}

}  // namespace lastack::scenario
