#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/batch/interval.hpp"
#include "lastack/batch/plan.hpp"
#include "lastack/batch/sample.hpp"
#include "lastack/scenario/objective.hpp"

namespace lastack::batch {

/// What a race is about. A unit is a candidate under a condition: its runs give samples of figures.
struct RaceRules {
  /// A figure under a condition must be within bounds.
  struct Limit {
    std::size_t condition = 0;
    std::size_t figure = 0;  ///< which of the condition's
    scenario::Bounds bounds;
  };
  struct Goal {
    std::size_t condition = 0;
    std::size_t figure = 0;
    scenario::Direction direction = scenario::Direction::minimize;
  };
  /// How to spend runs.
  enum class Search : std::uint8_t {
    race,  ///< on what is not decided yet
    grid,  ///< evenly: `runs_max` of every unit, to see what racing saves
  };

  std::uint64_t candidates = 0;
  std::vector<std::vector<Figure>> figures;  ///< of each condition
  std::vector<Limit> limits;
  std::vector<Goal> goals;
  double confidence = 0.95;
  double precision = 0.01;
  std::uint64_t runs_max = 20'000;
  Search search = Search::race;
};

enum class Standing : std::uint8_t { open, met, broken };

/// Where a candidate stands. Those before `open` are in the race to its end.
enum class Fate : std::uint8_t {
  best,        ///< meets all limits, and none is known to be better
  open,        ///< a limit is undecided
  as_good,     ///< within the precision of one that meets all limits
  worse,       ///< worse than one that meets all limits
  over_limit,  ///< breaks a limit
};
/// "as_good": for other programs.
std::string_view name_of(Fate fate);

/// Finds the best of many candidates with few runs: a race in which those that lose stop running
/// (Maron and Moore 1994, "Hoeffding races"), with common random numbers.
///
/// A unit is looked at after 100 runs, and then whenever its runs have grown by half, up to
/// `runs_max`. A look may show
/// - that a limit is met or broken: the interval of the figure is inside or outside; or that even
///   the least mean that any distribution could have is above it (`least_mean`);
/// - that one candidate is better than another: the interval of the paired difference of a goal,
///   replication by replication, does not hold 0; or that one is as good: the interval is within
///   `precision` times the figure.
/// A candidate is out when it breaks a limit, or when it is worse than, or as good as, one that
/// meets all limits. Runs go only to conditions of which a limit or a goal is undecided. A
/// candidate that is worse than one whose limits are undecided *waits*: it runs on only if that
/// one fails. So limits that take many runs are mostly decided for the winner alone.
///
/// All decisions hold together with the probability `confidence`: one half of the permitted error
/// is divided evenly among all limits and goals of all candidates at all looks, the other half
/// among all pairs of candidates, all goals and all looks (Bonferroni). That needs no independence
/// and allows every order of looking. A mean is believed once it is settled (`mean_is_settled`);
/// that a limit is broken also where 100 values are all alike. Values that were all 0 or 1 are a
/// proportion, with Clopper and Pearson's interval, so that an event that has not happened yet
/// counts as rare, not as impossible.
class Race {
 public:
  /// Requires at least one candidate, at least one goal, and runs_max >= 2.
  explicit Race(RaceRules rules);

  /// The rules as given.
  const RaceRules& rules() const { return rules_; }
  /// The unit of a candidate under a condition, which a Span has as its combination.
  std::uint64_t unit(std::uint64_t candidate, std::size_t condition) const {
    return candidate * rules_.figures.size() + condition;
  }

  /// The runs to do now; none: the race is over. They are the same whatever the threads.
  std::vector<Span> next();
  /// The result of a run. Requires that `next` asked for it.
  void add(std::uint64_t unit, std::uint64_t replication, const RunRow& row);
  /// All that `next` asked for is there: looks at it.
  void look();

  /// How many looks were taken.
  std::uint64_t looks() const { return looks_done_; }
  std::uint64_t in_race() const;  ///< candidates that are neither out nor waiting
  std::uint64_t runs() const;     ///< that were looked at
  /// Runs of one unit that were looked at.
  std::uint64_t runs(std::uint64_t unit) const { return units_[unit].runs; }
  /// What a plain grid takes to know as much under each condition of every candidate as the race
  /// does of the one that it ran most often there.
  std::uint64_t grid_runs() const;

  /// Where the candidate stands after the last look.
  Fate fate(std::uint64_t candidate) const;
  /// Who it is as good as, or worse than.
  std::optional<std::uint64_t> beaten_by(std::uint64_t candidate) const {
    return candidates_[candidate].beaten_by;
  }
  /// Those with Fate::best, the best figure of the first goal first.
  std::vector<std::uint64_t> front() const;
  /// Whether the candidate is known to meet or to break the limit.
  Standing standing(std::uint64_t candidate, std::size_t limit) const {
    return candidates_[candidate].standings[limit];
  }
  /// By which share of the bound the figure misses a limit, as far as is known; 0: not at all.
  double shortfall(std::uint64_t candidate, std::size_t limit) const;
  /// Whose greatest shortfall is the least: where nobody meets all limits.
  std::uint64_t nearest() const;
  /// The figure that a limit speaks of, in the metric's unit, with its interval.
  Measured limit_estimate(std::uint64_t candidate, std::size_t limit) const;
  /// A goal's figure, in its unit, with its interval.
  Measured goal_estimate(std::uint64_t candidate, std::size_t goal) const;
  /// A goal's figure as a rank: the smaller, the better; infinity where there is none.
  double rank(std::uint64_t candidate, std::size_t goal) const;
  /// The paired difference of a goal, `a` minus `b`.
  Difference difference(std::uint64_t a, std::uint64_t b, std::size_t goal) const;

  /// Asserts what is always true between two looks: no unit has more runs than it may, or fewer
  /// samples than runs; who broke a limit is out, and every loser lost to a candidate that meets
  /// all limits.
  void check_invariants() const;

 private:
  struct Unit {
    std::uint64_t runs = 0;       ///< that were looked at
    std::uint64_t asked = 0;      ///< that there will be at the next look
    std::vector<Sample> samples;  ///< of the condition's figures
  };
  struct Candidate {
    std::vector<Standing> standings;  ///< of the limits
    bool out = false;
    bool waits = false;
    bool as_good = false;
    std::optional<std::uint64_t> beaten_by;

    bool runs() const { return !out && !waits; }
  };
  /// What the runs that two candidates share say of a goal.
  enum class Relation : std::uint8_t { unknown, better, as_good, worse };

  std::optional<std::uint64_t> next_look(std::uint64_t runs) const;
  void check_candidate(std::uint64_t candidate) const;
  bool meets_all(std::uint64_t candidate) const;
  bool hopeful(std::uint64_t candidate) const;
  const Sample& sample(std::uint64_t unit, std::size_t figure) const {
    return units_[unit].samples[figure];
  }
  Measured estimate(const Sample& sample, std::uint64_t runs) const;
  void judge_limits(std::uint64_t candidate);
  Standing judge(const RaceRules::Limit& limit, std::uint64_t candidate) const;
  Relation relation(std::uint64_t a, std::uint64_t b, std::size_t goal);
  Relation find_relation(std::uint64_t a, std::uint64_t b, std::size_t goal,
                         std::uint64_t pairs) const;
  Difference find_difference(std::uint64_t a, std::uint64_t b, std::size_t goal,
                             std::uint64_t pairs) const;
  std::uint64_t pairs_of(std::uint64_t a, std::uint64_t b, std::size_t goal) const;
  std::vector<std::uint64_t> find_contenders() const;
  bool covers(std::uint64_t a, std::uint64_t b);
  void judge_goals();
  void judge_against_contenders(std::uint64_t candidate);
  void need_for_limits(std::uint64_t candidate, std::vector<char>& needed) const;
  void need_for_goals(std::uint64_t a, std::uint64_t b, std::vector<char>& needed);

  RaceRules rules_;
  double mean_confidence_ = 0;
  double pair_confidence_ = 0;
  std::uint64_t looks_done_ = 0;
  std::vector<Unit> units_;
  std::vector<Candidate> candidates_;
  std::vector<std::uint64_t> contenders_;  ///< who may throw others out, by the last look
  std::vector<std::pair<std::uint64_t, std::uint64_t>> asked_;  ///< units and their runs by then
  /// Relations with the number of pairs they were found with; a decided one stays.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::pair<Relation, std::uint64_t>>>
      relations_;
};

}  // namespace lastack::batch
