#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lastack/event/recording.hpp"

namespace lastack::explain {

/// An end as a key to sort by.
inline std::uint64_t packed(trace::End end) {
  return static_cast<std::uint64_t>(end.host) << 16 | std::uint64_t{end.port};
}

/// One end's way from CLOSED until it is CLOSED again, or the run ends.
struct Life {
  trace::End local;
  trace::End remote;
  std::size_t connection = 0;                  ///< index into Connections::all
  std::vector<const trace::Event*> changes{};  ///< of state, at least one

  tcp::State state() const;  ///< the last
  /// The state before event `n`.
  tcp::State state_before(std::uint64_t n) const;
};

/// What came of one connect, or of one SYN that nobody's connect had sent.
struct Connection {
  trace::End client;                     ///< port 0 where connect got none
  trace::End server;                     ///< port 0 likewise
  const trace::Event* call = nullptr;    ///< connect; null where a forged SYN began it
  const trace::Event* result = nullptr;  ///< what connect came to
  std::vector<std::size_t> lives{};      ///< indices into Connections::lives
  std::uint64_t repeated = 0;            ///< segments
  std::uint64_t lost = 0;                ///< segments, thrown away ones included
  bool cut_off = false;                  ///< an end was closed by something else than FINs
  bool by_limit = false;                 ///< that was a limit of its host
  SimDuration accept_wait{};             ///< from ESTABLISHED until the application accepted

  /// connect's; none while it is open, or where it succeeded.
  tcp::Error error() const;
  bool connected() const;
};

/// What became of a packet, and of its copies.
struct Packet {
  struct Arrival {
    const trace::Event* received;
    const trace::Event* discard = nullptr;  ///< by the host that it reached
  };
  const trace::Event* sent = nullptr;
  const trace::Event* drop = nullptr;  ///< on the way
  const trace::Event* delay = nullptr;
  const trace::Event* duplicate = nullptr;
  std::vector<Arrival> arrivals{};

  bool lost() const { return drop != nullptr && arrivals.empty(); }
  /// Thrown away on arrival, for the first time.
  const trace::Event* discard() const { return arrivals.empty() ? nullptr : arrivals[0].discard; }
};

/// A recording sorted by connections. Requires that of a whole run.
class Connections {
 public:
  explicit Connections(const trace::Recording& recording);

  const std::vector<Connection>& all() const { return connections_; }
  const Life& life(std::size_t index) const { return lives_[index]; }
  const trace::Event& event(std::uint64_t n) const {
    return recording_.events()[static_cast<std::size_t>(n - 1)];
  }
  const trace::Recording& recording() const { return recording_; }
  /// A number behind those of all events. Requires that there are any.
  std::uint64_t after_all() const { return recording_.events().back().n + 1; }
  const Packet& packet(std::uint64_t id) const { return packets_[static_cast<std::size_t>(id)]; }
  /// The discarding of what arrived with an event; null where it was taken.
  const trace::Event* discard_of(const trace::Event& received) const;
  /// Which connection a sent segment belongs to.
  std::optional<std::size_t> connection_of(const trace::Event& send) const;
  /// One end's state before event `n`, whatever connection that belongs to.
  tcp::State state(trace::End local, trace::End remote, std::uint64_t n) const;
  /// All lives of one end towards the other, in order; none where there was none.
  const std::vector<std::size_t>& lives_of(trace::End local, trace::End remote) const;
  /// How many sockets of a host are in a state before event `n`.
  std::size_t count(trace::HostId host, tcp::State state, std::uint64_t n) const;
  /// Asserts what is always true: each life leads from CLOSED, state by state, as long as it is
  /// not CLOSED again, each belongs to one connection, and nothing arrives before it was sent.
  void check_invariants() const;
  /// The connection's name: "client:40000 > server:80", "connect#5 of client".
  std::string name(const Connection& connection) const;

 private:
  using Key = std::pair<std::uint64_t, std::uint64_t>;  ///< local end, remote end

  static void check(const Life& life);
  static void check(const Packet& packet);
  void check(const Connection& connection) const;

  void take(const trace::Event& event, const trace::Send& send);
  void take(const trace::Event& event, const trace::Drop& drop);
  void take(const trace::Event& event, const trace::Delay& delay);
  void take(const trace::Event& event, const trace::Duplicate& duplicate);
  void take(const trace::Event& event, const trace::Receive& receive);
  void take(const trace::Event& event, const trace::StateChange& change);
  void take(const trace::Event& event, const trace::AppCall& call);
  static void take(const trace::Event&, const trace::TimerChange&) {}

  Life& life_of(const trace::Event& event, const trace::StateChange& change);
  std::size_t connection_for(const trace::Event& event, const trace::StateChange& change);
  std::optional<std::size_t> last_life(trace::End local, trace::End remote) const;
  void note_accept(const trace::Event& accepted, trace::HostId host);
  std::optional<std::size_t> connection_that(const trace::Event& connected) const;
  Packet& packet_with(std::uint64_t id);

  const trace::Recording& recording_;
  std::vector<Connection> connections_;
  std::vector<Life> lives_;
  std::map<Key, std::vector<std::size_t>> lives_of_;
  struct Unaccepted {
    const trace::Event* established;
    std::size_t life;
  };
  std::map<trace::HostId, std::deque<Unaccepted>> unaccepted_;  ///< in order
  std::vector<Packet> packets_;                                 ///< by id
  std::map<std::uint64_t, std::size_t> connection_of_send_;     ///< by the send's number
  std::map<std::uint64_t, std::size_t> called_by_;              ///< by the number of connect
  /// By what decided a connect: the number of the cause, and the host.
  std::map<std::pair<std::uint64_t, trace::HostId>, std::size_t> decided_by_;
};

}  // namespace lastack::explain
