// Local ports: binding, and the choice of ephemeral ones (RFC 6056).

#include <algorithm>

#include "host/stack_impl.hpp"

namespace lastack::tcp {

Error Stack::Impl::bind(std::uint32_t socket, Port port) {
  Endpoint& endpoint = records_.sockets[socket];
  if (endpoint.bound_port() != 0 || endpoint.state() != State::closed) {
    return Error::invalid_argument;
  }
  if (port == 0) {
    // Any peer will do: the port must be free altogether.
    if (const Error error = choose_port(sim_start, SocketAddress{}, port); error != Error::none) {
      return Error::address_in_use;
    }
  }
  const bool reuse = endpoint.options().reuse_address;
  const auto use = bound_.find(port);
  const bool shared_badly =
      use != bound_.end() && (use->second.exclusive > 0 || (!reuse && use->second.bound > 0));
  if (shared_badly || port_listens(port) || (!reuse && port_has_connections(port))) {
    return Error::address_in_use;
  }
  PortUse& now = bound_[port];
  ++now.bound;
  now.exclusive += reuse ? 0U : 1U;
  endpoint.bind(port);
  return Error::none;
}

void Stack::Impl::unbind(std::uint32_t socket) {
  Endpoint& endpoint = records_.sockets[socket];
  if (endpoint.bound_port() == 0) return;
  const auto use = bound_.find(endpoint.bound_port());
  use->second.exclusive -= endpoint.options().reuse_address ? 0U : 1U;
  if (--use->second.bound == 0) {
    bound_.erase(use);
  }
  endpoint.bind(0);
}

bool Stack::Impl::port_has_connections(Port port) const {
  bool found = false;
  table_.for_each([&](TimerOwner owner) {
    found |= records_.with(owner, [&](const auto& r) { return ends_of(r).local_port == port; });
  });
  return found;
}

/// Linux's tcp_tw_reuse: a new connection may take over a pair in TIME-WAIT when timestamps
/// distinguish old segments from new ones. 2 means on the loopback interface, which is not
/// modelled. Who bound the port itself need not ask for it (Linux, tcp_twsk_unique).
bool Stack::Impl::may_reuse(SimTime now, const TimeWait& record, PortChoice choice) const {
  if (record.state != State::time_wait || !record.timestamps) return false;
  if (choice == PortChoice::bound && host_.profile.bound_port_reuses_time_wait) return true;
  const SimDuration rest = std::chrono::milliseconds{host_.settings().tcp_tw_reuse_delay};
  return host_.settings().tcp_tw_reuse == 1 && now - record.ts_recent_at >= rest;
}

/// The next port of the range that makes a new pair with `remote`, from a start that the host and
/// the peer's address choose.
Error Stack::Impl::choose_port(SimTime now, SocketAddress remote, Port& port) {
  // With tcp_tw_reuse a port may come free by time alone.
  const bool may_remember = host_.settings().tcp_tw_reuse != 1;
  if (may_remember && exhausted_.contains(end_of(remote))) return Error::address_not_available;
  const auto [low, high] = host_.settings().ip_local_port_range;
  const PortSet& reserved = host_.settings().ip_local_reserved_ports;
  const auto size = static_cast<std::uint32_t>(high - low + 1);
  const std::uint32_t start = host_.first_port(remote.address, size);
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::uint32_t step = (start + next_port_ + i) % size;
    const auto candidate = static_cast<Port>(static_cast<std::uint32_t>(low) + step);
    if (!reserved.empty() && reserved.contains(candidate)) continue;
    if ((!bound_.empty() && bound_.contains(candidate)) || port_listens(candidate)) continue;
    const auto taken = table_.find(candidate, remote);
    if (!taken || (taken->kind == TimerOwner::Kind::time_wait &&
                   may_reuse(now, records_.time_waits[taken->index], PortChoice::ephemeral))) {
      next_port_ = (next_port_ + i + 1) % size;
      port = candidate;
      return Error::none;
    }
  }
  if (may_remember) {
    exhausted_.insert(end_of(remote));
  }
  return Error::address_not_available;
}

}  // namespace lastack::tcp
