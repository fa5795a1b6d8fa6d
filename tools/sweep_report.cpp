#include "sweep_report.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace lastack::tools {

namespace {

constexpr std::uint64_t rows_max = 60;
constexpr double confidence = 0.95;
constexpr std::size_t gap = 2;  // blanks between columns

/// In this order, after those that the sweep itself asks about.
constexpr std::array<std::string_view, 12> telling_metrics{
    "connect_ok",      "connect_time.mean",  "connect_time.max",
    "close_time.mean", "orphan_time.mean",   "syn_sent",
    "synack_sent",     "fin_sent",           "segments_retransmitted",
    "listen_drops",    "time_in.FIN_WAIT_1", "peak.TIME_WAIT"};

bool is_time(std::string_view metric) { return metric.find("_time.") != std::string_view::npos; }

/// "0.9912 ±0.0021", in seconds "1.034 s ±0.012"; "-" where no run has a value.
std::string cell(std::string_view metric, const batch::Estimate& estimate) {
  if (!estimate.mean) return "-";
  const std::string unit = is_time(metric) ? " s" : "";
  std::string text = fmt::format("{:.4g}{}", *estimate.mean, unit);
  if (estimate.interval && estimate.interval->half_width() > 0) {
    text += fmt::format(" ±{:.2g}", estimate.interval->half_width());
  }
  return text;
}

/// Columns that a UTF-8 text takes up; "±" is the only letter outside ASCII here.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

struct Column {
  std::string title;
  std::vector<std::string> cells;

  std::size_t width() const {
    std::size_t width = width_of(title);
    for (const std::string& text : cells) width = std::max(width, width_of(text));
    return width;
  }
};

std::string line(const std::vector<Column>& columns, std::ptrdiff_t row) {
  std::string text;
  for (const Column& column : columns) {
    const std::string& cell = row < 0 ? column.title : column.cells[static_cast<std::size_t>(row)];
    text += cell + std::string(column.width() - width_of(cell) + gap, ' ');
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

class Table {
 public:
  Table(const batch::Store& store, int width)
      : store_{store},
        rows_{std::min(store.info().grid.size(), rows_max)},
        width_{static_cast<std::size_t>(width)} {
    const std::vector<std::string> names = batch::short_names(store.info().grid);
    for (std::size_t axis = 0; axis < names.size(); ++axis) {
      columns_.push_back({names[axis], {}});
      for (std::uint64_t row = 0; row < rows_; ++row) {
        columns_.back().cells.push_back(store.info().grid.overrides_of(row)[axis].second);
      }
    }
    columns_.push_back({"runs", {}});
    for (std::uint64_t row = 0; row < rows_; ++row) {
      columns_.back().cells.push_back(std::to_string(store.runs(row)));
    }
  }

  /// Adds a metric if there is room for it and it says something.
  void add(std::string_view metric, bool asked_for) {
    const std::vector<std::string>& metrics = store_.info().metrics;
    const auto found = std::find(metrics.begin(), metrics.end(), metric);
    const auto same = [&](const Column& column) { return column.title == metric; };
    if (found == metrics.end() || std::any_of(columns_.begin(), columns_.end(), same)) return;
    Column column{std::string{metric}, {}};
    bool tells = asked_for;
    for (std::uint64_t row = 0; row < rows_; ++row) {
      const auto index = static_cast<std::size_t>(found - metrics.begin());
      column.cells.push_back(cell(metric, batch::estimate(store_, row, index, confidence)));
      tells = tells || column.cells.back() != column.cells.front();
    }
    if (tells && (asked_for || width() + column.width() <= width_)) columns_.push_back(column);
  }

  std::string text(const Paint& paint) const {
    std::string text = paint.bold(line(columns_, -1)) + "\n";
    for (std::uint64_t row = 0; row < rows_; ++row) {
      text += line(columns_, static_cast<std::ptrdiff_t>(row)) + "\n";
    }
    const std::uint64_t rest = store_.info().grid.size() - rows_;
    if (rest > 0) {
      text += paint.dim(fmt::format("… and {} combinations more: lastack export {} --csv FILE",
                                    rest, store_.file())) +
              "\n";
    }
    return text;
  }

 private:
  std::size_t width() const {
    std::size_t width = 0;
    for (const Column& column : columns_) width += column.width() + gap;
    return width;
  }

  const batch::Store& store_;
  std::uint64_t rows_;
  std::size_t width_;
  std::vector<Column> columns_;
};

}  // namespace

std::string sweep_table(const batch::Store& store, const std::vector<std::string>& first_metrics,
                        int columns, const Paint& paint) {
  Table table{store, columns};
  for (const std::string& metric : first_metrics) table.add(metric, true);
  for (const std::string_view metric : telling_metrics) table.add(metric, false);
  return table.text(paint);
}

std::string expectations_text(const std::string& file,
                              const std::vector<batch::SweepExpectationResult>& results,
                              const Paint& paint) {
  std::string text;
  std::size_t held = 0;
  for (const batch::SweepExpectationResult& result : results) {
    if (result.held) {
      ++held;
      continue;
    }
    text += fmt::format("{} {}: {}\n  at     {}\n  wanted {}\n  seen   {}\n", paint.red("FAILED"),
                        file, result.pointer, result.settings.empty() ? "-" : result.settings,
                        result.wanted, result.seen);
  }
  const std::string count = fmt::format("{} of {} expectations held", held, results.size());
  return text + (held == results.size() ? paint.green(count) : paint.red(count)) + "\n";
}

}  // namespace lastack::tools
