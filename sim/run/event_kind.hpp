#pragma once

#include <cstddef>
#include <cstdint>

#include "lastack/core/assert.hpp"
#include "lastack/core/scheduler.hpp"
#include "lastack/net/channel.hpp"
#include "lastack/tcp/output.hpp"

namespace lastack::run {

/// What an Event of the scheduler is about.
enum class EventKind : std::uint8_t {
  arrival,          ///< owner: channel, index: packet
  tcp_timer,        ///< owner: host, index: the timers' owner, packed
  process,          ///< index: process
  connector,        ///< index: into Scenario::connectors; its next connection begins
  listener_start,   ///< index: into Scenario::listeners
  listener_accept,  ///< index: into Scenario::listeners
  listener_close,   ///< index: into Scenario::listeners
  datagram,         ///< index: into Scenario::datagram_flows
  injection,        ///< index: into Scenario::injections
  host_event,       ///< index: into Scenario::host_events
  link_event,       ///< index: into Scenario::link_events
};

inline Event event_of(EventKind kind, std::uint32_t owner, std::size_t index) {
  LASTACK_ASSERT(owner < 1U << 24);
  Event event;
  event.kind = static_cast<std::uint8_t>(kind);
  event.owner = owner & 0xff'ffffU;
  event.index = static_cast<std::uint32_t>(index);
  return event;
}

// A timers' owner in the 32 bits of Event::index.
inline constexpr unsigned owner_bits = 30;

inline std::uint32_t pack(tcp::TimerOwner owner) {
  LASTACK_ASSERT(owner.index >> owner_bits == 0);
  return static_cast<std::uint32_t>(owner.kind) << owner_bits | owner.index;
}

inline tcp::TimerOwner unpack(std::uint32_t packed) {
  constexpr std::uint32_t mask = (1U << owner_bits) - 1;
  return {static_cast<tcp::TimerOwner::Kind>(packed >> owner_bits), packed & mask};
}

/// Connections of connectors begin in order, as a rule.
inline constexpr Lane connector_lane{0};
/// Packets of one delay class arrive in order.
constexpr Lane lane_of(net::DelayClass delay_class) {
  return delay_class == net::no_delay_class ? no_lane
                                            : Lane{static_cast<std::uint8_t>(1 + delay_class)};
}

}  // namespace lastack::run
