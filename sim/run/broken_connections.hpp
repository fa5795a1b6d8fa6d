#pragma once

#include <cstdint>

#include <boost/unordered/unordered_flat_map.hpp>

#include "ends.hpp"
#include "lastack/tcp/output.hpp"

namespace lastack::run {

/// Counts the connections that ended otherwise than by FINs. Each counts once, though both of its
/// ends tell of it. It costs nothing while none does.
class BrokenConnections {
 public:
  /// A connector begins a connection: what these two ends had before was another one.
  void begins(tcp::SocketAddress local, tcp::SocketAddress remote) {
    if (!told_.empty()) told_.erase(either_way(local, remote));
  }
  void note(const tcp::ConnectionReset& reset) {
    resets_ += first(reset.local, reset.remote, was_reset) ? 1U : 0U;
  }
  void note(const tcp::ConnectionFailed& failed) {
    failures_ += first(failed.local, failed.remote, has_failed) ? 1U : 0U;
  }

  std::uint64_t resets() const { return resets_; }
  std::uint64_t failures() const { return failures_; }

 private:
  using Told = std::uint8_t;
  static constexpr Told was_reset = 1;
  static constexpr Told has_failed = 2;

  /// The same whichever end it is seen from.
  static Ends either_way(tcp::SocketAddress a, tcp::SocketAddress b);
  /// Whether this is told of the connection for the first time.
  bool first(tcp::SocketAddress local, tcp::SocketAddress remote, Told what);

  boost::unordered_flat_map<Ends, Told> told_;
  std::uint64_t resets_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace lastack::run
