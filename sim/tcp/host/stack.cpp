// One host's TCP as its driver sees it: calls, segments and timeouts go in, an Output comes out.

#include "lastack/tcp/stack.hpp"

#include <algorithm>
#include <tuple>

#include "host/stack_impl.hpp"

namespace lastack::tcp {

namespace {

SocketOptions options_of(const std::vector<SocketOptionValue>& given, const Host& host) {
  SocketOptions options;
  for (const SocketOptionValue& value : given) options.set(value, host);
  return options;
}

}  // namespace

Stack::Stack(StackConfig config) : impl_{std::make_unique<Impl>(std::move(config))} {}
Stack::Stack(Stack&&) noexcept = default;
Stack& Stack::operator=(Stack&&) noexcept = default;
Stack::~Stack() = default;

const StackConfig& Stack::config() const { return impl_->host_.config; }

bool Stack::has_room() const { return impl_->host_.has_room_for_socket(); }

SocketId Stack::open(const std::vector<SocketOptionValue>& options, std::optional<Seq> iss) {
  ++impl_->host_.sockets;
  const std::uint32_t index = impl_->records_.sockets.take();
  impl_->records_.sockets[index].open(
      options.empty() ? impl_->host_.options_of_new()
                      : impl_->host_.options_of_new(options_of(options, impl_->host_)),
      iss);
  return SocketId{index};
}

Error Stack::bind(SocketId socket, Port port) { return impl_->bind(Impl::index_of(socket), port); }

Error Stack::connect(SimTime now, SocketId socket, SocketAddress remote, Output& out) {
  Context c{impl_->host_, now, out};
  Endpoint& endpoint = impl_->socket(socket);
  if (endpoint.state() != State::closed || endpoint.detached()) return Error::already_connected;
  Port port = endpoint.bound_port();
  if (port == 0) {
    if (const Error error = impl_->choose_port(now, remote, port); error != Error::none) {
      return error;
    }
  }
  const SocketAddress local{impl_->host_.config.address, port};
  Seq iss = impl_->host_.choose_iss(now, port, remote);
  // A port that was just chosen is free, unless it may be taken from TIME-WAIT.
  const bool free = endpoint.bound_port() == 0 && impl_->host_.settings().tcp_tw_reuse != 1;
  if (const auto taken = free ? std::nullopt : impl_->table_.find(port, remote)) {
    if (!impl_->take_over(*taken, endpoint, iss, c)) return Error::address_not_available;
  }
  iss = endpoint.fixed_iss().value_or(iss);
  endpoint.connect(local, remote, iss, c);
  impl_->table_.enter({TimerOwner::Kind::socket, Impl::index_of(socket)});
  impl_->settle(endpoint, Impl::index_of(socket), c);
  return Error::none;
}

Error Stack::connect_result(SocketId socket) { return impl_->socket(socket).connect_result(); }

bool Stack::waits_for_room(SocketId socket) const { return impl_->socket(socket).waits_for_room(); }

bool Stack::acceptable(ListenerId listener) const {
  const Listening& l = impl_->listeners_[static_cast<std::uint32_t>(listener)];
  return l.open && !l.accept_queue.empty();
}

std::optional<SocketId> Stack::accept(SimTime /*now*/, ListenerId listener, Output& /*out*/) {
  Listening& l = impl_->listeners_[static_cast<std::uint32_t>(listener)];
  if (!l.open || l.accept_queue.empty()) return std::nullopt;
  const std::uint32_t index = l.accept_queue.front();
  l.accept_queue.pop_front();
  impl_->records_.sockets[index].accepted();
  return SocketId{index};
}

IoResult Stack::send(SimTime now, SocketId socket, std::uint64_t bytes, Output& out) {
  return impl_->call(now, socket, out, [&](auto& e, auto& c) { return e.send(bytes, c); });
}

IoResult Stack::receive(SimTime now, SocketId socket, std::uint64_t bytes_max, Output& out) {
  return impl_->call(now, socket, out, [&](auto& e, auto& c) { return e.receive(bytes_max, c); });
}

Error Stack::shutdown(SimTime now, SocketId socket, Direction how, Output& out) {
  return impl_->call(now, socket, out, [&](auto& e, auto& c) { return e.shutdown(how, c); });
}

SimDuration Stack::linger(SimTime now, SocketId socket, Output& out) {
  if (impl_->socket(socket).options().linger_s <= 0) return SimDuration::zero();
  return impl_->call(now, socket, out, [](auto& e, auto& c) { return e.linger(c); });
}

void Stack::close(SimTime now, SocketId socket, Output& out) {
  impl_->call(now, socket, out, [](auto& e, auto& c) { e.close(c); });
}

void Stack::abort(SimTime now, SocketId socket, Output& out) {
  impl_->call(now, socket, out, [](auto& e, auto& c) { e.abort(c); });
}

Error Stack::set_option(SimTime now, SocketId socket, SocketOptionValue option, Output& out) {
  return impl_->call(now, socket, out, [&](auto& e, auto& c) { return e.set_option(option, c); });
}

void Stack::segment_arrives(SimTime now, const Segment& segment, Output& out) {
  Context c{impl_->host_, now, out};
  impl_->segment_arrives(segment, c);
}

SimTime Stack::deadline(TimerOwner owner) const {
  return impl_->records_.with(owner, [](const auto& record) { return deadline_of(record); });
}

Wakeup* Stack::wakeup(TimerOwner owner) {
  return impl_->records_.in_slab(owner.kind, [&](auto& slab) {
    return slab.contains(owner.index) ? &wakeup_of(slab[owner.index]) : nullptr;
  });
}

void Stack::timeout(SimTime now, TimerOwner owner, Output& out) {
  Context c{impl_->host_, now, out};
  impl_->timeout(owner, c);
}

Settings& Stack::settings() {
  impl_->full_.clear();  // the port range may be about to change
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

State Stack::state(SocketId socket) const { return impl_->socket(socket).state(); }

SocketAddress Stack::local(SocketId socket) const { return impl_->socket(socket).local(); }

SocketAddress Stack::remote(SocketId socket) const { return impl_->socket(socket).remote(); }

std::optional<Seq> Stack::iss(SocketAddress local, SocketAddress remote) const {
  const auto target = impl_->table_.find(local.port, remote);
  if (!target) return std::nullopt;
  return impl_->records_.with(*target, [](const auto& record) { return iss_of(record); });
}

State Stack::state(SocketAddress local, SocketAddress remote) const {
  const auto target = impl_->table_.find(local.port, remote);
  if (!target) return State::closed;
  return impl_->records_.with(*target, [](const auto& record) { return state_of(record); });
}

void Stack::visit(const Visit& visit) const {
  impl_->table_.for_each([&](TimerOwner owner) {
    impl_->records_.with(owner, [&](const auto& record) {
      const Ends ends = ends_of(record);
      visit(impl_->host_.at(ends.local_port), ends.remote(), state_of(record));
    });
  });
}

std::uint64_t Stack::octets_not_read() const {
  std::uint64_t octets = 0;
  impl_->table_.for_each([&](TimerOwner owner) {
    if (owner.kind == TimerOwner::Kind::socket) {
      octets += impl_->records_.sockets[owner.index].octets_not_read();
    }
  });
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
  impl_->table_.for_each([&](TimerOwner owner) {  // sorted below
    rows.push_back(impl_->records_.with(
        owner, [&](const auto& record) { return snapshot_of(record, impl_->host_); }));
  });
  const auto order = [](const SocketSnapshot& s) {
    return std::tuple{s.state, s.local.port, s.remote.address, s.remote.port};
  };
  std::sort(rows.begin(), rows.end(),
            [&](const SocketSnapshot& a, const SocketSnapshot& b) { return order(a) < order(b); });
  return rows;
}

}  // namespace lastack::tcp
