#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "fd.hpp"
#include "lastack/tcp/segment.hpp"
#include "net_namespace.hpp"
#include "packet.hpp"

namespace lastack::kernel {

/// A host's network interface whose other side is ours: what the host sends is read, what is
/// written the host receives. It goes away with the descriptor.
class Tun {
 public:
  /// Makes `tun0` in the namespace, with a route to the 256 addresses around `own` and to nobody
  /// else. Throws LabError.
  Tun(const NetNamespace& space, tcp::Address own, std::uint32_t mtu);

  int fd() const { return fd_.get(); }

  /// The next packet that the host has sent, valid until the next call; nothing when there is none.
  std::optional<std::span<const std::uint8_t>> read();
  /// The host receives the packet: all that follows at once in the kernel happens before this
  /// returns. False when the interface did not take it.
  bool write(std::span<const std::uint8_t> packet);

 private:
  Fd fd_;
  Bytes buffer_;
};

}  // namespace lastack::kernel
