#include "states.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace lastack::kernel {

namespace {

using tcp::State;
using tcp::StateReason;

/// One end of a connection: host and port, then the other end's.
using EndKey = std::tuple<trace::HostId, tcp::Port, trace::HostId, tcp::Port>;

EndKey key_of(const SocketChange& change) {
  return {change.host, change.local, change.peer, change.remote};
}

EndKey key_of(const trace::End& own, const trace::End& other) {
  return {own.host, own.port, other.host, other.port};
}

bool is_mini(State state) {
  return state == State::syn_rcvd || state == State::fin_wait_2 || state == State::time_wait;
}

/// When something happened to an end: it sent a segment, or one reached it.
class Activity {
 public:
  /// How a connection began at an end: with its own SYN or with the other's.
  struct Opening {
    SimTime at;
    State state;
  };

  explicit Activity(std::span<const Journal::Entry> journal) {
    std::map<std::uint64_t, EndKey> receiver;  // by segment
    std::set<std::uint64_t> syns;
    for (const Journal::Entry& entry : journal) {
      if (const auto* send = std::get_if<trace::Send>(&entry.what)) {
        receiver[send->id] = key_of(send->dst, send->src);
        const EndKey own = key_of(send->src, send->dst);
        const bool syn = send->segment.flags == tcp::Flags::syn;
        if (syn) syns.insert(send->id);
        if (send->forged) continue;
        note(own, entry.at);
        if (syn) openings_[own].push_back({entry.at, State::syn_sent});
      } else if (const auto* receive = std::get_if<trace::Receive>(&entry.what)) {
        const EndKey& end = receiver[receive->id];
        note(end, entry.at);
        if (syns.contains(receive->id)) openings_[end].push_back({entry.at, State::syn_rcvd});
      }
    }
  }

  /// The last time in (after, until]; `until` when there is none.
  SimTime last(const EndKey& end, SimTime after, SimTime until) const {
    const auto found = times_.find(end);
    if (found == times_.end()) return until;
    const auto behind = std::upper_bound(found->second.begin(), found->second.end(), until);
    if (behind == found->second.begin() || *std::prev(behind) <= after) return until;
    return *std::prev(behind);
  }

  /// The first after that time.
  std::optional<Opening> opening(const EndKey& end, SimTime after, SimTime until) const {
    const auto found = openings_.find(end);
    if (found == openings_.end()) return std::nullopt;
    for (const Opening& opening : found->second) {
      if (opening.at >= after && opening.at <= until) return opening;
    }
    return std::nullopt;
  }

 private:
  void note(const EndKey& end, SimTime at) { times_[end].push_back(at); }

  std::map<EndKey, std::vector<Opening>> openings_;
  std::map<EndKey, std::vector<SimTime>> times_;  // in the journal's order, which is that of time
};

/// Follows one end through tracepoints and table.
class Follower {
 public:
  Follower(const EndKey& end, const Observed& observed, const Activity& activity,
           std::vector<Journal::Entry>& out)
      : end_{end},
        observed_{observed},
        activity_{activity},
        out_{out} {}

  /// Both by time, of this end alone.
  void follow(const std::vector<SocketChange>& tracepoints,
              const std::vector<SocketChange>& table) {
    table_ = &table;
    auto row = table.begin();
    for (const SocketChange& point : tracepoints) {
      for (; row != table.end() && row->at < point.at; ++row) take_row(*row);
      take_point(point);
    }
    for (; row != table.end(); ++row) take_row(*row);
  }

 private:
  void take_point(const SocketChange& point) {
    State to = *point.now;
    if (to == State::closed) to = left_behind(point.at);
    SimTime at = point.at;
    if (to == State::syn_rcvd && point.was == State::listen) {
      if (state_ == State::syn_rcvd) return;  // the request was seen before
      // The request came and went between two readings: it began with the SYN.
      at = activity_.last(end_, point.at - longest_gap, point.at);
    }
    enter(at, to, StateReason::tracepoint);
  }

  void take_row(const SocketChange& row) {
    const State to = row.now.value_or(State::closed);
    if (observed_.has_tracepoints && !is_news(row)) return;
    if (state_ == State::closed && row.now && to != State::syn_sent && to != State::syn_rcvd) {
      // It opened and went on between two readings.
      if (const auto opening = activity_.opening(end_, last_at_, row.at)) {
        enter(opening->at, opening->state, StateReason::sock_diag);
      }
    }
    const SimTime at = activity_.last(end_, sample_before(row.at), row.at);
    enter(std::max(at, last_at_), to, StateReason::sock_diag);
  }

  /// Whether the table shows what tracepoints cannot: a mini-socket's beginning or end.
  bool is_news(const SocketChange& row) const {
    if (!row.now) return is_mini(state_);
    if (*row.now == State::syn_rcvd) return state_ == State::closed || state_ == State::time_wait;
    return *row.now == State::time_wait && state_ != State::closed;
  }

  /// What is in a full socket's place when it is gone: a mini-socket, or nothing.
  State left_behind(SimTime at) const {
    const auto& samples = observed_.samples[static_cast<std::size_t>(std::get<0>(end_))];
    const auto sample = std::lower_bound(samples.begin(), samples.end(), at);
    if (sample == samples.end()) return State::closed;
    State shown = State::closed;
    for (const SocketChange& row : *table_) {
      if (row.at > *sample) break;
      shown = row.now.value_or(State::closed);
    }
    const bool mini = shown == State::fin_wait_2 || shown == State::time_wait;
    return mini ? shown : State::closed;
  }

  SimTime sample_before(SimTime at) const {
    const auto& samples = observed_.samples[static_cast<std::size_t>(std::get<0>(end_))];
    const auto here = std::lower_bound(samples.begin(), samples.end(), at);
    return here == samples.begin() ? sim_start : *std::prev(here);
  }

  void enter(SimTime at, State to, StateReason why) {
    if (to == state_) return;
    const bool again = to == State::syn_sent || to == State::syn_rcvd;
    if (state_ == State::time_wait && again) enter(at, State::closed, why);  // its place is taken
    const auto [host, local, peer, remote] = end_;
    out_.push_back({at, trace::StateChange{{host, local}, {peer, remote}, state_, to, why}});
    state_ = to;
    last_at_ = at;
  }

  static constexpr SimDuration longest_gap = 20ms;  ///< between two readings of the table

  EndKey end_;
  const Observed& observed_;
  const Activity& activity_;
  std::vector<Journal::Entry>& out_;
  const std::vector<SocketChange>* table_ = nullptr;
  State state_ = State::closed;
  SimTime last_at_ = sim_start;
};

/// The changes of each end, in order.
std::map<EndKey, std::vector<SocketChange>> by_end(const std::vector<SocketChange>& changes) {
  std::map<EndKey, std::vector<SocketChange>> result;
  for (const SocketChange& change : changes) {
    if (change.local != 0 && change.remote != 0) result[key_of(change)].push_back(change);
  }
  return result;
}

}  // namespace

void name_ports(std::vector<SocketChange>& tracepoints, std::span<const Journal::Entry> journal) {
  std::set<std::uint64_t> taken;  // segments
  for (SocketChange& point : tracepoints) {
    if (point.local != 0 || point.now != State::syn_sent) continue;
    for (const Journal::Entry& entry : journal) {
      const auto* send = std::get_if<trace::Send>(&entry.what);
      if (send == nullptr || entry.at < point.at || taken.contains(send->id)) continue;
      if (send->forged || send->segment.flags != tcp::Flags::syn) continue;
      if (send->src.host != point.host || send->dst.port != point.remote) continue;
      if (send->dst.host != point.peer) continue;
      point.local = send->src.port;
      taken.insert(send->id);
      break;
    }
  }
}

std::vector<Journal::Entry> deduce_states(const Observed& observed,
                                          std::span<const Journal::Entry> journal) {
  std::vector<Journal::Entry> out;
  for (const trace::End& end : observed.listening) {
    out.push_back({sim_start,
                   trace::StateChange{end, {}, State::closed, State::listen, StateReason::listen}});
  }
  for (const SocketChange& point : observed.tracepoints) {
    if (point.remote != 0 || point.local == 0) continue;  // the rest are listeners
    out.push_back(
        {point.at,
         trace::StateChange{
             {point.host, point.local}, {}, *point.was, *point.now, StateReason::tracepoint}});
  }
  const Activity activity{journal};
  auto points = by_end(observed.tracepoints);
  auto rows = by_end(observed.table);
  for (const auto& [end, unused] : points) rows[end];
  for (const auto& [end, table] : rows) {
    Follower{end, observed, activity, out}.follow(points[end], table);
  }
  const auto earlier = [](const Journal::Entry& a, const Journal::Entry& b) { return a.at < b.at; };
  std::stable_sort(out.begin(), out.end(), earlier);
  return out;
}

}  // namespace lastack::kernel
