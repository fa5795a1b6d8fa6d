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

SimTime TableWatch::next_due() const {
  SimTime next = never;
  for (const Host& host : hosts_) next = std::min(next, due(host));
  return next;
}

void TableWatch::read_due(SimTime now, SimTime wire_due) {
  for (net::NodeIndex host = 0; host < hosts_.size(); ++host) {
    if (due(hosts_[host]) > now || wire_due <= now + reading_time) continue;
    read(host, now);
  }
}

void TableWatch::read_all(SimTime now) {
  for (net::NodeIndex host = 0; host < hosts_.size(); ++host) read(host, now);
}

std::map<TableWatch::Ends, tcp::State> TableWatch::current_of(net::NodeIndex host) {
  std::map<Ends, tcp::State> current;
  hosts_[host].any_timer = false;
  for (const SocketRow& row : tables_[host]->read()) {
    const auto peer = std::find(addresses_.begin(), addresses_.end(), row.peer);
    const trace::HostId whose{static_cast<std::uint32_t>(peer - addresses_.begin())};
    current[{row.local, whose, row.remote}] = row.state;
    hosts_[host].any_timer = hosts_[host].any_timer || row.timer;
  }
  return current;
}

void TableWatch::read(net::NodeIndex index, SimTime now) {
  Host& host = hosts_[index];
  host.touched = false;
  host.samples.push_back(now);
  std::map<Ends, tcp::State> current = current_of(index);
  const auto note = [&](const Ends& ends, std::optional<tcp::State> was,
                        std::optional<tcp::State> is) {
    const auto& [local, peer, remote] = ends;
    changes_.push_back({now, trace::HostId{index}, local, remote, was, is, peer});
  };
  for (const auto& [ends, state] : current) {
    const auto before = host.last.find(ends);
    if (before == host.last.end()) {
      note(ends, std::nullopt, state);
    } else if (before->second != state) {
      note(ends, before->second, state);
    }
  }
  for (const auto& [ends, state] : host.last) {
    if (!current.contains(ends)) note(ends, state, std::nullopt);
  }
  host.last = std::move(current);
}

}  // namespace lastack::kernel
