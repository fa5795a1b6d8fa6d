#pragma once

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "lastack/kernel/lab.hpp"
#include "socket_table.hpp"
#include "wire.hpp"

namespace lastack::kernel {

/// Reads both hosts' socket tables now and then, soon after something happened at a host, and keeps
/// what changed.
class TableWatch {
 public:
  using Tables = std::array<SocketTable*, host_count>;

  /// The tables must outlive the watch.
  explicit TableWatch(const Tables& tables) : tables_{tables} {}

  /// Something happened at the host: its table is read again soon.
  void touch(net::NodeIndex host) { hosts_[host].touched = true; }

  SimTime next_due() const;
  /// Reads the tables that are due, unless the wire has something to do right away.
  void read_due(SimTime now, SimTime wire_due);
  void read_all(SimTime now);

  /// Whether some socket has a timer, so that something will happen by itself.
  bool any_timer() const { return hosts_[0].any_timer || hosts_[1].any_timer; }

  const std::vector<SocketChange>& changes() const { return changes_; }
  std::array<std::vector<SimTime>, host_count> samples() const {
    return {hosts_[0].samples, hosts_[1].samples};
  }

 private:
  using Ports = std::pair<tcp::Port, tcp::Port>;
  struct Host {
    bool touched = true;
    bool any_timer = true;
    std::map<Ports, tcp::State> last;
    std::vector<SimTime> samples;
  };

  SimTime due(const Host& host) const;
  void read(net::NodeIndex host, SimTime now);

  Tables tables_;
  std::array<Host, host_count> hosts_;
  std::vector<SocketChange> changes_;
};

}  // namespace lastack::kernel
