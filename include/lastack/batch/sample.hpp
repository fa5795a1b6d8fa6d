#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lastack/batch/figure.hpp"
#include "lastack/batch/interval.hpp"
#include "lastack/batch/run_row.hpp"

namespace lastack::batch {

/// A figure of a combination, in the metric's unit, and where its true value lies.
struct Measured {
  std::uint64_t runs = 0;       ///< that say something of it
  std::uint64_t of = 0;         ///< how many connections, connects or runs it is of
  std::optional<double> value;  ///< nothing where no run says anything
  std::optional<double> low;   ///< of the confidence interval; absent where the runs are too few to
  std::optional<double> high;  ///< give a bound, and of a maximum, which has none
  bool settled = false;        ///< whether the interval is to be trusted (`mean_is_settled`)

  /// Both bounds, where there are both.
  std::optional<Interval> interval() const;
};

/// Two combinations held against each other, run by run with the same random numbers.
struct Difference {
  std::uint64_t pairs = 0;      ///< runs of one seed of which both say something
  std::optional<double> value;  ///< here - factor x baseline, over the runs that both have
  std::optional<double> low;    ///< of the paired interval, as in Measured
  std::optional<double> high;
  bool settled = false;
  /// By how much each single pair differs, where all of two or more do so by the same.
  std::optional<double> in_every_pair;
  /// The fewest pairs that chance makes fall to one side no oftener than the confidence allows: 6
  /// at 95 %.
  std::uint64_t pairs_that_tell = 0;
  /// Whether there are so many.
  bool enough_pairs() const { return pairs >= pairs_that_tell; }
  /// Whether no pair differs, and these are enough to say so.
  bool is_none() const { return in_every_pair == 0.0 && enough_pairs(); }
  /// Of a quantile with a missing bound: about how many pairs would give it.
  std::optional<std::uint64_t> pairs_for_bounds;
  /// In which direction all pairs differ, where they are so many that chance does that no oftener
  /// than the confidence allows, or all differ by the same. Of means and shares it is the direction
  /// of those pairs that differ at all.
  Verdict all_pairs = Verdict::within_noise;
  /// What is shown: by the interval, where that is settled; else by `all_pairs`.
  Verdict verdict = Verdict::within_noise;

  /// Of the baseline against `here`: every sign turned.
  Difference negated() const;
};

/// Whether something is so, as far as can be told.
enum class Shown : std::uint8_t { yes, no, cannot_tell };
/// Whether a difference is at most `limit`: its whole interval is, where that can be trusted, or,
/// with a limit of 0, all pairs are.
Shown at_most(const Difference& difference, double limit);
/// About how many pairs would tell whether a difference is at most `limit`, where these cannot;
/// nothing where no number would.
std::optional<std::uint64_t> pairs_needed(const Difference& difference, double limit);

/// What the runs of one combination say of a figure.
///
/// **Means and shares** are over all connections of all runs: what the runs have together, divided
/// by the number of connections (a ratio estimator; Cochran, Sampling Techniques, 1977, 6.3). The
/// runs are what was drawn, not the connections: those of one run have more in common than those of
/// two. So the variance is that between runs. Shares have Clopper and Pearson's interval, of as
/// many trials as that variance says (`share_interval`); and so has a number that is 0 or 1 in
/// every run and 0 in one, so that what has not happened yet is rare, not impossible. Where none of
/// all connections failed, the bound is no further than that of one that did.
///
/// **Quantiles** are those of all connections together, with an interval by order statistics
/// (`quantile_ranks`), of as many independent connections as the runs are worth: their number
/// divided by the design effect, which says how much more the share below the quantile varies
/// between runs than it would if connections were independent (Woodruff 1952; Korn and Graubard
/// 1998).
///
/// A **maximum** is what was seen; it has no interval.
class Sample {
 public:
  /// Of no runs yet.
  explicit Sample(Figure figure) : figure_{std::move(figure)} {}

  /// What is sampled.
  const Figure& figure() const { return figure_; }
  /// Takes what a run says. Replications come in any order, each once.
  void set(std::uint64_t replication, const RunRow& row);

  static constexpr std::uint64_t all_runs = std::numeric_limits<std::uint64_t>::max();
  /// The figure over the replications below `end`, with an interval of this confidence, in (0, 1).
  Measured measure(double confidence, std::uint64_t end = all_runs) const;

  /// The least mean of runs that these can have been drawn from (`least_mean`); nothing where the
  /// figure is no mean, where runs have different numbers of connections, or where values may be
  /// below 0.
  std::optional<double> least_mean(double confidence, std::uint64_t end = all_runs) const;

  /// Of a run's part of a mean or a share: what so many connections have together.
  struct Term {
    double sum = 0;
    double weight = 0;  ///< 0: the run says nothing
  };
  /// So many connections that have the same value.
  struct Step {
    double value = 0;
    std::uint64_t count = 0;
  };
  /// By replication, of means and shares; empty for what is sorted.
  const std::vector<Term>& terms() const { return terms_; }
  /// The values of a run in ascending order, of quantiles and maxima.
  std::span<const Step> steps(std::uint64_t replication) const;
  /// Replications from 0 to this have been set, as far as they are there.
  std::uint64_t end() const;

 private:
  void set_steps(std::uint64_t replication, const std::vector<Step>& steps);

  /// A run's part of `steps_`.
  struct Part {
    std::size_t first = 0;
    std::size_t size = 0;
  };
  Figure figure_;
  std::vector<Term> terms_;
  std::vector<Step> steps_;
  std::vector<Part> parts_;
};

/// `here` against `factor` times `baseline`, two samples of one figure, over the replications below
/// `end` that both have.
///
/// Of means, the interval is that of the mean paired difference (with runs of different sizes, of
/// what each adds to it); where these are too skewed for Student's, it is Cantelli's, three times
/// as wide (`skewed_mean_interval`). Of shares, the intervals of the two are put together with the
/// correlation that the pairs show (`difference_of`); where each run has one connect, those pairs
/// that changed in one direction and those in the other are two proportions instead. Of quantiles,
/// runs are drawn again and again, the same on both sides (`quantile_difference`); with a
/// confidence that takes more draws than can be made, the intervals of the two are put together as
/// those of shares are.
Difference difference(const Sample& here, const Sample& baseline, double confidence,
                      double factor = 1, std::uint64_t end = Sample::all_runs);

}  // namespace lastack::batch
