#include "reports/tune_report.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lastack/batch/estimate.hpp"
#include "lastack/core/text.hpp"
#include "reports/amounts.hpp"
#include "support/text_table.hpp"

namespace lastack::cli {

namespace {

using batch::Fate;
using batch::Measured;
using batch::Race;
using batch::Standing;
using batch::TunePlan;
using scenario::Direction;

constexpr std::size_t candidates_max = 30;
constexpr std::size_t peers_max = 8;  // that are named in a list

std::string settings_of(const TunePlan& plan, std::uint64_t candidate) {
  return printable(batch::settings_text(plan.objective().settings, candidate));
}

/// "99.97 % (99.91 to 100), 12000 runs".
std::string seen_text(const std::string& metric, const Measured& seen) {
  if (!seen.value) return "no run has a value";
  return measured_text(metric, seen) + ", " + counted(seen.runs, "run");
}

/// What limits and goals are, under one letter each: a column of the evidence.
class Asked {
 public:
  Asked(const TunePlan& plan, const Race& race) : plan_{plan}, race_{race} {}

  std::size_t limits() const { return race_.rules().limits.size(); }
  std::size_t size() const { return limits() + race_.rules().goals.size(); }
  bool is_limit(std::size_t i) const { return i < limits(); }

  std::string name(std::size_t i) const {
    const auto [condition, figure] = place(i);
    return plan_.name_of(condition, figure);
  }
  /// Without its condition.
  std::string metric(std::size_t i) const {
    const auto [condition, figure] = place(i);
    return plan_.figures(condition)[figure].name;
  }
  std::string wish(std::size_t i) const {
    if (is_limit(i)) return bounds_text(metric(i), race_.rules().limits[i].bounds);
    const Direction direction = race_.rules().goals[i - limits()].direction;
    return direction == Direction::minimize ? "as small as can be" : "as large as can be";
  }
  Measured seen(std::uint64_t candidate, std::size_t i) const {
    return is_limit(i) ? race_.limit_estimate(candidate, i)
                       : race_.goal_estimate(candidate, i - limits());
  }
  Standing standing(std::uint64_t candidate, std::size_t i) const {
    return is_limit(i) ? race_.standing(candidate, i) : Standing::met;
  }
  static std::string letter(std::size_t i) {
    constexpr std::size_t letters = 26;
    return i < letters ? std::string(1, static_cast<char>('a' + i)) : std::to_string(i + 1);
  }

 private:
  /// A condition and which of its figures.
  std::pair<std::size_t, std::size_t> place(std::size_t i) const {
    if (is_limit(i)) {
      const auto& limit = race_.rules().limits[i];
      return {limit.condition, limit.figure};
    }
    const auto& goal = race_.rules().goals[i - limits()];
    return {goal.condition, goal.figure};
  }

  const TunePlan& plan_;
  const Race& race_;
};

/// "99.97 % (99.9 to 100)", with "!" where a limit is broken and "?" where it is not decided.
std::string cell(const Asked& asked, std::uint64_t candidate, std::size_t i) {
  const Measured seen = asked.seen(candidate, i);
  if (!seen.value) return "-";
  const std::string text = measured_text(asked.metric(i), seen);
  const Standing standing = asked.standing(candidate, i);
  return text + (standing == Standing::broken ? "!" : standing == Standing::open ? "?" : "");
}

std::string fate_text(const Race& race, std::uint64_t candidate, std::uint64_t best) {
  switch (race.fate(candidate)) {
    case Fate::best:
      if (race.rules().goals.size() > 1) return "front";
      return candidate == best ? "best" : "not distinguished";
    case Fate::open: return "not decided";
    case Fate::as_good: return "as good";
    case Fate::worse: return "worse";
    case Fate::over_limit: return "breaks a limit";
  }
  return "";
}

std::string legend(const Asked& asked, int columns) {
  std::string text;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    text += wrapped(fmt::format("{}  {}: {}", Asked::letter(i), asked.name(i), asked.wish(i)),
                    columns, 2);
  }
  return text;
}

std::string table(const TunePlan& plan, const Race& race, const Asked& asked, const Paint& paint) {
  std::vector<std::string> titles = batch::short_names(plan.objective().settings);
  for (std::size_t i = 0; i < asked.size(); ++i) titles.push_back(Asked::letter(i));
  titles.emplace_back("runs");
  titles.emplace_back();
  TextTable rows{titles};
  const std::vector<std::uint64_t> order = batch::in_order(race);
  for (std::size_t row = 0; row < std::min(candidates_max, order.size()); ++row) {
    std::vector<std::string> cells;
    for (const auto& [path, value] : plan.objective().settings.overrides_of(order[row])) {
      cells.push_back(batch::value_text(value));
    }
    for (std::size_t i = 0; i < asked.size(); ++i) cells.push_back(cell(asked, order[row], i));
    cells.push_back(std::to_string(batch::runs_of(race, order[row])));
    cells.push_back(fate_text(race, order[row], order.front()));
    rows.add(std::move(cells));
  }
  std::string text = rows.text(paint);
  if (order.size() > candidates_max) {
    text += paint.dim(fmt::format("… and {} more: --csv FILE has all",
                                  counted(order.size() - candidates_max, "candidate"))) +
            "\n";
  }
  return text;
}

std::string achieved(const Asked& asked, std::uint64_t candidate, const Paint& paint, int columns) {
  std::string text;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const Standing standing = asked.standing(candidate, i);
    const std::string mark = standing == Standing::met      ? paint.green("met")
                             : standing == Standing::broken ? paint.red("broken")
                                                            : paint.yellow("not decided");
    text += wrapped(
        fmt::format("{}{}: {}; wanted: {}",
                    asked.is_limit(i) ? fmt::format("limit {}, ", mark) : "goal, ", asked.name(i),
                    seen_text(asked.metric(i), asked.seen(candidate, i)), asked.wish(i)),
        columns, 2);
  }
  return text;
}

/// About how many runs would show what a limit that is open comes to.
std::string runs_that_would_tell(const Measured& seen, const scenario::Bounds& bounds) {
  std::optional<std::uint64_t> needed;
  const auto ask = [&](const std::optional<double>& limit, const std::optional<double>& bound) {
    if (!limit || !bound) return;
    const auto runs = batch::runs_needed(seen.runs, *bound - *seen.value, *limit - *seen.value);
    if (runs && (!needed || *runs > *needed)) needed = runs;
  };
  const bool too_low = bounds.min && *seen.value < *bounds.min;
  const bool too_high = bounds.max && *seen.value > *bounds.max;
  ask(bounds.min, too_low ? seen.high : seen.low);
  ask(bounds.max, too_high ? seen.low : seen.high);
  if (!needed || *needed <= seen.runs) {
    return seen.settled ? "" : ": values so uneven take more runs (`runs_max`)";
  }
  return fmt::format(": about {} runs would tell (`runs_max`)", *needed);
}

/// Whether no number of runs can show that a share is within: none shows that it is 0 or 1.
bool cannot_be_shown(const std::string& metric, const scenario::Bounds& bounds) {
  if (!batch::is_share(metric)) return false;
  return (bounds.min && *bounds.min >= 1) || (bounds.max && *bounds.max <= 0);
}

/// Why a candidate is not known to meet a limit.
std::string why_not_met(const Race& race, const Asked& asked, std::uint64_t candidate,
                        std::size_t limit) {
  const Measured seen = asked.seen(candidate, limit);
  const scenario::Bounds& bounds = race.rules().limits[limit].bounds;
  if (!seen.value) return "";
  if (race.standing(candidate, limit) == Standing::broken) {
    bool nobody = true;
    for (std::uint64_t i = 0; i < race.rules().candidates; ++i) {
      nobody = nobody && race.standing(i, limit) == Standing::broken;
    }
    const std::string by =
        fmt::format("misses it by {:.3g} %", race.shortfall(candidate, limit) * 100);
    return nobody ? "; unreachable: every candidate breaks it, and the nearest " + by : "; " + by;
  }
  if (cannot_be_shown(asked.metric(limit), bounds)) {
    return "; unreachable: no number of runs shows a share of exactly that";
  }
  return "; not decided" + runs_that_would_tell(seen, bounds);
}

/// Which limits the nearest misses, by how much.
std::string misses(const TunePlan& plan, const Race& race, const Asked& asked, const Paint& paint,
                   int columns) {
  const std::uint64_t nearest = race.nearest();
  std::string text =
      fmt::format("{}\nThe nearest is {}\n", paint.red("No candidate is known to meet all limits."),
                  paint.bold(settings_of(plan, nearest)));
  for (std::size_t i = 0; i < asked.limits(); ++i) {
    if (race.standing(nearest, i) == Standing::met) continue;
    text += wrapped(fmt::format("{}, wanted: {}; seen: {}{}", asked.name(i), asked.wish(i),
                                seen_text(asked.metric(i), asked.seen(nearest, i)),
                                why_not_met(race, asked, nearest, i)),
                    columns, 2);
  }
  return text;
}

std::string listed(const TunePlan& plan, const std::vector<std::uint64_t>& candidates,
                   std::string_view title, int columns) {
  if (candidates.empty()) return "";
  std::string text = fmt::format("\n{}\n", title);
  for (std::size_t i = 0; i < std::min(peers_max, candidates.size()); ++i) {
    text += wrapped(settings_of(plan, candidates[i]), columns, 2);
  }
  if (candidates.size() > peers_max) {
    text += fmt::format("  … and {} more\n", candidates.size() - peers_max);
  }
  return text;
}

std::vector<std::uint64_t> with_fate(const Race& race, Fate fate) {
  std::vector<std::uint64_t> found;
  for (const std::uint64_t i : batch::in_order(race)) {
    if (race.fate(i) == fate) found.push_back(i);
  }
  return found;
}

std::string peers(const TunePlan& plan, const Race& race, int columns) {
  std::vector<std::uint64_t> others = race.front();
  others.erase(others.begin());
  const bool several = race.rules().goals.size() > 1;
  std::string text =
      listed(plan, others,
             several ? "The rest of the front, where one goal is paid for with another:"
                     : "Cannot be distinguished from the best:",
             columns);
  text += listed(
      plan, with_fate(race, Fate::as_good),
      fmt::format("As good as the best{}, to within {:g} %, and later in the file; their "
                  "limits\nare not decided yet:",
                  several ? " or others of the front" : "", plan.objective().precision * 100),
      columns);
  return text +
         listed(
             plan, with_fate(race, Fate::open),
             "Undecided: not known to meet all limits, nor to break one (more runs would show it: "
             "`runs_max`):",
             columns);
}

std::string cost(const TunePlan& plan, const Race& race) {
  const std::uint64_t grid = race.grid_runs();
  const double factor =
      race.runs() == 0 ? 1 : static_cast<double>(grid) / static_cast<double>(race.runs());
  return fmt::format(
      "{} under {}: {} in {}; a plain grid that knows\nas much of every candidate takes {} "
      "({:.1f} x).\n",
      counted(race.rules().candidates, "candidate"),
      counted(plan.objective().conditions.size(), "condition"), counted(race.runs(), "run"),
      counted(race.looks(), "look"), counted(grid, "run"), factor);
}

std::string optional_number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

}  // namespace

std::string tune_text(const TunePlan& plan, const Race& race, int columns, const Paint& paint) {
  const Asked asked{plan, race};
  const std::vector<std::uint64_t> front = race.front();
  std::string text = paint.bold(printable(plan.objective().name)) + "\n";
  text += wrapped(plan.objective().description, columns) + "\n" + cost(plan, race) + "\n";
  if (front.empty()) {
    text += misses(plan, race, asked, paint, columns);
  } else {
    text +=
        fmt::format("{} {}\n", paint.green("Best:"), paint.bold(settings_of(plan, front.front())));
    text += achieved(asked, front.front(), paint, columns) + peers(plan, race, columns);
  }
  text += "\nThe evidence (! breaks a limit, ? not decided):\n" + legend(asked, columns) + "\n";
  text += table(plan, race, asked, paint);
  return text +
         paint.dim(fmt::format("With {:g} % all intervals hold at once.",
                               plan.objective().confidence * 100)) +
         "\n";
}

std::string evidence_csv(const TunePlan& plan, const Race& race) {
  const Asked asked{plan, race};
  std::vector<std::string> titles = plan.objective().settings.paths();
  titles.emplace_back("fate");
  for (std::size_t i = 0; i < asked.size(); ++i) {
    for (const std::string_view part : {"runs", "value", "low", "high"}) {
      titles.push_back(fmt::format("{}: {}", asked.name(i), part));
    }
  }
  for (std::string& title : titles) title = csv_field(title);
  std::string text = fmt::format("{}\n", fmt::join(titles, ","));
  for (std::uint64_t candidate = 0; candidate < race.rules().candidates; ++candidate) {
    std::vector<std::string> cells;
    for (const auto& [path, value] : plan.objective().settings.overrides_of(candidate)) {
      cells.push_back(csv_field(value));
    }
    cells.emplace_back(name_of(race.fate(candidate)));
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const Measured seen = asked.seen(candidate, i);
      cells.push_back(std::to_string(seen.runs));
      cells.push_back(optional_number(seen.value));
      cells.push_back(optional_number(seen.low));
      cells.push_back(optional_number(seen.high));
    }
    text += fmt::format("{}\n", fmt::join(cells, ","));
  }
  return text;
}

std::vector<std::string> fragment_heading(const TunePlan& plan, const Race& race,
                                          std::uint64_t candidate) {
  const Asked asked{plan, race};
  std::vector<std::string> lines{fmt::format(
      "Best for \"{}\" by lastack tune: {}, {}, seed {}, all intervals together {:g} %.",
      plan.objective().name, counted(race.rules().candidates, "candidate"),
      counted(race.runs(), "run"), plan.objective().seed, plan.objective().confidence * 100)};
  for (std::size_t i = 0; i < asked.size(); ++i) {
    lines.push_back(fmt::format("- {}: {}; wanted: {}", asked.name(i),
                                seen_text(asked.metric(i), asked.seen(candidate, i)),
                                asked.wish(i)));
  }
  return lines;
}

}  // namespace lastack::cli
