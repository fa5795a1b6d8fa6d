#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fd.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/state.hpp"
#include "net_namespace.hpp"
#include "packet.hpp"

namespace lastack::kernel {

/// One TCP socket of a namespace, mini-sockets (requests, TIME_WAIT) included.
struct SocketRow {
  tcp::Port local = 0;
  tcp::Port remote = 0;
  tcp::Address peer{};  ///< whose the remote port is
  tcp::State state = tcp::State::closed;
  bool timer = false;  ///< something will happen by itself: a retransmission, an end
};

/// The kernel's states by their numbers (include/net/tcp_states.h); nothing for other numbers.
std::optional<tcp::State> state_numbered(unsigned number);

/// A namespace's TCP sockets, as sock_diag lists them.
class SocketTable {
 public:
  /// Throws LabError.
  explicit SocketTable(const NetNamespace& space);

  /// All but listeners. Throws LabError.
  const std::vector<SocketRow>& read();

  /// Ends every socket at once, as far as the kernel lets us (CONFIG_INET_DIAG_DESTROY): what no
  /// application holds any more would keep the namespace alive until its timers run out.
  void destroy_all();

 private:
  enum class More { yes, no };

  void ask();
  More take_in(std::size_t bytes);

  Fd fd_;
  Bytes buffer_;
  std::vector<SocketRow> rows_;
  std::vector<Bytes> ids_;  ///< the kernel's name for each row's socket
};

}  // namespace lastack::kernel
