#include "expectations.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "describe.hpp"
#include "event_index.hpp"
#include "summary_json.hpp"

namespace lastack::run {

namespace {

using scenario::HostRef;
using tcp::State;

/// ", from 20 ms to 25 ms" and the like; empty where every time will do.
std::string window_text(SimTime after, SimTime until) {
  const auto at = [](SimTime t) { return exact(t - sim_start); };
  if (after == until) return ", at " + at(after);
  if (after > sim_start && until < never) return ", from " + at(after) + " to " + at(until);
  if (after > sim_start) return ", from " + at(after) + " on";
  if (until < never) return ", until " + at(until);
  return "";
}

State to_state(const trace::Event& change) { return std::get<trace::StateChange>(change.what).to; }

/// Of a path that goes on and on the first states are shown.
constexpr std::size_t shown_states_max = 1000;

class Evaluation {
 public:
  Evaluation(const scenario::Scenario& scenario, const scenario::World& world,
             const trace::Recording& recording, const Summary& summary)
      : scenario_{scenario},
        world_{world},
        index_{scenario, world, recording},
        summary_{summary} {}

  ExpectationResult operator()(const scenario::ExpectCall& expect) const {
    return expect.count ? counted_calls(expect) : nth_call(expect);
  }

  ExpectationResult operator()(const scenario::ExpectSegments& expect) const {
    ExpectationResult result;
    const scenario::SegmentFilter& filter = expect.filter;
    result.wanted = text_of(expect.count) + " segments" + filter_text(filter);
    const auto [count, last] = index_.segments(filter);
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
    const EventIndex::Sockets sockets = index_.sockets(expect);
    // A socket that is not there is CLOSED; one of several may be in any other state.
    const bool all_closed = std::all_of(sockets.in.begin(), sockets.in.end(),
                                        [](std::uint64_t count) { return count == 0; });
    const bool some = sockets.in[static_cast<std::size_t>(wanted)] > 0;
    result.held = wanted == State::closed ? all_closed : some;
    const trace::Event* latest = sockets.latest;
    result.seen = latest == nullptr ? "no such socket" : std::string{name_of(to_state(*latest))};
    if (latest != nullptr) result.where = where(*latest);
    if (result.held && !sockets.some_ever) result.hollow = "there was never such a socket";
    return result;
  }

  ExpectationResult operator()(const scenario::ExpectPath& expect) const {
    ExpectationResult result;
    result.wanted = socket_text(expect.socket) + " through " + path_text(expect.path);
    const std::vector<const trace::Event*>* changes = index_.changes(expect);
    if (changes == nullptr) {
      result.seen = "no such socket";
      return result;
    }
    const auto [wanted, seen] = std::mismatch(
        expect.path.begin(), expect.path.end(), changes->begin(), changes->end(),
        [](State state, const trace::Event* change) { return state == to_state(*change); });
    result.held = wanted == expect.path.end() && seen == changes->end();
    std::vector<State> path;
    for (std::size_t i = 0; i < std::min(changes->size(), shown_states_max); ++i) {
      path.push_back(to_state(*(*changes)[i]));
    }
    result.seen = path_text(path);
    if (path.size() < changes->size()) {
      result.seen += fmt::format(", … ({} states)", changes->size());
    }
    result.where = where(seen == changes->end() ? *changes->back() : **seen);
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
  ExpectationResult nth_call(const scenario::ExpectCall& expect) const {
    ExpectationResult result;
    result.wanted = call_text(expect);
    if (expect.nth > 1) result.wanted += fmt::format(" (number {})", expect.nth);
    const auto [count, event] = index_.nth_call(expect);
    if (event == nullptr) {
      result.seen = count == 0 ? "no such call" : fmt::format("only {} such calls", count);
      return result;
    }
    const std::string got = trace::text_of(std::get<trace::AppCall>(event->what).result);
    result.held = (!expect.result || *expect.result == got) && expect.after <= event->at &&
                  event->at <= expect.until;
    result.seen =
        fmt::format("{}at {}", got.empty() ? "it " : got + " ", exact(event->at - sim_start));
    result.where = where(*event);
    return result;
  }

  ExpectationResult counted_calls(const scenario::ExpectCall& expect) const {
    ExpectationResult result;
    result.wanted = text_of(*expect.count) + " times " + call_text(expect);
    const auto [count, last] = index_.calls(expect);
    result.held = holds(*expect.count, static_cast<double>(count));
    result.seen = std::to_string(count);
    if (last != nullptr) result.where = "last " + where(*last);
    return result;
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

  std::string where(const trace::Event& event) const { return describe(event, world_.names()); }

  const scenario::Scenario& scenario_;
  const scenario::World& world_;
  EventIndex index_;
  const Summary& summary_;
  nlohmann::json json_;  ///< of summary_, made when first asked for
};

/// What such an expectation wants stays.
ExpectationResult not_judged(ExpectationResult result) {
  ExpectationResult open;
  open.wanted = std::move(result.wanted);
  open.judged = false;
  return open;
}

}  // namespace

std::vector<ExpectationResult> evaluate(const scenario::Scenario& scenario,
                                        const scenario::World& world,
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
