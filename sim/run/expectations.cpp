#include "expectations.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "describe.hpp"
#include "summary_json.hpp"

namespace lastack::run {

namespace {

using scenario::HostRef;
using tcp::State;
using trace::Event;

/// ", from 20 ms to 25 ms" and the like; empty where every time will do.
std::string window_text(SimTime after, SimTime until) {
  const auto at = [](SimTime t) { return exact(t - sim_start); };
  if (after == until) return ", at " + at(after);
  if (after > sim_start && until < never) return ", from " + at(after) + " to " + at(until);
  if (after > sim_start) return ", from " + at(after) + " on";
  if (until < never) return ", until " + at(until);
  return "";
}

/// The states that one socket went through.
struct SocketHistory {
  trace::End local;
  trace::End remote;
  bool listens = false;
  std::vector<const Event*> changes;
};

State to_state(const Event& change) { return std::get<trace::StateChange>(change.what).to; }

class Evaluation {
 public:
  Evaluation(const scenario::Scenario& scenario, const World& world,
             const trace::Recording& recording, const Summary& summary)
      : scenario_{scenario},
        world_{world},
        events_{recording.events()},
        summary_{summary} {
    for (const Event& event : events_) note(event);
  }

  ExpectationResult operator()(const scenario::ExpectCall& expect) const {
    return expect.count ? counted_calls(expect) : nth_call(expect);
  }

  ExpectationResult operator()(const scenario::ExpectSegments& expect) const {
    ExpectationResult result;
    const scenario::SegmentFilter& filter = expect.filter;
    result.wanted = text_of(expect.count) + " segments" + filter_text(filter);
    std::uint64_t count = 0;
    const Event* last = nullptr;
    for (const Event& event : events_) {
      if (!matches(filter, event)) continue;
      ++count;
      last = &event;
    }
    result.seen = std::to_string(count);
    result.held = holds(expect.count, static_cast<double>(count));
    if (last != nullptr) result.where = "last " + where(*last);
    return result;
  }

  ExpectationResult operator()(const scenario::ExpectState& expect) const {
    ExpectationResult result;
    const std::string at = expect.at ? "at " + exact(*expect.at - sim_start) : "at the end";
    const State wanted = expect.state;
    result.wanted = socket_text(expect.socket) + " in " + std::string{name_of(wanted)} + " " + at;
    const Event* latest = nullptr;
    bool some = false;
    bool all = true;
    for (const SocketHistory* socket : sockets(expect.socket, wanted == State::listen)) {
      const Event* change = last_change(*socket, expect.at.value_or(never));
      const State state = change == nullptr ? State::closed : to_state(*change);
      some = some || state == wanted;
      all = all && state == wanted;
      if (change != nullptr && (latest == nullptr || change->n > latest->n)) latest = change;
    }
    // A socket that is not there is CLOSED; one of several may be in any other state.
    result.held = wanted == State::closed ? all : some;
    result.seen = latest == nullptr ? "no such socket" : std::string{name_of(to_state(*latest))};
    if (latest != nullptr) result.where = where(*latest);
    const bool never_was = sockets(expect.socket, wanted == State::listen).empty();
    if (result.held && never_was) result.hollow = "there was never such a socket";
    return result;
  }

  ExpectationResult operator()(const scenario::ExpectPath& expect) const {
    ExpectationResult result;
    result.wanted = socket_text(expect.socket) + " through " + path_text(expect.path);
    const bool listens =
        std::find(expect.path.begin(), expect.path.end(), State::listen) != expect.path.end();
    const auto found = sockets(expect.socket, listens);
    if (found.empty()) {
      result.seen = "no such socket";
      return result;
    }
    const SocketHistory& socket = *found.front();
    std::vector<State> path;
    for (const Event* change : socket.changes) path.push_back(to_state(*change));
    result.held = path == expect.path;
    result.seen = path_text(path);
    const auto [wanted, seen] =
        std::mismatch(expect.path.begin(), expect.path.end(), path.begin(), path.end());
    const auto same = static_cast<std::size_t>(seen - path.begin());
    result.where = where(*socket.changes[std::min(same, socket.changes.size() - 1)]);
    return result;
  }

  ExpectationResult operator()(const scenario::ExpectMetric& expect) {
    if (json_.is_null()) json_ = json_of(summary_);
    const double value = metric(json_, expect.metric);
    ExpectationResult result;
    result.wanted = expect.metric + ": " + text_of(expect.value);
    result.seen = fmt::format("{}", value);
    result.held = holds(expect.value, value);
    const bool no_value = json_.contains(expect.metric) && json_[expect.metric].is_null();
    if (result.held && no_value) result.hollow = "no connection has such a time, which counts as 0";
    return result;
  }

 private:
  /// What became of a segment; a segment can have several fates.
  struct Fates {
    bool delivered = false;
    bool dropped = false;
    bool lost = false;  ///< on the wire
    bool delayed = false;
    bool duplicated = false;
  };

  void note(const Event& event) {
    if (const auto* change = std::get_if<trace::StateChange>(&event.what)) {
      note_state(event, *change);
    } else if (const auto* drop = std::get_if<trace::Drop>(&event.what)) {
      fates_[drop->id].dropped = true;
      fates_[drop->id].lost = fates_[drop->id].lost || drop->place == trace::DropPlace::wire;
    } else if (const auto* delay = std::get_if<trace::Delay>(&event.what)) {
      fates_[delay->id].delayed = true;
    } else if (const auto* duplicate = std::get_if<trace::Duplicate>(&event.what)) {
      fates_[duplicate->id].duplicated = true;
    } else if (const auto* receive = std::get_if<trace::Receive>(&event.what)) {
      fates_[receive->id].delivered = true;
    }
  }

  void note_state(const Event& event, const trace::StateChange& change) {
    const bool listens = change.remote.port == 0;
    const trace::End remote = listens ? trace::End{} : change.remote;
    const auto [place, fresh] = places_.try_emplace(key(change.local, remote), sockets_.size());
    if (fresh) sockets_.push_back({change.local, remote, listens, {}});
    sockets_[place->second].changes.push_back(&event);
  }

  using SocketKey = std::pair<std::uint64_t, std::uint32_t>;
  static SocketKey key(trace::End local, trace::End remote) {
    const auto host = [](trace::End end) { return static_cast<std::uint64_t>(end.host); };
    return {host(local) << 32 | host(remote),
            std::uint32_t{local.port} << 16 | std::uint32_t{remote.port}};
  }

  bool is_one_of(trace::HostId host, const HostRef& ref) const {
    return world_.hosts(ref).contains(static_cast<net::NodeIndex>(host));
  }

  bool matches(const scenario::SegmentFilter& filter, const Event& event) const {
    const auto* send = std::get_if<trace::Send>(&event.what);
    if (send == nullptr || send->forged || send->protocol != trace::Protocol::tcp) return false;
    const auto without_push = [](tcp::Flags flags) { return flags.without(tcp::Flags::psh); };
    return (!filter.from || is_one_of(send->src.host, *filter.from)) &&
           (!filter.to || is_one_of(send->dst.host, *filter.to)) &&
           (!filter.flags || without_push(*filter.flags) == without_push(send->segment.flags)) &&
           (!filter.payload || *filter.payload == (send->segment.data > 0)) &&
           (!filter.why || *filter.why == send->why) &&
           (!filter.fate || has_fate(send->id, *filter.fate)) && filter.after <= event.at &&
           event.at < filter.until;
  }

  bool has_fate(std::uint64_t id, scenario::Fate fate) const {
    const auto found = fates_.find(id);
    const Fates fates = found == fates_.end() ? Fates{} : found->second;
    switch (fate) {
      case scenario::Fate::delivered: return fates.delivered;
      case scenario::Fate::dropped: return fates.dropped;
      case scenario::Fate::lost: return fates.lost;
      case scenario::Fate::delayed: return fates.delayed;
      case scenario::Fate::duplicated: return fates.duplicated;
    }
    return false;
  }

  bool is_call(const Event& event, const scenario::ExpectCall& expect) const {
    const auto* call = std::get_if<trace::AppCall>(&event.what);
    return call != nullptr && call->call == expect.call && is_one_of(call->host, expect.host) &&
           (expect.who.empty() || expect.who == text_of(call->who));
  }

  static bool is_wanted_result(const Event& event, const scenario::ExpectCall& expect) {
    const auto& call = std::get<trace::AppCall>(event.what);
    return (!expect.result || *expect.result == trace::text_of(call.result)) &&
           expect.after <= event.at && event.at <= expect.until;
  }

  ExpectationResult nth_call(const scenario::ExpectCall& expect) const {
    ExpectationResult result;
    result.wanted = call_text(expect);
    if (expect.nth > 1) result.wanted += fmt::format(" (number {})", expect.nth);
    std::uint64_t count = 0;
    for (const Event& event : events_) {
      if (!is_call(event, expect) || ++count < expect.nth) continue;
      const std::string got = trace::text_of(std::get<trace::AppCall>(event.what).result);
      result.held = is_wanted_result(event, expect);
      result.seen =
          fmt::format("{}at {}", got.empty() ? "it " : got + " ", exact(event.at - sim_start));
      result.where = where(event);
      return result;
    }
    result.seen = count == 0 ? "no such call" : fmt::format("only {} such calls", count);
    return result;
  }

  ExpectationResult counted_calls(const scenario::ExpectCall& expect) const {
    ExpectationResult result;
    result.wanted = text_of(*expect.count) + " times " + call_text(expect);
    std::uint64_t count = 0;
    const Event* last = nullptr;
    for (const Event& event : events_) {
      if (!is_call(event, expect) || !is_wanted_result(event, expect)) continue;
      ++count;
      last = &event;
    }
    result.held = holds(*expect.count, static_cast<double>(count));
    result.seen = std::to_string(count);
    if (last != nullptr) result.where = "last " + where(*last);
    return result;
  }

  /// The sockets that `ref` may mean, in the order in which they came up.
  std::vector<const SocketHistory*> sockets(const scenario::SocketRef& ref, bool listening) const {
    std::vector<const SocketHistory*> found;
    for (const SocketHistory& socket : sockets_) {
      const bool local = is_one_of(socket.local.host, ref.host) && socket.local.port == ref.port;
      const bool peer = !ref.peer || (is_one_of(socket.remote.host, ref.peer->first) &&
                                      socket.remote.port == ref.peer->second);
      if (local && socket.listens == listening && (listening || peer)) found.push_back(&socket);
    }
    return found;
  }

  static const Event* last_change(const SocketHistory& socket, SimTime until) {
    const Event* last = nullptr;
    for (const Event* change : socket.changes) {
      if (change->at <= until) last = change;
    }
    return last;
  }

  std::string host_text(const HostRef& ref) const {
    const scenario::Host& host = scenario_.hosts[ref.host];
    if (!host.group || !ref.member) return host.name;
    return fmt::format("{}[{}]", host.name, *ref.member);
  }

  std::string socket_text(const scenario::SocketRef& ref) const {
    std::string text = fmt::format("{}:{}", host_text(ref.host), ref.port);
    if (ref.peer) text += fmt::format(" with {}:{}", host_text(ref.peer->first), ref.peer->second);
    return text;
  }

  std::string filter_text(const scenario::SegmentFilter& filter) const {
    std::string text;
    if (filter.from && filter.to) {
      text += " " + host_text(*filter.from) + "->" + host_text(*filter.to);
    } else if (filter.from) {
      text += " from " + host_text(*filter.from);
    } else if (filter.to) {
      text += " to " + host_text(*filter.to);
    }
    if (filter.flags) text += " " + filter.flags->text();
    if (filter.payload) text += *filter.payload ? " with data" : " without data";
    if (filter.why) text += ", why " + std::string{name_of(*filter.why)};
    if (filter.fate) text += ", " + std::string{name_of(*filter.fate)};
    return text + window_text(filter.after, filter.until);
  }

  std::string call_text(const scenario::ExpectCall& expect) const {
    std::string text = host_text(expect.host);
    if (!expect.who.empty()) text += " " + expect.who;
    text += ": " + std::string{name_of(expect.call)};
    if (expect.result) text += " -> " + *expect.result;
    return text + window_text(expect.after, expect.until);
  }

  static std::string path_text(const std::vector<State>& path) {
    std::string text;
    for (const State state : path) {
      if (!text.empty()) text += ", ";
      text += name_of(state);
    }
    return text.empty() ? "nothing" : text;
  }

  std::string where(const Event& event) const { return describe(event, world_.names()); }

  const scenario::Scenario& scenario_;
  const World& world_;
  const std::vector<Event>& events_;
  const Summary& summary_;
  nlohmann::ordered_json json_;         ///< of summary_, made when first asked for
  std::vector<SocketHistory> sockets_;  ///< in the order in which they came up
  std::map<SocketKey, std::size_t> places_;
  std::unordered_map<std::uint64_t, Fates> fates_;  ///< by segment id
};

/// What such an expectation wants stays.
ExpectationResult not_judged(ExpectationResult result) {
  ExpectationResult open;
  open.wanted = std::move(result.wanted);
  open.judged = false;
  return open;
}

}  // namespace

std::vector<ExpectationResult> evaluate(const scenario::Scenario& scenario, const World& world,
                                        const trace::Recording& recording, const Summary& summary) {
  std::vector<ExpectationResult> results;
  if (scenario.expectations.empty()) return results;
  const trace::Recording nothing;
  Evaluation evaluation{scenario, world, summary.cut_short() ? nothing : recording, summary};
  for (const scenario::Expectation& expectation : scenario.expectations) {
    ExpectationResult result = std::visit(evaluation, expectation.what);
    if (summary.cut_short()) result = not_judged(std::move(result));
    result.pointer = expectation.pointer;
    results.push_back(std::move(result));
  }
  return results;
}

bool Summary::expectations_held() const {
  return std::all_of(expectations.begin(), expectations.end(),
                     [](const ExpectationResult& result) { return result.held; });
}

}  // namespace lastack::run
