#pragma once

#include <cstdint>

namespace lastack::tcp {

/// A point on the 32-bit circle of timestamps (RFC 7323, 3.2), in ticks of the sender's clock;
/// those of our stacks tick once a millisecond. Like `Seq` it has no operator<: two points are
/// ordered only where they are known to be near.
class Timestamp {
 public:
  constexpr Timestamp() = default;  ///< 0, which an absent echo is
  /// From the number as it stands in a header.
  constexpr explicit Timestamp(std::uint32_t raw) : raw_{raw} {}

  constexpr std::uint32_t raw() const { return raw_; }  ///< as on the wire

  friend constexpr bool operator==(Timestamp, Timestamp) = default;
  friend constexpr Timestamp operator+(Timestamp t, std::uint32_t ticks) {
    return Timestamp{t.raw_ + ticks};
  }
  friend constexpr Timestamp operator-(Timestamp t, std::uint32_t ticks) {
    return Timestamp{t.raw_ - ticks};
  }
  /// Ticks from `from` to `to`; negative where `to` is older.
  friend constexpr std::int32_t operator-(Timestamp to, Timestamp from) {
    return static_cast<std::int32_t>(to.raw_ - from.raw_);
  }

 private:
  std::uint32_t raw_ = 0;
};

constexpr bool older(Timestamp a, Timestamp b) { return a - b < 0; }

static_assert(older(Timestamp{0xffff'ffff}, Timestamp{0}));

}  // namespace lastack::tcp
