#include "tun.hpp"

#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace lastack::kernel {

namespace {

constexpr std::size_t read_max = 65536;
constexpr const char* device = "/dev/net/tun";
constexpr const char* interface = "tun0";
constexpr tcp::Address netmask{0xffffff00};

ifreq request_for_interface() {
  ifreq request{};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  return request;
}

void put_address(ifreq& request, tcp::Address address) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(static_cast<std::uint32_t>(address));
  std::memcpy(&request.ifr_addr, &in, sizeof in);
}

void set(int socket, unsigned long what, ifreq& request, const char* words) {
  if (ioctl(socket, what, &request) != 0) throw_errno(std::string{"cannot set "} + words);
}

Fd open_device() {
  Fd fd{open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (!fd.open()) throw_errno(device);
  ifreq request = request_for_interface();
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0)
    throw_errno("cannot make a TUN interface, which needs CAP_NET_ADMIN");
  return fd;
}

void configure(tcp::Address own, std::uint32_t mtu) {
  const Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket.open()) throw_errno("cannot make a socket");
  ifreq request = request_for_interface();
  request.ifr_mtu = static_cast<int>(mtu);
  set(socket.get(), SIOCSIFMTU, request, "the interface's MTU");
  put_address(request, own);
  set(socket.get(), SIOCSIFADDR, request, "the interface's address");
  put_address(request, netmask);
  set(socket.get(), SIOCSIFNETMASK, request, "the interface's network");
  request = request_for_interface();
  set(socket.get(), SIOCGIFFLAGS, request, "the interface's flags");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  set(socket.get(), SIOCSIFFLAGS, request, "the interface up");
}

}  // namespace

Tun::Tun(const NetNamespace& space, tcp::Address own, std::uint32_t mtu) : buffer_(read_max) {
  space.inside([&] {
    fd_ = open_device();
    configure(own, mtu);
  });
}

std::optional<std::span<const std::uint8_t>> Tun::read() {
  const ssize_t got = ::read(fd_.get(), buffer_.data(), buffer_.size());
  if (got <= 0) return std::nullopt;
  return std::span<const std::uint8_t>{buffer_}.first(static_cast<std::size_t>(got));
}

bool Tun::write(std::span<const std::uint8_t> packet) {
  return ::write(fd_.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
}

}  // namespace lastack::kernel
