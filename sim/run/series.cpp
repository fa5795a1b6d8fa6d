#include "lastack/run/series.hpp"

#include <fmt/format.h>

#include "lastack/core/assert.hpp"

namespace lastack::run {

namespace {

/// A column of numbers that count up; rows show by how much.
struct CountColumn {
  const char* name;
  std::uint64_t SeriesSample::*value;
};
constexpr CountColumn count_columns[] = {
    {"connects", &SeriesSample::connects},
    {"connects_ok", &SeriesSample::connects_ok},
    {"connects_failed", &SeriesSample::connects_failed},
    {"accepts", &SeriesSample::accepts},
    {"segments_sent", &SeriesSample::segments_sent},
    {"segments_lost", &SeriesSample::segments_lost},
    {"segments_discarded", &SeriesSample::segments_discarded},
    {"segments_retransmitted", &SeriesSample::segments_retransmitted},
    {"resets_sent", &SeriesSample::resets_sent},
    {"bytes_read", &SeriesSample::bytes_read},
    {"listen_overflows", &SeriesSample::listen_overflows},
    {"listen_drops", &SeriesSample::listen_drops},
    {"syncookies_sent", &SeriesSample::syncookies_sent},
    {"events", &SeriesSample::events},
};

/// Exact, without zeros at its end: "0.064".
std::string seconds(SimDuration duration) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t ns = duration.count();
  std::string text = fmt::format("{}.{:09}", ns / second, ns % second);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string header() {
  std::string line = "time_s,interval_s";
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    const auto state = static_cast<tcp::State>(s);
    if (state != tcp::State::closed) line += fmt::format(",{}", tcp::name_of(state));
  }
  line += ",syn_queue,accept_queue,packets_in_flight,connects_per_s,connects_ok_per_s";
  for (const CountColumn& column : count_columns) line += fmt::format(",{}", column.name);
  return line + "\n";
}

std::string per_second(std::uint64_t count, SimDuration interval) {
  return fmt::format("{:.3f}", static_cast<double>(count) / to_seconds(interval));
}

std::string line_of(const Series::Row& row, const Series::Row& before) {
  const SeriesSample& now = row.sample;
  const SimDuration interval = row.at - before.at;
  std::string line = fmt::format("{},{}", seconds(row.at - sim_start), seconds(interval));
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    if (static_cast<tcp::State>(s) != tcp::State::closed)
      line += fmt::format(",{}", now.sockets[s]);
  }
  line += fmt::format(",{},{},{}", now.syn_queue, now.accept_queue, now.packets_in_flight);
  line += "," + per_second(now.connects - before.sample.connects, interval);
  line += "," + per_second(now.connects_ok - before.sample.connects_ok, interval);
  for (const CountColumn& column : count_columns) {
    line += fmt::format(",{}", now.*column.value - before.sample.*column.value);
  }
  return line + "\n";
}

}  // namespace

Series::Series(SimDuration interval, std::size_t rows_max)
    : interval_{interval},
      rows_max_{rows_max},
      due_{saturating_add(sim_start, interval)} {
  LASTACK_ASSERT(interval > SimDuration{0});
  LASTACK_ASSERT(rows_max > 0 && rows_max % 2 == 0);
}

void Series::add_before(SimTime now, const SeriesSample& sample) {
  while (due_ < now) add(due_, sample);
}

void Series::finish(SimTime at, const SeriesSample& sample) {
  add_before(at, sample);
  const SimTime last = rows_.empty() ? sim_start : rows_.back().at;
  if (at > last) rows_.push_back({at, sample});
}

void Series::add(SimTime at, const SeriesSample& sample) {
  rows_.push_back({at, sample});
  if (rows_.size() == rows_max_) thin_out();
  due_ = saturating_add(rows_.back().at, interval_);
}

/// Samples hold what has happened so far, so that a row that goes leaves its share to the next.
void Series::thin_out() {
  for (std::size_t i = 0; i < rows_.size() / 2; ++i) rows_[i] = rows_[2 * i + 1];
  rows_.resize(rows_.size() / 2);
  interval_ *= 2;
}

std::string to_csv(const Series& series) {
  std::string text = header();
  Series::Row before{sim_start, {}};
  for (const Series::Row& row : series.rows()) {
    text += line_of(row, before);
    before = row;
  }
  return text;
}

}  // namespace lastack::run
