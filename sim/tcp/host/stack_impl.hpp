#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <type_traits>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "endpoint.hpp"
#include "host/connection_table.hpp"
#include "host/ephemeral_ports.hpp"
#include "host/host.hpp"
#include "host/records.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::tcp {

/// A listening socket with its two queues: requests whose handshake is under way, and connections
/// that wait to be accepted.
struct Listening {
  SocketAddress local;
  bool open = false;
  std::int32_t backlog = 0;
  SocketOptions options;
  const SocketOptions* of_connections = &no_options;  ///< that it makes
  FixedIss iss;
  std::uint64_t connections = 0;     ///< begun so far, refused ones aside
  std::uint32_t requests = 0;        ///< in the SYN queue
  std::uint32_t young_requests = 0;  ///< of these, without a SYN-ACK timeout yet
  std::deque<std::uint32_t> accept_queue;
  SimTime cookies_since = long_ago;  ///< when a cookie was sent last

  /// Linux compares with more-than, so that each queue takes one above the backlog.
  bool accept_queue_full() const {
    return static_cast<std::int64_t>(accept_queue.size()) > backlog;
  }
  bool syn_queue_full() const { return std::int64_t{requests} > backlog; }
};

class Stack::Impl {
 public:
  explicit Impl(StackConfig config) : host_{std::move(config)} {}

  Host host_;
  Records records_;
  ConnectionTable table_{records_};
  std::vector<Listening> listeners_;
  std::uint64_t timers_of_requests_ = 0;  ///< set so far

  // --- Calls (stack.cpp) ---

  Endpoint& socket(SocketId id) { return records_.sockets[index_of(id)]; }
  const Endpoint& socket(SocketId id) const { return records_.sockets[index_of(id)]; }
  static std::uint32_t index_of(SocketId id) { return static_cast<std::uint32_t>(id); }
  /// One call of an application on its socket, and what follows from it.
  template <typename Call> auto call(SimTime now, SocketId id, Output& out, Call make) {
    Context c{host_, now, out};
    Endpoint& endpoint = socket(id);
    if constexpr (std::is_void_v<decltype(make(endpoint, c))>) {
      make(endpoint, c);
      settle(endpoint, index_of(id), c);
    } else {
      const auto result = make(endpoint, c);
      settle(endpoint, index_of(id), c);
      return result;
    }
  }

  // --- demultiplexing.cpp ---

  void segment_arrives(const Segment& seg, Context& c);
  void arrives_at(Endpoint& endpoint, std::uint32_t index, const Segment& seg, Context& c);
  void arrives_at(Request& request, std::uint32_t index, const Segment& seg, Context& c);
  void arrives_at(TimeWait& record, std::uint32_t index, const Segment& seg, Context& c);
  void segment_arrives_unconnected(const Segment& seg, std::optional<Seq> iss, Context& c);
  void no_socket(const Segment& seg, Context& c);
  bool supersedes(const Segment& seg, TimerOwner target) const;
  void supersede(TimerOwner target);
  void timeout(TimerOwner owner, Context& c);
  void timeout_of(Endpoint& endpoint, std::uint32_t index, Context& c);
  void timeout_of(Request& request, std::uint32_t index, Context& c);
  void timeout_of(TimeWait& record, std::uint32_t index, Context& c);

  // --- lives.cpp ---

  /// Carries out what an event on the socket came to: wakes, records, the slot's release.
  void settle(Endpoint& endpoint, std::uint32_t socket, Context& c);
  /// Sets the owner's deadline; asks the driver to queue it where it is not queued yet.
  static void set_deadline(TimerOwner owner, Wakeup& wakeup, SimTime due, Context& c) {
    wakeup.due = std::max(due, c.now);
    if (wakeup.needs_entry()) c.out.rescheduled.push_back(owner);
  }
  void make_record(Endpoint& endpoint, State state, Context& c);
  void watch(std::uint32_t time_wait, Context& c);
  void time_wait_ends(std::uint32_t index, StateReason why, Context& c);
  void release_if_done(Endpoint& endpoint, std::uint32_t socket);
  /// Nothing finds the connection any more, and its port may be chosen again.
  void leave_table(Ends ends) {
    table_.leave(ends);
    if (!full_.empty()) full_.erase(end_of(ends.remote()));
  }

  // --- check_invariants.cpp ---

  void check_records() const;
  void check_table() const;
  void check_queues() const;
  void check_sums() const;

  // --- listener.cpp ---

  std::vector<std::uint32_t> requests_of(std::uint32_t listener) const;
  std::uint32_t place_for(Listening listener);
  Listening* listener_at(Port port, std::uint32_t& index);
  void segment_arrives_listen(std::uint32_t listener, const Segment& seg, std::optional<Seq> iss,
                              Context& c);
  Seq iss_of_next(Listening& l, const Segment& syn, std::optional<Seq> after_time_wait,
                  const Context& c) const;
  void syn_arrives(std::uint32_t listener, const Segment& seg, std::optional<Seq> iss, Context& c);
  enum class Admission : std::uint8_t { request, cookie, refused };
  Admission admit(Listening& listener, bool from_time_wait, Context& c);
  void add_request(std::uint32_t listener, Request request, Context& c);
  void send_synack(std::uint32_t index, SendReason why, Context& c);
  void segment_arrives_request(std::uint32_t index, const Segment& seg, Context& c);
  void request_cut_off(std::uint32_t index, const Segment& seg, Context& c);
  void syn_repeated(std::uint32_t index, const Segment& seg, Context& c);
  void third_segment(std::uint32_t index, const Segment& seg, Context& c);
  void third_segment_of_cookie(std::uint32_t listener, const Negotiated& agreed, const Segment& seg,
                               Context& c);
  std::optional<DiscardReason> obstacle_to_child(const Listening& listening);
  void request_timeout(std::uint32_t index, Context& c);
  void drop_request(std::uint32_t index, StateReason why, Context& c);
  void forget_request(std::uint32_t index, Context& c);
  void arm_request(std::uint32_t index, Context& c);
  std::int32_t synack_retries(const Listening& listener) const;
  std::uint32_t make_child(const Negotiated& agreed, std::uint32_t listener, State from,
                           Context& c);
  void open_two_way(std::uint32_t listener, const Request& request, Context& c);

  // --- syn_cookies.cpp ---

  void send_cookie(Listening& listener, Request request, Context& c);
  /// The connection that an ACK's cookie stands for.
  std::optional<Negotiated> check_cookie(const Listening& listener, const Segment& seg, Context& c);

  // --- ports.cpp ---

  Error bind(std::uint32_t socket, Port port);
  Error choose_port(SimTime now, SocketAddress remote, Port& port);
  PortRange port_range() const;
  EphemeralPorts::Parities parities_left(SocketAddress remote) const;
  template <typename IsFree>
  std::optional<Port> search(SimTime now, std::optional<SocketAddress> remote, bool reuse,
                             IsFree is_free);
  bool is_taken(Port port) const;
  bool is_free(SimTime now, Port port, SocketAddress remote) const;
  bool port_listens(Port port) const;
  bool port_has_connections(Port port) const;
  /// Whether a new connection may use this pair although a TIME-WAIT record has it.
  enum class PortChoice : std::uint8_t { bound, ephemeral };
  bool may_reuse(SimTime now, const TimeWait& record, PortChoice choice) const;
  bool take_over(TimerOwner owner, Endpoint& endpoint, Seq& iss, Context& c);
  void unbind(std::uint32_t socket);

 private:
  static std::uint64_t end_of(SocketAddress remote) {
    return Ends{remote.address, remote.port, 0}.key();
  }

  struct PortUse {
    std::uint32_t bound = 0;      ///< sockets bound by `bind`
    std::uint32_t exclusive = 0;  ///< of these, without SO_REUSEADDR
  };
  boost::unordered_flat_map<Port, std::uint32_t> listener_of_;
  boost::unordered_flat_map<Port, PortUse> bound_;
  /// Which ports were found taken.
  enum class Full : std::uint8_t { own_parity, all };
  /// … towards these remote ends, until one is given back.
  boost::unordered_flat_map<std::uint64_t, Full> full_;
  std::uint64_t full_in_ = 0;  ///< period of which that is, where it matters
  EphemeralPorts ephemeral_ports_{host_.secret};
  std::uint32_t next_port_ = 0;  ///< how far the search for a free port has come

  friend class Stack;
};

}  // namespace lastack::tcp
