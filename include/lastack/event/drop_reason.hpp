#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "lastack/core/named.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::trace {

/// Why a packet comes to nothing before the TCP that it is for sees it.
enum class LossReason : std::uint8_t {
  fault,  ///< of the scenario
  loss,   ///< the link's loss model
  queue,  ///< the link's queue is full
  link_down,
  host_off,  ///< either host is without power
  mtu,       ///< it is larger than the link's MTU
  no_route,  ///< no link leads to its receiver
  checksum,  ///< it was damaged, and its receiver saw it
};
constexpr LossReason last_of(LossReason /*of*/) { return LossReason::checksum; }

/// "fault" and the like.
std::string_view name_of(LossReason reason);

/// Where a packet is dropped: on its way, or by the host that it reached.
enum class DropPlace : std::uint8_t { wire, host };
constexpr DropPlace last_of(DropPlace /*of*/) { return DropPlace::host; }

/// "wire", "host".
std::string_view name_of(DropPlace place);

/// Why a packet is lost on its way, or thrown away by the host that it reached.
using DropReason = std::variant<LossReason, tcp::DiscardReason>;

/// "fault", "accept_queue" and the like.
std::string_view name_of(const DropReason& reason);

}  // namespace lastack::trace
