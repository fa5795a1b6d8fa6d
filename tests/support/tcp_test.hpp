#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/tcp/stack.hpp"
#include "support/driven_stack.hpp"
#include "support/notation.hpp"
#include "support/printers.hpp"

namespace lastack::test {

/// Which side of the connection our Stack is.
enum class Role : std::uint8_t {
  client,  ///< connects from port 40000 to the peer's port 80
  server,  ///< listens on port 80; the peer's port is 40000
};

/// What a conversation starts from.
struct Setup {
  tcp::ProfileId profile = tcp::ProfileId::rfc9293;
  Role role = Role::client;
  std::vector<std::pair<std::string, std::string>> sysctl{};
  std::vector<tcp::SocketOptionValue> options{};  ///< of our socket, or of the listener
  std::string peer_options = "<mss 1460>";        ///< on a peer's SYN that names none
  std::uint16_t peer_window = 65535;              ///< on a peer's segment that names none
  std::optional<tcp::Seq> iss = tcp::Seq{1000};   ///< absent: our Stack chooses
  tcp::Seq peer_iss{5000};
  std::int32_t backlog = 128;
  std::optional<SimDuration> initial_rto{};  ///< absent: the profile's
  std::optional<SimDuration> msl{};
  std::optional<tcp::TimerMode> timers = tcp::TimerMode::exact;
  tcp::Handshake handshake = tcp::Handshake::three_way;
};

using Where = std::source_location;

/// One host's TCP in a conversation with a peer that the test plays, in the notation of
/// notation.hpp. Every segment that our side sends must be named by the test: one that is left over
/// when the next step begins, or at the end, is a failure. A failure prints the steps so far.
class TcpTest {
 public:
  /// An unconnected socket.
  static TcpTest client(Setup setup = {});
  /// A listener on port 80.
  static TcpTest listener(Setup setup = {});
  /// A connection in this state, reached by real calls and segments; nothing but SYN and FIN was
  /// sent, and in the states after ESTABLISHED our side was shut down for writing, not closed.
  static TcpTest in(tcp::State state, Setup setup = {});

  TcpTest(TcpTest&&) = default;
  ~TcpTest();

  // --- The peer and the time ---

  /// A segment of the peer arrives.
  TcpTest& in(std::string_view line, Where where = Where::current());
  /// Exactly this was sent next.
  TcpTest& out(std::string_view line, Where where = Where::current());
  /// Nothing more was sent.
  TcpTest& quiet(Where where = Where::current());
  /// Nothing more was sent, and the connection is in this state.
  TcpTest& quiet(tcp::State state, Where where = Where::current());
  /// Lets time pass; timers fire on the way.
  TcpTest& after(SimDuration duration, Where where = Where::current());
  /// For `duration` nothing is sent; then, at its end, exactly this.
  TcpTest& out_after(SimDuration duration, std::string_view line, Where where = Where::current());
  /// Lets time pass until something is sent, `limit` at most, and returns how long that took.
  SimDuration until_sent(SimDuration limit, Where where = Where::current());
  /// Drops the last segments sent from what must be named. Returns how many they were.
  std::size_t skip_sent();

  // --- Calls of our application ---

  tcp::Error connect();
  tcp::Error connect_result();
  /// Whether there was a connection to accept; calls go to it from then on.
  bool accept();
  tcp::IoResult send(std::uint64_t bytes);
  tcp::IoResult receive(std::uint64_t bytes_max = UINT64_MAX);
  tcp::Error shutdown(tcp::Stack::Direction how = tcp::Stack::Direction::write);
  void close();
  void abort();
  tcp::Error set(tcp::SocketOption option, std::int32_t value);
  void close_listener();

  // --- What can be seen ---

  /// Of this conversation's connection, request or TIME-WAIT record; else LISTEN or CLOSED.
  tcp::State state() const;
  /// As `ss` would show it, if there is any.
  std::optional<tcp::SocketSnapshot> snapshot() const;
  const tcp::Counters& counters() const { return stack().counters(); }
  /// Whether a waiting call on our socket was woken since last asked.
  bool woken();
  /// The segment that `out` saw last, and why it was sent.
  const tcp::Sent& last_sent() const { return last_sent_; }
  /// What was thrown away since the conversation began: "accept_queue" …
  const std::vector<std::string>& discards() const { return discards_; }
  /// How often connections were reported as reset, and as failed.
  int resets() const { return resets_; }
  int failures() const { return failures_; }
  /// Octets from the last acknowledgment we sent to the right edge of the window we announced.
  std::uint32_t announced_window() const;
  SimTime now() const { return now_; }
  tcp::Stack& stack() { return driven_->stack(); }
  const tcp::Stack& stack() const { return driven_->stack(); }

  /// Turns to another connection with the same host: from another port of the peer (we listen), or
  /// of ours (we connect). Later lines and calls are about that one.
  TcpTest& conversation(tcp::Port port);

 private:
  /// One connection as the peer knows it.
  struct Flow {
    tcp::SocketAddress local;
    tcp::SocketAddress remote;
    std::optional<tcp::SocketId> socket{};
    tcp::Seq iss;
    tcp::Seq peer_iss;
    tcp::Seq acknowledged{};    ///< last ack we sent
    std::uint32_t window = 0;   ///< announced with it, in octets
    unsigned window_shift = 0;  ///< of our announcements
    bool we_scale = false;
    bool peer_scales = false;
    bool we_stamp = false;
    bool peer_stamps = false;
    tcp::Timestamp last_ts_val;  ///< of ours
  };
  struct Pending {
    SimTime at;
    tcp::Sent sent;
  };

  TcpTest(Setup setup, Role role);

  Flow& flow() { return flows_.at(current_); }
  const Flow& flow() const { return flows_.at(current_); }
  void open_socket();
  void reach(tcp::State state);
  void establish(tcp::State state);
  void finish(tcp::State state);

  template <typename Call> auto call(const std::string& name, Call&& event);
  void absorb();
  void note(const tcp::Sent& sent);
  void note(const tcp::StateChanged& change);
  void note(const tcp::TimerChanged& change);
  void note(const tcp::Discarded& discarded);
  void note(const tcp::ConnectionReset& reset);
  void note(const tcp::ConnectionFailed& failed);
  void learn_from_ours(const tcp::Segment& segment);
  void learn_from_peers(const tcp::Segment& segment);
  void stamp(tcp::Segment& segment, const Line& line) const;
  void run_until(SimTime end);
  void want_nothing_pending(Where where);

  Origins origins_in() const;
  Origins origins_out() const;
  void note(const std::string& step);
  [[noreturn]] void fail(const std::string& wanted, const std::string& seen, Where where) const;
  std::string story() const;

  Setup setup_;
  Role role_;
  std::unique_ptr<DrivenStack> driven_;  ///< null after this was moved from
  std::optional<tcp::ListenerId> listener_;
  std::map<tcp::Port, Flow> flows_;
  tcp::Port current_ = 40000;
  SimTime now_ = sim_start;
  std::deque<Pending> pending_;
  tcp::Sent last_sent_{};
  std::vector<std::string> discards_;
  int resets_ = 0;
  int failures_ = 0;
  std::vector<tcp::SocketId> woken_;
  std::map<std::pair<tcp::Port, tcp::Port>, tcp::State> last_state_;  ///< as reported
  std::vector<std::string> story_;
};

}  // namespace lastack::test
