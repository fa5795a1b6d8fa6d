#pragma once

#include <cstdint>

#include "lastack/core/time.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

/// A sent segment that is not acknowledged yet: a place in the retransmission queue.
struct InFlight {
  Seq seq;
  std::uint32_t len = 0;    ///< octets in sequence space, SYN and FIN included
  SimTime sent;             ///< last time
  std::uint32_t order = 0;  ///< among all that the connection sent, for what one instant sent
  bool syn : 1 = false;
  bool fin : 1 = false;
  bool sacked : 1 = false;
  bool lost : 1 = false;              ///< believed lost and not sent again since
  bool retransmitted : 1 = false;     ///< ever
  bool follows : 1 = false;           ///< left in the same burst as the one before
  bool resent_in_flight : 1 = false;  ///< a retransmission of it is on its way
  bool excused : 1 = false;           ///< … which was not needed: nothing was lost
  bool judged : 1 = false;            ///< RACK took it for lost, and it was not sent again since

  Seq end() const { return seq + len; }
  bool inside(const SackBlock& block) const {
    return at_or_after(seq, block.left) && at_or_before(end(), block.right);
  }
  std::uint32_t data() const { return len - (syn ? 1U : 0U) - (fin ? 1U : 0U); }
  /// Believed lost, be it sent again since or not (Linux: TCPCB_LOST).
  bool ever_lost() const { return lost || (resent_in_flight && !excused && !sacked); }
  /// How many copies count as on their way (RFC 6675, pipe; Linux, tcp_packets_in_flight): of
  /// what went again for nothing, both.
  std::uint32_t on_their_way() const {
    return (!sacked && !ever_lost() ? 1U : 0U) + (resent_in_flight ? 1U : 0U);
  }
};

}  // namespace lastack::tcp
