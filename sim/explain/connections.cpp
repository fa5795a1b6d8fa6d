#include "connections.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"

namespace lastack::explain {

namespace {

using tcp::State;
using tcp::StateReason;
using trace::AppCall;
using trace::Call;
using trace::End;
using trace::Event;
using trace::Send;
using trace::StateChange;

const StateChange& change_of(const Event* event) { return std::get<StateChange>(event->what); }

/// How an end comes to be CLOSED.
enum class Ending {
  in_order,  ///< by FINs, or before there was a connection
  by_limit,  ///< its host had too much of something
  cut_off    ///< otherwise
};

Ending ending_of(StateReason why) {
  switch (why) {
    case StateReason::fin_acknowledged:
    case StateReason::timeout:
    case StateReason::new_connection:
    case StateReason::listener_closed:
    case StateReason::close: return Ending::in_order;
    case StateReason::accept_queue_full:
    case StateReason::no_memory_for_socket:
    case StateReason::too_many_orphans:
    case StateReason::out_of_socket_memory: return Ending::by_limit;
    case StateReason::connect:
    case StateReason::listen:
    case StateReason::shutdown:
    case StateReason::close_with_unread_data:
    case StateReason::abort:
    case StateReason::syn_arrives:
    case StateReason::syn_ack_arrives:
    case StateReason::ack_arrives:
    case StateReason::cookie_arrives:
    case StateReason::fin_arrives:
    case StateReason::rst_arrives:
    case StateReason::syn_in_window:
    case StateReason::data_after_close:
    case StateReason::ended_early:
    case StateReason::retries_used_up:
    case StateReason::keepalive_unanswered:
    case StateReason::window_probes_unanswered:
    case StateReason::half_of_fin_timeout_passed:
    case StateReason::fin_wait_2_timeout:
    case StateReason::too_many_in_time_wait:
    case StateReason::reboot:
    case StateReason::tracepoint:
    case StateReason::sock_diag: return Ending::cut_off;
  }
  return Ending::cut_off;
}

bool is_connect(const Event& event) {
  const auto* call = std::get_if<AppCall>(&event.what);
  return call != nullptr && call->call == Call::connect;
}

}  // namespace

State Life::state() const { return change_of(changes.back()).to; }

State Life::state_before(std::uint64_t n) const {
  const auto later = std::lower_bound(
      changes.begin(), changes.end(), n,
      [](const Event* change, std::uint64_t number) { return change->n < number; });
  return later == changes.begin() ? State::closed : change_of(*std::prev(later)).to;
}

tcp::Error Connection::error() const {
  if (result == nullptr) return tcp::Error::none;
  const auto* error = std::get_if<tcp::Error>(&std::get<AppCall>(result->what).result);
  return error == nullptr ? tcp::Error::none : *error;
}

bool Connection::connected() const {
  return result != nullptr && errno_of(std::get<AppCall>(result->what).result).empty();
}

Connections::Connections(const trace::Recording& recording) : recording_{recording} {
  for (const Event& event : recording.events()) {
    std::visit([&](const auto& what) { take(event, what); }, event.what);
  }
  check_invariants();
}

void Connections::check_invariants() const {
  recording_.check_invariants();
  for (const Life& life : lives_) check(life);
  for (const Packet& packet : packets_) check(packet);
  std::size_t lives = 0;
  for (const Connection& connection : connections_) {
    check(connection);
    lives += connection.lives.size();
  }
  LASTACK_ASSERT(lives == lives_.size());
}

void Connections::check(const Life& life) {
  LASTACK_ASSERT(!life.changes.empty());
  LASTACK_ASSERT(change_of(life.changes.front()).from == State::closed);
  for (std::size_t i = 1; i < life.changes.size(); ++i) {
    LASTACK_ASSERT(life.changes[i]->n > life.changes[i - 1]->n);
    LASTACK_ASSERT(change_of(life.changes[i]).from == change_of(life.changes[i - 1]).to);
    LASTACK_ASSERT(change_of(life.changes[i]).from != State::closed);
  }
}

/// What was dropped and what arrived was sent; and only what arrived was thrown away.
void Connections::check(const Packet& packet) {
  if (packet.sent == nullptr) {
    LASTACK_ASSERT(packet.drop == nullptr);
    LASTACK_ASSERT(packet.arrivals.empty());
    return;
  }
  for (const Event* each : {packet.drop, packet.delay, packet.duplicate}) {
    if (each != nullptr) LASTACK_ASSERT(each->n > packet.sent->n);
  }
  for (const Packet::Arrival& arrival : packet.arrivals) {
    LASTACK_ASSERT(arrival.received->n > packet.sent->n);
    if (arrival.discard != nullptr) LASTACK_ASSERT(arrival.discard->cause == arrival.received->n);
  }
}

void Connections::check(const Connection& connection) const {
  const auto self = static_cast<std::size_t>(&connection - connections_.data());
  for (const std::size_t life : connection.lives) {
    LASTACK_ASSERT(life < lives_.size());
    LASTACK_ASSERT(lives_[life].connection == self);
  }
  LASTACK_ASSERT(connection.accept_wait >= SimDuration::zero());
  if (connection.call == nullptr || connection.result == nullptr) return;
  LASTACK_ASSERT(connection.call->n < connection.result->n);
}

Packet& Connections::packet_with(std::uint64_t id) {
  if (id >= packets_.size()) packets_.resize(static_cast<std::size_t>(id) + 1);
  return packets_[static_cast<std::size_t>(id)];
}

const std::vector<std::size_t>& Connections::lives_of(End local, End remote) const {
  static const std::vector<std::size_t> none;
  const auto found = lives_of_.find({packed(local), packed(remote)});
  return found == lives_of_.end() ? none : found->second;
}

std::optional<std::size_t> Connections::last_life(End local, End remote) const {
  const std::vector<std::size_t>& lives = lives_of(local, remote);
  return lives.empty() ? std::nullopt : std::optional{lives.back()};
}

State Connections::state(End local, End remote, std::uint64_t n) const {
  State state = State::closed;
  for (const std::size_t life : lives_of(local, remote)) {
    if (lives_[life].changes.front()->n < n) state = lives_[life].state_before(n);
  }
  return state;
}

void Connections::take(const Event& event, const Send& send) {
  packet_with(send.id).sent = &event;
  if (send.protocol != trace::Protocol::tcp) return;
  std::optional<std::size_t> life = last_life(send.src, send.dst);
  if (!life || lives_[*life].state() == State::closed) {
    const auto other = last_life(send.dst, send.src);
    if (other && (!life || lives_[*other].state() != State::closed)) life = other;
  }
  if (!life) return;
  const std::size_t connection = lives_[*life].connection;
  connection_of_send_[event.n] = connection;
  if (tcp::is_retransmission(send.why)) ++connections_[connection].repeated;
}

void Connections::take(const Event& event, const trace::Drop& drop) {
  Packet& packet = packet_with(drop.id);
  const auto arrival =
      std::find_if(packet.arrivals.begin(), packet.arrivals.end(),
                   [&](const auto& each) { return each.received->n == event.cause; });
  if (arrival != packet.arrivals.end()) {
    arrival->discard = &event;
  } else {
    packet.drop = &event;
  }
  if (packet.sent == nullptr) return;
  if (const auto connection = connection_of(*packet.sent)) ++connections_[*connection].lost;
}

void Connections::take(const Event& event, const trace::Delay& delay) {
  Packet& packet = packet_with(delay.id);
  if (packet.delay == nullptr) packet.delay = &event;
}

void Connections::take(const Event& event, const trace::Duplicate& duplicate) {
  Packet& packet = packet_with(duplicate.id);
  if (packet.duplicate == nullptr) packet.duplicate = &event;
}

void Connections::take(const Event& event, const trace::Receive& receive) {
  packet_with(receive.id).arrivals.push_back({&event});
}

void Connections::take(const Event& event, const StateChange& change) {
  if (change.remote.port == 0) return;  // a listener's
  Life& life = life_of(event, change);
  life.changes.push_back(&event);
  Connection& connection = connections_[life.connection];
  if (change.to == State::closed) {
    const Ending ending = ending_of(change.why);
    connection.cut_off = connection.cut_off || ending != Ending::in_order;
    connection.by_limit = connection.by_limit || ending == Ending::by_limit;
  }
  if (change.to == State::established && change.local == connection.server) {
    const auto index = static_cast<std::size_t>(&life - lives_.data());
    unaccepted_[change.local.host].push_back({&event, index});
  }
  const bool opening = change.from == State::syn_sent || change.from == State::syn_rcvd;
  if (opening && change.local == connection.client && event.cause != 0) {
    decided_by_[{event.cause, change.local.host}] = life.connection;
  }
}

/// The life that a change goes on with, or a new one.
Life& Connections::life_of(const Event& event, const StateChange& change) {
  std::vector<std::size_t>& known = lives_of_[{packed(change.local), packed(change.remote)}];
  if (change.from != State::closed) {
    // Under a two-way handshake a new connection may begin beside the old one.
    for (auto life = known.rbegin(); life != known.rend(); ++life) {
      if (lives_[*life].state() == change.from) return lives_[*life];
    }
  }
  const std::size_t connection = connection_for(event, change);
  known.push_back(lives_.size());
  connections_[connection].lives.push_back(lives_.size());
  return lives_.emplace_back(Life{change.local, change.remote, connection});
}

/// The connection that a life belongs to: that of the segment which began it, or a new one.
std::size_t Connections::connection_for(const Event& event, const StateChange& change) {
  Connection made{change.remote, change.local};
  if (change.to == State::syn_sent) {
    const auto other = last_life(change.remote, change.local);
    const bool opened = other && change_of(lives_[*other].changes.front()).to == State::syn_sent;
    if (opened && lives_[*other].state() != State::closed) {
      const std::size_t theirs = lives_[*other].connection;
      if (connections_[theirs].lives.size() == 1) return theirs;  // both opened at once
    }
    made = Connection{change.local, change.remote};
    if (event.cause != 0 && is_connect(this->event(event.cause))) {
      made.call = &this->event(event.cause);
      called_by_[event.cause] = connections_.size();
    }
  } else if (event.cause != 0) {
    const auto* received = std::get_if<trace::Receive>(&this->event(event.cause).what);
    const Event* sent = received == nullptr ? nullptr : packet(received->id).sent;
    const auto theirs = sent == nullptr ? std::nullopt : connection_of(*sent);
    if (theirs && !std::get<Send>(sent->what).forged) return *theirs;
  }
  connections_.push_back(made);
  return connections_.size() - 1;
}

/// Connections are accepted in the order in which they were established.
void Connections::note_accept(const Event& accepted, trace::HostId host) {
  std::deque<Unaccepted>& waiting = unaccepted_[host];
  while (!waiting.empty()) {
    const Unaccepted first = waiting.front();
    waiting.pop_front();
    if (lives_[first.life].state() == State::closed) continue;
    connections_[lives_[first.life].connection].accept_wait = accepted.at - first.established->at;
    return;
  }
}

void Connections::take(const Event& event, const AppCall& call) {
  if (call.call == Call::accepted) note_accept(event, call.host);
  if (call.call != Call::connected) return;
  const auto found = connection_that(event);
  if (found) {
    if (connections_[*found].result == nullptr) connections_[*found].result = &event;
    return;
  }
  Connection failed{{call.host, 0}, {}};  // before a segment was sent
  failed.result = &event;
  if (event.cause != 0 && is_connect(this->event(event.cause))) {
    failed.call = &this->event(event.cause);
  }
  connections_.push_back(failed);
}

std::optional<std::size_t> Connections::connection_that(const Event& connected) const {
  const trace::HostId host = std::get<AppCall>(connected.what).host;
  const auto decided = decided_by_.find({connected.cause, host});
  if (decided != decided_by_.end()) return decided->second;
  for (std::uint64_t n = connected.cause; n != 0; n = event(n).cause) {
    if (const auto called = called_by_.find(n); called != called_by_.end()) return called->second;
  }
  return std::nullopt;
}

const Event* Connections::discard_of(const Event& received) const {
  for (const auto& each : packet(std::get<trace::Receive>(received.what).id).arrivals) {
    if (each.received == &received) return each.discard;
  }
  return nullptr;
}

std::optional<std::size_t> Connections::connection_of(const Event& send) const {
  const auto found = connection_of_send_.find(send.n);
  if (found == connection_of_send_.end()) return std::nullopt;
  return found->second;
}

std::size_t Connections::count(trace::HostId host, State state, std::uint64_t n) const {
  return static_cast<std::size_t>(std::count_if(
      lives_.begin(), lives_.end(),
      [&](const Life& life) { return life.local.host == host && life.state_before(n) == state; }));
}

std::string Connections::name(const Connection& connection) const {
  const trace::Names& names = recording_.names();
  if (connection.server.port != 0) {
    return names.text(connection.client) + " > " + names.text(connection.server);
  }
  return fmt::format("{} of {}", text_of(std::get<AppCall>(connection.result->what).who),
                     names.name(connection.client.host));
}

}  // namespace lastack::explain
