#pragma once

#include <cstdint>

#include "lastack/core/time.hpp"
#include "lastack/tcp/congestion_control.hpp"
#include "lastack/tcp/rto_estimator.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::tcp {

/// How a retry setting limits retransmission.
enum class RetryBudget : std::uint8_t {
  count,        ///< so many retransmissions
  elapsed_time  ///< the time that so many would take with the minimum RTO (retransmits_timed_out)
};

/// When received octets are acknowledged.
enum class AckPolicy : std::uint8_t {
  at_once,   ///< before the application sees them; TCP_QUICKACK 0 turns delaying on
  quick_ack  ///< Linux: at once at the start, after that as the exchange suggests
};

/// What the listener does for a SYN that comes again while its request waits.
enum class RepeatedSyn : std::uint8_t {
  ack,                  ///< unacceptable, so an ACK answers (RFC 9293, 3.10.7.4, first)
  synack,               ///< SYN-ACK again, the timer unchanged
  synack_restart_timer  ///< SYN-ACK again, at most every tcp_invalid_ratelimit, and its timer anew
};

/// What a request that used up its retries leaves behind.
enum class RequestExpiry : std::uint8_t { silent, reset };

/// How a synchronized connection meets a SYN, and a RST whose number is not exactly the next one.
enum class BlindAttacks : std::uint8_t {
  rfc793,     ///< in the window they end the connection
  challenged  ///< a challenge ACK answers (RFC 5961; RFC 9293, 3.10.7.4)
};

/// What a SYN-SENT host does about an ACK that acknowledges something it never sent.
enum class WrongSynAck : std::uint8_t {
  reset,           ///< RST, and waits on (RFC 9293, 3.10.7.3)
  reset_and_retry  ///< RST, and the SYN again at once (tcp_rcv_synsent_state_process, since 5.6)
};

/// The state in which an orphan waits for the peer's FIN.
enum class OrphanFinWait2 : std::uint8_t {
  connection,  ///< the full connection stays
  record       ///< a small record as for TIME-WAIT, which answers data with RST
};

/// Which timestamps mark an old duplicate, and which move TS.Recent.
enum class Paws : std::uint8_t {
  rfc7323,  ///< older than TS.Recent; what lies in the window moves it (RFC 7323, 5.3)
  linux     ///< with a tick's tolerance, old ACKs in silence; what tcp_ack takes moves it
};

/// How a peer's repeated segments move the end of TIME-WAIT.
enum class TimeWaitRestart : std::uint8_t { on_fin, on_any_ack };

/// How a local port is chosen for a connection that names none.
enum class PortOrder : std::uint8_t {
  in_turn,  ///< one after the other from a start of the peer's (RFC 6056, 3.3.3)
  linux     ///< by twos, from a start of the peer's that moves on by chance (RFC 6056, 3.3.4)
};

/// Where profiles differ in what no setting of theirs says; the table is in sim/tcp/profile.cpp.
struct Profile {
  ProfileId id;
  RtoFormula rto_formula;
  CongestionAlgorithm congestion;
  RetryBudget retry_budget;
  std::int32_t orphan_retries_for_0;  ///< what tcp_orphan_retries = 0 means
  AckPolicy acks;
  RepeatedSyn repeated_syn;
  RequestExpiry request_expiry;
  BlindAttacks blind_attacks;
  WrongSynAck wrong_syn_ack;
  OrphanFinWait2 orphan_fin_wait_2;
  TimeWaitRestart time_wait_restart;
  /// Whether an application that closes with data unread, or whose closed half still gets data,
  /// resets the connection (RFC 9293, MAY-1; RFC 2525, 2.17).
  bool reset_on_unread;
  /// Whether text that begins before the peer's FIN and goes beyond it resets the connection
  /// (Linux).
  bool resets_text_around_fin;
  /// Whether text that goes beyond the window is dropped, all of the segment, while something waits
  /// to be read (Linux 6.17 and later).
  bool drops_text_beyond_window;
  /// Whether the peer gets a RST when keepalive stays unanswered.
  bool reset_on_keepalive_failure;
  /// Whether, after the peer's FIN, a RST with the FIN's own number is taken for the peer's.
  bool reset_at_fin;
  /// Whether a RST for a request in the SYN queue must have the exact number, whatever it
  /// acknowledges (RFC 9293, 3.10.7.4; RFC 5961, 3.2); else any in the window will do whose ACK, if
  /// it has one, is right.
  bool exact_request_resets;
  /// Whether TCP_USER_TIMEOUT also ends a connection whose window stays closed though its probes
  /// are answered; RFC 9293, 3.8.6.1 keeps it open (MUST-37).
  bool user_timeout_of_answered_probes;
  /// Whether a reduction of the congestion window is taken back when what seemed lost was late
  /// (RFC 4015, RFC 3708).
  bool undoes_spurious_losses;
  /// Whether connect from a port of the application's choice takes over a pair in TIME-WAIT that
  /// used timestamps, without tcp_tw_reuse (RFC 6191).
  bool bound_port_reuses_time_wait;
  PortOrder port_order;
  SimDuration iss_tick;  ///< of the clock in initial sequence numbers (RFC 9293, 3.4.1)
  /// Whether segments leave in bursts, and a short burst may wait for an ACK (segmentation
  /// offload).
  bool sends_bursts;
  /// Whether a burst that is smaller than it might be takes from what was written next (Linux 6.10
  /// and later, tcp_grow_skb).
  bool grows_bursts;
  /// Whether what arrived before a connection was reset or timed out can still be read, and its end
  /// of file is told before the error (Linux); else the queues are flushed (RFC 9293, 3.10.7.4).
  bool reads_after_end;
  /// Whether a reset of a connection that was opened at both ends at once refuses it (RFC 9293,
  /// 3.10.7.4, second); else it counts as one of an open connection.
  bool refused_in_simultaneous_open;
  /// Whether the FIN of a shutdown in SYN_RCVD waits until the connection is open (Linux); else it
  /// goes at once (RFC 9293, 3.10.4).
  bool shutdown_waits_for_handshake;
  /// Whether the SYN-ACK that answers a crossed SYN offers all that our own SYN did (Linux); else
  /// only what the peer's SYN offers as well (RFC 7323, 1.3 and 2.2; RFC 2018, 2).
  bool crossed_syn_ack_offers_all;
  /// Whether an ACK that may say something new of the window is no duplicate even where it says the
  /// same as before (Linux, FLAG_WIN_UPDATE); else only another window counts (RFC 5681, 2).
  bool window_updates_are_no_duplicates;
  /// Whether data in order that says nothing new of the send side leaves a timer of corked or
  /// probing data as it runs (Linux, header prediction).
  bool predicts_headers;
  /// How PAWS and TS.Recent are kept.
  Paws paws;
  /// Whether RACK alone finds losses where there is SACK, whatever tcp_recovery says (Linux 6.17
  /// and later).
  bool always_rack;
  /// Whether a window that the peer takes back counts for what is in flight: what goes again is cut
  /// and joined to what the window and the MSS take, ACKs keep inside it, and a closed one turns
  /// retransmissions into probes.
  bool repacks_retransmissions;
  /// Whether a segment without SYN, ACK and RST is dropped before its number is looked at.
  bool drops_flagless_first;
  /// Whether a SYN that also carries a FIN is dropped in LISTEN (Linux); else its FIN and octets
  /// are left for the peer to send again (RFC 9293, 3.10.7.2, third).
  bool drops_syn_with_fin;
  /// Whether octets and FIN of a SYN-ACK are taken once the connection stands (RFC 9293, 3.10.7.3);
  /// else they are left for the peer to send again.
  bool takes_text_of_syn_ack;
  /// Whether an ACK is old only as far back as octets were acknowledged (Linux); else by the
  /// largest window, below the ISS too (RFC 5961, 5.2).
  bool old_acks_begin_at_iss;
  /// Whether probes of a closed window end for an orphan though they are answered.
  bool bounds_probes_of_orphans;
  /// Whether a SYN that may replace a TIME-WAIT record is answered with the record's ACK where
  /// nobody listens; else with a reset.
  bool time_wait_answers_unheard_syn;
  /// Whether requests outlive their listener until their next segment or timer.
  bool requests_outlive_listener;
  /// The peer's window and our own: Linux grows its window with the traffic, others offer what is
  /// free.
  bool window_follows_traffic;
};

const Profile& profile_of(ProfileId id);

}  // namespace lastack::tcp
