#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "lastack/scenario/nearest_name.hpp"
#include "lastack/tcp/kernel_versions.hpp"
#include "limits.hpp"
#include "sections.hpp"
#include "sysctl.hpp"

namespace lastack::scenario {
namespace {

/// Members of all hosts of a scenario.
constexpr std::uint32_t max_hosts = 1'000'000;
constexpr std::size_t max_name_chars = 64;

/// A duration, and where it was given.
struct Given {
  SimDuration value;
  Value place;
};

/// What scenario and hosts may both say.
struct Common {
  std::optional<tcp::ProfileId> profile;
  SysctlList sysctl;
  std::optional<Given> initial_rto;
  std::optional<Given> msl;
  std::optional<tcp::TimerMode> timers;
  std::optional<std::int32_t> hz;
  std::optional<tcp::Handshake> handshake;
  std::optional<std::uint32_t> files_max;
  std::optional<std::uint32_t> sockets_max;
};

tcp::ProfileId profile_at(const Value& value) {
  const std::string& name = value.string("the name of a profile");
  if (const auto profile = tcp::profile_named(name)) return *profile;
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < tcp::profile_count; ++i) {
    known.push_back(tcp::name_of(static_cast<tcp::ProfileId>(i)));
  }
  value.unknown("a profile", name, known);
}

tcp::Handshake handshake_at(const Value& what_if) {
  what_if.only_keys("what_if", {"handshake"});
  return one_of<tcp::Handshake>(what_if.at("handshake"), "a handshake",
                                {{"two-way", tcp::Handshake::two_way},
                                 {"three-way", tcp::Handshake::three_way},
                                 {"four-way", tcp::Handshake::four_way}});
}

/// CONFIG_HZ: what a kernel can be built with.
std::int32_t hz_at(const Value& value) {
  const std::int64_t hz = value.integer(100, 1000);
  if (hz != 100 && hz != 250 && hz != 300 && hz != 1000) value.want("100, 250, 300 or 1000");
  return static_cast<std::int32_t>(hz);
}

Given positive_duration(const Value& value) {
  const SimDuration duration = value.duration();
  if (duration <= SimDuration::zero()) value.want("a duration above 0");
  return {duration, value};
}

void read_limits(const Value& limits, Common& common) {
  limits.only_keys("limits", {"nofile", "sockets"});
  limits.with("nofile", [&](const Value& v) { common.files_max = files_max_at(v); });
  limits.with("sockets", [&](const Value& v) {
    common.sockets_max = number_or_unlimited(v, tcp::unlimited_sockets, tcp::unlimited_sockets - 1);
  });
}

Common read_common(const Value& object) {
  Common common;
  object.with("limits", [&](const Value& v) { read_limits(v, common); });
  object.with("profile", [&](const Value& v) { common.profile = profile_at(v); });
  object.with("sysctl", [&](const Value& v) { common.sysctl = read_sysctl(v); });
  object.with("timer_wheel", [&](const Value& v) {
    common.timers = v.boolean() ? tcp::TimerMode::wheel : tcp::TimerMode::exact;
  });
  object.with("hz", [&](const Value& v) { common.hz = hz_at(v); });
  object.with("what_if", [&](const Value& v) { common.handshake = handshake_at(v); });
  object.with("initial_rto", [&](const Value& v) { common.initial_rto = positive_duration(v); });
  object.with("msl", [&](const Value& v) { common.msl = positive_duration(v); });
  return common;
}

/// What a profile says of time.
struct ProfileTimes {
  SimDuration initial_rto;
  SimDuration msl;
  tcp::TimerMode timers;
  bool fixed;  ///< the kernel has no setting for initial_rto and msl
};

ProfileTimes times_of(tcp::ProfileId profile) {
  if (tcp::kernel_of(profile)) return {1s, 30s, tcp::TimerMode::wheel, true};
  const SimDuration msl = profile == tcp::ProfileId::rfc9293 ? SimDuration{2min} : 30s;
  return {1s, msl, tcp::TimerMode::exact, false};
}

/// The duration at `given`, if any; a profile that fixes it must agree.
SimDuration resolve(const std::optional<Given>& given, SimDuration fallback, const Host& host,
                    std::string_view fixed_text) {
  if (!given) return fallback;
  if (times_of(host.profile).fixed && given->value != fallback) {
    given->place.want(
        fmt::format("{}, which the profile {} of host \"{}\" fixes (rfc9293 and textbook "
                    "take others)",
                    fixed_text, tcp::name_of(host.profile), host.name));
  }
  return given->value;
}

void resolve_times(const Common& all, const Common& own, Host& host) {
  const ProfileTimes profile = times_of(host.profile);
  host.initial_rto =
      resolve(own.initial_rto ? own.initial_rto : all.initial_rto, profile.initial_rto, host, "1s");
  host.msl = resolve(own.msl ? own.msl : all.msl, profile.msl, host, "30s (TIME_WAIT 60s)");
  host.hz = own.hz.value_or(all.hz.value_or(tcp::TimerGrid::usual_hz));
  host.timers = own.timers.value_or(all.timers.value_or(profile.timers));
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !text.empty() && text.size() <= max_name_chars &&
         std::all_of(text.begin(), text.end(), fits);
}

void check_name(std::string_view name, const Value& place) {
  if (is_name(name)) return;
  place.fail(fmt::format("want a name of 1 to {} letters, digits, _ and -, have {}", max_name_chars,
                         shown(name)));
}

/// Reads hosts one after the other.
class HostsReader {
 public:
  HostsReader(Common all, Scenario& scenario) : all_{std::move(all)}, scenario_{&scenario} {}

  void read(const std::string& name, const Value& value) {
    check_name(name, value);
    Host& host = add(name, value);  // known to the rest, even if there is an error in it
    value.only_keys("a host", {"profile", "sysctl", "sysctl_file", "address", "count", "what_if",
                               "initial_rto", "msl", "timer_wheel", "hz", "limits", "silent"});
    const Common own = read_common(value);
    host.profile = own.profile.value_or(all_.profile.value_or(tcp::ProfileId::linux_6));
    host.handshake = own.handshake.value_or(all_.handshake.value_or(tcp::Handshake::three_way));
    host.files_max = own.files_max.value_or(all_.files_max.value_or(app::unlimited_files));
    host.sockets_max = own.sockets_max.value_or(all_.sockets_max.value_or(tcp::unlimited_sockets));
    value.with("silent", [&](const Value& v) { host.silent = v.boolean(); });
    resolve_times(all_, own, host);
    read_settings(value, own, host);
    read_address(value, host);
  }

 private:
  /// The profile's settings with the scenario's on top.
  const tcp::Settings& base_settings(tcp::ProfileId profile) {
    auto& base = base_[static_cast<std::size_t>(profile)];
    if (!base) {
      base = tcp::default_settings(profile);
      apply_sysctl(all_.sysctl, *base);
    }
    return *base;
  }

  void read_settings(const Value& value, const Common& own, Host& host) {
    host.settings = base_settings(host.profile);
    value.with("sysctl_file", [&](const Value& v) {
      scenario_->files_read.push_back(
          apply_sysctl_file(v, scenario_->file, host.settings, scenario_->remarks));
    });
    apply_sysctl(own.sysctl, host.settings);
    for (const auto* list : {&std::as_const(all_).sysctl, &own.sysctl}) {
      for (const auto& [setting, text] : *list) host.named_settings.push_back(setting);
    }
    for (const std::string& setting : host.named_settings) remark_later_birth(host, setting);
  }

  /// A setting that the profile's kernel does not have yet is set all the same, but told.
  void remark_later_birth(const Host& host, const std::string& setting) {
    const auto kernel = tcp::kernel_of(host.profile);
    const tcp::SettingBirth* birth = tcp::birth_of_setting(setting);
    if (!kernel || birth == nullptr || *kernel >= birth->since) return;
    add_remarks(
        {fmt::format("{}: {} is a setting of Linux since {}, which {} has not: it is set all "
                     "the same",
                     scenario_->file, setting, tcp::to_string(birth->since),
                     tcp::name_of(host.profile))},
        scenario_->remarks);
  }

  Host& add(const std::string& name, const Value& value) {
    Host host;
    host.name = name;
    read_count(value, host);
    scenario_->hosts.push_back(std::move(host));
    return scenario_->hosts.back();
  }

  void read_count(const Value& value, Host& host) {
    if (const auto v = value.find("count")) {
      host.group = true;
      host.count = v->integer_as<std::uint32_t>(1, max_hosts);
    }
    members_ += host.count;
    if (members_ > max_hosts) {
      value.fail(fmt::format("want at most {} hosts in all, have more", max_hosts));
    }
  }

  void read_address(const Value& value, Host& host) {
    const auto v = value.find("address");
    if (!v) return;
    const tcp::Address address =
        v->parsed(parse_address, "an IPv4 address of one host such as \"10.0.0.1\"");
    const std::uint64_t first = static_cast<std::uint32_t>(address);
    const std::uint64_t end = first + host.count;
    constexpr std::uint64_t multicast = 224ULL << 24U;
    if (end > multicast) v->want("an address with room for every member of the group");
    const auto next = addresses_.upper_bound({first, 0});
    const bool meets_next = next != addresses_.end() && next->first < end;
    const bool meets_last = next != addresses_.begin() && std::prev(next)->second > first;
    if (meets_next || meets_last) v->want("an address that no other host has");
    addresses_.emplace(first, end);
    host.address = address;
  }

  Common all_;
  Scenario* scenario_;
  std::array<std::optional<tcp::Settings>, tcp::profile_count> base_;
  std::uint64_t members_ = 0;
  std::set<std::pair<std::uint64_t, std::uint64_t>> addresses_;  ///< first and end of each host's
};

void read_routers(const Value& routers, Scenario& scenario) {
  std::set<std::string_view> taken;
  for (const Host& host : scenario.hosts) taken.insert(host.name);
  routers.for_each_element("an array of names", [&](const Value& element) {
    const std::string& name = element.string("the name of a router");
    check_name(name, element);
    if (!taken.insert(name).second) element.want("a name that no other host or router has");
    scenario.routers.push_back(name);
  });
}

}  // namespace

bool nodes_known(const Value& root, const Scenario& scenario) {
  const auto* hosts = std::get_if<Json::Object>(&root.at("hosts").json().value);
  const auto routers = root.find("routers");
  const bool routers_known =
      !routers || (routers->is_array() && routers->size() == scenario.routers.size());
  return routers_known && hosts != nullptr && hosts->size() == scenario.hosts.size();
}

void read_hosts(const Value& root, Scenario& scenario) {
  HostsReader reader{read_common(root), scenario};
  const Value hosts = root.at("hosts");
  if (hosts.is_object() && std::get<Json::Object>(hosts.json().value).empty()) {
    hosts.want("at least one host");
  }
  hosts.for_each_member("an object of hosts by name",
                        [&](const std::string& name, const Value& v) { reader.read(name, v); });
  root.with("routers", [&](const Value& routers) { read_routers(routers, scenario); });
}

}  // namespace lastack::scenario
