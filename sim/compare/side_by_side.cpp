#include "lastack/compare/side_by_side.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"

namespace lastack::compare {

namespace {

using Deeds = std::span<const Deed>;

/// A closed socket and one that is gone look alike.
std::string state_text(const StateChange& change) {
  const bool gone = !change.to || change.to == tcp::State::closed;
  return gone ? "closed" : std::string{tcp::name_of(*change.to)};
}

void add_segments(const History& history, const std::string& host, std::vector<Deed>& deeds) {
  for (std::size_t row = 0; row < history.segments.size(); ++row) {
    const SentSegment& segment = history.segments[row];
    if (segment.from.host != host) continue;
    deeds.push_back({segment.at, Deed::Kind::segment, row, to_text(segment)});
  }
}

void add_states(const History& history, const std::string& host, std::vector<Deed>& deeds) {
  const std::vector<StateChange>& changes = history.socket_states();
  std::set<tcp::Port> ports;
  for (const StateChange& change : changes) {
    if (change.socket.host == host) ports.insert(change.socket.local);
  }
  for (std::size_t row = 0; row < changes.size(); ++row) {
    if (changes[row].socket.host != host) continue;
    std::string text = state_text(changes[row]);
    if (ports.size() > 1) text += fmt::format(" ({})", changes[row].socket.local);
    deeds.push_back({changes[row].at, Deed::Kind::state, row, text});
  }
}

void add_calls(const History& history, const std::string& host, std::vector<Deed>& deeds) {
  for (std::size_t row = 0; row < history.calls.size(); ++row) {
    const Call& call = history.calls[row];
    if (call.host != host) continue;
    const std::string text = fmt::format("{}: {}", call.who, to_text(call));
    deeds.push_back({call.at, Deed::Kind::call, row, text});
  }
}

Deed::Kind kind_of(Aspect aspect) {
  switch (aspect) {
    case Aspect::segments:
    case Aspect::timing:
    case Aspect::options:
    case Aspect::win:
    case Aspect::sack: return Deed::Kind::segment;
    case Aspect::states: return Deed::Kind::state;
    case Aspect::calls: return Deed::Kind::call;
  }
  LASTACK_UNREACHABLE("an aspect that is none");
}

/// One side's deeds before, at and after the difference.
struct Split {
  Deeds before;
  const Deed* here = nullptr;
  Deeds after;
};

Split split(const std::vector<Deed>& deeds, const Difference& difference,
            const std::optional<std::size_t>& row) {
  const auto is_it = [&](const Deed& deed) {
    return row && deed.kind == kind_of(difference.aspect) && deed.row == *row;
  };
  const auto is_later = [&](const Deed& deed) { return deed.at > difference.at(); };
  const Deeds all{deeds};
  const auto here = std::find_if(deeds.begin(), deeds.end(), is_it);
  if (here != deeds.end()) {
    const auto n = static_cast<std::size_t>(here - deeds.begin());
    return {all.first(n), &*here, all.subspan(n + 1)};
  }
  const auto later = std::find_if(deeds.begin(), deeds.end(), is_later);
  const auto n = static_cast<std::size_t>(later - deeds.begin());
  return {all.first(n), nullptr, all.subspan(n)};
}

/// The cheapest ways to put two lists beside each other, from each place on: a deed without its
/// like costs 1; a pair costs as many seconds as it is apart, so that of several alike those of
/// about the same time come together, but less than leaving both alone.
class Alignment {
 public:
  Alignment(Deeds left, Deeds right)
      : left_{left},
        right_{right},
        costs_((left.size() + 1) * (right.size() + 1)) {
    for (std::size_t i = left.size() + 1; i-- > 0;) {
      for (std::size_t j = right.size() + 1; j-- > 0;) {
        if (i < left.size() || j < right.size()) cost(i, j) = cheapest(i, j);
      }
    }
  }

  bool pairs(std::size_t i, std::size_t j) { return cost(i, j) == paired(i, j); }
  bool takes_left(std::size_t i, std::size_t j) { return cost(i, j) == left_alone(i, j); }

 private:
  static constexpr double never = 1e9;
  static constexpr double farthest_pair = 1.9;

  double& cost(std::size_t i, std::size_t j) { return costs_[i * (right_.size() + 1) + j]; }
  double paired(std::size_t i, std::size_t j) {
    if (i == left_.size() || j == right_.size() || left_[i].text != right_[j].text) return never;
    const double apart = std::abs((left_[i].at - right_[j].at).count());
    return cost(i + 1, j + 1) + std::min(apart, farthest_pair);
  }
  double left_alone(std::size_t i, std::size_t j) {
    return i == left_.size() ? never : cost(i + 1, j) + 1;
  }
  double right_alone(std::size_t i, std::size_t j) {
    return j == right_.size() ? never : cost(i, j + 1) + 1;
  }
  double cheapest(std::size_t i, std::size_t j) {
    return std::min({paired(i, j), left_alone(i, j), right_alone(i, j)});
  }

  Deeds left_;
  Deeds right_;
  std::vector<double> costs_;
};

/// A column of the lines.
using Column = std::optional<Deed> SideBySide::*;

/// Whether the deed of line `from` may go up to line `to` within its column: it passes only what
/// happened at about the same time. Recordings note a state some ms after what caused it.
bool may_go_up(const std::vector<SideBySide>& lines, std::size_t from, std::size_t to,
               Column column) {
  constexpr Seconds same_time{0.06};
  for (std::size_t i = to; i < from; ++i) {
    const std::optional<Deed>& passed = lines[i].*column;
    if (passed && (lines[from].*column)->at - passed->at > same_time) return false;
  }
  return true;
}

/// The line, a few below `n`, that has in `missing` what line `n` has in `there`.
std::optional<std::size_t> like_below(const std::vector<SideBySide>& lines, std::size_t n,
                                      Column there, Column missing) {
  constexpr std::size_t farthest = 3;
  for (std::size_t i = n + 1; i < lines.size() && i <= n + farthest; ++i) {
    if (!(lines[n].*there) || lines[n].*missing || lines[i].*there) continue;
    if ((lines[n].*there)->text == (lines[i].*missing)->text && may_go_up(lines, i, n, missing)) {
      return i;
    }
  }
  return std::nullopt;
}

/// Brings like deeds together that only the order of one instant kept apart.
void join_neighbours(std::vector<SideBySide>& lines) {
  for (std::size_t n = 0; n < lines.size(); ++n) {
    for (const auto& [there, missing] : {std::pair{&SideBySide::left, &SideBySide::right},
                                         std::pair{&SideBySide::right, &SideBySide::left}}) {
      const auto like = like_below(lines, n, there, missing);
      if (!like) continue;
      lines[n].*missing = lines[*like].*missing;
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(*like));
    }
  }
}

/// Puts the deeds of both sides into lines, equal ones beside each other, in the order of both.
std::vector<SideBySide> align(Deeds left, Deeds right, SideBySide::Place place) {
  Alignment alignment{left, right};
  std::vector<SideBySide> lines;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < left.size() || j < right.size()) {
    SideBySide line{std::nullopt, std::nullopt, place};
    const bool pair = alignment.pairs(i, j);
    const bool take_left = pair || alignment.takes_left(i, j);
    if (take_left) line.left = left[i++];
    if (pair || !take_left) line.right = right[j++];
    lines.push_back(std::move(line));
  }
  join_neighbours(lines);
  return lines;
}

}  // namespace

std::vector<Deed> deeds_of(const History& history, const std::string& host) {
  std::vector<Deed> deeds;
  add_calls(history, host, deeds);
  add_states(history, host, deeds);
  add_segments(history, host, deeds);
  std::stable_sort(deeds.begin(), deeds.end(),
                   [](const Deed& a, const Deed& b) { return a.at < b.at; });
  return deeds;
}

std::vector<SideBySide> around(const Difference& difference, const History& left,
                               const History& right, std::size_t before, std::size_t after) {
  const std::vector<Deed> left_deeds = deeds_of(left, difference.host);
  const std::vector<Deed> right_deeds = deeds_of(right, difference.host);
  const Split lefts = split(left_deeds, difference, difference.left_row);
  const Split rights = split(right_deeds, difference, difference.right_row);
  const auto last = [before](Deeds deeds) { return deeds.last(std::min(deeds.size(), before)); };
  const auto first = [after](Deeds deeds) { return deeds.first(std::min(deeds.size(), after)); };

  std::vector<SideBySide> lines =
      align(last(lefts.before), last(rights.before), SideBySide::Place::before);
  if (lines.size() > before) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(before));
  }
  if (lefts.here != nullptr || rights.here != nullptr) {
    SideBySide here{std::nullopt, std::nullopt, SideBySide::Place::here};
    if (lefts.here != nullptr) here.left = *lefts.here;
    if (rights.here != nullptr) here.right = *rights.here;
    lines.push_back(std::move(here));
  }
  std::vector<SideBySide> then =
      align(first(lefts.after), first(rights.after), SideBySide::Place::after);
  then.resize(std::min(then.size(), after));
  lines.insert(lines.end(), then.begin(), then.end());
  return lines;
}

}  // namespace lastack::compare
