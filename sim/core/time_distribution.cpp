#include "lastack/core/time_distribution.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "lastack/core/assert.hpp"

namespace lastack {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr unsigned bits_of_a_bin = 10;  // 1,024 bins to a factor of two
constexpr double ns_per_second = 1e9;

/// The bin of a time: its leading bits and how many follow them.
std::uint32_t bin_of(SimDuration time) {
  const auto ns = static_cast<std::uint64_t>(time.count());
  const auto bits = static_cast<unsigned>(std::bit_width(ns));
  if (bits <= bits_of_a_bin + 1) return static_cast<std::uint32_t>(ns);
  const unsigned shift = bits - bits_of_a_bin - 1;
  return static_cast<std::uint32_t>((shift << bits_of_a_bin) + (ns >> shift));
}

// Numbers in as few bytes as they need: seven bits a byte, the lowest first, the last byte below
// 128.

constexpr unsigned payload_bits = 7;
constexpr unsigned more_follows = 0x80;

void put(std::string& bytes, Wide number) {
  while (number >= more_follows) {
    bytes += static_cast<char>(static_cast<unsigned>(number & (more_follows - 1)) | more_follows);
    number >>= payload_bits;
  }
  bytes += static_cast<char>(number);
}

/// Takes a number from the front; nothing where there is none that fits.
std::optional<Wide> take(std::string_view& bytes) {
  constexpr unsigned widest = 126;
  Wide number = 0;
  for (unsigned shift = 0; !bytes.empty() && shift < widest; shift += payload_bits) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<Wide>(byte & (more_follows - 1)) << shift;
    if (byte < more_follows) return number;
  }
  return std::nullopt;
}

}  // namespace

TimeDistribution::TimeDistribution(std::span<const SimDuration> times) {
  for (const SimDuration time : times) add(time);
}

void TimeDistribution::add(SimDuration time, std::uint64_t count) {
  LASTACK_ASSERT(time >= SimDuration::zero());
  if (count == 0) return;
  Bin& bin = bins_[bin_of(time)];
  bin.longest = std::max(bin.longest, time);
  bin.count += count;
  count_ += count;
  sum_ns_ += static_cast<Wide>(time.count()) * count;
}

void TimeDistribution::merge(const TimeDistribution& other) {
  for (const auto& [number, theirs] : other.bins_) {
    Bin& bin = bins_[number];
    bin.longest = std::max(bin.longest, theirs.longest);
    bin.count += theirs.count;
  }
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
}

double TimeDistribution::sum() const { return static_cast<double>(sum_ns_) / ns_per_second; }

std::optional<double> TimeDistribution::mean() const {
  if (count_ == 0) return std::nullopt;
  constexpr std::uint64_t ns = 1'000'000'000;
  return static_cast<double>(sum_ns_) / static_cast<double>(Wide{count_} * ns);
}

std::optional<SimDuration> TimeDistribution::time_at(std::uint32_t per_mille) const {
  constexpr std::uint32_t whole = 1000;
  LASTACK_ASSERT(per_mille > 0 && per_mille <= whole);
  const std::uint64_t rank = nearest_rank(per_mille, count_);
  std::uint64_t reached = 0;
  for (const auto& [number, bin] : bins_) {
    reached += bin.count;
    if (reached >= rank) return bin.longest;
  }
  return std::nullopt;
}

std::optional<double> TimeDistribution::quantile(std::uint32_t per_mille) const {
  const std::optional<SimDuration> time = time_at(per_mille);
  return time ? std::optional{to_seconds(*time)} : std::nullopt;
}

std::string TimeDistribution::bytes() const {
  Wide sum_of_longest = 0;
  std::string bins;
  std::int64_t before = 0;
  for (const auto& [number, bin] : bins_) {
    put(bins, static_cast<Wide>(bin.longest.count() - before));
    put(bins, bin.count);
    before = bin.longest.count();
    sum_of_longest += static_cast<Wide>(bin.longest.count()) * bin.count;
  }
  std::string bytes;
  put(bytes, sum_of_longest - sum_ns_);  // 0 where the times of each bin are alike
  return bytes + bins;
}

std::optional<TimeDistribution> TimeDistribution::from_bytes(std::string_view bytes) {
  constexpr auto longest_time = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  // So many that neither counts nor sums of a billion of these overflow.
  constexpr Wide count_max = Wide{1} << 40U;
  TimeDistribution result;
  const auto less = take(bytes);
  if (!less) return std::nullopt;
  Wide time = 0;
  while (!bytes.empty()) {
    const auto step = take(bytes);
    const auto count = take(bytes);
    if (!step || !count || *count == 0) return std::nullopt;
    time += *step;
    if (time > longest_time || *count + result.count_ > count_max) return std::nullopt;
    const SimDuration longest{static_cast<std::int64_t>(time)};
    const bool fresh =
        result.bins_.try_emplace(bin_of(longest), Bin{longest, static_cast<std::uint64_t>(*count)})
            .second;
    if (!fresh) return std::nullopt;
    result.count_ += static_cast<std::uint64_t>(*count);
    result.sum_ns_ += time * *count;
  }
  if (*less > result.sum_ns_) return std::nullopt;
  result.sum_ns_ -= *less;
  return result;
}

}  // namespace lastack
