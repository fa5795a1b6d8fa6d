#pragma once

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "lastack/kernel/lab.hpp"
#include "socket_table.hpp"
#include "wire.hpp"

namespace lastack::kernel {

/// Reads the hosts' socket tables now and then, soon after something happened at a host, and keeps
/// what changed.
class TableWatch {
 public:
  using Tables = std::vector<SocketTable*>;  ///< by host

  /// The tables must outlive the watch. `addresses` are the hosts' own.
  TableWatch(Tables tables, Addresses addresses)
      : tables_{std::move(tables)},
        addresses_{std::move(addresses)},
        hosts_(tables_.size()) {}

  /// The host has another table from now on, as after a reboot.
  void replace(net::NodeIndex host, SocketTable& table) {
    tables_[host] = &table;
    touch(host);
  }

  /// Something happened at the host: its table is read again soon.
  void touch(net::NodeIndex host) { hosts_[host].touched = true; }

  SimTime next_due() const;
  /// Reads the tables that are due, unless the wire has something to do right away.
  void read_due(SimTime now, SimTime wire_due);
  void read_all(SimTime now);

  /// Whether some socket has a timer, so that something will happen by itself.
  bool any_timer() const {
    return std::any_of(hosts_.begin(), hosts_.end(),
                       [](const Host& host) { return host.any_timer; });
  }

  const std::vector<SocketChange>& changes() const { return changes_; }
  /// When each host's table was read.
  std::vector<std::vector<SimTime>> samples() const {
    std::vector<std::vector<SimTime>> samples;
    for (const Host& host : hosts_) samples.push_back(host.samples);
    return samples;
  }

 private:
  /// Own port, whose the other is, and the other.
  using Ends = std::tuple<tcp::Port, trace::HostId, tcp::Port>;
  struct Host {
    bool touched = true;
    bool any_timer = true;
    std::map<Ends, tcp::State> last;
    std::vector<SimTime> samples;
  };

  SimTime due(const Host& host) const;
  void read(net::NodeIndex host, SimTime now);
  std::map<Ends, tcp::State> current_of(net::NodeIndex host);

  Tables tables_;
  Addresses addresses_;
  std::vector<Host> hosts_;
  std::vector<SocketChange> changes_;
};

}  // namespace lastack::kernel
