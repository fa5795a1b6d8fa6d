#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lastack/app/program.hpp"
#include "lastack/core/named.hpp"
#include "lastack/core/time.hpp"
#include "lastack/event/call.hpp"
#include "lastack/net/fault.hpp"
#include "lastack/net/link.hpp"
#include "lastack/scenario/forged_options.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/settings.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::scenario {

/// A host, or a group of alike hosts. What is absent comes from the scenario, then from the
/// profile.
struct Host {
  std::string name;  ///< members of a group are named clients[0], clients[1], …
  std::uint32_t count = 1;
  bool group = false;  ///< `count` was given, so that names have an index even for count 1
  tcp::ProfileId profile = tcp::ProfileId::linux_6;  ///< resolved
  tcp::Settings settings{};                          ///< resolved
  std::vector<std::string> named_settings;           ///< by the scenario itself, in its order
  SimDuration initial_rto{};                         ///< resolved
  SimDuration msl{};                                 ///< resolved
  tcp::TimerMode timers = tcp::TimerMode::wheel;     ///< resolved
  std::int32_t hz = tcp::TimerGrid::usual_hz;        ///< resolved
  tcp::Handshake handshake = tcp::Handshake::three_way;
  bool silent = false;  ///< it has no TCP: segments are only forged in its name
  std::uint32_t files_max = app::unlimited_files;      ///< of each of its applications; resolved
  std::uint32_t sockets_max = tcp::unlimited_sockets;  ///< resolved
  std::optional<tcp::Address> address;  ///< of the first member; chosen by the simulation if absent
};

/// Names one host, or every member of a group, or one member.
struct HostRef {
  std::size_t host = 0;                 ///< index into Scenario::hosts
  std::optional<std::uint32_t> member;  ///< 0 where the host is no group; absent: every member

  friend bool operator==(const HostRef&, const HostRef&) = default;
};

/// One end of a link: hosts or a router.
struct NodeRef {
  std::variant<HostRef, std::size_t> node;  ///< size_t: index into Scenario::routers
};

/// A link, or where an end is a group, one for each member (between two groups, for each pair).
struct Link {
  NodeRef a;
  NodeRef b;
  net::LinkConfig a_to_b;
  net::LinkConfig b_to_a;
};

using net::FaultAction;

/// What happens to chosen segments. All given conditions must hold.
struct Fault {
  HostRef from;
  HostRef to;
  std::optional<tcp::Flags> flags;  ///< P and ECN bits aside
  std::optional<bool> payload;
  /// Inclusive ranges of the count of matching segments, from 1; empty: every one.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> nth;
  SimTime after = sim_start;  ///< included
  SimTime until = never;      ///< excluded
  FaultAction action = FaultAction::drop;
  SimDuration by{};
};

/// A forged segment.
struct Injection {
  SimTime at;
  HostRef from;  ///< one member
  HostRef to;    ///< one member
  tcp::Port sport = 0;
  tcp::Port dport = 0;
  tcp::Flags flags;
  SeqRef seq;  ///< relative to the ISS of `from`'s side
  SeqRef ack;  ///< relative to the ISS of `to`'s side; without ACK in `flags` nobody reads it
  std::uint16_t win = 65535;
  std::uint32_t len = 0;
  std::vector<ForgedOption> options;  ///< in the order of the wire
};

/// Something that is done to a host or link.
struct HostEvent {
  enum class Do : std::uint8_t { power_off, power_on, reboot, set };
  SimTime at;
  HostRef host;
  Do what = Do::power_off;
  std::vector<std::pair<std::string, std::string>> sysctl;  ///< for set, checked
};
struct LinkEvent {
  enum class Do : std::uint8_t { down, up };
  SimTime at;
  std::size_t link = 0;  ///< index into Scenario::links
  /// Which of the links that a group makes: the ends as in Scenario::links, or one member of each.
  NodeRef a;
  NodeRef b;
  Do what = Do::down;
};

/// What may become of a segment; it can have several fates.
enum class Fate : std::uint8_t {
  delivered,
  dropped,  ///< lost, or thrown away by the host that it reached
  lost,     ///< on the wire
  delayed,
  duplicated,
};
constexpr Fate last_of(Fate /*of*/) { return Fate::duplicated; }

/// "delivered" and the like.
std::string_view name_of(Fate fate);

/// Which segments an expectation counts. All given conditions must hold.
struct SegmentFilter {
  std::optional<HostRef> from;
  std::optional<HostRef> to;
  std::optional<tcp::Flags> flags;  ///< P aside
  std::optional<bool> payload;
  std::optional<tcp::SendReason> why;
  std::optional<Fate> fate;
  SimTime after = sim_start;  ///< included
  SimTime until = never;      ///< excluded
};

struct Bounds {
  std::optional<double> equals;
  std::optional<double> min;
  std::optional<double> max;
};
/// Numbers such as seconds are sums: a billionth apart is equal.
bool holds(const Bounds& bounds, double value);
/// "3", "at least 2", "at most 4", "2 to 4".
std::string text_of(const Bounds& bounds);

/// A socket in an expectation: "client:40000", and "peer" where that is not enough.
struct SocketRef {
  HostRef host;
  tcp::Port port = 0;
  std::optional<std::pair<HostRef, tcp::Port>> peer;
};

/// {"call": "connected", "host": "client", "who": "connect", "nth": 1, "result": "ok",
///  "after": "20ms", "until": "25ms"}: the nth such call (default 1st) had this result, at
/// after <= t <= until. {"call": …, "count": 0} counts the calls that match host, who, result and
/// window instead.
struct ExpectCall {
  trace::Call call = trace::Call::connect;
  HostRef host;
  std::string who;
  std::uint64_t nth = 1;
  std::optional<std::string> result;  ///< numbers in decimal
  SimTime after = sim_start;
  SimTime until = never;
  std::optional<Bounds> count;
};
/// {"segments": {"on": "client->server", "flags": "S", …}, "count": 3 | "min", "max"}
struct ExpectSegments {
  SegmentFilter filter;
  Bounds count;
};
/// {"state": "SYN_RCVD", "socket": "server:80", "peer": "client:40000", "at": "1s" | "end"}
struct ExpectState {
  tcp::State state = tcp::State::closed;
  SocketRef socket;
  std::optional<SimTime> at;  ///< absent: at the end
};
/// {"path": ["SYN_SENT", "ESTABLISHED", …], "socket": …}: every state it went through, in order,
/// the first CLOSED left out.
struct ExpectPath {
  std::vector<tcp::State> path;
  SocketRef socket;
};
/// {"metric": "segments_lost", "equals" | "min" | "max"}: a number of the summary, with dots into
/// it
/// ("connect_errors.ETIMEDOUT", "peak.TIME_WAIT"); what the summary does not hold counts as 0.
struct ExpectMetric {
  std::string metric;
  Bounds value;
};

struct Expectation {
  std::variant<ExpectCall, ExpectSegments, ExpectState, ExpectPath, ExpectMetric> what;
  std::string pointer;      ///< "/expect/3", for messages
  std::string description;  ///< the optional "description" key
};

/// A host that an override made: most likely the name of another, misspelt.
struct NewHost {
  std::string override;  ///< "hosts.clinet.sysctl.tcp_sack=0"
  std::string name;      ///< "clinet"
  std::string nearest;   ///< "client"; empty where no name is near
};
/// "a new host "clinet"; nearest is "client"".
std::string to_text(const NewHost& host);

/// A scenario as plain data, checked and with everything resolved but times drawn by chance.
struct Scenario {
  std::string file;  ///< for messages; may be empty
  std::string name;
  std::string description;
  std::uint64_t seed = 1;
  SimTime stop_at = sim_start + 10min;
  bool stop_at_given = false;  ///< else it is the default
  std::vector<Host> hosts;     ///< in the file's order
  std::vector<std::string> routers;
  std::vector<Link> links;
  std::vector<Fault> faults;
  std::vector<Injection> injections;
  std::vector<HostEvent> host_events;
  std::vector<LinkEvent> link_events;
  /// One element for each member of a group.
  std::vector<app::Listener> listeners;
  std::vector<app::Connector> connectors;
  std::vector<app::DatagramFlow> datagram_flows;
  std::vector<Expectation> expectations;
  std::vector<NewHost> new_hosts;       ///< allowed, but hardly meant
  std::vector<std::string> files_read;  ///< beside its own: each `sysctl_file`
  /// What was passed over in them, "sysctl.txt:1: passed over: a prompt", each once.
  std::vector<std::string> remarks;
};

}  // namespace lastack::scenario
