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
#include "known_ports.hpp"
#include "nodes.hpp"
#include "power_times.hpp"
#include "time_windows.hpp"

namespace lastack::scenario {

namespace {

using Range = std::pair<app::HostIndex, app::HostIndex>;  ///< the first, and one past the last
using tcp::Flags;

constexpr std::array sent_flags{Flags::syn, Flags::syn | Flags::ack,
                                Flags::ack, Flags::fin | Flags::ack,
                                Flags::rst, Flags::rst | Flags::ack};

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
        ports_{scenario, nodes_},
        power_{scenario.host_events, nodes_} {
    note_senders();
    note_takers();
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

  std::string problem_of(const Fault& fault) const {
    return problem_of(
        Wanted{fault.from, fault.to, fault.flags, fault.payload, fault.after, fault.until});
  }

  std::string problem_of_fault(std::size_t i) const {
    const Fault& fault = scenario_.faults[i];
    std::string problem = problem_of(fault);
    if (!problem.empty()) return problem;
    const auto first = first_that_takes_all_of(fault);
    if (!first || *first >= i) return "";
    return fmt::format("could never apply: {} takes every segment that it matches",
                       fault_pointer(*first));
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

  /// Faults of one key that take every segment, in their order.
  struct Takers {
    std::vector<std::size_t> faults;
    TimeWindows windows;
  };

  void note_takers() {
    std::map<FaultKey, std::vector<std::size_t>> by_key;
    for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
      const Fault& fault = scenario_.faults[i];
      if (fault.nth.empty() && problem_of(fault).empty()) by_key[key_of(fault)].push_back(i);
    }
    for (auto& [key, faults] : by_key) {
      std::vector<TimeWindows::Window> windows;
      for (const std::size_t i : faults) {
        windows.push_back({scenario_.faults[i].after, scenario_.faults[i].until});
      }
      takers_.emplace(key, Takers{std::move(faults), TimeWindows{windows}});
    }
  }

  /// The first of the faults that takes all that this one may match; it may be this one.
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
    const auto first = same->second.windows.first_around({fault.after, fault.until});
    return first ? std::optional{same->second.faults[*first]} : std::nullopt;
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
    const auto [known, is_new] = known_pairs_.try_emplace({senders, receivers}, false);
    if (!is_new) return known->second;
    const bool few_senders = senders.second - senders.first <= receivers.second - receivers.first;
    known->second =
        few_senders ? some_in(sent_, senders, receivers) : some_in(received_, receivers, senders);
    return known->second;
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
    if (!power_.is_on(injection.to, injection.at)) {
      return fmt::format("could never arrive: \"{}\" is off then", nodes_.name(injection.to));
    }
    return "";
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
    if (!ports_.may_have(socket.host, socket.port)) return no_port(socket.host, socket.port);
    if (!socket.peer) return "";
    const auto& [host, port] = *socket.peer;
    if (ports_.is_forged(host, port)) return "";
    if (!ports_.may_have(host, port)) return no_port(host, port);
    if (send_segments(socket.host, host)) return "";
    return fmt::format("could never match: no app connects \"{}\" and \"{}\"",
                       nodes_.name(socket.host), nodes_.name(host));
  }

  std::string no_port(const HostRef& host, tcp::Port port) const {
    return fmt::format("could never match: no app of \"{}\" has a socket with port {}",
                       nodes_.name(host), port);
  }

  const Scenario& scenario_;
  Nodes nodes_;
  CallerIndex callers_;
  KnownPorts ports_;
  PowerTimes power_;
  std::vector<Pair> sent_;                                       ///< sender and receiver; sorted
  std::vector<Pair> received_;                                   ///< receiver and sender; sorted
  mutable std::map<std::pair<Range, Range>, bool> known_pairs_;  ///< answers so far
  std::map<FaultKey, Takers> takers_;
  std::vector<Unmatched> found_;
};

}  // namespace

std::string fault_pointer(std::size_t fault) { return fmt::format("/faults/{}", fault); }

std::vector<Unmatched> never_matches(const Scenario& scenario) { return Search{scenario}.found(); }

}  // namespace lastack::scenario
