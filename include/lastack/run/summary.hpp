#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/core/time_distribution.hpp"
#include "lastack/scenario/never_matches.hpp"
#include "lastack/tcp/counters.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::run {

/// Why nobody hears what a connect comes to.
enum class CutOff : std::uint8_t {
  no,
  rebooted,  ///< its host was rebooted
  closed     ///< its application closed the socket while it was connecting
};

/// How one connector's connection went. The times from `close_time` on are known where the states
/// of connections are followed: in a run that is traced, or whose connectors open 10,000
/// connections at the most. A connection that both ends open is two, each with the same two ends.
///
/// An orphan is a connection that its application has closed and TCP still works for. Linux counts
/// them in tcp_orphan_count (`ss -s`, "orphaned") against tcp_max_orphans, from the end of
/// tcp_close() until the full socket is destroyed. Differs: here an orphan's FIN_WAIT_2 counts in
/// full. Linux hands its last tcp_fin_timeout, up to 60 s, to a small TIME-WAIT socket, which is no
/// orphan any more. And here only connections that an application held become orphans; Linux counts
/// for a moment also those that their listener resets unaccepted.
struct ConnectionSummary {
  std::string host;                             ///< "client"
  std::string who;                              ///< "connect", "connect#2"
  std::string local;                            ///< "client:40000"; empty if it never got a port
  std::string remote;                           ///< "server:80"
  tcp::Error result = tcp::Error::would_block;  ///< would_block: still trying at the end,
  CutOff cut_off = CutOff::no;                  ///< or until nobody could hear the result
  SimTime started;
  std::optional<SimDuration> connect_time;  ///< to success or failure
  std::optional<SimDuration> close_time;    ///< from the first FIN to both ends gone
  /// From the connection's first FIN until the end that sent it enters TIME_WAIT or is CLOSED: the
  /// constant minute of TIME-WAIT is left out. Absent while that end is in neither.
  std::optional<SimDuration> active_close_time;
  /// From the application's close() at the connector's end (where SO_LINGER makes it wait: from its
  /// return) until that end enters TIME_WAIT or is CLOSED. Absent where close() was not called,
  /// where nothing was left to do after it (the end was in one of these, or was reset by it: unread
  /// data, SO_LINGER 0, too many orphans), and while the orphan lives. An abort makes no orphan.
  std::optional<SimDuration> orphan_time;
  std::optional<SimDuration> orphan_time_remote;       ///< the same for the other end
  std::uint64_t retransmissions = 0;                   ///< by both ends
  tcp::State final_state = tcp::State::closed;         ///< of the connector's end
  tcp::State final_state_remote = tcp::State::closed;  ///< of the other end
};

/// What a failed (or held) expectation has to say.
struct ExpectationResult {
  std::string pointer;  ///< "/expect/2"
  bool held = false;    ///< false, too, where it was not judged
  bool judged = true;   ///< false where the run was cut short: then nothing was seen
  std::string wanted;   ///< "2 segments client->server S"
  std::string seen;     ///< "3"
  std::string where;  ///< "trace line 17 at 1.030 s: send S client:40000 > server:80"; may be empty
  /// Why it held for want of what it is about: "there was never such a socket". Else empty.
  std::string hollow{};
};

struct HostSummary {
  std::string name;
  std::map<std::string, std::uint64_t> counters;          ///< those that are not zero
  std::array<double, tcp::state_count> socket_seconds{};  ///< by State
  std::array<std::uint64_t, tcp::state_count> peak{};
  std::array<std::uint64_t, tcp::state_count> open_at_end{};
};

/// What a run was, in numbers (`--summary`).
struct Summary {
  std::string scenario;
  std::uint64_t seed = 1;
  std::uint64_t events = 0;              ///< handled by the scheduler's owner
  std::uint64_t segments_sent = 0;       ///< forged ones aside
  std::uint64_t segments_lost = 0;       ///< on the wire
  std::uint64_t segments_discarded = 0;  ///< by hosts
  std::map<std::string, std::uint64_t>
      lost_by_reason;  ///< "fault", "loss", "queue" …, as traces say
  std::map<std::string, std::uint64_t> discarded_by_reason;  ///< "checksum", "accept_queue" …
  std::uint64_t segments_retransmitted = 0;
  std::map<std::string, std::uint64_t> retransmitted_by_cause;  ///< by SendReason's name
  std::map<std::string, std::uint64_t>
      sent_by_kind;                   ///< "syn", "synack", "fin", "rst", "data", "ack"
  std::uint64_t bytes_delivered = 0;  ///< read by applications, or ready for them
  std::uint64_t connects = 0;
  std::uint64_t connects_ok = 0;
  std::map<std::string, std::uint64_t> connect_errors;  ///< by errno's name
  std::uint64_t accepts = 0;
  std::map<std::string, std::uint64_t> accept_errors;  ///< accepts that failed, by errno's name
  std::uint64_t datagrams_sent = 0;
  std::uint64_t datagrams_received = 0;
  double simulated_seconds = 0;
  bool interrupted = false;
  bool out_of_memory = false;  ///< the run was stopped because memory ran short
  /// The run was stopped because a million packets of one instant followed from one another, and
  /// more would have: from whom to whom, "client:40000 > server:80".
  std::optional<std::string> standstill;
  /// The run ended at a stop_at that the scenario does not give, with something still to come.
  bool stopped_at_default = false;
  /// Timers, arrivals and the like that were due after stop_at; 0 where the run ended otherwise. Of
  /// a connector's connections only the next counts.
  std::uint64_t events_to_come = 0;
  std::map<std::string, std::uint64_t> peak;         ///< over all hosts, by state's name
  std::map<std::string, std::uint64_t> open_at_end;  ///< by state's name
  std::map<std::string, double> time_in;             ///< socket-seconds by state's name
  /// Sockets at the end in ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING or LAST_ACK
  /// whose peer's host has nothing for the same two ends, not even a request or TIME-WAIT
  /// (RFC 9293, 3.5.1).
  std::uint64_t half_open_at_end = 0;
  std::uint64_t listen_overflows = 0;
  std::uint64_t listen_drops = 0;
  std::uint64_t syn_cookies_sent = 0;  ///< SYN-ACKs without a request behind them (RFC 4987, 3.6)

  /// `recv` and `send` steps that failed, of all applications, by errno's name. One connection can
  /// have several; which come at all depends on the steps.
  std::map<std::string, std::uint64_t> recv_errors;
  std::map<std::string, std::uint64_t> send_errors;
  /// Connections that failed after they were connected: TCP gave one up or an RST ended it before
  /// the application at that end had closed it. Each counts once, seen by a call or not.
  std::uint64_t connections_failed = 0;
  /// Connections of which an end came from ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2 or CLOSE_WAIT to
  /// CLOSED by an RST: one that arrived, or one that it sent (an abort, a close with data unread,
  /// keepalive probes that nobody answered). Each counts once, though both ends may be reset.
  std::uint64_t connections_reset = 0;

  /// Requests of connectors. One begins with a `send` step that a `recv` step follows on the same
  /// connection, whatever steps stand between them; more `send` steps before that `recv` are part
  /// of it. It is answered (`requests_ok`) when its steps succeeded and `recv` got all its octets,
  /// or with "eof" at least one and then EOF. Those that are under way at the end are not.
  std::uint64_t requests = 0;
  std::uint64_t requests_ok = 0;
  /// From the first octet that TCP took from `send` until `recv` had the last one: of the requests
  /// that were answered.
  TimeDistribution request_times;
  TimeDistribution connect_times;  ///< of all connects that succeeded

  std::vector<ConnectionSummary> connections;  ///< the first 10,000
  std::vector<HostSummary> hosts;
  std::vector<ExpectationResult> expectations;
  /// Faults, injections and expectations that matched nothing, in this order. A run that was cut
  /// short names only those that never match.
  std::vector<scenario::Unmatched> unmatched;

  /// Whether it did not come to its end, so that its expectations were not judged.
  bool cut_short() const { return interrupted || out_of_memory || standstill; }
  /// Whether every expectation of the scenario held; true where there is none.
  bool expectations_held() const;
};

/// The summary as JSON text (`--summary FILE`).
std::string to_json(const Summary& summary);
/// The summary for people: a few lines, no wider than `columns`.
std::string to_text(const Summary& summary, int columns);

}  // namespace lastack::run
