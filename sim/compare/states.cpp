#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "rules.hpp"

namespace lastack::compare {

namespace {

/// Shorter than this, what the socket table shows may lie between two looks at it.
constexpr Seconds steady_min{0.15};
/// How long the last row of the table is taken to hold.
constexpr Seconds after_end{1.0};

using Changes = std::vector<const StateChange*>;
/// Which of the two has the socket table.
enum class TableSide { left, right };

std::string socket_text(const SocketName& socket) {
  return fmt::format("{}:{}", socket.host, socket.local);
}

/// A closed socket and a listener are no connection.
std::optional<tcp::State> connection_state(std::optional<tcp::State> state) {
  if (state == tcp::State::closed || state == tcp::State::listen) return std::nullopt;
  return state;
}

std::string state_text(std::optional<tcp::State> state) {
  return state ? std::string{tcp::name_of(*state)} : "no connection";
}

/// The changes of each socket, in their order. A listener (remote port 0) is a socket of its own:
/// connections of its port outlive it.
class StatesBySocket {
 public:
  explicit StatesBySocket(const std::vector<StateChange>& changes) {
    for (const StateChange& change : changes) by_socket_[change.socket].push_back(&change);
  }

  const std::map<SocketName, Changes>& all() const { return by_socket_; }

  /// The state of a connection at a time.
  std::optional<tcp::State> at(const SocketName& socket, Seconds time) const {
    const auto found = by_socket_.find(socket);
    if (found == by_socket_.end()) return std::nullopt;
    const StateChange* last = nullptr;
    for (const StateChange* change : found->second) {
      if (change->at <= time) last = change;
    }
    return last == nullptr ? std::nullopt : connection_state(last->to);
  }

 private:
  std::map<SocketName, Changes> by_socket_;
};

/// The sockets of one side that the other does not know, by host, in the order of their beginnings.
std::map<std::string, std::vector<Changes>> unknown_to(const StatesBySocket& other,
                                                       const StatesBySocket& side) {
  std::map<std::string, std::vector<Changes>> unknown;
  for (const auto& [socket, changes] : side.all()) {
    if (other.all().count(socket) == 0) unknown[socket.host].push_back(changes);
  }
  for (auto& [host, sockets] : unknown) {
    std::sort(sockets.begin(), sockets.end(),
              [](const Changes& a, const Changes& b) { return a.front() < b.front(); });
  }
  return unknown;
}

/// The names by which `other` knows the sockets of `side`, where they are not the same: ports that
/// a host chose itself depend on the seed, so that sockets which only one side knows belong
/// together in the order of their beginnings.
std::map<SocketName, SocketName> other_names(const StatesBySocket& side,
                                             const StatesBySocket& other) {
  std::map<SocketName, SocketName> names;
  auto theirs = unknown_to(side, other);
  for (auto& [host, sockets] : theirs) {
    std::erase_if(sockets, [](const Changes& changes) {
      return changes.front()->socket.remote == 0;  // tables have no listeners
    });
  }
  for (const auto& [host, sockets] : unknown_to(other, side)) {
    const auto found = theirs.find(host);
    if (found == theirs.end()) continue;
    for (std::size_t n = 0; n < std::min(sockets.size(), found->second.size()); ++n) {
      names.emplace(sockets[n].front()->socket, found->second[n].front()->socket);
    }
  }
  return names;
}

/// When a recording ended, and a second more.
Seconds end_of(const History& history) {
  Seconds end{0};
  for (const SentSegment& segment : history.segments) end = std::max(end, segment.at);
  for (const StateChange& row : *history.table) end = std::max(end, row.at);
  return end + after_end;
}

/// An interval in which the socket table showed one state.
struct Interval {
  Seconds from;
  Seconds until;
  std::optional<tcp::State> state;

  /// Near both ends and in the middle: the table is looked at every 20 ms, and the kernel's timers
  /// may be late by 4 % of the time passed and a step of the wheel.
  std::array<Seconds, 3> moments() const {
    const Seconds span = until - from;
    const Seconds margin = std::min(span / 2, Seconds{0.05} + 0.04 * until + wheel_step(span));
    return {from + margin, (from + until) / 2, until - margin};
  }
};

/// The intervals of one socket that are long enough to be sure of. A socket that is gone is so for
/// sure only at the end; before, the table may just have missed it.
std::vector<Interval> steady_intervals(const Changes& rows, Seconds end) {
  std::vector<Interval> intervals;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool last = i + 1 == rows.size();
    const Interval interval{
        rows[i]->at, last ? std::min(end, rows[i]->at + after_end) : rows[i + 1]->at, rows[i]->to};
    const bool no_connection = interval.state && !connection_state(interval.state);
    if (interval.until - interval.from < steady_min || no_connection) continue;
    if (interval.state || last) intervals.push_back(interval);
  }
  return intervals;
}

/// The first moment of an interval at which the states have another, and which.
std::optional<std::pair<Seconds, std::optional<tcp::State>>> first_other(
    const Interval& interval, const SocketName& socket, const StatesBySocket& states) {
  for (const Seconds at : interval.moments()) {
    const std::optional<tcp::State> seen = states.at(socket, at);
    if (seen != interval.state) return std::pair{at, seen};
  }
  return std::nullopt;
}

/// Holds the states of `other` against the socket table of `recording`.
void compare_with_table(const History& recording, const History& other, TableSide side,
                        Comparison& result) {
  const StatesBySocket table{*recording.table};
  const StatesBySocket states{other.socket_states()};
  const auto names = other_names(table, states);
  const Seconds end = end_of(recording);
  for (const auto& [socket, rows] : table.all()) {
    const auto renamed = names.find(socket);
    const SocketName& theirs = renamed == names.end() ? socket : renamed->second;
    for (const Interval& interval : steady_intervals(rows, end)) {
      const auto parting = first_other(interval, theirs, states);
      if (!parting) {
        ++result.agreement(socket.host).states;
        continue;
      }
      const auto& [at, seen] = *parting;
      Difference difference;
      difference.aspect = Aspect::states;
      difference.host = socket.host;
      difference.where = fmt::format("{} {}", socket_text(socket), at_text(at));
      difference.what = socket_text(socket) + " is in another state";
      difference.left = state_text(interval.state);
      difference.right = state_text(seen);
      if (side == TableSide::right) std::swap(difference.left, difference.right);
      difference.left_at = difference.right_at = at;
      result.add(std::move(difference));
    }
  }
}

/// The nth state of one socket on both sides; null where there is none.
struct StatePair {
  const Task& task;
  const SocketName& socket;
  std::size_t n;
  const StateChange* left;
  const StateChange* right;

  Difference difference(std::string_view predicate) const {
    Difference difference;
    difference.aspect = Aspect::states;
    difference.host = socket.host;
    difference.where = fmt::format("{} state #{}", socket_text(socket), n + 1);
    difference.what =
        fmt::format("{}'s {} state {}", socket_text(socket), ordinal(n + 1), predicate);
    difference.left = shown(left);
    difference.right = shown(right);
    point_to(task.left.states, left, task.right.states, right, difference);
    return difference;
  }

  static std::string shown(const StateChange* change) {
    if (change == nullptr) return "nothing more";
    return state_text(change->to) + " " + at_text(change->at);
  }
};

/// One socket's states, change by change, until the first that is another.
void compare_changes(const Task& task, const SocketName& socket, const Changes& lefts,
                     const Changes& rights, const Offsets& offsets) {
  for (std::size_t n = 0; n < std::max(lefts.size(), rights.size()); ++n) {
    const StatePair pair{task, socket, n, n < lefts.size() ? lefts[n] : nullptr,
                         n < rights.size() ? rights[n] : nullptr};
    const bool both = pair.left != nullptr && pair.right != nullptr;
    if (!both || pair.left->to != pair.right->to) {
      task.result.add(pair.difference(both ? "is not the same" : "is there on one side only"));
      return;
    }
    const Seconds gap = n == 0 ? pair.left->at : pair.left->at - lefts[n - 1]->at;
    const Seconds allowed = task.tolerance.for_segment(gap);
    const Seconds offset = pair.left->at - pair.right->at;
    if (offsets.beyond(offset) <= allowed) {
      ++task.result.agreement(socket.host).states;
      continue;
    }
    Difference difference = pair.difference("comes at another time");
    difference.note = apart_text(offset, allowed);
    task.result.add(std::move(difference));
  }
}

/// The changes of one socket on both sides.
struct BothChanges {
  SocketName socket;  ///< the left one's, if there is one
  Changes left;
  Changes right;
};

/// The sockets of both sides: those of one name belong together. Ports that a host chose itself
/// depend on the seed, so the others of a host are taken in the order of their beginnings.
std::vector<BothChanges> sockets_of(const StatesBySocket& lefts, const StatesBySocket& rights) {
  std::vector<BothChanges> sockets;
  for (const auto& [socket, changes] : lefts.all()) {
    const auto same = rights.all().find(socket);
    if (same != rights.all().end()) sockets.push_back({socket, changes, same->second});
  }
  auto only_left = unknown_to(rights, lefts);
  auto only_right = unknown_to(lefts, rights);
  for (const auto& [host, others] : only_left) only_right.try_emplace(host);
  for (auto& [host, right] : only_right) {
    std::vector<Changes>& left = only_left[host];
    for (std::size_t n = 0; n < std::max(left.size(), right.size()); ++n) {
      BothChanges both;
      if (n < right.size()) both = {right[n].front()->socket, {}, std::move(right[n])};
      if (n < left.size()) both = {left[n].front()->socket, left[n], std::move(both.right)};
      sockets.push_back(std::move(both));
    }
  }
  return sockets;
}

/// Holds two accounts that miss nothing against each other.
void compare_all_changes(const Task& task, const OffsetsByHost& offsets) {
  const StatesBySocket lefts{task.left.states};
  const StatesBySocket rights{task.right.states};
  const Offsets none;
  for (const auto& [socket, left, right] : sockets_of(lefts, rights)) {
    const auto host = offsets.find(socket.host);
    compare_changes(task, socket, left, right, host == offsets.end() ? none : host->second);
  }
}

}  // namespace

/// A recording's socket table is held against the other's states where it was steady; without one,
/// the changes themselves are compared.
void compare_states(const Task& task, const OffsetsByHost& offsets) {
  if (task.left.table) {
    compare_with_table(task.left, task.right, TableSide::left, task.result);
  } else if (task.right.table) {
    compare_with_table(task.right, task.left, TableSide::right, task.result);
  } else {
    compare_all_changes(task, offsets);
  }
}

}  // namespace lastack::compare
