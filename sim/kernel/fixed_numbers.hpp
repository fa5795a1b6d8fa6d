#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "lastack/net/packet.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/tcp/segment.hpp"

namespace lastack::kernel {

/// One end of a connection: host and port, then the other end's.
using WireEnd = std::tuple<net::NodeIndex, tcp::Port, net::NodeIndex, tcp::Port>;

/// Makes the scenario's `iss` out of the numbers that a kernel chooses: what an end sends counts
/// from the scenario's number on the wire, and what comes back is counted back. So the peer lives
/// with the fixed numbers; inside the end's own kernel its send side keeps the kernel's.
class FixedNumbers {
 public:
  /// The scenario must outlive it.
  explicit FixedNumbers(const scenario::Scenario& scenario) : scenario_{scenario} {}

  /// By how much the sequence number of a segment that `end` sends now is to be raised (modulo
  /// 2^32). Its SYNs are learned from.
  std::uint32_t on_sent(SimTime now, const WireEnd& end, const tcp::Segment& segment);
  /// By how much a number of `end`, such as an acknowledgment for it, was raised. The number that
  /// is nearest to it decides.
  std::uint32_t raised(const WireEnd& end, tcp::Seq on_the_wire) const;

 private:
  /// An initial number of an end.
  struct Known {
    tcp::Seq own;   ///< the kernel's
    tcp::Seq wire;  ///< on the wire
  };
  struct Past {
    std::vector<Known> known;  ///< the newest last
    tcp::Seq next;             ///< after what was sent last, in the kernel's numbers
  };

  std::optional<tcp::Seq> wanted(SimTime now, const WireEnd& end, const tcp::Segment& syn,
                                 const Past& past);
  std::optional<tcp::Seq> of_connector(SimTime now, const WireEnd& end);
  std::optional<tcp::Seq> of_listener(SimTime now, const WireEnd& end, const tcp::Segment& syn,
                                      const Past& past);

  const scenario::Scenario& scenario_;
  std::map<WireEnd, Past> past_;
  std::map<const app::Listener*, std::uint64_t> accepted_;    ///< SYNs that a listener answered
  std::map<const app::Connector*, std::uint64_t> connected_;  ///< of those that choose their port
};

}  // namespace lastack::kernel
