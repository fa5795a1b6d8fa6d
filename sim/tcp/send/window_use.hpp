#pragma once

#include <cstdint>

#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

/// Whether the congestion window was what held data back in this round trip, or else how much of it
/// was used: it grows only while it limits (RFC 7661's idea; Linux, tcp_cwnd_validate).
class WindowUse {
 public:
  enum class Limit : std::uint8_t { none, congestion_window };

  /// Data was to be sent; `out` segments are in flight now.
  void note(Limit limit, std::uint32_t out, Seq una, Seq nxt) {
    const bool limited = limit == Limit::congestion_window;
    const bool new_round = at_or_after(una, end_);
    if (new_round || limited || (!limited_ && out > most_out_)) {
      limited_ = limited;
      most_out_ = out;
      end_ = nxt;
    }
  }
  bool limited() const { return limited_; }
  std::uint32_t most_out() const { return most_out_; }  ///< segments in flight at the most

 private:
  Seq end_;  ///< SND.NXT when the use was last noted
  std::uint32_t most_out_ = 0;
  bool limited_ = false;
};

}  // namespace lastack::tcp
