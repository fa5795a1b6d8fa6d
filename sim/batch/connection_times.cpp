#include "connection_times.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "lastack/batch/interval.hpp"

namespace lastack::batch {

std::optional<Quantile> quantile_of(const std::string& metric) {
  static constexpr std::array<std::pair<std::string_view, double>, 4> known{
      {{".median", 0.5}, {".p90", 0.9}, {".p99", 0.99}, {".p99.9", 0.999}}};
  for (const auto& [end, q] : known) {
    if (metric.ends_with(end)) return Quantile{metric.substr(0, metric.size() - end.size()), q};
  }
  return std::nullopt;
}

std::optional<std::vector<double>> times_of_single_connections(const Store& store,
                                                               const std::string& family,
                                                               std::uint64_t combination) {
  const std::vector<std::string>& metrics = store.info().metrics;
  const auto mean = std::find(metrics.begin(), metrics.end(), family + ".mean");
  const auto max = std::find(metrics.begin(), metrics.end(), family + ".max");
  if (mean == metrics.end() || max == metrics.end()) return std::nullopt;
  const auto column = [&](auto name) {
    return store.column(combination, static_cast<std::size_t>(name - metrics.begin()));
  };
  const std::vector<std::optional<double>> means = column(mean);
  if (means != column(max)) return std::nullopt;
  std::vector<double> times;
  for (const std::optional<double>& time : means) {
    if (time) times.push_back(*time);
  }
  std::sort(times.begin(), times.end());
  return times;
}

Measured quantile_measured(double q, std::span<const double> ascending, double confidence) {
  if (ascending.empty()) return {};
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(ascending.size())));
  Measured result{ascending[std::max<std::size_t>(rank, 1) - 1], std::nullopt};
  const QuantileInterval bounds = quantile_interval(ascending, q, confidence);
  if (bounds.low && bounds.high) result.interval = Interval{*bounds.low, *bounds.high};
  return result;
}

}  // namespace lastack::batch
