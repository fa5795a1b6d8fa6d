#pragma once

#include <cstdint>

namespace lastack::tcp {

/// A point on the 32-bit sequence circle (RFC 9293, 3.4). It has no operator<: two points are
/// ordered only within a window, so name the window, or use `before`/`after` for points known to be
/// near.
class Seq {
 public:
  constexpr Seq() = default;
  /// From the number as it stands in a header.
  constexpr explicit Seq(std::uint32_t raw) : raw_{raw} {}

  /// The number as it stands in a header.
  constexpr std::uint32_t raw() const { return raw_; }

  friend constexpr bool operator==(Seq, Seq) = default;
  friend constexpr Seq operator+(Seq s, std::uint32_t octets) { return Seq{s.raw_ + octets}; }
  friend constexpr Seq operator-(Seq s, std::uint32_t octets) { return Seq{s.raw_ - octets}; }
  /// Octets forward from `from` to `to`, modulo 2^32.
  friend constexpr std::uint32_t operator-(Seq to, Seq from) { return to.raw_ - from.raw_; }
  /// Forward by so many octets, modulo 2^32.
  constexpr Seq& operator+=(std::uint32_t octets) {
    raw_ += octets;
    return *this;
  }

 private:
  std::uint32_t raw_ = 0;
};

constexpr bool in_window(Seq s, Seq first, std::uint32_t octets) { return s - first < octets; }

/// Whether `a` lies less than 2^31 octets behind `b`. Meaningful for points of one connection.
constexpr bool before(Seq a, Seq b) { return static_cast<std::int32_t>(a.raw() - b.raw()) < 0; }
constexpr bool after(Seq a, Seq b) { return before(b, a); }
constexpr bool at_or_before(Seq a, Seq b) { return !before(b, a); }
constexpr bool at_or_after(Seq a, Seq b) { return !before(a, b); }
constexpr Seq later_of(Seq a, Seq b) { return before(a, b) ? b : a; }
constexpr Seq earlier_of(Seq a, Seq b) { return before(a, b) ? a : b; }

static_assert(in_window(Seq{2}, Seq{0xffff'fffe}, 5));  // a window may wrap
static_assert(before(Seq{0xffff'ffff}, Seq{0}));

}  // namespace lastack::tcp
