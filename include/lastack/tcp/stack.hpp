#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/core/wakeup.hpp"
#include "lastack/tcp/counters.hpp"
#include "lastack/tcp/fixed_iss.hpp"
#include "lastack/tcp/output.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/settings.hpp"
#include "lastack/tcp/state.hpp"
#include "lastack/tcp/state_census.hpp"
#include "lastack/tcp/timer_grid.hpp"

namespace lastack::tcp {

/// How connections are opened: as RFC 9293 has it, or changed to show what would go wrong.
enum class Handshake : std::uint8_t {
  two_way,  ///< the SYN alone makes a connection at the listener; nothing acknowledges its SYN-ACK
  three_way,  ///< RFC 9293, 3.5
  four_way,   ///< the listener sends the ACK of the SYN and its own SYN as two segments
};

enum class TimerMode : std::uint8_t {
  exact,  ///< timers fire when they are due
  wheel,  ///< timers round up on the kernel's grid of jiffies
};

/// A host with memory for any number of sockets.
inline constexpr std::uint32_t unlimited_sockets = 0xffff'ffff;

/// What a host's TCP is made from.
struct StackConfig {
  std::string name;  ///< of the host; keys its random choices
  Address address{};
  ProfileId profile = ProfileId::linux_6;
  Settings settings{};
  SimDuration initial_rto = 1s;  ///< RFC 6298, 2.1
  SimDuration msl = 30s;         ///< TIME-WAIT lasts 2 MSL (RFC 9293, 3.3.2)
  TimerMode timers = TimerMode::wheel;
  std::int32_t hz = TimerGrid::usual_hz;  ///< the wheel's ticks a second (CONFIG_HZ)
  Handshake handshake = Handshake::three_way;
  std::uint32_t mtu = 1500;  ///< bytes, of the host's own link
  /// For so many sockets the kernel has memory, orphans included; requests and TIME-WAIT records
  /// are small and do not count.
  std::uint32_t sockets_max = unlimited_sockets;
  std::uint64_t seed = 1;   ///< the run's; initial sequence numbers and the like derive from it
  std::uint32_t boots = 0;  ///< how often it was rebooted: each boot makes other secrets
};

/// Socket options that Lastack knows, by their Linux names (tcp(7), socket(7)).
enum class SocketOption : std::uint8_t {
  tcp_user_timeout,  // ms
  tcp_syncnt,
  tcp_linger2,       // s
  tcp_defer_accept,  // s
  tcp_keepidle,      // s
  tcp_keepintvl,     // s
  tcp_keepcnt,
  tcp_nodelay,
  tcp_quickack,
  tcp_cork,
  tcp_maxseg,  // bytes
  so_keepalive,
  so_reuseaddr,
  so_linger,  // s
  so_rcvbuf,  // bytes
  so_sndbuf,  // bytes
};

/// "TCP_USER_TIMEOUT" and the like.
std::string_view name_of(SocketOption option);
std::optional<SocketOption> socket_option_named(std::string_view name);
/// The values an option takes, both included (Linux's own limits).
std::pair<std::int32_t, std::int32_t> socket_option_range(SocketOption option);

struct SocketOptionValue {
  SocketOption option;
  std::int32_t value;
};

/// The answer to SEND and RECEIVE.
struct IoResult {
  Error error = Error::none;  ///< would_block: wait until the socket is woken
  std::uint64_t bytes = 0;    ///< taken into the send buffer, or read
  bool eof = false;           ///< the peer has closed, and everything before was read
  /// A send that found no memory (tcp_mem) sleeps until then at the most, and is repeated.
  SimTime try_again = never;
};

/// One row of what `ss` would show.
struct SocketSnapshot {
  SocketAddress local;
  SocketAddress remote;  ///< port 0 for LISTEN
  State state;
  std::uint64_t recv_q = 0;    ///< bytes not read yet; for LISTEN connections to accept
  std::uint64_t send_q = 0;    ///< bytes not acknowledged yet; for LISTEN the backlog
  bool orphan = false;         ///< no application holds it any more
  std::optional<Timer> timer;  ///< the one due next
  SimTime due = never;
  std::uint32_t retransmits = 0;
};

/// What waits at a host's listeners, all together.
struct ListenQueues {
  std::uint64_t requests = 0;     ///< handshakes under way (the SYN queues)
  std::uint64_t connections = 0;  ///< to be accepted (the accept queues)
};

/// The TCP of one host (RFC 9293): its connections, listeners with their queues, TIME-WAIT records,
/// ports and limits. A pure state machine: calls, segments and timeouts come in with the time, and
/// an Output says what follows. It knows no scheduler and no network.
class Stack {
 public:
  /// A host without sockets.
  explicit Stack(StackConfig config);
  Stack(Stack&&) noexcept;
  Stack& operator=(Stack&&) noexcept;
  ~Stack();

  /// What the host was made from.
  const StackConfig& config() const;

  // --- User calls (RFC 9293, 3.9.1), with the answers of Linux's socket calls ---

  /// Whether there is memory for one more socket; else the call that wants it fails with
  /// no_buffer_space. Whoever calls `open` asks first.
  bool has_room() const;
  /// A socket in CLOSED. `iss` fixes its initial sequence number.
  SocketId open(const std::vector<SocketOptionValue>& options = {}, std::optional<Seq> iss = {});
  /// Port 0 picks a free one. Fails with address_in_use.
  Error bind(SocketId socket, Port port);
  /// Starts an active open. none: a SYN was sent, and `connect_result` says how it goes; else it
  /// failed at once (address_not_available, already_connected).
  Error connect(SimTime now, SocketId socket, SocketAddress remote, Output& out);
  /// none: connected; would_block: not yet; else why it failed (reported once, then not_connected).
  Error connect_result(SocketId socket);
  /// Whether `send` took less than it was given, and there is not yet as much room as poll waits
  /// for: a third of the buffer (Linux, sk_stream_write_space).
  bool waits_for_room(SocketId socket) const;

  /// A passive open. `backlog` is capped by somaxconn. Without SO_REUSEADDR (on by default here) it
  /// fails with address_in_use while the port's connections live on, TIME-WAIT included. `iss` has
  /// the initial sequence numbers of its connections, in the order of their SYNs.
  Error listen(SimTime now, Port port, std::int32_t backlog,
               const std::vector<SocketOptionValue>& options, const FixedIss& iss,
               ListenerId& listener, Output& out);
  /// Whether a connection waits to be accepted.
  bool acceptable(ListenerId listener) const;
  /// The oldest connection of the accept queue, if any.
  std::optional<SocketId> accept(SimTime now, ListenerId listener, Output& out);
  /// Stops listening: requests vanish, connections that nobody accepted are reset.
  void close_listener(SimTime now, ListenerId listener, Output& out);

  /// SEND (RFC 9293, 3.10.2): takes octets up to the room in the send buffer; would_block where
  /// there is none.
  IoResult send(SimTime now, SocketId socket, std::uint64_t bytes, Output& out);
  /// RECEIVE (RFC 9293, 3.10.3): takes up to so many octets; would_block where none wait.
  IoResult receive(SimTime now, SocketId socket, std::uint64_t bytes_max, Output& out);
  enum class Direction : std::uint8_t { read, write, both };
  /// shutdown(): ends sending (a FIN follows what is queued), receiving, or both.
  Error shutdown(SimTime now, SocketId socket, Direction how, Output& out);
  /// With SO_LINGER above 0, close waits until the peer has everything: sends what is queued and
  /// the FIN, and returns how long to wait at the most, for a wakeup or the end of that time;
  /// `close` comes after. Zero: nothing to wait for (any more). May be asked again.
  SimDuration linger(SimTime now, SocketId socket, Output& out);
  /// The application gives the socket up; TCP finishes alone. With SO_LINGER 0 it aborts.
  void close(SimTime now, SocketId socket, Output& out);
  /// ABORT (RFC 9293, 3.9.1.5): RST at once.
  void abort(SimTime now, SocketId socket, Output& out);
  /// setsockopt() on a socket in any state; the result is what the call would return.
  Error set_option(SimTime now, SocketId socket, SocketOptionValue option, Output& out);

  // --- Segments and timeouts ---

  /// SEGMENT ARRIVES (RFC 9293, 3.10.7). The checksum was good.
  void segment_arrives(SimTime now, const Segment& segment, Output& out);

  /// The earliest deadline of `owner`; `never` if it has none or is gone.
  SimTime deadline(TimerOwner owner) const;
  /// The owner's deadline and place in its driver's scheduler; null if there never was such an
  /// owner. Output::rescheduled names those that the scheduler has to follow anew.
  Wakeup* wakeup(TimerOwner owner);
  /// USER TIMEOUT and the others (RFC 9293, 3.10.8): every deadline of `owner` up to `now` is met.
  void timeout(SimTime now, TimerOwner owner, Output& out);

  // --- What it shows ---

  Settings& settings();  ///< may be changed while it runs; takes effect as in Linux, from then on
  /// What happened so far.
  const Counters& counters() const;
  /// Sockets by state.
  const StateCensus& census() const;
  /// Pages of 4096 bytes that its sockets hold for data (tcp_mem): now, and at most so far.
  std::uint64_t memory_pages() const;
  /// The most pages so far.
  std::uint64_t memory_pages_peak() const;
  /// The same, to be joined with others.
  StateCensus& census();
  /// Entries of all listeners' queues together.
  ListenQueues listen_queues() const;
  /// The state of a socket. Requires that it is open.
  State state(SocketId socket) const;
  /// The socket's own end. Requires that it is open.
  SocketAddress local(SocketId socket) const;
  /// The socket's peer. Requires that it is open.
  SocketAddress remote(SocketId socket) const;
  /// ISS of the live connection (or request, or TIME-WAIT record) of this pair, as this host's own
  /// side has it; nothing if there is none. `+`-relative injected segments are counted from here.
  std::optional<Seq> iss(SocketAddress local, SocketAddress remote) const;
  /// Of the connection, request or record of this pair; CLOSED if there is none.
  State state(SocketAddress local, SocketAddress remote) const;
  /// Shows every connection, request and TIME-WAIT record, in no particular order: for what does
  /// not depend on one.
  using Visit = std::function<void(SocketAddress local, SocketAddress remote, State state)>;
  /// Calls `visit` for each of them.
  void visit(const Visit& visit) const;
  /// Octets that arrived in order and wait for their applications, in all connections.
  std::uint64_t octets_not_read() const;
  std::vector<SocketSnapshot> snapshot() const;  ///< ordered by state, local and remote end

  // --- For checks: these look through everything there is ---

  /// Sockets that applications hold, listeners among them: what `open`, `listen` and `accept` gave
  /// and nobody gave up. Each is a descriptor of its application.
  std::size_t sockets_held() const;
  using VisitDeadline = std::function<void(TimerOwner owner, const Wakeup& wakeup)>;
  /// Shows every deadline there is: each must have an entry in the driver's scheduler.
  void visit_deadlines(const VisitDeadline& visit) const;
  /// Asserts what is always true between two events, of the stack and of each of its parts.
  void check_invariants() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack::tcp
