#include "net_namespace.hpp"

#include <cstring>
#include <exception>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <thread>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace lastack::kernel {

namespace {

void bring_loopback_up() {
  const Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP;
  if (!socket.open() || ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
    throw_errno("cannot bring an interface up, which needs CAP_NET_ADMIN");
  }
}

/// Without IPv6 no router solicitations go over the wire. Where there is none the files are
/// missing.
void turn_ipv6_off() {
  for (const char* which : {"all", "default"}) {
    std::ofstream{std::string{"/proc/sys/net/ipv6/conf/"} + which + "/disable_ipv6"} << "1";
  }
}

/// Buckets of the table of connections. The machine's own has hundreds of thousands, and sock_diag
/// walks them all at each reading.
constexpr const char* table_buckets = "1024";

/// A namespace has a table of its own if that was asked for in the one it was made from (Linux 6.1;
/// older ones share the machine's), so there is one in between, which is gone right away.
void unshare_with_small_table() {
  if (unshare(CLONE_NEWNET) != 0)
    throw_errno("cannot make a network namespace, which needs CAP_SYS_ADMIN");
  std::ofstream{"/proc/sys/net/ipv4/tcp_child_ehash_entries"} << table_buckets;
  if (unshare(CLONE_NEWNET) != 0)
    throw_errno("cannot make a network namespace, which needs CAP_SYS_ADMIN");
}

}  // namespace

void in_own_thread(const std::function<void()>& work) {
  std::exception_ptr thrown;
  std::thread thread;
  try {
    thread = std::thread{[&] {
      try {
        work();
      } catch (...) {
        thrown = std::current_exception();
      }
    }};
  } catch (const std::system_error& error) {
    throw_no_thread(error);
  }
  thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

NetNamespace::NetNamespace() {
  in_own_thread([this] {
    unshare_with_small_table();
    fd_.reset(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!fd_.open()) throw_errno("/proc/thread-self/ns/net");
    bring_loopback_up();
    turn_ipv6_off();
  });
}

void NetNamespace::enter() const {
  if (setns(fd_.get(), CLONE_NEWNET) != 0) throw_errno("cannot enter the network namespace");
}

void NetNamespace::inside(const std::function<void()>& work) const {
  in_own_thread([&] {
    enter();
    work();
  });
}

}  // namespace lastack::kernel
