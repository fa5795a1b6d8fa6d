#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "ends.hpp"
#include "lastack/core/time.hpp"
#include "lastack/core/time_distribution.hpp"
#include "lastack/run/summary.hpp"
#include "lastack/tcp/output.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::run {

/// How the connections of connectors went.
///
/// The first `max_records` have a record each, to the end of the run. Of the others there is the
/// time that connecting took and, where all are followed (`follow_all`), those of closing: such a
/// connection's record makes room for another when both its ends have closed.
class ConnectionBook {
 public:
  static constexpr std::size_t max_records = 10'000;
  /// A connection's place, which is used again when the connection is over and none of the first.
  using RecordIndex = std::uint32_t;

  /// One end of a connection.
  struct End {
    tcp::State state = tcp::State::closed;
    SimTime orphaned = never;  ///< when its application's close() left it to TCP
    SimTime finished = never;  ///< when that orphan came to TIME_WAIT or CLOSED
  };
  enum class Side : std::uint8_t { local, remote };

  struct Record {
    std::size_t connector = 0;  ///< index into Scenario::connectors
    std::uint64_t index = 0;    ///< which of its `count`
    tcp::SocketAddress local{};
    tcp::SocketAddress remote{};
    SimTime started = sim_start;
    SimTime decided = never;  ///< when `connect` succeeded or failed
    tcp::Error result = tcp::Error::would_block;
    CutOff cut_off = CutOff::no;  ///< before it was decided
    SimTime first_fin = never;
    Side active = Side::local;        ///< which end sent the first FIN
    SimTime active_finished = never;  ///< when that end came to TIME_WAIT or CLOSED
    SimTime gone = never;             ///< when both ends had closed, after a FIN
    std::uint64_t retransmissions = 0;
    End local_end{};
    End remote_end{};
    bool superseded = false;  ///< a later connection has the same ends
    bool over = false;        ///< its times are taken, and its place is free

    std::optional<SimDuration> connect_time() const;  ///< if it succeeded
    std::optional<SimDuration> close_time() const;
    std::optional<SimDuration> active_close_time() const;
    static std::optional<SimDuration> orphan_time(const End& end);
  };

  /// The times of connections: those of run::ConnectionSummary; connecting where it succeeded.
  struct Times {
    TimeDistribution connect;
    TimeDistribution close;
    TimeDistribution active_close;
    TimeDistribution orphan;

    void add(const Record& record);
  };

  /// From now on the states of all connections are followed. Requires that none began.
  void follow_all() { follows_all_ = true; }

  /// A connector begins.
  RecordIndex start(SimTime now, std::size_t connector, std::uint64_t index);
  /// The connection got its ends, and is followed from now on, if it has a record.
  void follow(RecordIndex index, tcp::SocketAddress local, tcp::SocketAddress remote);
  void decide(SimTime now, RecordIndex index, tcp::Error result);
  /// Something ended the connector before it came to a result. Requires how != CutOff::no.
  void cut_off(RecordIndex index, CutOff how);

  /// A host sent this segment. Only retransmissions and FINs matter.
  void sent(SimTime now, const tcp::Sent& sent);
  void changed(SimTime now, const tcp::StateChanged& change);
  /// An application closed its end of a connection, and TCP has done what it does at once.
  void closed(SimTime now, tcp::SocketAddress local, tcp::SocketAddress remote);
  /// The host forgot all its connections.
  void host_lost(SimTime now, tcp::Address host);

  /// Those of the first connections.
  std::span<const Record> records() const {
    return {records_.data(), std::min(records_.size(), max_records)};
  }
  /// Of all connections, as far as they are known by now.
  Times times() const;

  /// Asserts what is always true: a connection starts before its `connect` is decided, it has a
  /// result when it is decided and not before, its first FIN comes before its ends are done, and
  /// those that are followed are found by their ends, one for each pair.
  void check_invariants() const;

 private:
  bool has_record(RecordIndex index) const { return index < records_.size(); }
  RecordIndex new_place();
  /// Its times are taken and its place is free, if both ends have closed and it is none of the
  /// first.
  void make_room(RecordIndex index);
  void retire(RecordIndex index);

  /// Calls `note(record, side)` for each record of this connection (two if both ends opened
  /// it), which may be over then.
  template <typename Note>
  void for_each(tcp::SocketAddress local, tcp::SocketAddress remote, Note note);
  static End& end_of(Record& record, Side side) {
    return side == Side::local ? record.local_end : record.remote_end;
  }
  static void note_state(SimTime now, Record& record, Side side, tcp::State to);

  bool follows_all_ = false;
  std::vector<Record> records_;
  std::vector<SimTime> started_;   ///< of those without a record: by place behind max_records
  std::vector<RecordIndex> free_;  ///< places behind max_records
  Times over_;                     ///< of those whose places were used again
  boost::unordered_flat_map<Ends, RecordIndex> followed_;
};

}  // namespace lastack::run
