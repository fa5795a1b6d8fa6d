// What a kernel, or this lab, cannot do. Everything that is not refused here is done.
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"
#include "lastack/kernel/lab.hpp"
#include "lastack/scenario/world.hpp"
#include "lastack/tcp/kernel_versions.hpp"
#include "lastack/tcp/timer_grid.hpp"
#include "machine.hpp"
#include "places.hpp"
#include "sysctl_files.hpp"

namespace lastack::kernel {

namespace {

/// Connections of all apps at most: each has a thread.
constexpr std::uint64_t connections_max = 4000;
/// Each host is a namespace that takes some milliseconds to make, and all share a processor.
constexpr std::uint64_t hosts_min = 2;
constexpr std::uint64_t hosts_max = 16;

/// Everything or nothing takes no numbers.
bool draws(const net::Loss& loss) {
  const auto* bernoulli = std::get_if<net::BernoulliLoss>(&loss);
  return bernoulli == nullptr || (bernoulli->p != 0 && bernoulli->p != 1);
}

/// A first receive buffer of this size offers a window of one octet. When an application then reads
/// more, tcp_rcvbuf_grow of Linux 6.18 divides by zero: the caller's thread dies with the socket
/// locked, and whoever asks for the socket later waits until the machine starts anew.
bool ends_the_thread(const tcp::Settings& settings) {
  const std::int32_t first = settings.tcp_rmem[1];
  return first == 2 || first == 3;
}

class Refuser {
 public:
  explicit Refuser(const scenario::Scenario& scenario)
      : scenario_{scenario},
        places_{scenario.file} {}

  std::vector<scenario::ScenarioError> refuse() {
    check_nodes();
    for (const scenario::Host& host : scenario_.hosts) check_host(host);
    check_links();
    check_apps();
    check_events();
    return std::move(errors_);
  }

 private:
  /// One error for each place: a key that both hosts or directions share is wrong once.
  void fail(const std::string& pointer, const std::string& problem) {
    for (const scenario::ScenarioError& error : errors_) {
      if (error.pointer() == pointer) return;
    }
    errors_.emplace_back(scenario_.file, pointer, "on a kernel: " + problem);
  }

  void check_nodes() {
    std::uint64_t count = 0;
    for (const scenario::Host& host : scenario_.hosts) count += host.count;
    if (count < hosts_min || count > hosts_max) {
      fail("/hosts", fmt::format("want {} to {} hosts, have {}", hosts_min, hosts_max, count));
    }
  }

  void check_host(const scenario::Host& host) {
    const std::string own = "/hosts/" + host.name;
    if (!tcp::kernel_of(host.profile)) {
      fail(places_.first_of({own + "/profile", "/profile"}),
           fmt::format(
               "want linux-6 or another Linux, have {} (--set profile=linux-6 shows what the "
               "kernel does instead)",
               tcp::name_of(host.profile)));
    } else if (host.timers != tcp::TimerMode::wheel) {
      fail(places_.first_of({own + "/timer_wheel", "/timer_wheel"}),
           "want true, have false: its timers are on its wheel");
    }
    // Whoever does not say how fast the timers tick takes them as they are.
    const std::string hz = places_.first_of({own + "/hz", "/hz"});
    const bool named = places_.has(hz) || host.hz != tcp::TimerGrid::usual_hz;
    if (named && host.hz != kernel_hz()) {
      fail(hz, fmt::format("want {}, as this kernel has it, have {}", kernel_hz(), host.hz));
    }
    if (ends_the_thread(host.settings)) {
      fail_tcp_rmem(places_.first_of({own + "/sysctl/tcp_rmem", "/sysctl/tcp_rmem", own}));
    }
    if (host.files_max != app::unlimited_files || host.sockets_max != tcp::unlimited_sockets) {
      fail(places_.first_of({own + "/limits", "/limits"}),
           "want none: its applications are threads of this process and share its descriptors");
    }
    if (host.handshake != tcp::Handshake::three_way) {
      fail(places_.first_of({own + "/what_if", "/what_if"}), "want the three-way handshake");
    }
  }

  void fail_tcp_rmem(const std::string& pointer) {
    fail(pointer,
         "want a first receive buffer other than 2 or 3 bytes (tcp_rmem), at which Linux 6.18 "
         "divides by zero: 1, or 4 at the least");
  }

  void check_links() {
    if (scenario_.links.empty()) fail("/links", "want a link, have none");
    for (std::size_t i = 0; i < scenario_.links.size(); ++i) {
      check_direction(scenario_.links[i].a_to_b, i, "a_to_b");
      check_direction(scenario_.links[i].b_to_a, i, "b_to_a");
    }
  }

  void check_direction(const net::LinkConfig& c, std::size_t link, const char* direction) {
    const std::string both = fmt::format("/links/{}/", link);
    const std::string own = both + direction + "/";
    const auto refuse = [&](bool drawn, const std::string& key, const char* instead) {
      if (!drawn) return;
      const std::string pointer = places_.first_of({own + key, both + key});
      fail(pointer, fmt::format("want none that draws numbers ({})", instead));
    };
    refuse(draws(c.loss), "loss", "faults lose chosen segments");
    refuse(!std::holds_alternative<net::ConstantDelay>(c.delay), "delay", "a constant one goes");
    refuse(c.jitter != SimDuration::zero(), "jitter", "faults delay chosen segments");
    refuse(c.reorder.p != 0, "reorder", "faults delay chosen segments");
    refuse(c.duplicate != 0, "duplicate", "faults duplicate chosen segments");
    refuse(c.corrupt != 0, "corrupt", "faults lose chosen segments");
  }

  void check_apps() {
    for (std::size_t i = 0; i < scenario_.listeners.size(); ++i) {
      const app::Listener& listener = scenario_.listeners[i];
      const std::string place = places_.nth_with("apps", "listen", i);
      if (!listener.iss.empty()) check_cookies(listener, place);
      check_limits(listener, place);
      refuse_drawn_sleeps(listener.steps, place);
    }
    std::uint64_t connections = 0;
    for (std::size_t i = 0; i < scenario_.connectors.size(); ++i) {
      const app::Connector& connector = scenario_.connectors[i];
      const std::string place = places_.nth_with("apps", "connect", i);
      check_limits(connector, place);
      refuse_drawn_sleeps(connector.steps, place);
      if (connector.host == connector.to) fail(place + "/connect", "want the other host");
      if (connector.arrivals) {
        fail(place + "/rate", "want \"count\" and \"every\" instead");
        continue;
      }
      connections += connector.count;
      if (connections > connections_max) {
        return fail(place + "/count",
                    fmt::format("want at most {} connections in all, have more", connections_max));
      }
    }
    if (!scenario_.datagram_flows.empty()) {
      fail(places_.nth_with("apps", "datagrams", 0),
           "want listeners and connectors, have datagrams");
    }
  }

  template <typename App> void check_limits(const App& app, const std::string& place) {
    const std::string own = place + "/limits";
    if (app.files_max != app::unlimited_files && places_.has(own)) fail(own, "want none");
  }

  void refuse_drawn_sleeps(const std::vector<app::Step>& steps, const std::string& place) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto* sleep = std::get_if<app::SleepStep>(&steps[i]);
      if (sleep == nullptr || std::holds_alternative<net::ConstantDelay>(sleep->duration)) continue;
      fail(fmt::format("{}/steps/{}/sleep", place, i), "want none that draws numbers");
    }
  }

  /// A cookie is a number that must come back as it was made.
  void check_cookies(const app::Listener& listener, const std::string& place) {
    const scenario::World world{scenario_, scenario_.seed};
    const scenario::Host& host = scenario_.hosts[world.group(listener.host)];
    if (host.settings.tcp_syncookies != 2) return;
    fail(place + "/iss", "want none where tcp_syncookies is 2: a cookie is the number itself");
  }

  void check_events() {
    for (std::size_t i = 0; i < scenario_.host_events.size(); ++i) {
      const scenario::HostEvent& event = scenario_.host_events[i];
      tcp::Settings changed;
      for (const auto& [name, value] : event.sysctl) {
        const std::string pointer = places_.nth_with("events", "host", i) + "/sysctl/" + name;
        if (is_of_the_machine(name)) {
          fail(pointer, "want a setting of a network namespace, have one of the whole machine");
        }
        const auto wrong = tcp::apply_setting(changed, name, value);
        LASTACK_ASSERT(!wrong);  // the scenario was checked
        if (name == "tcp_rmem" && ends_the_thread(changed)) fail_tcp_rmem(pointer);
      }
    }
  }

  const scenario::Scenario& scenario_;
  Places places_;
  std::vector<scenario::ScenarioError> errors_;
};

}  // namespace

std::vector<scenario::ScenarioError> refusals(const scenario::Scenario& scenario) {
  return Refuser{scenario}.refuse();
}

}  // namespace lastack::kernel
