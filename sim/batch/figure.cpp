#include "lastack/batch/figure.hpp"

#include <algorithm>

namespace lastack::batch {

namespace {

/// The family and the statistic of "connect_time.p99"; nothing for names that do not end so.
struct Parts {
  std::string_view stem;
  Statistic statistic;
};
std::optional<Parts> parts_of(std::string_view name) {
  for (std::size_t i = 0; i < statistic_count; ++i) {
    const auto statistic = static_cast<Statistic>(i);
    const std::string_view end = name_of(statistic);
    if (name.size() <= end.size() + 1 || !name.ends_with(end)) continue;
    const std::string_view stem = name.substr(0, name.size() - end.size() - 1);
    if (name[stem.size()] == '.') return Parts{stem, statistic};
  }
  return std::nullopt;
}

std::optional<std::size_t> place_of(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<Figure> figure_of_times(const std::vector<std::string>& columns,
                                      std::string_view family, Statistic statistic) {
  const auto index = place_of(families_of(columns), family);
  if (!index) return std::nullopt;
  Figure figure;
  figure.name = std::string{family} + "." + std::string{name_of(statistic)};
  figure.of = Figure::Of::times;
  figure.index = *index;
  figure.statistic = statistic;
  return figure;
}

}  // namespace

std::vector<std::string> shares_of(const std::vector<std::string>& columns) {
  std::vector<std::string> shares;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(shares), is_share);
  return shares;
}

std::vector<std::string> families_of(const std::vector<std::string>& columns) {
  std::vector<std::string> families;
  for (const std::string& column : columns) {
    const auto parts = is_time(column) ? parts_of(column) : std::nullopt;
    if (parts && !place_of(families, parts->stem)) families.emplace_back(parts->stem);
  }
  return families;
}

bool is_part_of_sum(std::string_view column, const std::vector<std::string>& columns) {
  constexpr std::string_view family = "time_in.";
  if (!column.starts_with(family)) return false;
  const auto dot = column.find('.', family.size());
  return dot != column.npos && place_of(columns, column.substr(0, dot)).has_value();
}

std::optional<Figure> find_figure(const std::vector<std::string>& columns, std::string_view name) {
  if (auto times = figure_of_times(columns, name, Statistic::mean)) return times;
  const auto parts = parts_of(name);
  if (parts) {
    if (auto times = figure_of_times(columns, parts->stem, parts->statistic)) return times;
  }
  Figure figure;
  auto column = place_of(columns, name);
  figure.name = name;
  if (!column && parts && !is_share(parts->stem)) {  // of one number a run, over runs
    column = place_of(columns, parts->stem);
    figure.statistic = parts->statistic;
    if (figure.is_mean()) figure.name = parts->stem;
  }
  if (!column) return std::nullopt;
  figure.column = *column;
  figure.index = *column;
  if (!is_share(name)) return figure;
  figure.of = Figure::Of::share;
  figure.index = *place_of(shares_of(columns), name);
  return figure;
}

}  // namespace lastack::batch
