#pragma once

#include <cstdint>

#include "endpoint.hpp"
#include "host/request.hpp"
#include "host/slab.hpp"
#include "host/time_wait.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/tcp/output.hpp"

namespace lastack::tcp {

/// A connection's ends, but for the host's own address.
struct Ends {
  Address remote_address;
  Port remote_port;
  Port local_port;

  std::uint64_t key() const { return pair_key(local_port, remote_address, remote_port); }
  SocketAddress remote() const { return {remote_address, remote_port}; }
};

/// A host's connections, each in the form that its state needs: most of a server's SYN_RCVD and
/// TIME_WAIT sockets never need what a connection needs. A TimerOwner names one of any form.
struct Records {
  Slab<Endpoint> sockets;
  Slab<Request> requests;
  Slab<TimeWait> time_waits;

  /// Calls `use(slab)` for the slab of this kind, and returns what that returns.
  template <typename Use> decltype(auto) in_slab(TimerOwner::Kind kind, Use use) {
    return in_slab_of(*this, kind, use);
  }
  template <typename Use> decltype(auto) in_slab(TimerOwner::Kind kind, Use use) const {
    return in_slab_of(*this, kind, use);
  }
  /// Calls `use(record)` for the one that is named, and returns what that returns.
  template <typename Use> decltype(auto) with(TimerOwner owner, Use use) {
    return in_slab(owner.kind,
                   [&](auto& slab) -> decltype(auto) { return use(slab[owner.index]); });
  }
  template <typename Use> decltype(auto) with(TimerOwner owner, Use use) const {
    return in_slab(owner.kind,
                   [&](auto& slab) -> decltype(auto) { return use(slab[owner.index]); });
  }
  /// Calls `use(owner, record)` for each that is not released. Looks through all: for checks.
  template <typename Use> void for_each(Use use) const {
    for (const auto kind :
         {TimerOwner::Kind::socket, TimerOwner::Kind::request, TimerOwner::Kind::time_wait}) {
      in_slab(kind, [&](const auto& slab) {
        slab.for_each([&](std::uint32_t index, const auto& record) {
          use(TimerOwner{kind, index}, record);
        });
      });
    }
  }

 private:
  /// The one switch over the kinds.
  template <typename Self, typename Use>
  static decltype(auto) in_slab_of(Self& self, TimerOwner::Kind kind, Use& use) {
    switch (kind) {
      case TimerOwner::Kind::socket: return use(self.sockets);
      case TimerOwner::Kind::request: return use(self.requests);
      case TimerOwner::Kind::time_wait: return use(self.time_waits);
    }
    LASTACK_UNREACHABLE("a kind of record that is none");
  }
};

// What all forms have.

inline Ends ends_of(const Endpoint& e) {
  return {e.remote().address, e.remote().port, e.local().port};
}
inline Ends ends_of(const Request& r) { return {r.remote_address, r.remote_port, r.local_port}; }
inline Ends ends_of(const TimeWait& tw) {
  return {tw.remote_address, tw.remote_port, tw.local_port};
}

inline State state_of(const Endpoint& e) { return e.state(); }
inline State state_of(const Request& /*r*/) { return State::syn_rcvd; }
inline State state_of(const TimeWait& tw) { return tw.state; }

inline Seq iss_of(const Endpoint& e) { return e.snd().iss(); }
inline Seq iss_of(const Request& r) { return r.iss; }
inline Seq iss_of(const TimeWait& tw) { return tw.iss; }

inline Wakeup& wakeup_of(Endpoint& e) { return e.wakeup(); }
inline Wakeup& wakeup_of(Request& r) { return r.wakeup; }
inline Wakeup& wakeup_of(TimeWait& tw) { return tw.wakeup; }
inline const Wakeup& wakeup_of(const Endpoint& e) { return e.wakeup(); }
inline const Wakeup& wakeup_of(const Request& r) { return r.wakeup; }
inline const Wakeup& wakeup_of(const TimeWait& tw) { return tw.wakeup; }

inline SimTime deadline_of(const Endpoint& e) { return e.deadline(); }
inline SimTime deadline_of(const Request& r) { return r.wakeup.due; }
inline SimTime deadline_of(const TimeWait& tw) { return tw.wakeup.due; }

inline SocketSnapshot snapshot_of(const Endpoint& e, const Host& /*host*/) { return e.snapshot(); }
inline SocketSnapshot snapshot_of(const Request& r, const Host& host) { return r.snapshot(host); }
inline SocketSnapshot snapshot_of(const TimeWait& tw, const Host& host) {
  return tw.snapshot(host);
}

}  // namespace lastack::tcp
