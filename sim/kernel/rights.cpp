// What the machine lets us do, tried rather than guessed.
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sched.h>
#include <string>

#include "clock.hpp"
#include "fd.hpp"
#include "lastack/kernel/lab.hpp"
#include "net_namespace.hpp"
#include "socket.hpp"
#include "socket_table.hpp"
#include "tracefs.hpp"
#include "tun.hpp"

namespace lastack::kernel {

namespace {

/// What `step` throws, with advice.
std::optional<std::string> problem_of(const std::function<void()>& step, const char* advice) {
  try {
    step();
  } catch (const LabError& error) {
    const std::string problem = error.what();
    return problem + " (" + advice_for(problem, advice) + ")";
  }
  return std::nullopt;
}

void try_hosts(Rights& rights) {
  std::optional<NetNamespace> space;
  const auto no_space =
      problem_of([&] { space.emplace(); }, "run as root; in a container, privileged");
  if (no_space) rights.missing.push_back(*no_space);
  const Fd device{open("/dev/net/tun", O_RDWR | O_CLOEXEC)};
  if (!device.open()) {
    const char* advice = errno == ENOENT
                             ? "`modprobe tun` makes it; in a container, pass the device"
                             : "run as root; in a container, allow the device";
    const std::string problem = with_errno("/dev/net/tun");
    rights.missing.push_back(problem + " (" + advice_for(problem, advice) + ")");
  }
  if (!space || !device.open()) return;
  const auto own = tcp::Address{0x0a400001};
  constexpr std::uint32_t mtu = 1500;
  const auto no_tun = problem_of(
      [&] {
        Tun{*space, own, mtu};
      },
      "run as root; in a container, privileged");
  if (no_tun) rights.missing.push_back(*no_tun);
  const auto no_table =
      problem_of([&] { SocketTable{*space}.read(); }, "the kernel needs CONFIG_INET_TCP_DIAG");
  if (no_table) rights.missing.push_back(*no_table);
  const auto no_socket =
      problem_of([&] { space->inside([] { make_socket(); }); }, "`modprobe tcp_cubic` may help");
  if (no_socket) rights.missing.push_back(*no_socket);
}

}  // namespace

Rights check_rights() {
  Rights rights;
  try_hosts(rights);
  if (const auto why = Tracefs::why_not()) {
    rights.limits.push_back(*why + ": states come from sock_diag alone, some milliseconds late");
  }
  in_own_thread([&] {
    if (be_punctual(wire_priority) == Punctuality::real_time) return;
    rights.limits.emplace_back(
        "SCHED_FIFO is not allowed (CAP_SYS_NICE): the wire may often be late");
  });
  return rights;
}

}  // namespace lastack::kernel
