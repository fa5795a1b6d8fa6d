#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/batch/figure.hpp"
#include "lastack/batch/metrics.hpp"
#include "lastack/scenario/sweep.hpp"

namespace lastack::batch {

/// One of several parts of a sweep that are run apart, such as the tasks of a cluster's job array.
struct Shard {
  std::uint64_t index = 1;  ///< from 1
  std::uint64_t count = 1;

  friend bool operator==(const Shard&, const Shard&) = default;
};

/// So many runs of one combination that follow each other.
struct Span {
  std::uint64_t combination = 0;
  std::uint64_t first = 0;  ///< replication
  std::uint64_t count = 0;
};

/// The runs that a shard has to do, one combination after the other, made as they are asked for.
/// Where `repeat` is a number, each shard has its share of all runs; with `until` whole
/// combinations, each with its `min` runs, since how many more there will be is not known.
class Spans {
 public:
  /// Requires what a sweep's file allows, and 1 <= shard.index <= shard.count.
  Spans(std::uint64_t combinations, std::uint64_t repeat,
        const std::optional<scenario::Until>& until, Shard shard);

  /// The next combination's; nothing behind the last.
  std::optional<Span> next();

  /// The shard's first unit. Units are what is shared out: runs, counted through all combinations,
  /// or with `until` combinations.
  std::uint64_t first_unit() const { return first_; }
  /// The unit behind its last.
  std::uint64_t end_unit() const { return end_; }
  /// Of all spans together.
  std::uint64_t runs() const { return (end_ - first_) * (min_ > 0 ? min_ : 1); }

 private:
  std::uint64_t each_;     ///< units of a combination
  std::uint64_t min_ = 0;  ///< runs of a unit, with `until`
  std::uint64_t first_;
  std::uint64_t end_;
  std::uint64_t at_;
};

/// Throws scenario::ScenarioError where a bound of a share is none, such as 99 for 99 %; `pointer`
/// is that of the limit or expectation.
void check_share(std::string_view metric, const scenario::Bounds& bounds, const std::string& file,
                 const std::string& pointer);

/// A sweep that was checked as a whole: every metric is known, and so many of the combinations'
/// scenarios as take no time (`checked_max`) can be read. Others are read when their turn comes.
class Plan {
 public:
  static constexpr std::uint64_t checked_max = 1000;

  /// `version` is the program's. Throws scenario::ScenarioError.
  Plan(scenario::Sweep sweep, std::string version, Shard shard = {});

  /// The sweep as its file has it.
  const scenario::Sweep& sweep() const { return sweep_; }
  /// The version of the program that made the plan.
  const std::string& version() const { return version_; }
  /// The part that this plan runs.
  Shard shard() const { return shard_; }
  /// The metrics that are kept of each run; the columns are the same under all conditions.
  const MetricSet& metrics() const { return metrics_.front(); }
  /// Those of a combination's runs.
  const MetricSet& metrics_of(std::uint64_t combination) const {
    return metrics_[sweep_.grid.condition_of(combination)];
  }
  /// What `until` watches.
  const std::optional<Figure>& watched() const { return watched_; }
  /// "100", or "until connect_ok is known to ±0.005 (95 %), 100 to 1000000".
  std::string repeat_text() const;

  /// The runs that this shard has to do.
  Spans spans() const { return Spans{sweep_.grid.size(), sweep_.repeat, sweep_.until, shard_}; }

  /// What all parts and all sessions of one sweep share: a UUID (RFC 9562, version 5) of version,
  /// scenario, values, repeat, seed and metrics.
  const std::string& identity() const { return identity_; }
  /// 64 bits of scenario, settings and version; with a run's seed they make its identity.
  std::uint64_t combination_identity(std::uint64_t combination) const;
  /// 64 bits that name one run: the same scenario, settings, version and seed give the same.
  static std::uint64_t run_identity(std::uint64_t combination_identity, std::uint64_t seed);

 private:
  static std::vector<MetricSet> make_metrics(const scenario::Sweep& sweep);
  Figure figure_of(const std::string& metric, const std::string& pointer) const;

  scenario::Sweep sweep_;
  std::string version_;
  Shard shard_;
  std::vector<MetricSet> metrics_;  ///< one for each condition
  std::optional<Figure> watched_;
  std::string identity_;
};

}  // namespace lastack::batch
