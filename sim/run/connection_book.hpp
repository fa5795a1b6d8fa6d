#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "ends.hpp"
#include "lastack/core/time.hpp"
#include "lastack/tcp/output.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::run {

/// How the connections of the first connectors went.
class ConnectionBook {
 public:
  static constexpr std::size_t max_records = 10'000;
  using RecordIndex = std::uint32_t;

  /// One end of a connection.
  struct End {
    tcp::State state = tcp::State::closed;
    SimTime orphaned = never;  ///< when its application's close() left it to TCP
    SimTime finished = never;  ///< when that orphan came to TIME_WAIT or CLOSED
  };
  enum class Side : std::uint8_t { local, remote };

  struct Record {
    std::size_t connector;  ///< index into Scenario::connectors
    std::uint64_t index;    ///< which of its `count`
    tcp::SocketAddress local;
    tcp::SocketAddress remote;
    SimTime started;
    SimTime decided = never;  ///< when `connect` succeeded or failed
    tcp::Error result = tcp::Error::would_block;
    bool rebooted = false;  ///< before it was decided
    SimTime first_fin = never;
    Side active = Side::local;        ///< which end sent the first FIN
    SimTime active_finished = never;  ///< when that end came to TIME_WAIT or CLOSED
    SimTime gone = never;             ///< when both ends had closed, after a FIN
    std::uint64_t retransmissions = 0;
    End local_end;
    End remote_end;
    bool superseded = false;  ///< a later connection has the same ends
  };

  /// A connector begins; nothing when the book is full.
  std::optional<RecordIndex> start(SimTime now, std::size_t connector, std::uint64_t index);
  /// The connection got its ends, and is followed from now on.
  void follow(RecordIndex record, tcp::SocketAddress local, tcp::SocketAddress remote);
  void decide(SimTime now, RecordIndex record, tcp::Error result);
  /// A reboot ended the connector before it came to a result.
  void cut_off(RecordIndex record) { records_[record].rebooted = true; }

  /// A host sent this segment. Only retransmissions and FINs matter.
  void sent(SimTime now, const tcp::Sent& sent);
  void changed(SimTime now, const tcp::StateChanged& change);
  /// An application closed its end of a connection, and TCP has done what it does at once.
  void closed(SimTime now, tcp::SocketAddress local, tcp::SocketAddress remote);
  /// The host forgot all its connections.
  void host_lost(SimTime now, tcp::Address host);

  const std::vector<Record>& records() const { return records_; }

  /// Asserts what is always true: a connection starts before its `connect` is decided, it has a
  /// result when it is decided and not before, its first FIN comes before its ends are done, and
  /// those that are followed are found by their ends, one for each pair.
  void check_invariants() const;

 private:
  /// Calls `note(record, side)` for each record of this connection (two if both ends opened
  /// it).
  template <typename Note>
  void for_each(tcp::SocketAddress local, tcp::SocketAddress remote, Note note);
  static End& end_of(Record& record, Side side) {
    return side == Side::local ? record.local_end : record.remote_end;
  }
  static void note_state(SimTime now, Record& record, Side side, tcp::State to);

  std::vector<Record> records_;
  boost::unordered_flat_map<Ends, RecordIndex> followed_;
};

}  // namespace lastack::run
