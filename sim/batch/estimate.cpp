#include "lastack/batch/estimate.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lastack/batch/amounts.hpp"

namespace lastack::batch {

namespace {

using scenario::SweepExpectation;

std::vector<std::pair<std::size_t, std::size_t>> pairs_of(
    const std::vector<SweepExpectation::Where>& wanted) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const auto& [axis, value] : wanted) pairs.emplace_back(axis, value);
  return pairs;
}

bool has_values(const std::vector<SweepExpectation::Where>& wanted, const scenario::Grid& grid,
                std::uint64_t combination) {
  const std::vector<std::size_t> values = grid.values_of(combination);
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const auto& where) { return values[where.axis] == where.value; });
}

/// Judges the expectations of a store.
class Judge {
 public:
  explicit Judge(const Store& store) : store_{store}, info_{store.info()} {}

  std::vector<run::ExpectationResult> results() {
    std::vector<run::ExpectationResult> results;
    for (const SweepExpectation& expectation : info_.expectations) {
      const Figure figure = find_figure(info_.metrics, expectation.metric).value();
      for (const std::uint64_t c : info_.grid.combinations_with(pairs_of(expectation.where))) {
        if (expectation.against.empty()) {
          results.push_back(absolute(expectation, figure, c));
        } else if (!has_values(expectation.against, info_.grid, c)) {  // never against itself
          results.push_back(relative(expectation, figure, c));
        }
      }
    }
    return results;
  }

 private:
  run::ExpectationResult begun(const SweepExpectation& expectation,
                               std::uint64_t combination) const {
    run::ExpectationResult result;
    result.pointer = expectation.pointer;
    result.where = info_.grid.axes.empty() ? "" : "at " + settings_text(info_.grid, combination);
    return result;
  }

  run::ExpectationResult absolute(const SweepExpectation& expectation, const Figure& figure,
                                  std::uint64_t combination) const {
    const Measured seen = measured(store_, combination, figure);
    run::ExpectationResult result = begun(expectation, combination);
    result.held = seen.value && holds(expectation.bounds, *seen.value);
    result.wanted = expectation.metric + ": " + exact_bounds_text(figure.name, expectation.bounds);
    result.seen =
        seen.value ? seen_text(figure.name, seen, expectation.bounds) : "no run has a value";
    return result;
  }

  /// With every digit where the rounded value reads like a bound that it may break.
  static std::string seen_text(const std::string& metric, const Measured& seen,
                               const scenario::Bounds& bounds) {
    const auto reads_as = [&](const std::optional<double>& bound) {
      return bound && *bound != *seen.value &&
             amount(metric, *bound) == amount(metric, *seen.value);
    };
    const bool close = reads_as(bounds.equals) || reads_as(bounds.min) || reads_as(bounds.max);
    const std::string text = measured_text(metric, seen);
    return close ? text + "; unrounded " + exact_amount(metric, *seen.value) : text;
  }

  run::ExpectationResult relative(const SweepExpectation& expectation, const Figure& figure,
                                  std::uint64_t combination) const {
    std::uint64_t other = combination;
    std::string against;
    for (const auto& [axis, value] : expectation.against) {
      other = info_.grid.with_value(other, axis, value);
      against += fmt::format("{}{}={}", against.empty() ? "" : " ", short_names(info_.grid)[axis],
                             value_text(info_.grid.axes[axis].values[value]));
    }
    const Sample here = store_.sample(combination, figure);
    const Sample baseline = store_.sample(other, figure);
    run::ExpectationResult result = begun(expectation, combination);
    result.wanted = fmt::format("{} against {}: {}", expectation.metric, against,
                                text_of(expectation.relative));
    compare(expectation.relative, here, baseline, result);
    return result;
  }

  void compare(const scenario::RelativeBounds& bounds, const Sample& here, const Sample& baseline,
               run::ExpectationResult& result) const {
    const double confidence = shown_confidence(info_);
    const Measured seen = here.measure(confidence);
    const Measured before = baseline.measure(confidence);
    const std::string& metric = here.figure().name;
    if (!seen.value || !before.value) {
      result.seen = without_value(metric, seen, before);
      return;
    }
    result.held = true;
    result.seen =
        fmt::format("{} against {}", measured_text(metric, seen), measured_text(metric, before));
    for (const scenario::RelativeBounds::One& bound : bounds.all()) {
      judge(bound, difference(here, baseline, confidence, bound.factor), result);
    }
  }

  static std::string without_value(const std::string& metric, const Measured& seen,
                                   const Measured& before) {
    if (!seen.value && !before.value) return "no run of either has a value, so nothing is compared";
    return seen.value ? fmt::format("{}, but no run of the other has a value to compare with",
                                    measured_text(metric, seen))
                      : fmt::format("no run has a value to compare with the other's {}",
                                    measured_text(metric, before));
  }

  /// Whether here - factor x baseline lies on the right side of the bound, as far as can be told.
  static void judge(const scenario::RelativeBounds::One& bound, const Difference& compared,
                    run::ExpectationResult& result) {
    const bool upper = bound.side == scenario::RelativeBounds::Side::at_most;
    const Difference seen = upper ? compared : compared.negated();
    const double limit = upper ? bound.limit : -bound.limit;
    const Shown shown = at_most(seen, limit);
    if (shown == Shown::yes) return;
    result.held = false;
    result.seen += shown == Shown::no ? "; shown to break " + bound.name
                                      : fmt::format("; cannot tell for {}: {}", bound.name,
                                                    what_would_tell(seen, limit));
  }

  static std::string what_would_tell(const Difference& seen, double limit) {
    const auto needed = pairs_needed(seen, limit);
    if (!needed) return "no number of runs would";
    return *needed > seen.pairs ? fmt::format("needs about {} runs", *needed)
                                : "too few runs to trust the interval";
  }

  const Store& store_;
  const StoreInfo& info_;
};

}  // namespace

double look_confidence(const StoreInfo& info, double confidence) {
  return info.until ? StoppingRule::look_confidence(confidence) : confidence;
}

double shown_confidence(const StoreInfo& info) {
  return look_confidence(info, info.until ? info.until->confidence : usual_confidence);
}

Measured measured(const Store& store, std::uint64_t combination, const Figure& figure) {
  return store.sample(combination, figure).measure(shown_confidence(store.info()));
}

std::vector<run::ExpectationResult> evaluate(const Store& store) { return Judge{store}.results(); }

std::string value_text(const std::string& json) {
  const auto value = nlohmann::json::parse(json);
  return value.is_string() ? value.get<std::string>() : json;
}

std::vector<std::string> short_names(const scenario::Grid& grid) {
  const std::vector<std::string> paths = grid.paths();
  const std::vector<bool> own = scenario::last_parts_are_own(paths);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    names.push_back(own[i] ? paths[i].substr(paths[i].rfind('.') + 1) : paths[i]);
  }
  return names;
}

std::string settings_text(const scenario::Grid& grid, std::uint64_t combination) {
  const std::vector<std::string> names = short_names(grid);
  const std::vector<scenario::Override> values = grid.settings_of(combination);
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}{}={}", i == 0 ? "" : " ", names[i], value_text(values[i].second));
  }
  return text;
}

}  // namespace lastack::batch
