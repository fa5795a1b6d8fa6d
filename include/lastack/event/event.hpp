#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/event/call.hpp"
#include "lastack/event/drop_reason.hpp"
#include "lastack/tcp/output.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/state.hpp"
#include "lastack/tcp/state_reason.hpp"

namespace lastack::trace {

/// A node's place in Names.
enum class HostId : std::uint32_t {};

/// One end of a segment or connection, as traces name it: "client:40000".
struct End {
  HostId host{};
  tcp::Port port = 0;

  friend bool operator==(const End&, const End&) = default;
};

/// A link's place in Names::links.
enum class LinkId : std::uint32_t {};
/// Whoever made the event does not say which link; a sink then takes the link between the two
/// hosts, or else the host's first one.
inline constexpr LinkId any_link{0xffff'ffff};

/// What kind of packet carries a `Send`.
enum class Protocol : std::uint8_t { tcp, datagram };

/// `send` and `forge`. For a datagram `segment.seq` is its number in the flow and `segment.data`
/// its payload.
struct Send {
  std::uint64_t id;  ///< of the packet, unique in the run
  End src;
  End dst;
  tcp::Segment segment;
  tcp::SendReason why;
  Protocol protocol = Protocol::tcp;
  bool forged = false;
  bool relative = false;   ///< of a forged one: its number counts from that of a live connection
  LinkId link = any_link;  ///< by which it leaves
};

struct Drop {
  std::uint64_t id;
  HostId node;  ///< where: the host or router that it left last, or that discards it
  DropPlace place;
  DropReason reason;
};

struct Delay {
  std::uint64_t id;
  SimDuration by;
};

struct Duplicate {
  std::uint64_t id;
  SimDuration by;  ///< the copy comes this much later
};

struct Receive {
  std::uint64_t id;
  HostId host;
  LinkId link = any_link;  ///< by which it came
};

struct StateChange {
  End local;
  End remote;  ///< port 0 for LISTEN
  tcp::State from;
  tcp::State to;
  tcp::StateReason why;
};

struct TimerChange {
  End local;
  End remote;
  tcp::Timer timer;
  tcp::TimerAction action;
  SimTime due;
};

/// An application's call or its result, or what the scenario does to a host.
struct AppCall {
  HostId host;
  Who who;
  Call call;
  Result result;
};

using What = std::variant<Send, Drop, Delay, Duplicate, Receive, StateChange, TimerChange, AppCall>;

/// One line of a trace.
struct Event {
  std::uint64_t n = 0;      ///< from 1
  std::uint64_t cause = 0;  ///< n of the event that caused it; 0: nothing did
  SimTime at;
  What what;
};

/// What sinks must know of the run before its first event.
struct Names {
  std::string scenario;
  std::string description;
  std::uint64_t seed = 1;
  std::vector<std::string> hosts;       ///< by HostId: hosts first, then routers
  std::vector<tcp::Address> addresses;  ///< by HostId
  std::size_t host_count = 0;           ///< how many of `hosts` are hosts
  /// The links' ends, for pcapng interfaces.
  std::vector<std::pair<HostId, HostId>> links;

  /// The name of a host or router.
  const std::string& name(HostId id) const { return hosts[static_cast<std::size_t>(id)]; }
  /// "client:40000".
  std::string text(End end) const { return name(end.host) + ":" + std::to_string(end.port); }
};

/// Takes the events of a run in order. `begin` comes first, `end` last (also when the run is cut).
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// The run begins. Called once, and first.
  virtual void begin(const Names& names) = 0;
  /// The next event; numbers and times never decrease. May throw OutputError.
  virtual void event(const Event& event) = 0;
  /// The run ended at `at`. Called once, and last. May throw OutputError.
  virtual void end(SimTime at) = 0;
};

}  // namespace lastack::trace
