#include "lastack/core/random_stream.hpp"

#include <bit>
#include <cmath>

#include <Random123/philox.h>

#include "lastack/core/assert.hpp"

namespace lastack {

namespace {

__extension__ using Wide = unsigned __int128;

std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
std::uint64_t join(std::uint32_t lower, std::uint32_t upper) {
  return std::uint64_t{upper} << 32 | lower;
}

// ln 2 in two parts. The first ends in 32 zero bits, so that its product with an exponent is exact.
constexpr double ln2_high = 0x1.62e42feep-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;

constexpr int exponent_bias = 1023;
constexpr int mantissa_bits = 52;

/// 2^n for exponents of normal numbers.
double power_of_two(int n) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(n + exponent_bias) << mantissa_bits);
}

/// x = mantissa * 2^exponent with sqrt(1/2) <= mantissa < sqrt(2), about.
struct Split {
  double mantissa;
  int exponent;
};

Split split(double x) {
  int shift = 0;
  if (x < 0x1p-1022) {  // subnormal
    x *= 0x1p54;
    shift = -54;
  }
  constexpr double sqrt2 = 0x1.6a09e667f3bcdp0;
  constexpr std::uint64_t mantissa_mask = (std::uint64_t{1} << mantissa_bits) - 1;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> mantissa_bits) - exponent_bias + shift;
  constexpr std::uint64_t one = std::uint64_t{exponent_bias} << mantissa_bits;
  auto mantissa = std::bit_cast<double>((bits & mantissa_mask) | one);
  if (mantissa >= sqrt2) {
    mantissa *= 0.5;
    ++exponent;
  }
  return {mantissa, exponent};
}

}  // namespace

RandomStream::RandomStream(std::uint64_t run_seed, std::string_view name)
    : seed_{run_seed},
      name_{name_hash(name)} {}

/// The index is spread over all bits before it meets the name, so that neighbours part.
RandomStream RandomStream::substream(std::uint64_t index) const {
  return {seed_, mixed(name_ ^ mixed(index + 1))};
}

void RandomStream::refill() {
  const r123::Philox4x32::ctr_type counter{{low(blocks_), high(blocks_), low(name_), high(name_)}};
  const r123::Philox4x32::key_type key{{low(seed_), high(seed_)}};
  const auto drawn = r123::Philox4x32{}(counter, key);  // ten rounds
  block_ = {join(drawn[2], drawn[3]), join(drawn[0], drawn[1])};
  ++blocks_;
  left_ = 2;
}

std::uint64_t RandomStream::bits() {
  if (left_ == 0) refill();
  return block_[--left_];
}

double RandomStream::uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

/// Lemire 2019, "Fast random integer generation in an interval": the upper half of a product, drawn
/// anew in the rare case that would favour some numbers.
std::uint64_t RandomStream::below(std::uint64_t bound) {
  LASTACK_ASSERT(bound > 0);
  Wide product = Wide{bits()} * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t unfair = (0 - bound) % bound;  // 2^64 modulo bound
    while (static_cast<std::uint64_t>(product) < unfair) {
      product = Wide{bits()} * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

bool RandomStream::bernoulli(double p) {
  LASTACK_ASSERT(0 <= p && p <= 1);
  return uniform() < p;
}

/// Marsaglia's polar method; of each pair the first is used, so that no state is left over.
double RandomStream::normal() {
  while (true) {
    const double x = 2 * uniform() - 1;
    const double y = 2 * uniform() - 1;
    const double square = x * x + y * y;
    if (square > 0 && square < 1) return x * std::sqrt(-2 * portable_log(square) / square);
  }
}

double RandomStream::exponential() { return -portable_log(1 - uniform()); }

/// With f = m - 1 and s = f / (2 + f), ln m = 2 atanh s = 2s + s * tail(s^2), and 2s = f - s * f
/// leaves f, which is exact, as the largest term.
double portable_log(double x) {
  LASTACK_ASSERT(x > 0 && x <= 0x1.fffffffffffffp1023);
  const auto [mantissa, exponent] = split(x);
  const double f = mantissa - 1;
  const double s = f / (2 + f);
  const double z = s * s;
  double tail = 0;  // 2z/3 + 2z^2/5 + ...; |s| < 0.172, so that 11 terms reach 2^-55
  for (int odd = 23; odd >= 3; odd -= 2) {
    tail = (tail + 2.0 / odd) * z;
  }
  const double k = exponent;
  return k * ln2_high - ((s * (f - tail) - k * ln2_low) - f);
}

/// e^x = 2^k e^r with |r| <= ln 2 / 2, the latter by its Taylor series.
double portable_exp(double x) {
  LASTACK_ASSERT(-700 <= x && x <= 700);
  constexpr double per_ln2 = 0x1.71547652b82fep0;
  const int k = static_cast<int>(x * per_ln2 + (x < 0 ? -0.5 : 0.5));
  const double r = (x - k * ln2_high) - k * ln2_low;
  double sum = 1;
  for (int term = 16; term >= 1; --term) {
    sum = 1 + sum * r / term;
  }
  return sum * power_of_two(k);
}

}  // namespace lastack
