#pragma once

#include <cstdint>

#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

/// Nagle's rule (RFC 9293, 3.7.4) as Minshall refined it: a segment shorter than the maximum waits
/// only for an earlier short one.
class Nagle {
 public:
  /// Whether the rule holds for what is sent now.
  enum class Mode : std::uint8_t { on, off };

  void begin(Seq iss) { short_end_ = iss; }
  /// A short segment left that ends here.
  void short_one_sent(Seq end) { short_end_ = end; }
  /// Whether one is still on its way. `una` is SND.UNA.
  bool short_one_out(Seq una) const { return after(short_end_, una); }

 private:
  Seq short_end_;
};

}  // namespace lastack::tcp
