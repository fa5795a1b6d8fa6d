// One host's TCP: which connection, request or record a segment, call or timeout concerns.

#include "lastack/tcp/stack.hpp"

#include <algorithm>
#include <tuple>

#include "host/stack_impl.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

std::uint32_t raw(SocketId id) { return static_cast<std::uint32_t>(id); }

SocketOptions options_of(const std::vector<SocketOptionValue>& given) {
  SocketOptions options;
  for (const SocketOptionValue& value : given) {
    options.set(value);
  }
  return options;
}

}  // namespace

// --- Census ---

void StateCensus::move(SimTime now, State from, State to) {
  const SimDuration at = now.time_since_epoch();
  if (from != State::closed) {
    const auto s = static_cast<std::size_t>(from);
    --current_[s];
    socket_ns_[s] += at.count();
    if (totals_ != nullptr) --totals_->current[s];
  }
  if (to != State::closed) {
    const auto s = static_cast<std::size_t>(to);
    ++current_[s];
    socket_ns_[s] -= at.count();
    peak_[s] = std::max(peak_[s], current_[s]);
    if (totals_ != nullptr) {
      totals_->peak[s] = std::max(totals_->peak[s], ++totals_->current[s]);
    }
  }
}

double StateCensus::socket_seconds(State state, SimTime now) const {
  const auto s = static_cast<std::size_t>(state);
  const Wide so_far = Wide{now.time_since_epoch().count()} * current_[s];
  return static_cast<double>(socket_ns_[s] + so_far) / 1e9;
}

// --- The table of four-tuples ---

Stack::Impl::Tuple Stack::Impl::tuple_of(Target target) const {
  switch (target.kind) {
    case TimerOwner::Kind::socket: {
      const Endpoint& endpoint = sockets_[target.index];
      return {endpoint.remote().address, endpoint.remote().port, endpoint.local().port};
    }
    case TimerOwner::Kind::request: {
      const Request& r = requests_[target.index];
      return {r.remote_address, r.remote_port, r.local_port};
    }
    case TimerOwner::Kind::time_wait: {
      const TimeWait& tw = time_waits_[target.index];
      return {tw.remote_address, tw.remote_port, tw.local_port};
    }
  }
  return {};
}

std::optional<Stack::Impl::Target> Stack::Impl::find(Port local, SocketAddress remote) const {
  const auto found = table_.find(Tuple{remote.address, remote.port, local});
  if (found == table_.end()) {
    return std::nullopt;
  }
  return *found;
}

/// Whatever had the four-tuple before gives way.
void Stack::Impl::enter_table(Target target) {
  const auto [place, fresh] = table_.insert(target);
  if (!fresh) {
    place->become(target);
  }
}

/// The same where something else is known to have it: a request, or a connection.
void Stack::Impl::take_over(Target target) {
  const auto place = table_.find(tuple_of(target));
  LASTACK_ASSERT(place != table_.end());
  place->become(target);
}

void Stack::Impl::leave_table(Port local, SocketAddress remote) {
  table_.erase(Tuple{remote.address, remote.port, local});
  if (!exhausted_.empty()) {
    exhausted_.erase(end_of(remote));
  }
}

// --- Segments ---

void Stack::Impl::segment_arrives(const Segment& seg, Context& c) {
  ++host_.counters.InSegs;
  std::optional<Target> target = find(seg.dst.port, seg.src);
  std::optional<Seq> iss;
  if (target && supersedes(seg, *target)) {
    supersede(*target);
    target.reset();
  }
  if (target && target->kind == TimerOwner::Kind::time_wait) {
    TimeWait& record = time_waits_[target->index];
    switch (record.segment_arrives(seg, c)) {
      case TimeWait::Verdict::stays: watch(target->index, c); return;
      case TimeWait::Verdict::gone:
        time_wait_ends(target->index, StateReason::ended_early, c);
        return;
      case TimeWait::Verdict::new_syn: {
        if (!port_listens(seg.dst.port)) {
          no_socket(seg, c);
          return;
        }
        iss = record.next_iss();
        time_wait_ends(target->index, StateReason::new_connection, c);
        target.reset();
        break;
      }
    }
  }
  if (target && target->kind == TimerOwner::Kind::request) {
    segment_arrives_request(target->index, seg, c);
    return;
  }
  if (target) {
    Endpoint& endpoint = sockets_[target->index];
    endpoint.segment_arrives(seg, c);
    settle(endpoint, target->index, c);
    return;
  }
  std::uint32_t listener = 0;
  if (listener_at(seg.dst.port, listener) != nullptr) {
    segment_arrives_listen(listener, seg, iss, c);
  } else {
    no_socket(seg, c);
  }
}

/// CLOSED (RFC 9293, 3.10.7.1).
void Stack::Impl::no_socket(const Segment& seg, Context& c) {
  c.discard(DiscardReason::no_socket);
  const bool answer_to_syn = seg.flags.has(Flags::syn) && seg.flags.has(Flags::ack);
  if (host_.config.handshake == Handshake::two_way && answer_to_syn) {
    return;  // without a third segment nobody expects an answer to a SYN-ACK
  }
  if (!seg.flags.has(Flags::rst)) {
    c.send(reset_for(seg), SendReason::reset);
  }
}

/// Under a two-way handshake every SYN is a new connection: the listener cannot know better.
bool Stack::Impl::supersedes(const Segment& seg, const Target& target) const {
  return host_.config.handshake == Handshake::two_way && target.kind == TimerOwner::Kind::socket &&
         seg.flags.has(Flags::syn) && !seg.flags.has(Flags::ack) && port_listens(seg.dst.port) &&
         sockets_[target.index].state() != State::syn_sent;
}

/// Leaves the old connection to itself: nothing reaches it any more.
void Stack::Impl::supersede(const Target& target) {
  Endpoint& old = sockets_[target.index];
  leave_table(old.local().port, old.remote());
  old.detach();
}

// --- Timeouts ---

void Stack::Impl::timeout(TimerOwner owner, Context& c) {
  switch (owner.kind) {
    case TimerOwner::Kind::socket: {
      Endpoint& endpoint = sockets_[owner.index];
      endpoint.timeout(c);
      settle(endpoint, owner.index, c);
      break;
    }
    case TimerOwner::Kind::request: request_timeout(owner.index, c); break;
    case TimerOwner::Kind::time_wait: {
      const TimeWait& record = time_waits_[owner.index];
      if (record.wakeup.due <= c.now) {
        record.report(TimerAction::fire, c);
        time_wait_ends(owner.index, StateReason::timeout, c);
      }
      break;
    }
  }
}

// --- Life and death ---

void Stack::Impl::settle(Endpoint& endpoint, std::uint32_t socket, Context& c) {
  if (endpoint.fate() != Endpoint::Fate::lives && !endpoint.detached()) {
    endpoint.detach();
    const Endpoint::Fate fate = endpoint.fate();
    if (fate == Endpoint::Fate::closed) {
      leave_table(endpoint.local().port, endpoint.remote());
    } else {
      make_record(endpoint,
                  fate == Endpoint::Fate::to_time_wait ? State::time_wait : State::fin_wait_2, c);
    }
  } else if (endpoint.fate() == Endpoint::Fate::to_time_wait ||
             endpoint.fate() == Endpoint::Fate::to_fin_wait_2) {
    host_.census.move(c.now, endpoint.state(), State::closed);  // a superseded one has no record
    endpoint.handed_over();
  }
  if (endpoint.holds_memory()) {
    endpoint.settle_memory(c);
  }
  if (endpoint.take_wake() && endpoint.listener() == Endpoint::no_listener) {
    c.out.woken.push_back(SocketId{socket});
  }
  set_deadline({TimerOwner::Kind::socket, socket}, endpoint.wakeup(), endpoint.deadline(), c);
  if (endpoint.state() == State::closed) {
    release_if_done(endpoint, socket);
  }
}

/// TIME-WAIT, or an orphan's FIN-WAIT-2, goes on in a small record.
[[gnu::noinline]] void Stack::Impl::make_record(Endpoint& endpoint, State state, Context& c) {
  if (host_.census.current(State::time_wait) >
      static_cast<std::uint32_t>(host_.settings().tcp_max_tw_buckets)) {
    ++host_.counters.TCPTimeWaitOverflow;
    c.report_state(endpoint.local(), endpoint.remote(), state, State::closed,
                   StateReason::too_many_in_time_wait);
    host_.census.move(c.now, state, State::closed);
    leave_table(endpoint.local().port, endpoint.remote());
  } else {
    const std::uint32_t index = time_waits_.take();
    TimeWait& record = time_waits_[index];
    const Wakeup kept = record.wakeup;
    record = time_wait_from(endpoint, state);
    record.wakeup = kept;
    record.arm(endpoint.record_lasts(c), c);
    ++host_.counters.TW;
    take_over({TimerOwner::Kind::time_wait, index});
    watch(index, c);
  }
  endpoint.handed_over();
}

void Stack::Impl::watch(std::uint32_t index, Context& c) {
  Wakeup& wakeup = time_waits_[index].wakeup;
  set_deadline({TimerOwner::Kind::time_wait, index}, wakeup, wakeup.due, c);
}

void Stack::Impl::time_wait_ends(std::uint32_t index, StateReason why, Context& c) {
  TimeWait& record = time_waits_[index];
  c.report_state(host_.at(record.local_port), record.remote(), record.state, State::closed, why);
  host_.census.move(c.now, record.state, State::closed);
  leave_table(record.local_port, record.remote());
  record.wakeup.due = never;
  host_.forget_answers(record.pair());
  time_waits_.release(index);
}

/// The slot of a socket in CLOSED is free once the application has given it up, too.
void Stack::Impl::release_if_done(Endpoint& endpoint, std::uint32_t socket) {
  if (endpoint.orphan() && !endpoint.released()) {
    endpoint.release();
    unbind(socket);
    sockets_.release(socket);
    --host_.sockets;
  }
}

// --- The public face ---

Stack::Stack(StackConfig config) : impl_{std::make_unique<Impl>(std::move(config))} {}
Stack::Stack(Stack&&) noexcept = default;
Stack& Stack::operator=(Stack&&) noexcept = default;
Stack::~Stack() = default;

const StackConfig& Stack::config() const { return impl_->host_.config; }

bool Stack::has_room() const { return impl_->host_.has_room_for_socket(); }

SocketId Stack::open(const std::vector<SocketOptionValue>& options, std::optional<Seq> iss) {
  ++impl_->host_.sockets;
  const std::uint32_t index = impl_->sockets_.take();
  impl_->sockets_[index].open(
      options.empty() ? &no_options : impl_->host_.options.keep(options_of(options)), iss);
  return SocketId{index};
}

Error Stack::bind(SocketId socket, Port port) { return impl_->bind(raw(socket), port); }

Error Stack::connect(SimTime now, SocketId socket, SocketAddress remote, Output& out) {
  Context c{impl_->host_, now, out};
  Endpoint& endpoint = impl_->sockets_[raw(socket)];
  if (endpoint.state() != State::closed || endpoint.detached()) {
    return Error::already_connected;
  }
  Port port = endpoint.bound_port();
  if (port == 0) {
    if (const Error error = impl_->choose_port(now, remote, port); error != Error::none) {
      return error;
    }
  }
  const SocketAddress local{impl_->host_.config.address, port};
  Seq iss = endpoint.fixed_iss().value_or(impl_->host_.choose_iss(now, port, remote));
  // A port that was just chosen is free, unless it may be taken from TIME-WAIT.
  const bool free = endpoint.bound_port() == 0 && impl_->host_.settings().tcp_tw_reuse != 1;
  if (const auto taken = free ? std::nullopt : impl_->find(port, remote)) {
    using PortChoice = Impl::PortChoice;
    const PortChoice choice =
        endpoint.bound_port() != 0 ? PortChoice::bound : PortChoice::ephemeral;
    if (taken->kind != TimerOwner::Kind::time_wait ||
        !impl_->may_reuse(now, impl_->time_waits_[taken->index], choice)) {
      return Error::address_not_available;
    }
    iss = endpoint.fixed_iss().value_or(impl_->time_waits_[taken->index].next_iss());
    impl_->time_wait_ends(taken->index, StateReason::new_connection, c);
    ++impl_->host_.counters.TWRecycled;
  }
  endpoint.connect(local, remote, iss, c);
  impl_->enter_table({TimerOwner::Kind::socket, raw(socket)});
  impl_->settle(endpoint, raw(socket), c);
  return Error::none;
}

Error Stack::connect_result(SocketId socket) {
  return impl_->sockets_[raw(socket)].connect_result();
}

bool Stack::acceptable(ListenerId listener) const {
  const Listening& l = impl_->listeners_[static_cast<std::uint32_t>(listener)];
  return l.open && !l.accept_queue.empty();
}

std::optional<SocketId> Stack::accept(SimTime /*now*/, ListenerId listener, Output& /*out*/) {
  Listening& l = impl_->listeners_[static_cast<std::uint32_t>(listener)];
  if (!l.open || l.accept_queue.empty()) {
    return std::nullopt;
  }
  const std::uint32_t index = l.accept_queue.front();
  l.accept_queue.pop_front();
  impl_->sockets_[index].accepted();
  return SocketId{index};
}

IoResult Stack::send(SimTime now, SocketId socket, std::uint64_t bytes, Output& out) {
  Context c{impl_->host_, now, out};
  Endpoint& endpoint = impl_->sockets_[raw(socket)];
  const IoResult result = endpoint.send(bytes, c);
  impl_->settle(endpoint, raw(socket), c);
  return result;
}

IoResult Stack::receive(SimTime now, SocketId socket, std::uint64_t bytes_max, Output& out) {
  Context c{impl_->host_, now, out};
  Endpoint& endpoint = impl_->sockets_[raw(socket)];
  const IoResult result = endpoint.receive(bytes_max, c);
  impl_->settle(endpoint, raw(socket), c);
  return result;
}

Error Stack::shutdown(SimTime now, SocketId socket, Direction how, Output& out) {
  Context c{impl_->host_, now, out};
  Endpoint& endpoint = impl_->sockets_[raw(socket)];
  const Error error = endpoint.shutdown(how, c);
  impl_->settle(endpoint, raw(socket), c);
  return error;
}

SimDuration Stack::linger(SimTime now, SocketId socket, Output& out) {
  if (impl_->sockets_[raw(socket)].options().linger_s <= 0) {
    return SimDuration::zero();
  }
  Context c{impl_->host_, now, out};
  Endpoint& endpoint = impl_->sockets_[raw(socket)];
  const SimDuration wait = endpoint.linger(c);
  impl_->settle(endpoint, raw(socket), c);
  return wait;
}

void Stack::close(SimTime now, SocketId socket, Output& out) {
  Context c{impl_->host_, now, out};
  Endpoint& endpoint = impl_->sockets_[raw(socket)];
  endpoint.close(c);
  impl_->settle(endpoint, raw(socket), c);
}

void Stack::abort(SimTime now, SocketId socket, Output& out) {
  Context c{impl_->host_, now, out};
  Endpoint& endpoint = impl_->sockets_[raw(socket)];
  endpoint.abort(c);
  impl_->settle(endpoint, raw(socket), c);
}

Error Stack::set_option(SimTime now, SocketId socket, SocketOptionValue option, Output& out) {
  Context c{impl_->host_, now, out};
  Endpoint& endpoint = impl_->sockets_[raw(socket)];
  const Error error = endpoint.set_option(option, c);
  impl_->settle(endpoint, raw(socket), c);
  return error;
}

void Stack::segment_arrives(SimTime now, const Segment& segment, Output& out) {
  Context c{impl_->host_, now, out};
  impl_->segment_arrives(segment, c);
}

SimTime Stack::deadline(TimerOwner owner) const {
  switch (owner.kind) {
    case TimerOwner::Kind::socket: return impl_->sockets_[owner.index].deadline();
    case TimerOwner::Kind::request: return impl_->requests_[owner.index].wakeup.due;
    case TimerOwner::Kind::time_wait: return impl_->time_waits_[owner.index].wakeup.due;
  }
  return never;
}

Wakeup* Stack::wakeup(TimerOwner owner) {
  switch (owner.kind) {
    case TimerOwner::Kind::socket:
      return impl_->sockets_.contains(owner.index) ? &impl_->sockets_[owner.index].wakeup()
                                                   : nullptr;
    case TimerOwner::Kind::request:
      return impl_->requests_.contains(owner.index) ? &impl_->requests_[owner.index].wakeup
                                                    : nullptr;
    case TimerOwner::Kind::time_wait:
      return impl_->time_waits_.contains(owner.index) ? &impl_->time_waits_[owner.index].wakeup
                                                      : nullptr;
  }
  return nullptr;
}

void Stack::timeout(SimTime now, TimerOwner owner, Output& out) {
  Context c{impl_->host_, now, out};
  impl_->timeout(owner, c);
}

Settings& Stack::settings() {
  impl_->exhausted_.clear();  // the port range may be about to change
  return impl_->host_.config.settings;
}

std::uint64_t Stack::memory_pages() const {
  return static_cast<std::uint64_t>(impl_->host_.memory.pages());
}

std::uint64_t Stack::memory_pages_peak() const {
  return static_cast<std::uint64_t>(impl_->host_.memory.peak());
}

const Counters& Stack::counters() const { return impl_->host_.counters; }

const StateCensus& Stack::census() const { return impl_->host_.census; }
StateCensus& Stack::census() { return impl_->host_.census; }

ListenQueues Stack::listen_queues() const {
  ListenQueues queues;
  for (const Listening& listener : impl_->listeners_) {
    queues.requests += listener.requests;
    queues.connections += listener.accept_queue.size();
  }
  return queues;
}

State Stack::state(SocketId socket) const { return impl_->sockets_[raw(socket)].state(); }

SocketAddress Stack::local(SocketId socket) const { return impl_->sockets_[raw(socket)].local(); }

SocketAddress Stack::remote(SocketId socket) const { return impl_->sockets_[raw(socket)].remote(); }

std::optional<Seq> Stack::iss(SocketAddress local, SocketAddress remote) const {
  const auto target = impl_->find(local.port, remote);
  if (!target) {
    return std::nullopt;
  }
  switch (target->kind) {
    case TimerOwner::Kind::socket: return impl_->sockets_[target->index].snd().iss();
    case TimerOwner::Kind::request: return impl_->requests_[target->index].iss;
    case TimerOwner::Kind::time_wait: return impl_->time_waits_[target->index].iss;
  }
  return std::nullopt;
}

State Stack::state(SocketAddress local, SocketAddress remote) const {
  const auto target = impl_->find(local.port, remote);
  return target ? impl_->state_of(*target) : State::closed;
}

State Stack::Impl::state_of(Target target) const {
  switch (target.kind) {
    case TimerOwner::Kind::socket: return sockets_[target.index].state();
    case TimerOwner::Kind::request: return State::syn_rcvd;
    case TimerOwner::Kind::time_wait: return time_waits_[target.index].state;
  }
  return State::closed;
}

void Stack::visit(const Visit& visit) const {
  for (const Impl::Target target : impl_->table_) {
    const Impl::Tuple tuple = impl_->tuple_of(target);
    visit(impl_->host_.at(tuple.local_port), {tuple.remote, tuple.remote_port},
          impl_->state_of(target));
  }
}

std::uint64_t Stack::octets_not_read() const {
  std::uint64_t octets = 0;
  for (const Impl::Target target : impl_->table_) {
    if (target.kind == TimerOwner::Kind::socket) {
      octets += impl_->sockets_[target.index].octets_not_read();
    }
  }
  return octets;
}

std::vector<SocketSnapshot> Stack::snapshot() const {
  std::vector<SocketSnapshot> rows;
  rows.reserve(impl_->listeners_.size() + impl_->table_.size());
  for (const Listening& l : impl_->listeners_) {
    if (l.open) {
      SocketSnapshot row{};
      row.local = l.local;
      row.state = State::listen;
      row.recv_q = l.accept_queue.size();
      row.send_q = static_cast<std::uint64_t>(l.backlog);
      rows.push_back(row);
    }
  }
  for (const Impl::Target target : impl_->table_) {  // sorted below
    rows.push_back(impl_->snapshot_of(target));
  }
  const auto order = [](const SocketSnapshot& s) {
    return std::tuple{s.state, s.local.port, s.remote.address, s.remote.port};
  };
  std::sort(rows.begin(), rows.end(),
            [&](const SocketSnapshot& a, const SocketSnapshot& b) { return order(a) < order(b); });
  return rows;
}

SocketSnapshot Stack::Impl::snapshot_of(const Target& target) const {
  SocketSnapshot row{};
  switch (target.kind) {
    case TimerOwner::Kind::socket: return sockets_[target.index].snapshot();
    case TimerOwner::Kind::request: {
      const Request& r = requests_[target.index];
      row.local = host_.at(r.local_port);
      row.remote = r.remote();
      row.state = State::syn_rcvd;
      row.timer = Timer::synack;
      row.due = r.wakeup.due;
      row.retransmits = r.timeouts;
      return row;
    }
    case TimerOwner::Kind::time_wait: {
      const TimeWait& tw = time_waits_[target.index];
      row.local = host_.at(tw.local_port);
      row.remote = tw.remote();
      row.state = tw.state;
      row.orphan = true;
      row.timer = tw.state == State::fin_wait_2 ? Timer::fin_wait_2 : Timer::time_wait;
      row.due = tw.wakeup.due;
      return row;
    }
  }
  return row;
}

}  // namespace lastack::tcp
