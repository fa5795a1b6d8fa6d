#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lastack/core/time.hpp"

namespace lastack {

/// Which of so many sorted values, from 1, is a quantile: the ceil(per_mille / 1000 x count)-th
/// smallest (nearest rank). Requires count <= 2^53.
constexpr std::uint64_t nearest_rank(std::uint32_t per_mille, std::uint64_t count) {
  constexpr std::uint64_t whole = 1000;
  return (per_mille * count + whole - 1) / whole;
}

/// How long connections took, of one run or of many together: how many took how long.
///
/// Times that differ by less than 0.1 % share a bin, which stands for the longest of them; so every
/// figure is a time that occurred, at most 0.1 % above the one that was asked for, and the maximum
/// and the mean are exact. Bins are fixed (1,024 to a factor of two; HdrHistogram, Tene 2012), so
/// that distributions can be merged in any order to the same bytes.
class TimeDistribution {
 public:
  TimeDistribution() = default;
  /// Of these times, in any order. Requires that none is negative.
  explicit TimeDistribution(std::span<const SimDuration> times);

  /// This time once more, or so many times. Requires that it is not negative.
  void add(SimDuration time, std::uint64_t count = 1);
  /// Takes in all times of another.
  void merge(const TimeDistribution& other);

  /// How many times there are.
  std::uint64_t count() const { return count_; }
  /// Of all times, exactly, in seconds; nothing without any.
  std::optional<double> mean() const;
  /// All times together, exactly, in seconds.
  double sum() const;
  /// The time of this `nearest_rank`; nothing without any. Requires 0 < per_mille <= 1000; 1000 is
  /// the maximum, exactly.
  std::optional<SimDuration> time_at(std::uint32_t per_mille) const;
  /// The same in seconds.
  std::optional<double> quantile(std::uint32_t per_mille) const;

  /// Times that share a bin.
  struct Bin {
    SimDuration longest{};
    std::uint64_t count = 0;
    friend bool operator==(const Bin&, const Bin&) = default;
  };
  /// The bins by their number, which grows with the times.
  const std::map<std::uint32_t, Bin>& bins() const { return bins_; }

  /// As bytes, for a database: of one time some eight.
  std::string bytes() const;
  /// Back from `bytes`; nothing where the bytes are not those of a distribution.
  static std::optional<TimeDistribution> from_bytes(std::string_view bytes);

  friend bool operator==(const TimeDistribution&, const TimeDistribution&) = default;

 private:
  __extension__ using Wide = unsigned __int128;

  std::map<std::uint32_t, Bin> bins_;
  std::uint64_t count_ = 0;
  Wide sum_ns_ = 0;
};

}  // namespace lastack
