#pragma once

#include <cstdint>

#include "host/host.hpp"
#include "host/memory.hpp"

namespace lastack::tcp {

/// What one connection holds of its host's memory for sockets (tcp_mem), in pages.
class HeldMemory {
 public:
  std::uint32_t pages() const { return pages_; }
  std::uint64_t bytes() const { return std::uint64_t{pages_} * SocketMemory::page_bytes; }

  /// Takes so many pages more, whatever the limits say.
  void take(std::uint32_t more, Host& host) {
    host.memory.add(more);
    pages_ += more;
  }
  /// Holds what `bytes` need, no more and no less.
  void settle(std::uint64_t bytes, Host& host) {
    const std::uint32_t needed = SocketMemory::pages_for(bytes);
    if (needed > pages_) {
      host.memory.add(needed - pages_);
    } else if (needed < pages_) {
      host.memory.remove(pages_ - needed, host.settings().tcp_mem);
    }
    pages_ = needed;
  }

 private:
  std::uint32_t pages_ = 0;
};

}  // namespace lastack::tcp
