#include "lastack/batch/contrast.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connection_times.hpp"
#include "lastack/batch/estimate.hpp"

namespace lastack::batch {

namespace {

using Values = std::vector<std::optional<double>>;

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
      const auto times = times_of_single_connections(store_, quantile->family, here);
      const auto others = times_of_single_connections(store_, quantile->family, baseline);
      if (times && others) return quantile_contrast(name, quantile->q, *times, *others);
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

  Contrast quantile_contrast(const std::string& name, double q, const std::vector<double>& here,
                             const std::vector<double>& baseline) const {
    Contrast result;
    result.metric = name;
    result.here = quantile_measured(q, here, query_.confidence);
    result.baseline = quantile_measured(q, baseline, query_.confidence);
    if (!result.here.interval || !result.baseline.interval) return result;
    if (result.here.interval->low > result.baseline.interval->high) {
      result.verdict = Verdict::higher;
    } else if (result.here.interval->high < result.baseline.interval->low) {
      result.verdict = Verdict::lower;
    }
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
