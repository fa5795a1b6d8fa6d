#include "lastack/scenario/nearest_name.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lastack/scenario/json.hpp"

namespace lastack::scenario {
namespace {

/// Longer names are not compared: nobody mistypes them, and it would take its time.
constexpr std::size_t name_chars_max = 64;
constexpr std::size_t listed_names_max = 24;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = lower(c);
  return result;
}

/// The edit distance; but the beginning of a name is nearly as near to it as a slip of the pen.
double unlikeness(std::string_view wrong, std::string_view name) {
  constexpr double of_beginning = 1.5;
  const auto distance = static_cast<double>(edit_distance(wrong, name));
  const bool begins_it = wrong.size() >= 2 && name.starts_with(wrong);
  return begins_it ? std::min(distance, of_beginning) : distance;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> known) {
  if (wrong.empty() || wrong.size() > name_chars_max) return {};
  const std::string wanted = lower(wrong);
  std::string_view best;
  double best_distance = name_chars_max;
  for (const std::string_view name : known) {
    if (name.size() > name_chars_max) continue;
    const double distance = unlikeness(wanted, lower(name));
    const bool likely = 2 * distance <= static_cast<double>(std::max(name.size(), wrong.size()));
    if (likely && distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::string unknown_name(std::string_view what, std::string_view wrong,
                         const std::vector<std::string_view>& known) {
  std::string text = fmt::format("want {}, have {}", what, shown(wrong));
  const std::string_view near = nearest_name(wrong, known);
  if (!near.empty()) text += fmt::format("; nearest is \"{}\"", near);
  return text + known_names(known);
}

std::string known_names(const std::vector<std::string_view>& known) {
  if (known.empty() || known.size() > listed_names_max) return "";
  return fmt::format(" (known: {})", fmt::join(known, ", "));
}

}  // namespace lastack::scenario
