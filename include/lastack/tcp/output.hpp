#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/state.hpp"
#include "lastack/tcp/state_reason.hpp"

namespace lastack::tcp {

/// A socket of one Stack, valid from `open`, `accept` until `close` or `abort`.
enum class SocketId : std::uint32_t {};
/// A listening socket of one Stack.
enum class ListenerId : std::uint32_t {};

/// A segment to be sent.
struct Sent {
  Segment segment;
  SendReason why;
};

/// A connection changed its state. `remote.port` is 0 for LISTEN.
struct StateChanged {
  SocketAddress local;
  SocketAddress remote;
  State from;
  State to;
  StateReason why;
};

enum class TimerAction : std::uint8_t { arm, fire, cancel };

/// A timer was armed for `due`, fired or was cancelled.
struct TimerChanged {
  SocketAddress local;
  SocketAddress remote;
  Timer timer;
  TimerAction action;
  SimTime due;
};

/// The arriving segment was thrown away.
struct Discarded {
  DiscardReason reason;
};

/// An end of a connection came from ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2 or CLOSE-WAIT to CLOSED by
/// an RST: one that arrived, or one that it sent itself. Later a reset ends nothing that was still
/// to be done (RFC 9293, 3.10.7.4, second). Reported whatever is wanted.
struct ConnectionReset {
  SocketAddress local;
  SocketAddress remote;
};

/// A connection that had come to ESTABLISHED failed before this end was closed: an application's
/// next call sees an error. Reported whatever is wanted.
struct ConnectionFailed {
  SocketAddress local;
  SocketAddress remote;
};

using Effect =
    std::variant<Sent, StateChanged, TimerChanged, Discarded, ConnectionReset, ConnectionFailed>;

/// What carries deadlines in a Stack: a socket, a request in a SYN queue, or a TIME-WAIT record.
struct TimerOwner {
  enum class Kind : std::uint8_t { socket, request, time_wait };
  Kind kind;
  std::uint32_t index;

  friend bool operator==(const TimerOwner&, const TimerOwner&) = default;
};

/// Whether state and timer changes are to be reported (a trace wants them) or not (they cost time).
enum class Reports : std::uint8_t { none, all };

/// What one event made TCP do. Whoever drives a Stack passes one in, carries out what it holds and
/// clears it for the next event; its memory is reused.
struct Output {
  /// Reports that nobody wants are not collected.
  explicit Output(Reports wanted) : reports{wanted} {}

  Reports reports;
  std::vector<Effect> effects;          ///< in the order in which they happened
  std::vector<TimerOwner> rescheduled;  ///< whose earliest deadline comes before what is queued
  std::vector<SocketId> woken;          ///< sockets on which a waiting call may go on
  std::vector<ListenerId> acceptable;   ///< listeners that have a connection to accept

  /// Whether nothing follows from the event.
  bool empty() const {
    return effects.empty() && rescheduled.empty() && woken.empty() && acceptable.empty();
  }
  /// Empties it and keeps its memory.
  void clear() {
    effects.clear();
    rescheduled.clear();
    woken.clear();
    acceptable.clear();
  }
};

}  // namespace lastack::tcp
