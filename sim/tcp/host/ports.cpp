// Local ports: binding, and the choice of ephemeral ones (RFC 6056).

#include <algorithm>

#include "host/stack_impl.hpp"

namespace lastack::tcp {

/// The first port of the range in the profile's order that is free and not reserved.
template <typename IsFree>
std::optional<Port> Stack::Impl::search(SimTime now, std::optional<SocketAddress> remote,
                                        bool reuse, IsFree is_free) {
  const PortSet& reserved = host_.settings().ip_local_reserved_ports;
  const auto may_have = [&](Port port) {
    return (reserved.empty() || !reserved.contains(port)) && is_free(port);
  };
  const PortRange range = port_range();
  if (host_.profile.port_order == PortOrder::linux) {
    return remote ? ephemeral_ports_.for_peer(now, *remote, range, parities_left(*remote), may_have)
                  : ephemeral_ports_.for_anyone(range, reuse, may_have);
  }
  const std::uint32_t size = range.size();
  const std::uint32_t start = remote ? host_.first_port(remote->address, size) : 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    const auto candidate = static_cast<Port>(range.low + (start + next_port_ + i) % size);
    if (!may_have(candidate)) continue;
    next_port_ = (next_port_ + i + 1) % size;
    return candidate;
  }
  return std::nullopt;
}

Error Stack::Impl::bind(std::uint32_t socket, Port port) {
  Endpoint& endpoint = records_.sockets[socket];
  if (endpoint.bound_port() != 0 || endpoint.state() != State::closed) {
    return Error::invalid_argument;
  }
  const bool reuse = endpoint.options().reuse_address;
  if (port == 0) {
    // Any peer will do: the port must be free altogether.
    const auto found = search(sim_start, std::nullopt, reuse, [&](Port each) {
      return !is_taken(each) && !port_has_connections(each);
    });
    if (!found) return Error::address_in_use;
    port = *found;
  }
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
    full_.clear();  // towards everybody
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
/// modelled. Who bound the port itself need not ask for it, and may have the record of an orphan in
/// FIN-WAIT-2 as well (Linux, tcp_twsk_unique).
bool Stack::Impl::may_reuse(SimTime now, const TimeWait& record, PortChoice choice) const {
  if (!record.timestamps) return false;
  if (choice == PortChoice::bound && host_.profile.bound_port_reuses_time_wait) return true;
  if (record.state != State::time_wait) return false;
  const SimDuration rest = std::chrono::milliseconds{host_.settings().tcp_tw_reuse_delay};
  return host_.settings().tcp_tw_reuse == 1 && now - record.ts_recent_at >= rest;
}

/// Ends the record that has the pair which `endpoint` is to connect, if it may, and says where its
/// numbers begin. False: the pair is taken.
bool Stack::Impl::take_over(TimerOwner owner, Endpoint& endpoint, Seq& iss, Context& c) {
  const PortChoice choice = endpoint.bound_port() != 0 ? PortChoice::bound : PortChoice::ephemeral;
  if (owner.kind != TimerOwner::Kind::time_wait) return false;
  const TimeWait& record = records_.time_waits[owner.index];
  if (!may_reuse(c.now, record, choice)) return false;
  iss = record.next_iss();
  if (host_.profile.paws == Paws::linux) endpoint.inherit(record.ts_recent, record.ts_recent_at);
  time_wait_ends(owner.index, StateReason::new_connection, c);
  ++host_.counters.TWRecycled;
  return true;
}

bool Stack::Impl::is_taken(Port port) const {
  return (!bound_.empty() && bound_.contains(port)) || port_listens(port);
}

/// Whether a connection to `remote` may begin at a port that it did not bind.
bool Stack::Impl::is_free(SimTime now, Port port, SocketAddress remote) const {
  if (is_taken(port)) return false;
  const auto taken = table_.find(port, remote);
  return !taken || (taken->kind == TimerOwner::Kind::time_wait &&
                    may_reuse(now, records_.time_waits[taken->index], PortChoice::ephemeral));
}

PortRange Stack::Impl::port_range() const {
  const auto [low, high] = host_.settings().ip_local_port_range;
  return {static_cast<Port>(low), static_cast<Port>(high)};
}

/// Which parities of the range may have a port left towards `remote`.
EphemeralPorts::Parities Stack::Impl::parities_left(SocketAddress remote) const {
  using Parities = EphemeralPorts::Parities;
  const bool full = !full_.empty() && full_.contains(end_of(remote));
  return full ? Parities::other_only : Parities::both;
}

/// A port of the range that makes a new pair with `remote`.
Error Stack::Impl::choose_port(SimTime now, SocketAddress remote, Port& port) {
  const bool by_twos = host_.profile.port_order == PortOrder::linux;
  const bool one_left_out = by_twos && port_range().leaves_one_out();
  if (one_left_out && full_in_ != EphemeralPorts::period(now)) {  // another one may be left out
    full_.clear();
    full_in_ = EphemeralPorts::period(now);
  }
  // With tcp_tw_reuse a port may come free by time alone.
  const bool may_remember = host_.settings().tcp_tw_reuse != 1;
  const auto known = full_.empty() ? full_.end() : full_.find(end_of(remote));
  if (known != full_.end() && known->second == Full::all) return Error::address_not_available;
  const auto found =
      search(now, remote, false, [&](Port each) { return is_free(now, each, remote); });
  if (!found) {
    if (may_remember) full_[end_of(remote)] = Full::all;
    return Error::address_not_available;
  }
  port = *found;
  const bool other_parity = (port - port_range().low) % 2 == 1;
  if (by_twos && other_parity && may_remember && !one_left_out) {
    full_.try_emplace(end_of(remote), Full::own_parity);
  }
  return Error::none;
}

}  // namespace lastack::tcp
