#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lastack/compare/history.hpp"
#include "lastack/core/time.hpp"

namespace lastack::compare {

/// How coarse the kernel's timer wheel is for a timer of this length (HZ=250): 4 ms below 0.26 s,
/// 32 ms below 2.1 s, 256 ms below 16.5 s, 2.048 s above.
Seconds wheel_step(Seconds length);

/// How far apart in time two runs may do the same thing. `gap` is the time since the same host's
/// segment before.
class Tolerance {
 public:
  /// 10 ms for segments and 40 ms for calls, and one step of the timer wheel at the gap's length:
  /// timers of two kernels differ by that much, and processes wake when the scheduler lets them.
  static Tolerance of_kernel_timers() { return Tolerance{}; }
  /// The same for everything, however long the gap. Requires allowed >= 0.
  static Tolerance fixed(SimDuration allowed);
  /// A fixed one from text such as "5ms"; nothing where that is no duration.
  static std::optional<Tolerance> parse(std::string_view text);

  /// How far apart a segment may be that follows `gap` after its host's last one.
  Seconds for_segment(Seconds gap) const;
  /// The same for an application's call or its result.
  Seconds for_call(Seconds gap) const;

  /// "10 ms and one step of the kernel's timer wheel …"; "5 ms".
  std::string text() const;

 private:
  std::optional<Seconds> fixed_;
};

/// "12 ms", "1.037 s": as people write a duration.
std::string duration_text(Seconds duration);

}  // namespace lastack::compare
