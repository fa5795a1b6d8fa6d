#include "areas.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"
#include "lastack/fuzz/areas.hpp"

namespace lastack::fuzz {

namespace {

struct Area {
  AreaInfo info;
  void (*add)(Sketch&);
};

constexpr Area all_areas[] = {
    {{"handshake", "SYNs lost, late and twice; retries; simultaneous opens; nobody listens"},
     add_handshake},
    {{"close", "every order of close, shutdown, abort and linger; lost FINs; orphans"}, add_close},
    {{"data", "sends and reads of every size, Nagle, cork, quick acknowledgments"}, add_data},
    {{"window", "small buffers, readers that wait, windows that close"}, add_window},
    {{"loss", "any segment lost, late or twice"}, add_loss},
    {{"recovery", "streams with losses; SACK, RACK, F-RTO and probes on and off"}, add_recovery},
    {{"options", "socket options, before a connection and during it"}, add_options},
    {{"keepalive", "keepalive and user timeouts with a peer that falls silent"}, add_keepalive},
    {{"timewait", "ports used again, TIME_WAIT taken over and ended"}, add_time_wait},
    {{"backlog", "several connections, full queues, late accepts, SYN cookies"}, add_backlog},
    {{"forged", "forged segments with every flag and option, in the window and around it"},
     add_forged},
    {{"ports", "ports chosen by the host, bound twice; listeners closed and opened"}, add_ports},
    {{"power", "hosts without power, reboots, links that go down"}, add_power},
    {{"settings", "any setting over its whole range, at the start and during the run"},
     add_settings},
    {{"path", "rates, queues, MTUs, other delays in each direction"}, add_path},
    {{"numbers", "initial sequence numbers that are fixed, near where they wrap"}, add_numbers},
    {{"crowd", "groups of hosts, and a router between"}, add_crowd},
    {{"peerless", "a host without TCP: all that it sends is forged"}, add_peerless},
    {{"timers", "short and long timers with a peer that falls silent"}, add_timers},
};

constexpr std::size_t area_count = std::size(all_areas);

constexpr auto infos = [] {
  std::array<AreaInfo, area_count> result{};
  std::transform(std::begin(all_areas), std::end(all_areas), result.begin(),
                 [](const Area& area) { return area.info; });
  return result;
}();

}  // namespace

std::span<const AreaInfo> area_infos() { return infos; }

std::optional<std::vector<std::size_t>> areas_named(std::span<const std::string> names,
                                                    std::string& unknown) {
  std::vector<bool> wanted(area_count, names.empty());
  for (const std::string& name : names) {
    const auto found = std::find_if(std::begin(all_areas), std::end(all_areas),
                                    [&](const Area& area) { return area.info.name == name; });
    if (found == std::end(all_areas)) {
      unknown = name;
      return std::nullopt;
    }
    wanted[static_cast<std::size_t>(found - std::begin(all_areas))] = true;
  }
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < area_count; ++i) {
    if (wanted[i]) places.push_back(i);
  }
  return places;
}

void add_area(std::size_t area, Sketch& sketch) {
  LASTACK_ASSERT(area < area_count);
  all_areas[area].add(sketch);
}

}  // namespace lastack::fuzz
