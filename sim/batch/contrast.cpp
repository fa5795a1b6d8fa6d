#include "lastack/batch/contrast.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lastack/batch/estimate.hpp"

namespace lastack::batch {

namespace {

class Comparison {
 public:
  Comparison(const Store& store, const ContrastQuery& query)
      : store_{store},
        query_{query},
        grid_{store.info().grid},
        confidence_{look_confidence(store.info(), query.confidence)} {}

  std::vector<ContrastGroup> groups() const {
    std::vector<ContrastGroup> groups;
    for (const auto& [baseline, values] : values_that_ran()) {
      groups.push_back({others_text(baseline), {}, is_dead(baseline)});
      for (const std::size_t value : values) {
        groups.back().alternatives.push_back(alternative(baseline, value));
      }
    }
    return groups;
  }

 private:
  /// The other values of the axis of which runs are there, by the baseline's combination.
  std::map<std::uint64_t, std::set<std::size_t>> values_that_ran() const {
    std::map<std::uint64_t, std::set<std::size_t>> ran;
    for (const std::uint64_t c : store_.combinations()) {
      if (!is_wanted(c)) continue;
      const std::size_t value = grid_.values_of(c)[query_.axis];
      if (value == query_.baseline) continue;
      ran[grid_.with_value(c, query_.axis, query_.baseline)].insert(value);
    }
    return ran;
  }

  bool is_wanted(std::uint64_t combination) const {
    const std::vector<std::size_t> values = grid_.values_of(combination);
    return std::all_of(query_.where.begin(), query_.where.end(),
                       [&](const auto& where) { return values[where.first] == where.second; });
  }

  bool is_dead(std::uint64_t combination) const {
    const auto connect_ok = find_figure(store_.info().metrics, "connect_ok");
    if (!connect_ok) return false;
    for (std::size_t value = 0; value < grid_.axes[query_.axis].values.size(); ++value) {
      const std::uint64_t here = grid_.with_value(combination, query_.axis, value);
      const Measured seen = store_.sample(here, *connect_ok).measure(confidence_);
      if (seen.value != 0.0) return false;
    }
    return true;
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
    const std::vector<scenario::Override> values = grid_.settings_of(combination);
    std::string text;
    for (std::size_t axis = 0; axis < names.size(); ++axis) {
      if (moves(axis)) continue;
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", names[axis],
                          value_text(values[axis].second));
    }
    return text;
  }

  Alternative alternative(std::uint64_t baseline, std::size_t value) const {
    const std::uint64_t here = grid_.with_value(baseline, query_.axis, value);
    Alternative result{value, std::min(store_.runs(baseline), store_.runs(here)), {}};
    for (const Figure& figure : query_.figures) {
      const Sample of_here = store_.sample(here, figure);
      const Sample of_baseline = store_.sample(baseline, figure);
      result.contrasts.push_back({figure.name, of_here.measure(confidence_),
                                  of_baseline.measure(confidence_),
                                  difference(of_here, of_baseline, confidence_)});
    }
    return result;
  }

  const Store& store_;
  const ContrastQuery& query_;
  const scenario::Grid& grid_;
  double confidence_;
};

}  // namespace

std::vector<ContrastGroup> contrast(const Store& store, const ContrastQuery& query) {
  return Comparison{store, query}.groups();
}

}  // namespace lastack::batch
