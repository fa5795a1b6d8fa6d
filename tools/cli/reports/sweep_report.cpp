#include "reports/sweep_report.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "lastack/batch/estimate.hpp"
#include "lastack/batch/theory.hpp"
#include "lastack/scenario/sweep.hpp"
#include "reports/amounts.hpp"
#include "reports/figure_choice.hpp"
#include "support/diagnostics.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/text_table.hpp"

namespace lastack::cli {

namespace {

constexpr std::uint64_t rows_max = 60;
constexpr int columns_min = 110;      // a table of figures may be wider than text
constexpr std::size_t table_gap = 2;  // blanks between columns

/// In this order, after those that the sweep itself asks about.
constexpr std::array<std::string_view, 16> telling_metrics{"connect_ok",
                                                           "request_ok",
                                                           "connect_time.mean",
                                                           "connect_time.max",
                                                           "request_time.mean",
                                                           "connections_failed",
                                                           "connections_reset",
                                                           "close_time.mean",
                                                           "orphan_time.mean",
                                                           "syn_sent",
                                                           "synack_sent",
                                                           "fin_sent",
                                                           "segments_retransmitted",
                                                           "listen_drops",
                                                           "time_in.FIN_WAIT_1",
                                                           "peak.TIME_WAIT"};

/// What theory says of the combinations that are shown, as far as there is a closed form.
class Theory {
 public:
  Theory(const scenario::Sweep& sweep, std::uint64_t combinations) {
    for (std::uint64_t i = 0; i < combinations; ++i) {
      predictions_.push_back(batch::predictions_of(scenario::scenario_of(sweep, i)));
    }
  }

  std::optional<double> value(std::uint64_t combination, std::string_view metric) const {
    for (const batch::Prediction& prediction : predictions_[combination]) {
      if (prediction.metric == metric) return prediction.value;
    }
    return std::nullopt;
  }

 private:
  std::vector<std::vector<batch::Prediction>> predictions_;
};

/// "99.75 %", with a star where the simulated interval does not hold it.
std::string theory_cell(const batch::Figure& figure, const batch::Measured& seen,
                        std::optional<double> value) {
  if (!value) return "";
  const auto interval = seen.interval();
  return amount(figure.name, *value) + (interval && !interval->contains(*value) ? "*" : "");
}

struct Column {
  std::string title;
  std::vector<std::string> cells;

  std::size_t width() const {
    std::size_t width = width_of(title);
    for (const std::string& text : cells) width = std::max(width, width_of(text));
    return width + table_gap;
  }
  bool is_blank() const {
    return std::all_of(cells.begin(), cells.end(), [](const auto& text) { return text.empty(); });
  }
};

std::size_t width_of_all(const std::vector<Column>& columns) {
  std::size_t width = 0;
  for (const Column& column : columns) width += column.width();
  return width;
}

/// The table of a sweep: settings at the left, figures beside them. Those that were asked for are
/// all shown, below each other where they are too many for a line.
class Table {
 public:
  Table(const batch::Plan& plan, const batch::Store& store, int width)
      : store_{store},
        rows_{std::min(store.info().grid.size(), rows_max)},
        width_{static_cast<std::size_t>(width)},
        theory_{plan.sweep(), rows_} {
    const scenario::Grid& grid = store.info().grid;
    const std::vector<std::string> names = batch::short_names(grid);
    for (std::size_t axis = 0; axis < names.size(); ++axis) {
      keys_.push_back(column(names[axis], [&](std::uint64_t row) {
        return batch::value_text(grid.settings_of(row)[axis].second);
      }));
    }
    keys_.push_back(
        column("runs", [&](std::uint64_t row) { return std::to_string(store.runs(row)); }));
  }

  enum class Why : std::uint8_t { asked_for, if_news, if_value };
  /// Adds a figure with what theory says of it; unless it was asked for, only if there is room, it
  /// has a value and, with `if_news`, says something new.
  void add(std::string_view name, Why why) {
    const auto figure = batch::find_figure(store_.info().metrics, name);
    if (!figure) return;
    const auto there = [&](const Group& each) { return each.front().title == figure->name; };
    if (std::any_of(groups_.begin(), groups_.end(), there)) return;
    std::vector<batch::Measured> seen;
    for (std::uint64_t row = 0; row < rows_; ++row) {
      seen.push_back(batch::measured(store_, row, *figure));
    }
    Group group{column(figure->name,
                       [&](std::uint64_t row) { return measured_text(figure->name, seen[row]); })};
    Column said = column("theory", [&](std::uint64_t row) {
      return theory_cell(*figure, seen[row], theory_.value(row, figure->name));
    });
    if (!said.is_blank()) group.push_back(std::move(said));
    const bool room = width() + width_of_all(group) <= width_;
    const auto has_value = [](const batch::Measured& each) { return each.value.has_value(); };
    const bool some = std::any_of(seen.begin(), seen.end(), has_value);
    if (why != Why::asked_for && (!some || !room)) return;
    if (why == Why::if_news && !is_news(group.front())) return;
    groups_.push_back(std::move(group));
  }

  bool is_empty() const { return groups_.empty(); }

  std::string text(const Paint& paint) const {
    std::string text;
    for (std::size_t next = 0; next < groups_.size();) {
      std::vector<Column> block = keys_;
      do {
        block.insert(block.end(), groups_[next].begin(), groups_[next].end());
        ++next;
      } while (next < groups_.size() &&
               width_of_all(block) + width_of_all(groups_[next]) <= width_);
      text += (text.empty() ? "" : "\n") + text_of(block, paint);
    }
    return text + paint.dim(notes());
  }

 private:
  using Group = std::vector<Column>;  ///< a figure, and what theory says of it

  template <class TextOf> Column column(std::string title, TextOf text_of) const {
    Column column{std::move(title), {}};
    for (std::uint64_t row = 0; row < rows_; ++row) column.cells.push_back(text_of(row));
    return column;
  }

  std::string text_of(const std::vector<Column>& columns, const Paint& paint) const {
    std::vector<std::string> titles;
    for (const Column& each : columns) titles.push_back(each.title);
    TextTable table{titles};
    for (std::uint64_t row = 0; row < rows_; ++row) {
      std::vector<std::string> cells;
      for (const Column& each : columns) cells.push_back(each.cells[row]);
      table.add(std::move(cells));
    }
    return table.text(paint);
  }

  /// Whether a column differs from row to row, and from those that are there.
  bool is_news(const Column& column) const {
    const std::vector<std::string>& cells = column.cells;
    const bool constant = std::all_of(cells.begin(), cells.end(),
                                      [&](const auto& text) { return text == cells.front(); });
    const auto same = [&](const Group& each) { return each.front().cells == cells; };
    return (!constant || rows_ == 1) && std::none_of(groups_.begin(), groups_.end(), same);
  }

  /// How many columns are not shown, and how to see them.
  std::string of_others() const {
    const std::vector<std::string>& kept = store_.info().metrics;
    const auto others = std::count_if(kept.begin(), kept.end(), [&](const std::string& column) {
      const auto shows = [&](const Group& group) { return group.front().title == column; };
      return std::none_of(groups_.begin(), groups_.end(), shows);
    });
    if (others == 0) return "";
    const bool memory = store_.file() == batch::Store::in_memory;
    return fmt::format(
        "{} more metric{}: name {} in `metrics` to see {} here{}\n", others, others == 1 ? "" : "s",
        others == 1 ? "it" : "some", others == 1 ? "it" : "them",
        memory ? "; --db FILE keeps all"
               : fmt::format(", or lastack export {} --summary FILE", store_.file()));
  }

  std::string notes() const {
    std::string notes;
    if (std::any_of(groups_.begin(), groups_.end(), [](const Group& g) { return g.size() > 1; })) {
      notes +=
          "theory: the closed form (losses independent). * outside the interval, as one in "
          "twenty\n"
          "is by chance; combinations share their random numbers, so neighbours err together.\n";
    }
    notes += of_others();
    if (const std::uint64_t rest = store_.info().grid.size() - rows_; rest > 0) {
      notes += fmt::format("… and {} combinations more: lastack export {} --summary FILE\n", rest,
                           store_.file());
    }
    return notes;
  }

  std::size_t width() const {
    std::size_t width = width_of_all(keys_);
    for (const Group& group : groups_) width += width_of_all(group);
    return width;
  }

  const batch::Store& store_;
  std::uint64_t rows_;
  std::size_t width_;
  Theory theory_;
  std::vector<Column> keys_;
  std::vector<Group> groups_;
};

/// Where `until` ended with `max` runs before the interval was as narrow as it was to be.
std::string widths_not_reached(const batch::Plan& plan, const batch::Store& store, int columns) {
  if (!plan.watched()) return "";
  const scenario::Until& until = *plan.sweep().until;
  const batch::StoppingRule rule{until.confidence, until.half_width, until.min, until.max};
  std::string text;
  std::uint64_t more = 0;
  for (std::uint64_t c = 0; c < store.info().grid.size(); ++c) {
    const batch::Measured seen = batch::measured(store, c, *plan.watched());
    const auto interval = seen.interval();
    if (interval && seen.settled && rule.enough(*interval)) continue;
    if (text.size() > 1000) {
      ++more;
      continue;
    }
    const std::string at =
        store.info().grid.axes.empty() ? "" : " at " + batch::settings_text(store.info().grid, c);
    const std::string why = interval && rule.enough(*interval)
                                ? "is as narrow as wanted, but the runs are too few to trust it"
                            : interval ? fmt::format("has ±{:.3g} where ±{:g} was wanted",
                                                     interval->half_width(), until.half_width)
                                       : "has no interval";
    text += wrapped(
        fmt::format("{}{}: {}, after {} runs (`max`)", until.metric, at, why, store.runs(c)),
        columns, 2);
  }
  if (text.empty()) return "";
  if (more > 0) text += fmt::format("  … and {} more\n", more);
  return "Not as narrow as `until` asked:\n" + text;
}

/// What the file names: the metrics, what `until` watches, what it expects.
std::vector<std::string> asked_for(const batch::Plan& plan) {
  std::vector<std::string> names;
  if (plan.watched()) names.push_back(plan.watched()->name);
  for (const scenario::SweepExpectation& expectation : plan.sweep().expectations) {
    names.push_back(expectation.metric);
  }
  if (plan.sweep().metrics.empty()) return names;
  const std::vector<std::string>& kept = plan.metrics().columns();
  const std::vector<std::string>& named = plan.sweep().metrics;
  for (const std::string& column : kept) {  // "time_in.SYN_SENT" is a family, but asks for the sum
    const bool by_name = std::find(named.begin(), named.end(), column) != named.end();
    if (by_name || !batch::is_part_of_sum(column, kept)) names.push_back(column);
  }
  return names;
}

}  // namespace

std::string sweep_table(const batch::Plan& plan, const batch::Store& store, int columns,
                        const Paint& paint) {
  Table table{plan, store, std::max(columns, columns_min)};
  for (const std::string& name : asked_for(plan)) table.add(name, Table::Why::asked_for);
  if (plan.sweep().metrics.empty()) {
    for (const std::string_view name : telling_metrics) table.add(name, Table::Why::if_news);
    // All combinations are alike: then that is what the table says.
    for (const std::string_view name : telling_metrics) {
      if (table.is_empty()) table.add(name, Table::Why::if_value);
    }
  }
  return table.text(paint) + widths_not_reached(plan, store, columns);
}

batch::Store open_database(const std::string& file) {
  const LoadingLine line{file};
  return batch::Store::open(file);
}

void warn_of_missing_runs(const batch::Store& store) {
  const batch::Shard shard = store.info().shard;
  if (store.missing() > 0) {
    diagnostics::warn("{}: is not complete; `lastack sweep --resume` runs what is missing",
                      store.file());
  } else if (shard.count > 1) {
    diagnostics::warn("{}: is shard {} of {}; `lastack merge` puts them together", store.file(),
                      shard.index, shard.count);
  }
}

}  // namespace lastack::cli
