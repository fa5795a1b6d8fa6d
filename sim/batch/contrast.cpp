#include "lastack/batch/contrast.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lastack/batch/estimate.hpp"

namespace lastack::batch {

namespace {

using Values = std::vector<std::optional<double>>;

/// "connect_time.p99" is the quantile 0.99 of connect_time.
struct Quantile {
  std::string family;
  double q;
};

std::optional<Quantile> quantile_of(const std::string& metric) {
  static constexpr std::array<std::pair<std::string_view, double>, 4> known{
      {{".median", 0.5}, {".p90", 0.9}, {".p99", 0.99}, {".p99.9", 0.999}}};
  for (const auto& [end, q] : known) {
    if (metric.ends_with(end)) return Quantile{metric.substr(0, metric.size() - end.size()), q};
  }
  return std::nullopt;
}

class Comparison {
 public:
  Comparison(const Store& store, const ContrastQuery& query)
      : store_{store},
        query_{query},
        grid_{store.info().grid} {}

  std::vector<ContrastGroup> groups() const {
    std::vector<ContrastGroup> groups;
    for (std::uint64_t c = 0; c < grid_.size(); ++c) {
      if (grid_.values_of(c)[query_.axis] != query_.baseline || !is_wanted(c)) continue;
      groups.push_back({others_text(c), {}});
      for (std::size_t value = 0; value < grid_.axes[query_.axis].values.size(); ++value) {
        if (value == query_.baseline) continue;
        groups.back().alternatives.push_back(alternative(c, value));
      }
    }
    return groups;
  }

 private:
  bool is_wanted(std::uint64_t combination) const {
    const std::vector<std::size_t> values = grid_.values_of(combination);
    return std::all_of(query_.where.begin(), query_.where.end(),
                       [&](const auto& where) { return values[where.first] == where.second; });
  }

  /// The axes whose values go with those of the one asked for.
  const std::vector<std::size_t>& dimension() const {
    return *std::find_if(grid_.dimensions.begin(), grid_.dimensions.end(), [&](const auto& axes) {
      return std::find(axes.begin(), axes.end(), query_.axis) != axes.end();
    });
  }

  bool moves(std::size_t axis) const {
    const auto& axes = dimension();
    return std::find(axes.begin(), axes.end(), axis) != axes.end();
  }

  std::string others_text(std::uint64_t combination) const {
    const std::vector<std::string> names = short_names(grid_);
    const std::vector<scenario::Override> values = grid_.overrides_of(combination);
    std::string text;
    for (std::size_t axis = 0; axis < names.size(); ++axis) {
      if (moves(axis)) continue;
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", names[axis],
                          value_text(values[axis].second));
    }
    return text;
  }

  /// The combination that differs from this one only by the value of the axis asked for.
  std::uint64_t with_value(std::uint64_t combination, std::size_t value) const {
    std::vector<std::size_t> wanted = grid_.values_of(combination);
    for (const std::size_t axis : dimension()) wanted[axis] = value;
    std::uint64_t result = 0;
    for (const auto& axes : grid_.dimensions) {
      result = result * grid_.axes[axes.front()].values.size() + wanted[axes.front()];
    }
    return result;
  }

  Alternative alternative(std::uint64_t baseline, std::size_t value) const {
    const std::uint64_t here = with_value(baseline, value);
    Alternative result{value, std::min(store_.runs(baseline), store_.runs(here)), {}};
    for (const std::size_t metric : query_.metrics) {
      result.contrasts.push_back(contrast_of(here, baseline, metric));
    }
    return result;
  }

  Contrast contrast_of(std::uint64_t here, std::uint64_t baseline, std::size_t metric) const {
    const std::string& name = store_.info().metrics[metric];
    if (const auto quantile = quantile_of(name)) {
      const auto times = times_of_single_connections(quantile->family, {here, baseline});
      if (times) return quantile_contrast(name, quantile->q, (*times)[0], (*times)[1]);
    }
    return mean_contrast(name, store_.column(here, metric), store_.column(baseline, metric));
  }

  Contrast mean_contrast(const std::string& name, const Values& here,
                         const Values& baseline) const {
    Contrast result;
    result.metric = name;
    result.here = measured(name, here);
    result.baseline = measured(name, baseline);
    Moments differences;
    for (std::size_t r = 0; r < std::min(here.size(), baseline.size()); ++r) {
      if (here[r] && baseline[r]) differences.add(*here[r] - *baseline[r]);
    }
    if (const auto paired = compare_pairs(differences, query_.confidence)) {
      result.difference = paired->interval;
      result.verdict = paired->verdict;
    }
    return result;
  }

  Measured measured(const std::string& name, const Values& values) const {
    const Estimate seen = estimate(name, values, query_.confidence);
    return {seen.mean, seen.interval};
  }

  /// The times of all connections in order, for each combination; nothing where a run has several.
  std::optional<std::vector<std::vector<double>>> times_of_single_connections(
      const std::string& family, const std::vector<std::uint64_t>& combinations) const {
    const auto mean = column_named(family + ".mean");
    const auto max = column_named(family + ".max");
    if (!mean || !max) return std::nullopt;
    std::vector<std::vector<double>> all;
    for (const std::uint64_t combination : combinations) {
      const Values means = store_.column(combination, *mean);
      if (means != store_.column(combination, *max)) return std::nullopt;
      all.emplace_back();
      for (const std::optional<double>& time : means) {
        if (time) all.back().push_back(*time);
      }
      std::sort(all.back().begin(), all.back().end());
    }
    return all;
  }

  std::optional<std::size_t> column_named(const std::string& name) const {
    const std::vector<std::string>& metrics = store_.info().metrics;
    const auto found = std::find(metrics.begin(), metrics.end(), name);
    if (found == metrics.end()) return std::nullopt;
    return static_cast<std::size_t>(found - metrics.begin());
  }

  Contrast quantile_contrast(const std::string& name, double q, const std::vector<double>& here,
                             const std::vector<double>& baseline) const {
    Contrast result;
    result.metric = name;
    result.here = quantile_measured(q, here);
    result.baseline = quantile_measured(q, baseline);
    if (!result.here.interval || !result.baseline.interval) return result;
    if (result.here.interval->low > result.baseline.interval->high) {
      result.verdict = Verdict::higher;
    } else if (result.here.interval->high < result.baseline.interval->low) {
      result.verdict = Verdict::lower;
    }
    return result;
  }

  Measured quantile_measured(double q, const std::vector<double>& sorted) const {
    if (sorted.empty()) return {};
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
    Measured result{sorted[std::max<std::size_t>(rank, 1) - 1], std::nullopt};
    const QuantileInterval bounds = quantile_interval(sorted, q, query_.confidence);
    if (bounds.low && bounds.high) result.interval = Interval{*bounds.low, *bounds.high};
    return result;
  }

  const Store& store_;
  const ContrastQuery& query_;
  const scenario::Grid& grid_;
};

}  // namespace

std::vector<ContrastGroup> contrast(const Store& store, const ContrastQuery& query) {
  return Comparison{store, query}.groups();
}

}  // namespace lastack::batch
