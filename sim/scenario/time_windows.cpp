#include "time_windows.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lastack::scenario {

namespace {

constexpr auto begins_before = [](const auto& a, const auto& b) { return a.after < b.after; };

}  // namespace

TimeWindows::TimeWindows(const std::vector<Window>& windows) {
  std::vector<Block> level;
  for (const Window& window : windows) level.push_back({{window.after, window.until}});
  while (level.size() > 1) {
    std::vector<Block> above;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      above.push_back(i + 1 < level.size() ? join(level[i], level[i + 1]) : level[i]);
    }
    levels_.push_back(std::exchange(level, std::move(above)));
  }
  if (!level.empty()) levels_.push_back(std::move(level));
}

TimeWindows::Block TimeWindows::join(const Block& a, const Block& b) {
  Block all;
  all.reserve(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all), begins_before);
  for (std::size_t i = 1; i < all.size(); ++i) {
    all[i].latest_end = std::max(all[i].latest_end, all[i - 1].latest_end);
  }
  return all;
}

bool TimeWindows::has_around(const Block& block, const Window& window) {
  const auto later = std::upper_bound(block.begin(), block.end(), window, begins_before);
  return later != block.begin() && std::prev(later)->latest_end >= window.until;
}

std::optional<std::size_t> TimeWindows::first_around(const Window& window) const {
  if (levels_.empty() || !has_around(levels_.back().front(), window)) return std::nullopt;
  std::size_t place = 0;  // of the block that has it, level by level
  for (std::size_t level = levels_.size() - 1; level-- > 0;) {
    place *= 2;
    if (!has_around(levels_[level][place], window)) ++place;
  }
  return place;
}

}  // namespace lastack::scenario
