#include "lastack/scenario/never_matches.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "callers.hpp"
#include "nodes.hpp"

namespace lastack::scenario {

namespace {

using Range = std::pair<app::HostIndex, app::HostIndex>;  ///< the first, and one past the last
using tcp::Flags;

constexpr std::array sent_flags{Flags::syn, Flags::syn | Flags::ack,
                                Flags::ack, Flags::fin | Flags::ack,
                                Flags::rst, Flags::rst | Flags::ack};

bool contains(Range range, app::HostIndex host) {
  return range.first <= host && host < range.second;
}

/// What faults and expectations ask of a segment.
struct Wanted {
  std::optional<HostRef> from;
  std::optional<HostRef> to;
  std::optional<Flags> flags;  ///< without P
  std::optional<bool> payload;
  SimTime after;
  SimTime until;
};

class Search {
 public:
  explicit Search(const Scenario& scenario)
      : scenario_{scenario},
        nodes_{scenario.hosts, scenario.routers},
        callers_{scenario},
        ranges_change_{std::any_of(scenario.host_events.begin(), scenario.host_events.end(),
                                   changes_port_range)} {
    note_senders();
  }

  std::vector<Unmatched> found() {
    for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
      note(fault_pointer(i), problem_of_fault(i));
    }
    for (std::size_t i = 0; i < scenario_.injections.size(); ++i) {
      note(fmt::format("/inject/{}", i), problem_of(scenario_.injections[i]));
    }
    for (const Expectation& expectation : scenario_.expectations) {
      note(expectation.pointer,
           std::visit([this](const auto& what) { return this->problem_of(what); },
                      expectation.what));
    }
    return std::move(found_);
  }

 private:
  void note(std::string pointer, std::string problem) {
    if (!problem.empty()) found_.push_back({std::move(pointer), std::move(problem), true});
  }

  std::string problem_of_fault(std::size_t i) {
    const Fault& fault = scenario_.faults[i];
    std::string problem = problem_of(
        Wanted{fault.from, fault.to, fault.flags, fault.payload, fault.after, fault.until});
    if (!problem.empty()) return problem;
    const auto before = first_that_takes_all_of(fault);
    if (fault.nth.empty()) takers_[key_of(fault)].push_back(i);
    if (!before) return "";
    return fmt::format("could never apply: {} takes every segment that it matches",
                       fault_pointer(*before));
  }

  /// Faults that ask the same but for the time.
  using FaultKey = std::tuple<Range, Range, std::string, int>;

  FaultKey key_of(const Fault& fault) const {
    return {nodes_.range(fault.from), nodes_.range(fault.to), text_of(fault.flags),
            of_payload(fault.payload)};
  }
  static std::string text_of(const std::optional<Flags>& flags) {
    return flags ? flags->text() : "any";
  }
  static int of_payload(const std::optional<bool>& payload) { return payload ? int{*payload} : -1; }

  /// What covers a host: itself, and all members of its group.
  std::set<Range> all_that_cover(const HostRef& ref) const {
    return {nodes_.range(ref), nodes_.range(HostRef{ref.host, std::nullopt})};
  }

  /// The first of the faults before that takes all that this one may match.
  std::optional<std::size_t> first_that_takes_all_of(const Fault& fault) const {
    std::optional<std::size_t> first;
    for (const Range& from : all_that_cover(fault.from)) {
      for (const Range& to : all_that_cover(fault.to)) {
        for (const std::string& flags : std::set{std::string{"any"}, text_of(fault.flags)}) {
          for (const int payload : std::set{-1, of_payload(fault.payload)}) {
            const auto found = first_in_time({from, to, flags, payload}, fault);
            if (found && (!first || *found < *first)) first = found;
          }
        }
      }
    }
    return first;
  }

  std::optional<std::size_t> first_in_time(const FaultKey& key, const Fault& fault) const {
    const auto same = takers_.find(key);
    if (same == takers_.end()) return std::nullopt;
    for (const std::size_t i : same->second) {
      const Fault& earlier = scenario_.faults[i];
      if (earlier.after <= fault.after && fault.until <= earlier.until) return i;
    }
    return std::nullopt;
  }

  std::string problem_of(const Wanted& wanted) const {
    if (wanted.flags &&
        std::find(sent_flags.begin(), sent_flags.end(), *wanted.flags) == sent_flags.end()) {
      return problem_of_flags(*wanted.flags);
    }
    const bool of_syn_or_rst =
        wanted.flags && (wanted.flags->has(Flags::syn) || wanted.flags->has(Flags::rst));
    if (of_syn_or_rst && wanted.payload == true) {
      return "could never match: no SYN or RST carries data";
    }
    if (wanted.until <= wanted.after) {
      return "could never match: no time is both from \"after\" on and before \"until\"";
    }
    if (wanted.after > scenario_.stop_at) return too_late("\"after\"");
    if (wanted.from && wanted.to && !send_segments(*wanted.from, *wanted.to)) {
      return fmt::format("could never match: no app connects \"{}\" and \"{}\"",
                         nodes_.name(*wanted.from), nodes_.name(*wanted.to));
    }
    return "";
  }

  static std::string problem_of_flags(Flags flags) {
    if (flags == Flags::fin) {
      return "could never match: every FIN carries an ACK, so its flags are \"F.\", not \"F\"";
    }
    std::vector<std::string> known;
    for (const Flags each : sent_flags) known.push_back('"' + each.text() + '"');
    return fmt::format("could never match: no segment has the flags \"{}\" (known: {})",
                       flags == Flags::none ? "none" : flags.text(), fmt::join(known, ", "));
  }

  /// "could never match: "after" is later than stop_at, the end of the run".
  static std::string too_late(std::string_view key) {
    return fmt::format("could never match: {} is later than stop_at, the end of every run", key);
  }

  /// Whether some of one send segments to some of the other: on a connection, or in answer to what
  /// was forged.
  bool send_segments(const HostRef& from, const HostRef& to) const {
    const Range senders = nodes_.range(from);
    const Range receivers = nodes_.range(to);
    const bool few_senders = senders.second - senders.first <= receivers.second - receivers.first;
    return few_senders ? some_in(sent_, senders, receivers)
                       : some_in(received_, receivers, senders);
  }

  using Pair = std::pair<app::HostIndex, app::HostIndex>;

  /// Whether some pair (sorted) has its first in one range and its second in the other.
  static bool some_in(const std::vector<Pair>& pairs, Range firsts, Range seconds) {
    for (app::HostIndex first = firsts.first; first < firsts.second;) {
      const auto found = std::lower_bound(pairs.begin(), pairs.end(), Pair{first, seconds.first});
      if (found == pairs.end()) return false;
      if (found->first == first && found->second < seconds.second) return true;
      first = found->first == first ? first + 1 : found->first;
    }
    return false;
  }

  /// Notes who sends segments to whom: on connections, and in answer to what is forged.
  void note_senders() {
    for (const app::Connector& connector : scenario_.connectors) {
      sent_.emplace_back(connector.host, connector.to);
      sent_.emplace_back(connector.to, connector.host);
    }
    for (const Injection& forged : scenario_.injections) {
      sent_.emplace_back(nodes_.range(forged.to).first, nodes_.range(forged.from).first);
    }
    for (const auto& [sender, receiver] : sent_) received_.emplace_back(receiver, sender);
    std::sort(sent_.begin(), sent_.end());
    std::sort(received_.begin(), received_.end());
  }

  std::string problem_of(const Injection& injection) const {
    if (injection.at > scenario_.stop_at) {
      return "could never arrive: \"at\" is later than stop_at, the end of every run";
    }
    if (!is_on(injection.to, injection.at)) {
      return fmt::format("could never arrive: \"{}\" is off then", nodes_.name(injection.to));
    }
    return "";
  }

  /// Whether a host has power. Of one instant, what is done to hosts comes first.
  bool is_on(const HostRef& host, SimTime at) const {
    const app::HostIndex wanted = nodes_.range(host).first;
    bool on = true;
    SimTime latest = sim_start;
    for (const HostEvent& event : scenario_.host_events) {
      const bool later = latest <= event.at && event.at <= at;
      if (!later || !contains(nodes_.range(event.host), wanted)) continue;
      if (event.what == HostEvent::Do::set) continue;
      on = event.what != HostEvent::Do::power_off;
      latest = event.at;
    }
    return on;
  }

  std::string problem_of(const ExpectSegments& expect) const {
    const SegmentFilter& f = expect.filter;
    if (always_holds(expect.count)) return whatever_happens();
    return problem_of(Wanted{f.from, f.to, f.flags, f.payload, f.after, f.until});
  }

  std::string problem_of(const ExpectCall& expect) const {
    if (expect.count && always_holds(*expect.count)) return whatever_happens();
    if (expect.after > scenario_.stop_at) return too_late("\"after\"");
    const Callers& callers = callers_.of(nodes_.range(expect.host));
    const auto roles = roles_of(expect.call);
    const bool some = std::any_of(roles.begin(), roles.end(), [&](trace::Who::Role role) {
      return expect.who.empty() ? callers.any(role) : callers.has(role, expect.who);
    });
    if (some) return "";
    return fmt::format("could never match: {} calls \"{}\" on \"{}\"",
                       expect.who.empty() ? "nobody" : "no \"" + expect.who + '"',
                       name_of(expect.call), nodes_.name(expect.host));
  }

  std::string problem_of(const ExpectState& expect) const {
    if (expect.at && *expect.at > scenario_.stop_at) return too_late("\"at\"");
    return problem_of(expect.socket);
  }

  std::string problem_of(const ExpectPath& expect) const { return problem_of(expect.socket); }

  static std::string problem_of(const ExpectMetric& expect) {
    return always_holds(expect.value) ? whatever_happens() : "";
  }

  /// A count or a number of the summary is never below 0.
  static bool always_holds(const Bounds& bounds) {
    return !bounds.equals && !bounds.max && bounds.min && *bounds.min <= 0;
  }
  static std::string whatever_happens() { return "holds whatever happens: nothing is below 0"; }

  std::string problem_of(const SocketRef& socket) const {
    if (!may_have_port(socket.host, socket.port)) return no_port(socket.host, socket.port);
    if (!socket.peer) return "";
    const auto& [host, port] = *socket.peer;
    if (is_forged(host, port)) return "";
    if (!may_have_port(host, port)) return no_port(host, port);
    if (send_segments(socket.host, host)) return "";
    return fmt::format("could never match: no app connects \"{}\" and \"{}\"",
                       nodes_.name(socket.host), nodes_.name(host));
  }

  std::string no_port(const HostRef& host, tcp::Port port) const {
    return fmt::format("could never match: no app of \"{}\" has a socket with port {}",
                       nodes_.name(host), port);
  }

  bool is_forged(const HostRef& host, tcp::Port port) const {
    return std::any_of(scenario_.injections.begin(), scenario_.injections.end(),
                       [&](const Injection& forged) {
                         return forged.sport == port &&
                                contains(nodes_.range(host), nodes_.range(forged.from).first);
                       });
  }

  /// An expectation often asks what another asked.
  bool may_have_port(const HostRef& host, tcp::Port port) const {
    const auto [known, is_new] = ports_.try_emplace({nodes_.range(host), port}, false);
    if (is_new) known->second = some_app_may_have_port(host, port);
    return known->second;
  }

  bool some_app_may_have_port(const HostRef& host, tcp::Port port) const {
    const Range hosts = nodes_.range(host);
    const auto listens = [&](const app::Listener& listener) {
      return contains(hosts, listener.host) && listener.port == port;
    };
    const auto connects = [&](const app::Connector& connector) {
      if (!contains(hosts, connector.host)) return false;
      if (!connector.from_port) return may_be_chosen(scenario_.hosts[host.host], port);
      const std::uint64_t first = *connector.from_port;
      return first <= port && port < first + connector.count;
    };
    const auto& listeners = scenario_.listeners;
    const auto& connectors = scenario_.connectors;
    return std::any_of(listeners.begin(), listeners.end(), listens) ||
           std::any_of(connectors.begin(), connectors.end(), connects);
  }

  /// Whether connect() may pick the port by itself.
  bool may_be_chosen(const Host& host, tcp::Port port) const {
    const auto& range = host.settings.ip_local_port_range;
    const std::int32_t number = port;
    return (range[0] <= number && number <= range[1]) || ranges_change_;
  }

  static bool changes_port_range(const HostEvent& event) {
    return std::any_of(event.sysctl.begin(), event.sysctl.end(), [](const auto& setting) {
      return setting.first.ends_with("ip_local_port_range");
    });
  }

  const Scenario& scenario_;
  Nodes nodes_;
  CallerIndex callers_;
  bool ranges_change_;          ///< while it runs, of which ports connect() picks one
  std::vector<Pair> sent_;      ///< sender and receiver; sorted
  std::vector<Pair> received_;  ///< receiver and sender; sorted
  std::map<FaultKey, std::vector<std::size_t>> takers_;  ///< faults so far that take every segment
  mutable std::map<std::pair<Range, tcp::Port>, bool> ports_;
  std::vector<Unmatched> found_;
};

}  // namespace

std::string fault_pointer(std::size_t fault) { return fmt::format("/faults/{}", fault); }

std::vector<Unmatched> never_matches(const Scenario& scenario) { return Search{scenario}.found(); }

}  // namespace lastack::scenario
