#include "reports/sweep_report.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "lastack/batch/theory.hpp"
#include "lastack/scenario/sweep.hpp"
#include "support/diagnostics.hpp"
#include "support/options.hpp"
#include "support/text_table.hpp"

namespace lastack::cli {

namespace {

constexpr std::uint64_t rows_max = 60;
constexpr int columns_min = 110;        // a table of figures may be wider than text
constexpr std::size_t chosen_max = 24;  // so few metrics were kept on purpose
constexpr std::size_t table_gap = 2;    // blanks between columns

/// In this order, after those that the sweep itself asks about.
constexpr std::array<std::string_view, 12> telling_metrics{
    "connect_ok",      "connect_time.mean",  "connect_time.max",
    "close_time.mean", "orphan_time.mean",   "syn_sent",
    "synack_sent",     "fin_sent",           "segments_retransmitted",
    "listen_drops",    "time_in.FIN_WAIT_1", "peak.TIME_WAIT"};

bool is_quantile(std::string_view metric) {
  return metric.ends_with(".median") || metric.find(".p9") != metric.npos;
}

/// "0.9912 ±0.0021", in seconds "1.034 s ±0.012"; "-" where no run has a value.
std::string cell(std::string_view metric, const batch::Estimate& estimate) {
  if (!estimate.mean) return "-";
  const std::string unit = batch::is_time(metric) ? " s" : "";
  std::string text = fmt::format("{:.4g}{}", *estimate.mean, unit);
  if (estimate.interval && estimate.interval->half_width() > 0) {
    text += fmt::format(" ±{:.2g}", estimate.interval->half_width());
  }
  return text;
}

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

/// "0.9975", with a star where the simulated interval does not hold it.
std::string theory_cell(const batch::Estimate& seen, std::optional<double> value) {
  if (!value) return "";
  const bool outside = seen.interval && !seen.interval->contains(*value);
  return fmt::format("{:.4g}{}", *value, outside ? "*" : "");
}

struct Column {
  std::string title;
  std::vector<std::string> cells;

  std::size_t width() const {
    std::size_t width = width_of(title);
    for (const std::string& text : cells) width = std::max(width, width_of(text));
    return width;
  }
  bool is_blank() const {
    return std::all_of(cells.begin(), cells.end(), [](const auto& text) { return text.empty(); });
  }
};

/// The table of a sweep, made column by column as long as there is room.
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
      columns_.push_back(column(names[axis], [&](std::uint64_t row) {
        return batch::value_text(grid.overrides_of(row)[axis].second);
      }));
    }
    columns_.push_back(
        column("runs", [&](std::uint64_t row) { return std::to_string(store.runs(row)); }));
  }

  enum class Why : std::uint8_t { asked_for, if_room };
  /// Adds a metric; unless it was asked for, only if there is room and it says something new.
  void add(std::string_view metric, Why why) {
    const std::vector<std::string>& metrics = store_.info().metrics;
    const auto found = std::find(metrics.begin(), metrics.end(), metric);
    const auto named = [&](const Column& each) { return each.title == metric; };
    if (found == metrics.end() || std::any_of(columns_.begin(), columns_.end(), named)) return;
    const auto index = static_cast<std::size_t>(found - metrics.begin());
    const Column seen = column(std::string{metric}, [&](std::uint64_t row) {
      return cell(metric, batch::estimate(store_, row, index));
    });
    const Column said = column("theory", [&](std::uint64_t row) {
      return theory_cell(batch::estimate(store_, row, index), theory_.value(row, metric));
    });
    const std::size_t room =
        seen.width() + table_gap + (said.is_blank() ? 0 : said.width() + table_gap);
    if (why == Why::if_room && (width() + room > width_ || !is_news(seen))) return;
    columns_.push_back(seen);
    if (!said.is_blank()) columns_.push_back(said);
  }

  std::string text(const Paint& paint) const {
    std::vector<std::string> titles;
    for (const Column& each : columns_) titles.push_back(each.title);
    TextTable table{titles};
    for (std::uint64_t row = 0; row < rows_; ++row) {
      std::vector<std::string> cells;
      for (const Column& each : columns_) cells.push_back(each.cells[row]);
      table.add(std::move(cells));
    }
    return table.text(paint) + paint.dim(notes());
  }

 private:
  template <class TextOf> Column column(std::string title, TextOf text_of) const {
    Column column{std::move(title), {}};
    for (std::uint64_t row = 0; row < rows_; ++row) column.cells.push_back(text_of(row));
    return column;
  }

  /// Whether a column differs from row to row, and from those that are there.
  bool is_news(const Column& column) const {
    const std::vector<std::string>& cells = column.cells;
    const bool constant = std::all_of(cells.begin(), cells.end(),
                                      [&](const auto& text) { return text == cells.front(); });
    const auto same = [&](const Column& each) { return each.cells == cells; };
    return (!constant || rows_ == 1) && std::none_of(columns_.begin(), columns_.end(), same);
  }

  std::string notes() const {
    std::string notes;
    const auto is_theory = [](const Column& each) { return each.title == "theory"; };
    if (std::any_of(columns_.begin(), columns_.end(), is_theory)) {
      notes +=
          "theory: the closed form (losses independent). * outside the interval, as one in "
          "twenty\n"
          "is by chance; combinations share their random numbers, so neighbours err together.\n";
    }
    if (const std::uint64_t rest = store_.info().grid.size() - rows_; rest > 0) {
      notes += fmt::format("… and {} combinations more: lastack export {} --csv FILE\n", rest,
                           store_.file());
    }
    return notes;
  }

  std::size_t width() const {
    std::size_t width = 0;
    for (const Column& column : columns_) width += column.width() + table_gap;
    return width;
  }

  const batch::Store& store_;
  std::uint64_t rows_;
  std::size_t width_;
  Theory theory_;
  std::vector<Column> columns_;
};

}  // namespace

std::string sweep_table(const batch::Plan& plan, const batch::Store& store, int columns,
                        const Paint& paint) {
  Table table{plan, store, std::max(columns, columns_min)};
  const std::vector<std::string>& kept = store.info().metrics;
  if (const auto watched = plan.watched_column()) table.add(kept[*watched], Table::Why::asked_for);
  for (const scenario::SweepExpectation& expectation : plan.sweep().expectations) {
    const auto column = batch::find_column(kept, expectation.metric);
    table.add(kept[column.value()], Table::Why::asked_for);
  }
  for (const std::string& metric : kept) {  // what was kept on purpose is worth seeing
    if (kept.size() <= chosen_max && !is_quantile(metric)) table.add(metric, Table::Why::if_room);
  }
  for (const std::string_view metric : telling_metrics) table.add(metric, Table::Why::if_room);
  return table.text(paint);
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
