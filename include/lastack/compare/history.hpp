#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::compare {

/// Seconds since a run began, or between two moments. Real numbers, unlike SimTime: recordings hold
/// decimal seconds, and only with the arithmetic of tests/oracle/compare.py do its verdicts hold on
/// the edge of a tolerance, too.
using Seconds = std::chrono::duration<double>;

/// A sequence number, as octets after the initial sequence number (ISN) that it follows most
/// closely. Runs draw other ISNs, so that only this form can be compared between them.
struct RelativeSeq {
  /// Which ISN of that end: "" its first, "#2" the second and so on, "old" one that was forged;
  /// "abs": it follows none of them within 2^30 octets.
  std::string base;
  std::uint32_t offset = 0;

  /// Whether it is so far from every ISN that it is shown as an absolute number.
  bool follows_none() const { return base == "abs"; }
  friend bool operator==(const RelativeSeq&, const RelativeSeq&) = default;
};

/// "1", "#2+1", "old+1", "abs".
std::string to_text(const RelativeSeq& seq);

/// One end of a connection, as its own host sees it. `remote` is 0 for a listener.
struct SocketName {
  std::string host;
  tcp::Port local = 0;
  tcp::Port remote = 0;
  /// Whose the remote port is. Empty where no more than two hosts talk to each other, and for a
  /// listener.
  std::string peer{};

  friend auto operator<=>(const SocketName&, const SocketName&) = default;
};

/// What the wire did with a segment. What a host threw away was delivered.
enum class Fate { delivered, dropped, delayed, duplicated };

/// "dropped" and the like.
std::string_view name_of(Fate fate);

/// The options that a SYN negotiates; timestamps only as being there, since clocks differ.
struct SynOptions {
  std::optional<std::uint32_t> mss;
  std::optional<std::uint32_t> window_scale;
  bool sack_permitted = false;
  bool timestamps = false;

  friend bool operator==(const SynOptions&, const SynOptions&) = default;
};

/// "mss 1460, wscale 10, sackOK, timestamps"; "none".
std::string to_text(const SynOptions& options);

/// Octets [left, right) of a SACK block.
using RelativeBlock = std::pair<RelativeSeq, RelativeSeq>;

/// A segment that a host sent, or that was forged in its name.
struct SentSegment {
  enum class Maker { host, forger };

  Seconds at{};
  SocketName from;
  tcp::Flags flags;
  RelativeSeq seq;
  std::optional<RelativeSeq> ack;    ///< where flags has ACK
  std::uint32_t len = 0;             ///< octets of payload
  std::optional<std::uint32_t> win;  ///< as on the wire: not scaled; a forged one may lack it
  SynOptions options;
  std::vector<RelativeBlock> sack;
  Fate fate = Fate::delivered;
  Maker maker = Maker::host;
};

/// "F. 1:1 ack 1, dropped": flags, first and next octet (SYN and FIN aside), acknowledgment, fate.
std::string to_text(const SentSegment& segment);

/// A socket is in another state from now on.
struct StateChange {
  Seconds at{};
  SocketName socket;
  std::optional<tcp::State> to;  ///< nothing: the socket is gone
};

/// What an application called, or what came of it.
struct Call {
  using Result = std::variant<std::monostate, std::int64_t, std::string>;

  Seconds at{};
  std::string host;
  std::string who;   ///< "connect", "accept#1"; "host" for power and settings
  std::string call;  ///< "connected", "recv eof" …
  Result result;
};

/// "recv eof 0", "connected ok".
std::string to_text(const Call& call);

struct History;

/// Takes the peers' names out of a history in which no more than two hosts talk: recordings of two
/// hosts do not say them.
void forget_needless_peers(History& history);

/// What a trace of Lastack or a recording of a kernel says of one run: each list in its order.
struct History {
  std::string source;  ///< "abort.trace.json, recording 3: Linux 6.18.44"
  std::vector<SentSegment> segments;
  std::vector<StateChange> states;
  /// Recordings only: the kernel's socket table, looked at every 20 ms. It shows small sockets
  /// (requests, TIME_WAIT) that `states` does not.
  std::optional<std::vector<StateChange>> table;
  std::vector<Call> calls;
  /// The scenario stopped the run then, or would have: what comes later is not told. Nothing: that
  /// is not known.
  std::optional<Seconds> stopped;

  /// The best account there is of the sockets' states.
  const std::vector<StateChange>& socket_states() const { return table ? *table : states; }
};

}  // namespace lastack::compare
