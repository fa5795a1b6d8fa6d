#include "lastack/batch/estimate.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lastack::batch {

namespace {

using scenario::SweepExpectation;

/// "2.07 (1.05 to 3.05) of 2800 connections"; a bound that is missing is a question mark.
std::string seen_text(const Measured& seen) {
  if (!seen.value) return "no run has a value";
  std::string text = fmt::format("{:.6g}", *seen.value);
  if (seen.low || seen.high) {
    const auto bound = [](const std::optional<double>& value) {
      return value ? fmt::format("{:.6g}", *value) : std::string{"?"};
    };
    text += fmt::format(" ({} to {})", bound(seen.low), bound(seen.high));
  }
  return text;
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
      for (std::uint64_t c = 0; c < info_.grid.size(); ++c) {
        if (!has_values(expectation.where, info_.grid, c)) continue;
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
    result.wanted = expectation.metric + ": " + text_of(expectation.bounds);
    result.seen = seen_text(seen);
    return result;
  }

  run::ExpectationResult relative(const SweepExpectation& expectation, const Figure& figure,
                                  std::uint64_t combination) const {
    const double confidence = shown_confidence(info_);
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
    result.held = true;
    for (const scenario::RelativeBounds::One& bound : expectation.relative.all()) {
      const Difference seen = difference(here, baseline, confidence, bound.factor);
      judge(bound, seen, result);
    }
    const std::string both = fmt::format("{} against {}", seen_text(here.measure(confidence)),
                                         seen_text(baseline.measure(confidence)));
    result.seen = result.seen.empty() ? both : both + "; " + result.seen;
    return result;
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
    if (!result.seen.empty()) result.seen += "; ";
    if (!seen.value) {
      result.seen += "one of them has no value";
    } else if (shown == Shown::no) {
      result.seen += fmt::format("shown to break {}", bound.name);
    } else {
      result.seen += cannot_tell(bound.name, seen, limit);
    }
  }

  static std::string cannot_tell(const std::string& bound, const Difference& seen, double limit) {
    std::string text = "cannot tell for " + bound;
    const auto needed = pairs_needed(seen, limit);
    if (needed && *needed > seen.pairs) return text + fmt::format(": needs about {} runs", *needed);
    return text + ": no number of runs would";
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
  std::vector<std::string> names;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string last = paths[i].substr(paths[i].rfind('.') + 1);
    names.push_back(scenario::resolve_path(last, paths).index == i ? last : paths[i]);
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
