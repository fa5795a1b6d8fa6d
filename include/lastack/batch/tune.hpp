#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lastack/batch/metrics.hpp"
#include "lastack/batch/race.hpp"
#include "lastack/scenario/objective.hpp"

namespace lastack::batch {

/// An objective that was checked as a whole: the scenario of every candidate under every condition
/// can be read, and every metric is known.
class TunePlan {
 public:
  /// Throws scenario::ScenarioError.
  explicit TunePlan(scenario::Objective objective);

  /// The objective as its file has it.
  const scenario::Objective& objective() const { return objective_; }
  /// What is kept of the runs under a condition.
  const MetricSet& metrics(std::size_t condition) const { return metrics_[condition]; }
  /// The race that finds the best. A limit of an objective is one of the race under each of its
  /// conditions.
  RaceRules rules(RaceRules::Search search = RaceRules::Search::race) const;
  /// The limit of the objective that a limit of the race came from.
  const scenario::Limit& limit(std::size_t of_race) const {
    return objective_.limits[origins_[of_race]];
  }
  /// What is asked of the runs under a condition.
  const std::vector<Figure>& figures(std::size_t condition) const { return figures_[condition]; }
  /// What a run takes before its first event, in bytes, at the least: of each candidate under each
  /// condition, the conditions of one candidate after the other.
  const std::vector<std::uint64_t>& least_memory() const { return least_memory_; }
  /// "connect_ok under 5 % loss": a figure and its condition, where there is more than one.
  std::string name_of(std::size_t condition, std::size_t figure) const;

 private:
  void find_metrics(std::size_t condition);
  void note_memory(const scenario::Scenario& scenario, std::uint64_t candidate,
                   std::size_t condition);
  std::size_t place_of(std::size_t condition, const std::string& metric) const;

  scenario::Objective objective_;
  std::vector<MetricSet> metrics_;            ///< one for each condition
  std::vector<std::vector<Figure>> figures_;  ///< of each condition
  std::vector<RaceRules::Limit> limits_;
  std::vector<std::size_t> origins_;
  std::vector<RaceRules::Goal> goals_;
  std::vector<std::uint64_t> least_memory_;
};

/// How far a race is: written by it now and then, for a thread that watches it.
struct TuneProgress {
  std::atomic<std::uint64_t> runs{0};
  std::atomic<std::uint64_t> asked{0};    ///< runs by the next look
  std::atomic<std::uint64_t> look{1};     ///< that is under way
  std::atomic<std::uint64_t> in_race{0};  ///< candidates
};

enum class TuneEnd : std::uint8_t { complete, interrupted };

/// Runs a race on so many threads, to its end or until it is asked to stop; then it knows what the
/// last whole look showed. Results do not depend on the number of threads. Throws std::bad_alloc
/// where memory ran short or `exceeded`, which is asked in each run, said so.
TuneEnd run_race(const TunePlan& plan, Race& race, unsigned threads,
                 const std::atomic<bool>* stop = nullptr, TuneProgress* progress = nullptr,
                 const std::function<bool()>& exceeded = {});

/// The candidates as people want to read of them: the best first, then by fate and the first goal.
std::vector<std::uint64_t> in_order(const Race& race);
/// How many runs of a candidate were looked at, under all conditions.
std::uint64_t runs_of(const Race& race, std::uint64_t candidate);

/// What a race found out as one HTML file that needs nothing else: the page of tools/pages.
/// `version` is the program's.
std::string tune_page(const TunePlan& plan, const Race& race, const std::string& version);

}  // namespace lastack::batch
