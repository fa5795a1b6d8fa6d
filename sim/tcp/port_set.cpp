#include "lastack/tcp/port_set.hpp"

#include <algorithm>

#include "written_number.hpp"

namespace lastack::tcp {

namespace {

constexpr std::int64_t last_port = 65535;

/// The port at the beginning of `text`, which is removed from it.
std::optional<std::int32_t> take_port(std::string_view& text) {
  const auto number = written_number(text);
  if (!number || number->value < 0 || number->value > last_port) return std::nullopt;
  text.remove_prefix(number->chars);
  return static_cast<std::int32_t>(number->value);
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<PortSet> PortSet::parse(std::string_view text) {
  PortSet set;
  while (!text.empty()) {
    const auto first = take_port(text);
    if (!first) return std::nullopt;
    std::optional<std::int32_t> last = first;
    if (take(text, '-')) last = take_port(text);
    if (!last || *last < *first) return std::nullopt;
    if (!take(text, ',') && !text.empty()) return std::nullopt;
    set.ranges_.push_back({*first, *last});
  }
  set.join_neighbours();
  return set;
}

void PortSet::join_neighbours() {
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> joined;
  for (const Range& range : ranges_) {
    if (!joined.empty() && range.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, range.last);
    } else {
      joined.push_back(range);
    }
  }
  ranges_ = std::move(joined);
}

std::string PortSet::text() const {
  std::string text;
  for (const Range& range : ranges_) {
    text += (text.empty() ? "" : ",") + std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

bool PortSet::contains(std::int32_t port) const {
  const auto beyond = std::upper_bound(
      ranges_.begin(), ranges_.end(), port,
      [](std::int32_t number, const Range& range) { return number < range.first; });
  return beyond != ranges_.begin() && port <= std::prev(beyond)->last;
}

std::uint32_t PortSet::count_within(std::int32_t first, std::int32_t last) const {
  std::uint32_t count = 0;
  for (const Range& range : ranges_) {
    const std::int32_t from = std::max(first, range.first);
    const std::int32_t to = std::min(last, range.last);
    if (from <= to) count += static_cast<std::uint32_t>(to - from + 1);
  }
  return count;
}

}  // namespace lastack::tcp
