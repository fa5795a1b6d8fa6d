#include "socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace lastack::kernel {

namespace {

constexpr std::size_t block_bytes = 65536;
constexpr std::string_view congestion_control = "cubic";

/// TCP_NOTSENT_LOWAT; 0: as tcp_notsent_lowat says.
void set_lowat(int fd, std::uint32_t octets) {
  setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &octets, sizeof octets);
}

/// Where the kernel keeps an option.
struct Place {
  int level;
  int name;
};

Place place_of(tcp::SocketOption option) {
  using Option = tcp::SocketOption;
  switch (option) {
    case Option::tcp_user_timeout: return {IPPROTO_TCP, TCP_USER_TIMEOUT};
    case Option::tcp_syncnt: return {IPPROTO_TCP, TCP_SYNCNT};
    case Option::tcp_linger2: return {IPPROTO_TCP, TCP_LINGER2};
    case Option::tcp_defer_accept: return {IPPROTO_TCP, TCP_DEFER_ACCEPT};
    case Option::tcp_keepidle: return {IPPROTO_TCP, TCP_KEEPIDLE};
    case Option::tcp_keepintvl: return {IPPROTO_TCP, TCP_KEEPINTVL};
    case Option::tcp_keepcnt: return {IPPROTO_TCP, TCP_KEEPCNT};
    case Option::tcp_nodelay: return {IPPROTO_TCP, TCP_NODELAY};
    case Option::tcp_quickack: return {IPPROTO_TCP, TCP_QUICKACK};
    case Option::tcp_cork: return {IPPROTO_TCP, TCP_CORK};
    case Option::tcp_maxseg: return {IPPROTO_TCP, TCP_MAXSEG};
    case Option::so_keepalive: return {SOL_SOCKET, SO_KEEPALIVE};
    case Option::so_reuseaddr: return {SOL_SOCKET, SO_REUSEADDR};
    case Option::so_linger: return {SOL_SOCKET, SO_LINGER};
    case Option::so_rcvbuf: return {SOL_SOCKET, SO_RCVBUF};
    case Option::so_sndbuf: break;
  }
  return {SOL_SOCKET, SO_SNDBUF};
}

template <class T> int set(int fd, Place place, const T& value) {
  return setsockopt(fd, place.level, place.name, &value, sizeof value) == 0 ? 0 : errno;
}

int set_linger(int fd, int seconds) { return set(fd, {SOL_SOCKET, SO_LINGER}, linger{1, seconds}); }

sockaddr_in in_of(tcp::Address address, tcp::Port port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr.s_addr = htonl(static_cast<std::uint32_t>(address));
  return in;
}

int bind_as_it_is(int fd, tcp::Address address, tcp::Port port) {
  const sockaddr_in in = in_of(address, port);
  return bind(fd, reinterpret_cast<const sockaddr*>(&in), sizeof in) == 0 ? 0 : errno;
}

Transfer transfer_of(ssize_t result) {
  if (result < 0) return {errno == EINTR ? EAGAIN : errno, 0};
  return {0, static_cast<std::uint64_t>(result)};
}

}  // namespace

Fd make_socket() {
  Fd fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.open()) throw_errno("cannot make a socket");
  if (setsockopt(fd.get(), IPPROTO_TCP, TCP_CONGESTION, congestion_control.data(),
                 static_cast<socklen_t>(congestion_control.size())) != 0) {
    throw_errno("cannot choose the congestion control cubic for a socket");
  }
  return fd;
}

int set_options(int fd, const std::vector<tcp::SocketOptionValue>& options) {
  for (const auto& [option, value] : options) {
    const int number = value;
    const int error = option == tcp::SocketOption::so_linger ? set_linger(fd, number)
                                                             : set(fd, place_of(option), number);
    if (error != 0) return error;
  }
  return 0;
}

int bind_socket(int fd, tcp::Address address, tcp::Port port) {
  const int reuse = 1;
  if (const int error = set(fd, {SOL_SOCKET, SO_REUSEADDR}, reuse)) return error;
  return bind_as_it_is(fd, address, port);
}

int listen_on(int fd, tcp::Address address, tcp::Port port, int backlog,
              const std::vector<tcp::SocketOptionValue>& options) {
  const bool said = std::any_of(options.begin(), options.end(), [](const auto& option) {
    return option.option == tcp::SocketOption::so_reuseaddr;
  });
  const int error = said ? bind_as_it_is(fd, address, port) : bind_socket(fd, address, port);
  if (error != 0) return error;
  return listen(fd, backlog) == 0 ? 0 : errno;
}

int start_connect(int fd, tcp::SocketAddress to) {
  set_lowat(fd, UINT32_MAX);
  const sockaddr_in in = in_of(to.address, to.port);
  return connect(fd, reinterpret_cast<const sockaddr*>(&in), sizeof in) == 0 ? 0 : errno;
}

int pending_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error == 0) set_lowat(fd, 0);
  return error;
}

Transfer send_some(int fd, std::span<const char> bytes) {
  return transfer_of(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

Transfer recv_some(int fd, std::uint64_t bytes_max) {
  std::array<char, block_bytes> block;
  const std::size_t count = std::min<std::uint64_t>(bytes_max, block.size());
  return transfer_of(recv(fd, block.data(), count, 0));
}

Ports ports_of(int fd) {
  const auto port = [fd](auto ask) -> tcp::Port {
    sockaddr_in in{};
    socklen_t length = sizeof in;
    return ask(fd, reinterpret_cast<sockaddr*>(&in), &length) == 0 ? ntohs(in.sin_port) : 0;
  };
  return {port(getsockname), port(getpeername)};
}

int shut_down(int fd, tcp::Stack::Direction how) {
  int number = SHUT_RDWR;
  if (how == tcp::Stack::Direction::read) number = SHUT_RD;
  if (how == tcp::Stack::Direction::write) number = SHUT_WR;
  return shutdown(fd, number) == 0 ? 0 : errno;
}

int linger_zero(int fd) { return set_linger(fd, 0); }

}  // namespace lastack::kernel
