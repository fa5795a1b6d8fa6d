#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lastack {

/// A bijection whose every output bit depends on every input bit (Stafford's mix13 of the
/// finalizer of MurmurHash3).
constexpr std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// One consumer's own stream of random numbers: counter-based (Philox 4x32-10, Random123), keyed by
/// the run's seed and the consumer's name, so that adding a consumer never shifts another's
/// numbers. Every variate comes from integer or correctly rounded IEEE operations, hence equal on
/// all machines.
class RandomStream {
 public:
  /// `name` says who draws and for what: "link/client-server/loss".
  RandomStream(std::uint64_t run_seed, std::string_view name);

  /// A stream of its own for the `index`th of several, from its beginning: what this one has drawn
  /// does not matter to it, and what it draws not to others.
  RandomStream substream(std::uint64_t index) const;

  std::uint64_t bits();  ///< 64 uniform bits

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform();
  /// Uniform in [0, bound). Requires bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// True with probability p. Requires 0 <= p <= 1. Always draws one number, so that streams of
  /// runs with different p stay aligned.
  bool bernoulli(double p);
  /// Standard normal variate.
  double normal();
  /// Exponential variate with mean 1.
  double exponential();

 private:
  RandomStream(std::uint64_t run_seed, std::uint64_t hashed_name)
      : seed_{run_seed},
        name_{hashed_name} {}
  void refill();

  std::uint64_t seed_;
  std::uint64_t name_;
  std::uint64_t blocks_ = 0;              ///< drawn so far: the lower half of the counter
  std::array<std::uint64_t, 2> block_{};  ///< the present one
  unsigned left_ = 0;                     ///< unused halves of block_
};

/// Natural logarithm, by a series of correctly rounded operations: equal on all machines, within
/// 2 ulp. Requires x > 0 and finite.
double portable_log(double x);

/// e^x, likewise; within 4 ulp. Requires -700 <= x <= 700.
double portable_exp(double x);

/// 64-bit hash of a name (FNV-1a), stable for ever: seeds of streams and keys of hosts derive from
/// it.
constexpr std::uint64_t name_hash(std::string_view name) {
  std::uint64_t h = 0xcbf29ce484222325U;
  for (const char c : name) {
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return h;
}

}  // namespace lastack
