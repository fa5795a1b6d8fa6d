#include "table_watch.hpp"

#include <algorithm>
#include <optional>

namespace lastack::kernel {

namespace {

/// Between two readings of one table: after something happened, and else.
constexpr SimDuration soon = 3ms;
constexpr SimDuration later = 20ms;
/// About what a reading takes. The wire goes first.
constexpr SimDuration reading_time = 100us;

}  // namespace

SimTime TableWatch::due(const Host& host) const {
  if (host.samples.empty()) return sim_start;
  return host.samples.back() + (host.touched ? soon : later);
}

SimTime TableWatch::next_due() const { return std::min(due(hosts_[0]), due(hosts_[1])); }

void TableWatch::read_due(SimTime now, SimTime wire_due) {
  for (net::NodeIndex host = 0; host < host_count; ++host) {
    if (due(hosts_[host]) > now || wire_due <= now + reading_time) continue;
    read(host, now);
  }
}

void TableWatch::read_all(SimTime now) {
  for (net::NodeIndex host = 0; host < host_count; ++host) read(host, now);
}

void TableWatch::read(net::NodeIndex index, SimTime now) {
  Host& host = hosts_[index];
  host.touched = false;
  host.any_timer = false;
  host.samples.push_back(now);
  std::map<Ports, tcp::State> current;
  for (const SocketRow& row : tables_[index]->read()) {
    current[{row.local, row.remote}] = row.state;
    host.any_timer = host.any_timer || row.timer;
  }
  const auto note = [&](Ports ports, std::optional<tcp::State> was, std::optional<tcp::State> is) {
    changes_.push_back({now, trace::HostId{index}, ports.first, ports.second, was, is});
  };
  for (const auto& [ports, state] : current) {
    const auto before = host.last.find(ports);
    if (before == host.last.end()) {
      note(ports, std::nullopt, state);
    } else if (before->second != state) {
      note(ports, before->second, state);
    }
  }
  for (const auto& [ports, state] : host.last) {
    if (!current.contains(ports)) note(ports, state, std::nullopt);
  }
  host.last = std::move(current);
}

}  // namespace lastack::kernel
