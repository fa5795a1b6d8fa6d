#include "reports/sweep_expectations.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "lastack/batch/estimate.hpp"
#include "reports/amounts.hpp"

namespace lastack::cli {

namespace {

using batch::Difference;
using batch::Measured;
using scenario::RelativeBounds;
using scenario::SweepExpectation;

/// Puts failed expectations of a store into words.
class FailedExpectations {
 public:
  explicit FailedExpectations(const batch::Store& store)
      : store_{store},
        info_{store.info()},
        confidence_{batch::shown_confidence(info_)} {
    for (const SweepExpectation& each : info_.expectations) expectations_[each.pointer] = &each;
    for (std::uint64_t c = 0; c < info_.grid.size(); ++c) {
      combinations_[batch::settings_text(info_.grid, c)] = c;
    }
  }

  void put(run::ExpectationResult& result) const {
    const SweepExpectation& expectation = *expectations_.at(result.pointer);
    const std::string_view at = "at ";
    const std::string settings = result.where.empty() ? "" : result.where.substr(at.size());
    const std::uint64_t combination = combinations_.at(settings);
    const auto figure = batch::find_figure(info_.metrics, expectation.metric).value();
    if (expectation.against.empty()) {
      result.wanted =
          expectation.metric + ": " + exact_bounds_text(figure.name, expectation.bounds);
      result.seen = absolute(expectation.bounds, figure, combination);
    } else {
      result.seen = relative(expectation, figure, combination);
    }
  }

 private:
  std::string absolute(const scenario::Bounds& bounds, const batch::Figure& figure,
                       std::uint64_t combination) const {
    const Measured seen = batch::measured(store_, combination, figure);
    if (!seen.value) return "no run has a value";
    std::string text = measured_text(figure.name, seen);
    const auto reads_as = [&](const std::optional<double>& bound) {
      return bound && amount(figure.name, *bound) == amount(figure.name, *seen.value);
    };
    if (reads_as(bounds.equals) || reads_as(bounds.min) || reads_as(bounds.max)) {
      text += "; unrounded " + exact_amount(figure.name, *seen.value);
    }
    return text;
  }

  std::string relative(const SweepExpectation& expectation, const batch::Figure& figure,
                       std::uint64_t combination) const {
    std::uint64_t other = combination;
    for (const auto& [axis, value] : expectation.against) {
      other = info_.grid.with_value(other, axis, value);
    }
    const batch::Sample here = store_.sample(combination, figure);
    const batch::Sample baseline = store_.sample(other, figure);
    const Measured seen = here.measure(confidence_);
    const Measured before = baseline.measure(confidence_);
    if (!seen.value || !before.value) return without_value(figure.name, seen, before);
    std::string text = fmt::format("{} against {}", measured_text(figure.name, seen),
                                   measured_text(figure.name, before));
    for (const RelativeBounds::One& bound : expectation.relative.all()) {
      text += broken(bound, batch::difference(here, baseline, confidence_, bound.factor));
    }
    return text;
  }

  static std::string without_value(const std::string& metric, const Measured& seen,
                                   const Measured& before) {
    if (!seen.value && !before.value) return "no run of either has a value, so nothing is compared";
    return seen.value ? fmt::format("{}, but no run of the other has a value to compare with",
                                    measured_text(metric, seen))
                      : fmt::format("no run has a value to compare with the other's {}",
                                    measured_text(metric, before));
  }

  /// "; shown to break max_ratio 1.05", or that it cannot be told; nothing for a bound that holds.
  static std::string broken(const RelativeBounds::One& bound, const Difference& compared) {
    const bool upper = bound.side == RelativeBounds::Side::at_most;
    const Difference seen = upper ? compared : compared.negated();
    const double limit = upper ? bound.limit : -bound.limit;
    switch (batch::at_most(seen, limit)) {
      case batch::Shown::yes: return "";
      case batch::Shown::no: return "; shown to break " + bound.name;
      case batch::Shown::cannot_tell: break;
    }
    return fmt::format("; cannot tell for {}: {}", bound.name, what_would_tell(seen, limit));
  }

  static std::string what_would_tell(const Difference& seen, double limit) {
    if (!seen.value) return "no pair of runs has values of both";
    const std::optional<double>& bound = *seen.value > limit ? seen.low : seen.high;
    if (!bound) return "too few runs for an interval";
    const auto needed = batch::runs_needed(seen.pairs, *bound - *seen.value, limit - *seen.value);
    if (needed && *needed > seen.pairs) return fmt::format("needs about {} runs", *needed);
    return needed ? "too few runs to trust the interval" : "no number of runs would";
  }

  const batch::Store& store_;
  const batch::StoreInfo& info_;
  double confidence_;
  std::map<std::string, const SweepExpectation*> expectations_;  ///< by pointer
  std::map<std::string, std::uint64_t> combinations_;            ///< by `settings_text`
};

}  // namespace

std::vector<run::ExpectationResult> sweep_expectations(const batch::Store& store) {
  std::vector<run::ExpectationResult> results = batch::evaluate(store);
  std::optional<FailedExpectations> words;
  for (run::ExpectationResult& result : results) {
    if (result.held) continue;
    if (!words) words.emplace(store);
    words->put(result);
  }
  return results;
}

}  // namespace lastack::cli
