#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/timer_grid.hpp"

// What theory says about handshakes, farewells and ports when every segment is lost on its own:
// figures to hold simulations against. They use neither the stack nor the simulator, only the rules
// by which hosts repeat a segment (RFC 6298, 5; Linux: sim/tcp/LINUX.md, "Opening" and "Closing",
// and Documentation/networking/ip-sysctl.rst).

namespace lastack::batch {

/// A way between two hosts, there (from who acts first) and back.
struct RoundTrip {
  double loss_there = 0;  ///< probability, for each segment on its own
  double loss_back = 0;
  SimDuration delay_there{};  ///< constant
  SimDuration delay_back{};
};

/// When a segment is sent again and again while nothing answers, counted from the first time.
struct Transmissions {
  std::vector<SimDuration> sent;  ///< the first at 0
  SimDuration gives_up{};         ///< an answer that comes then or later is too late
};

// --- Connecting ---

/// How a client repeats its SYN.
struct SynPolicy {
  std::int32_t retries = 6;          ///< tcp_syn_retries, or TCP_SYNCNT
  std::int32_t linear_timeouts = 4;  ///< tcp_syn_linear_timeouts
  SimDuration initial_rto = 1s;      ///< RFC 6298, 2.1
  SimDuration rto_max = 120s;        ///< tcp_rto_max_ms
  tcp::RetryBudget budget = tcp::RetryBudget::elapsed_time;
  tcp::TimerGrid grid = tcp::TimerGrid::exact();
};

/// The first `linear_timeouts` waits are initial_rto each, the others double (RFC 6298, 5.5).
/// RetryBudget::count: after `retries` retransmissions the next timeout is the end. elapsed_time:
/// the linear ones come on top, but the attempt also ends at the first timeout by which so much
/// time has passed as `retries` doubling waits from initial_rto take (LINUX.md, "Opening").
Transmissions syn_transmissions(const SynPolicy& policy);

/// How a listener repeats its SYN-ACK. Its queues have room.
struct SynAckPolicy {
  std::int32_t retries = 5;      ///< tcp_synack_retries, or the listener's TCP_SYNCNT
  SimDuration initial_rto = 1s;  ///< then doubling
  SimDuration rto_max = 120s;
  tcp::RepeatedSyn repeated_syn = tcp::RepeatedSyn::synack_restart_timer;
  SimDuration answer_limit = 500ms;  ///< tcp_invalid_ratelimit
  tcp::TimerGrid grid = tcp::TimerGrid::exact();
};

/// How a connection attempt ends.
struct ConnectOdds {
  double ok = 0;         ///< the probability that connect() succeeds
  double syns_sent = 0;  ///< the expected number
  /// When connect() returns with success, in order, with the probability of each; they add up to
  /// `ok`.
  std::vector<std::pair<SimDuration, double>> times;

  /// Expected, in seconds, given that it succeeds; nothing where it cannot.
  std::optional<double> mean_time() const;
};

/// Exact, by the sum over which SYNs arrive and which SYN-ACK is the first that does. Walks through
/// time from arrival to arrival at the listener and keeps the probability of each state that the
/// listener can be in with nothing heard at the client; states that agree are one, so that 2^n
/// patterns of losses make a few dozen states. Segments of one instant take effect in the order in
/// which they were sent or their timers set, as in the simulator.
ConnectOdds connect_odds(const Transmissions& syns, const SynAckPolicy& listener,
                         const RoundTrip& way);

// --- Closing ---

/// How a host that closed repeats its FIN.
struct FinPolicy {
  std::int32_t retries = 0;        ///< tcp_orphan_retries
  std::int32_t retries_for_0 = 8;  ///< what 0 means while the timeout is below rto_max
  SimDuration rto{};               ///< when the FIN is sent
  std::optional<SimDuration>
      probe_after;  ///< of the tail-loss probe, if there is one (RFC 8985, 7)
  SimDuration rto_max = 120s;
  tcp::RetryBudget budget = tcp::RetryBudget::elapsed_time;
  tcp::TimerGrid grid = tcp::TimerGrid::exact();
};

/// The FIN goes at 0, as a tail-loss probe, which is no retry, after `probe_after`, and a timeout
/// later by doubling waits. RetryBudget::count: `retries` of these. elapsed_time: until the first
/// timeout by which so much time has passed since the first of them as `retries` doubling waits
/// from 200 ms take, whatever the round trip is (LINUX.md, "Closing").
Transmissions fin_transmissions(const FinPolicy& policy);

/// What a host of a scenario does for a FIN that goes when everything sent before is acknowledged,
/// after one sample of the round trip, the handshake's. More samples make the timeout shorter.
/// Requires round_trip > 0.
FinPolicy fin_policy(const scenario::Host& host, SimDuration round_trip);

/// How the wait for the FIN's acknowledgment ends.
struct CloseOdds {
  double acknowledged = 0;       ///< probability that it comes before the host gives up
  double fins_sent = 0;          ///< expected, probe included
  double time_until_over = 0;    ///< expected seconds until acknowledged or given up
  SimDuration gives_up_after{};  ///< how long the socket stays when the peer has vanished
};

/// Exact where each FIN that arrives is acknowledged at once by a peer that sends nothing else: one
/// that keeps its half open, or (loss 1) has vanished. A peer that closes as well acknowledges with
/// its own FIN and repeats that, so that the odds are better than these.
CloseOdds close_odds(const Transmissions& fins, const RoundTrip& way);

// --- Ports ---

/// Connections per second that one client address can open to one server port for ever, when the
/// client closes first: each holds its port as long as it is open, and then in TIME-WAIT (60 s in
/// Linux). By Little's law a rate r holds r x (open_for + time_wait) ports.
/// Requires open_for + time_wait > 0.
double port_rate(std::uint64_t ports, SimDuration open_for, SimDuration time_wait);
/// The same for the ports that a host may choose (ip_local_port_range without
/// ip_local_reserved_ports) and its TIME-WAIT, and connections that take no time.
/// Nothing where tcp_tw_reuse lets connections take over pairs in TIME-WAIT, and where the number
/// of ports is odd and Linux's search leaves one of them out, now this one and now that.
std::optional<double> port_rate(const scenario::Host& client);

// --- Scenarios that have a closed form ---

/// A figure that a sweep's metric should agree with.
struct Prediction {
  std::string metric;   ///< column: "connect_ok", "connect_time.mean", "connect_error.ETIMEDOUT",
                        ///< "syn_sent"
  double value = 0;     ///< expected, of one run
  std::string formula;  ///< for people: "1 - 0.5^7"
};

/// A scenario's handshakes.
struct ConnectModel {
  SynPolicy client;
  SynAckPolicy listener;
  RoundTrip way;
  std::uint64_t connections = 1;  ///< of one run
  /// With the kernel's grid the timers' phase is the seed's choice: figures are averages over it.
  tcp::TimerMode client_timers = tcp::TimerMode::exact;
  tcp::TimerMode listener_timers = tcp::TimerMode::exact;
  std::int32_t client_hz = tcp::TimerGrid::usual_hz;
  std::int32_t listener_hz = tcp::TimerGrid::usual_hz;

  /// How one handshake ends, and how long it takes on average.
  ConnectOdds odds() const;
  /// Of `connect_ok`, `connect_time.mean`, `syn_sent` and `connect_error.ETIMEDOUT`.
  std::vector<Prediction> predictions() const;
};

/// The model of a scenario in which one connector's handshakes are all that matters: two hosts, one
/// link of constant delays and independent losses, nothing done to it, room in all queues, and time
/// enough. Nothing for others; `why_not`, if given, then says what stands in the way ("the link has
/// jitter").
std::optional<ConnectModel> connect_model(const scenario::Scenario& scenario,
                                          std::string* why_not = nullptr);

/// A scenario in which one client opens connections at equal intervals over a link without loss and
/// closes each at once, so that ports in TIME-WAIT are what runs short.
struct PortModel {
  std::uint64_t ports = 0;
  std::uint64_t connections = 0;  ///< that are wanted
  app::Rate rate;                 ///< at which they begin
  SimDuration held{};             ///< how long each has its port: two round trips and TIME-WAIT

  /// Of `connect_ok` and `connect_error.EADDRNOTAVAIL`: in every period of `held` the first `ports`
  /// connections succeed; for ever that is ports / held a second.
  std::vector<Prediction> predictions() const;
};
std::optional<PortModel> port_model(const scenario::Scenario& scenario);

/// A scenario in which the peer loses power after all handshakes and before the closes, which send
/// FINs that nobody acknowledges, over a way that is as it should be.
struct VanishedPeerModel {
  scenario::Host closer;
  SimDuration round_trip{};
  std::optional<std::uint64_t> connections;  ///< of one run, where chance has no say in it

  struct Figures {
    double orphan_seconds = 0;  ///< expected, as is the next; averages over the timers' phases
    double fins = 0;            ///< of one connection, a tail-loss probe included
    SimDuration longest{};
  };
  /// What one close costs, averaged over the phases of the timers (RFC 6298, 5;
  /// tcp_orphan_retries).
  Figures figures() const;

  /// Of `orphan_time.mean` and, where the number of connections is fixed, `fin_sent`.
  std::vector<Prediction> predictions() const;
};
std::optional<VanishedPeerModel> vanished_peer_model(const scenario::Scenario& scenario);

/// Whatever has a closed form in a scenario; empty where nothing has.
std::vector<Prediction> predictions_of(const scenario::Scenario& scenario);

}  // namespace lastack::batch
