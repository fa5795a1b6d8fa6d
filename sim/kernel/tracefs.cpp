#include "tracefs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>
#include <utility>

#include <arpa/inet.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "fd.hpp"

namespace lastack::kernel {

namespace {

constexpr const char* usual_root = "/sys/kernel/tracing";
constexpr const char* event = "events/sock/inet_sock_set_state";

bool is_there(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

/// tracefs mounted nowhere: it goes with its descriptor.
Fd mount_for_us_alone() {
  const Fd setup{fsopen("tracefs", FSOPEN_CLOEXEC)};
  if (!setup.open() || fsconfig(setup.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return Fd{};
  }
  return Fd{fsmount(setup.get(), FSMOUNT_CLOEXEC, 0)};
}

/// Where tracefs is; one that nobody has mounted is mounted for this process alone.
struct Root {
  Root()
      : own{is_there(usual_root + std::string{"/instances"}) ? Fd{} : mount_for_us_alone()},
        path{own.open() ? "/proc/self/fd/" + std::to_string(own.get()) : usual_root} {}

  std::string instances() const { return path + "/instances"; }

  Fd own;  ///< the mount goes with it
  std::string path;
};

const Root& root() {
  static const Root found;
  return found;
}

void write_to(const std::string& path, std::string_view text) {
  const Fd fd{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (fd.open() && write(fd.get(), text.data(), text.size()) >= 0) return;
  throw_errno("tracefs: " + path.substr(path.rfind("/instances/") + 1));
}

constexpr std::array<std::pair<std::string_view, tcp::State>, 12> state_names{{
    {"TCP_ESTABLISHED", tcp::State::established},
    {"TCP_SYN_SENT", tcp::State::syn_sent},
    {"TCP_SYN_RECV", tcp::State::syn_rcvd},
    {"TCP_FIN_WAIT1", tcp::State::fin_wait_1},
    {"TCP_FIN_WAIT2", tcp::State::fin_wait_2},
    {"TCP_TIME_WAIT", tcp::State::time_wait},
    {"TCP_CLOSE", tcp::State::closed},
    {"TCP_CLOSE_WAIT", tcp::State::close_wait},
    {"TCP_LAST_ACK", tcp::State::last_ack},
    {"TCP_LISTEN", tcp::State::listen},
    {"TCP_CLOSING", tcp::State::closing},
    {"TCP_NEW_SYN_RECV", tcp::State::syn_rcvd},
}};

std::optional<tcp::State> state_named(std::string_view name) {
  for (const auto& [known, state] : state_names) {
    if (known == name) return state;
  }
  return std::nullopt;
}

/// What stands behind "key=" up to the next blank; empty when it is not there.
std::string_view field(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == line.npos) return {};
  line.remove_prefix(at + key.size());
  return line.substr(0, line.find_first_of(" \n"));
}

template <class Number> std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<tcp::Address> address_of(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string{text}.c_str(), &address) != 1) return std::nullopt;
  return tcp::Address{ntohl(address.s_addr)};
}

/// "123.456789" seconds, which stand before ": inet_sock_set_state:", as nanoseconds.
std::optional<std::int64_t> time_before(std::string_view line, std::size_t end) {
  const auto begin = line.rfind(' ', end) + 1;
  const std::string_view text = line.substr(begin, end - begin);
  const auto point = text.find('.');
  if (point == text.npos || text.size() - point != 7) return std::nullopt;  // six digits
  const auto seconds = number_of<std::int64_t>(text.substr(0, point));
  const auto micros = number_of<std::int64_t>(text.substr(point + 1));
  if (!seconds || !micros) return std::nullopt;
  return *seconds * 1'000'000'000 + *micros * 1'000;
}

std::optional<trace::HostId> host_with(tcp::Address address, const Addresses& addresses) {
  const auto found = std::find(addresses.begin(), addresses.end(), address);
  if (found == addresses.end()) return std::nullopt;
  return trace::HostId{static_cast<std::uint32_t>(found - addresses.begin())};
}

std::string filter_of(const std::vector<tcp::Port>& ports) {
  std::string filter;
  for (const tcp::Port port : ports) {
    const std::string number = std::to_string(port);
    if (!filter.empty()) filter += " || ";
    filter += "sport == " + number + " || dport == " + number;
  }
  return filter;
}

}  // namespace

std::optional<TraceLine> parse_trace_line(const std::string& line) {
  const auto mark = line.find(": inet_sock_set_state: ");
  if (mark == line.npos) return std::nullopt;
  const std::string_view text = std::string_view{line}.substr(mark);
  const auto ns = time_before(line, mark);
  const auto local = number_of<tcp::Port>(field(text, " sport="));
  const auto remote = number_of<tcp::Port>(field(text, " dport="));
  const auto own = address_of(field(text, " saddr="));
  const auto other = address_of(field(text, " daddr="));
  const auto was = state_named(field(text, " oldstate="));
  const auto now = state_named(field(text, " newstate="));
  if (!ns || !local || !remote || !own || !other || !was || !now) return std::nullopt;
  TraceLine result{*ns, *own, *other, {}};
  result.change.local = *local;
  result.change.remote = *remote;
  result.change.was = was;
  result.change.now = now;
  return result;
}

std::optional<std::string> Tracefs::why_not() {
  const std::string instances = root().instances();
  if (!is_there(instances)) {
    return std::string{"no tracefs at "} + usual_root + " (mount -t tracefs tracefs " + usual_root +
           ")";
  }
  if (access(instances.c_str(), W_OK) != 0) return instances + ": " + std::strerror(errno);
  if (!is_there(root().path + "/" + event)) {
    return "this kernel has no tracepoint sock:inet_sock_set_state";
  }
  return std::nullopt;
}

std::string Tracefs::instances() { return why_not() ? std::string{} : root().instances(); }

void remove_leftovers() {
  try {
    // Not the one that is kept: the next step may be short of descriptors.
    remove_instances_of_the_dead(Root{}.instances());
  } catch (const LabError&) {  // whose they are cannot be found out: they wait for another start
  }
}

Tracefs::Tracefs(const TracingInstance& instance, const std::vector<tcp::Port>& ports)
    : folder_{instance.folder()} {
  write_to(folder_ + "/trace_clock", "mono");
  if (!ports.empty()) write_to(folder_ + "/" + event + "/filter", filter_of(ports));
  write_to(folder_ + "/" + event + "/enable", "1");
  write_to(folder_ + "/tracing_on", "1");
}

std::vector<SocketChange> Tracefs::stop(const Addresses& addresses, const LabClock& clock) {
  write_to(folder_ + "/tracing_on", "0");
  std::ifstream file{folder_ + "/trace"};
  std::vector<SocketChange> changes;
  for (std::string line; std::getline(file, line);) {
    const auto parsed = parse_trace_line(line);
    if (!parsed) continue;
    const auto own = host_with(parsed->own, addresses);
    if (!own) continue;
    SocketChange change = parsed->change;
    change.at = clock.at(parsed->ns);
    change.host = *own;
    change.peer = host_with(parsed->other, addresses).value_or(*own);
    changes.push_back(change);
  }
  return changes;
}

}  // namespace lastack::kernel
