#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fd.hpp"
#include "journal.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::kernel {

// Calls on TCP sockets of the kernel. Each returns the errno with which it failed, 0 for none, and
// none of them waits.

/// A TCP socket in the calling thread's namespace, with CUBIC, as those have that it accepts.
/// Throws LabError.
Fd make_socket();

/// The first option that fails ends it.
int set_options(int fd, const std::vector<tcp::SocketOptionValue>& options);

/// Sets SO_REUSEADDR first.
int bind_socket(int fd, tcp::Address address, tcp::Port port);
/// The same, unless `options` say what SO_REUSEADDR is.
int listen_on(int fd, tcp::Address address, tcp::Port port, int backlog,
              const std::vector<tcp::SocketOptionValue>& options);
/// EINPROGRESS: poll for POLLOUT, then ask `pending_error`. Between the two poll tells when connect
/// is over, however small tcp_notsent_lowat is, as connect itself would that waits.
int start_connect(int fd, tcp::SocketAddress to);
int pending_error(int fd);

/// What a call transferred.
struct Transfer {
  int error = 0;            ///< EAGAIN: poll and come back
  std::uint64_t bytes = 0;  ///< of recv 0 without an error: EOF
};
/// One call for all the bytes: where calls end the kernel sets PSH.
Transfer send_some(int fd, std::span<const char> bytes);
Transfer recv_some(int fd, std::uint64_t bytes_max);

/// The socket's connection as far as it has one.
Ports ports_of(int fd);

int shut_down(int fd, tcp::Stack::Direction how);
/// SO_LINGER 0, so that close sends RST.
int linger_zero(int fd);

}  // namespace lastack::kernel
