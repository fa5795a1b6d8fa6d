#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/tcp/port_set.hpp"

namespace lastack::tcp {

/// Whose TCP a host has. linux_6 is linux_6_18, linux_4 is linux_4_19.
enum class ProfileId : std::uint8_t {
  linux_6,
  linux_4,
  rfc9293,
  textbook,
  linux_4_9,
  linux_4_19,
  linux_5_4,
  linux_5_10,
  linux_5_15,
  linux_6_1,
  linux_6_6,
  linux_6_12,
  linux_6_18
};
inline constexpr std::size_t profile_count = 13;

/// "linux-6" and the like.
std::string_view name_of(ProfileId profile);
std::optional<ProfileId> profile_named(std::string_view name);

/// The host's settings, by their Linux names and in Linux's units (Documentation/networking/
/// ip-sysctl.rst). The initial values are those of `linux-6`: Linux 6.18 as recorded in
/// tests/oracle.
struct Settings {
  // opening
  std::int32_t tcp_syn_retries = 6;
  std::int32_t tcp_syn_linear_timeouts = 4;
  std::int32_t tcp_synack_retries = 5;
  std::int32_t tcp_max_syn_backlog = 2048;
  std::int32_t somaxconn = 4096;
  std::int32_t tcp_abort_on_overflow = 0;
  std::int32_t tcp_syncookies = 1;
  std::array<std::int32_t, 2> ip_local_port_range{32768, 60999};
  PortSet ip_local_reserved_ports;
  // closing
  std::int32_t tcp_orphan_retries = 0;
  std::int32_t tcp_fin_timeout = 60;  // s
  std::int32_t tcp_max_orphans = 131072;
  std::int32_t tcp_max_tw_buckets = 131072;
  std::int32_t tcp_tw_reuse = 2;
  std::int32_t tcp_tw_reuse_delay = 1000;  // ms
  std::int32_t tcp_rfc1337 = 0;
  // retransmission
  std::int32_t tcp_retries1 = 3;
  std::int32_t tcp_retries2 = 15;
  std::int32_t tcp_rto_max_ms = 120000;
  std::int32_t tcp_rto_min_us = 200000;
  std::int32_t tcp_early_retrans = 3;
  std::int32_t tcp_recovery = 1;
  std::int32_t tcp_frto = 2;
  std::int32_t tcp_retrans_collapse = 1;
  std::int32_t tcp_reordering = 3;
  std::int32_t tcp_max_reordering = 300;
  std::int32_t tcp_thin_linear_timeouts = 0;
  std::int32_t tcp_slow_start_after_idle = 1;
  // acknowledging
  std::int32_t tcp_sack = 1;
  std::int32_t tcp_dsack = 1;
  std::int32_t tcp_timestamps = 1;
  std::int32_t tcp_window_scaling = 1;
  std::int32_t tcp_pingpong_thresh = 1;
  std::int32_t tcp_comp_sack_delay_ns = 1000000;
  std::int32_t tcp_comp_sack_slack_ns = 100000;
  std::int32_t tcp_comp_sack_nr = 44;
  std::int32_t tcp_challenge_ack_limit = 2147483647;  // per second
  std::int32_t tcp_invalid_ratelimit = 500;           // ms
  // keeping alive
  std::int32_t tcp_keepalive_time = 7200;  // s
  std::int32_t tcp_keepalive_intvl = 75;   // s
  std::int32_t tcp_keepalive_probes = 9;
  // memory and windows (bytes)
  std::array<std::int32_t, 3> tcp_rmem{4096, 131072, 33554432};
  std::array<std::int32_t, 3> tcp_wmem{4096, 16384, 4194304};
  std::int32_t rmem_max = 4194304;
  std::int32_t wmem_max = 4194304;
  std::int32_t tcp_adv_win_scale = 1;
  std::int32_t tcp_app_win = 31;
  std::int32_t tcp_moderate_rcvbuf = 1;
  std::int32_t tcp_shrink_window = 0;
  std::int32_t tcp_workaround_signed_windows = 0;
  std::int32_t tcp_min_snd_mss = 48;
  std::int32_t tcp_base_mss = 1024;
  std::int32_t tcp_autocorking = 1;
  std::int64_t tcp_notsent_lowat = 4294967295;
  std::array<std::int32_t, 3> tcp_mem{287901, 383868, 575802};  // pages of 4096 bytes
  // file descriptors
  std::int64_t file_max = 9223372036854775807;
  std::int32_t nr_open = 1073741816;

  friend bool operator==(const Settings&, const Settings&) = default;
};

/// What a setting is: a row of the table that `lastack sysctl` prints.
struct SettingInfo {
  std::string_view name;     ///< without its section
  std::string_view section;  ///< "net.ipv4", "net.core" or "fs"
  std::string_view unit;     ///< "s", "ms", "us", "bytes", "pages", "segments", "" …
  std::int64_t min;          ///< of each number
  std::int64_t max;
  std::string_view meaning;  ///< a sentence or two
  std::string_view source;   ///< kernel document, RFC
  std::size_t numbers = 1;   ///< how many numbers the value has: 3 for tcp_rmem; 0: a PortSet
};

/// All settings, in the order of Settings.
std::span<const SettingInfo> setting_infos();

/// The row of a name, with or without its section ("net.ipv4.tcp_syn_retries"); null if unknown.
const SettingInfo* find_setting(std::string_view name);

/// What a profile starts from.
Settings default_settings(ProfileId profile);

/// The value as `sysctl` prints it: "6", "4096 131072 33554432". Requires a name of the table.
std::string setting_value(const Settings& settings, std::string_view name);

/// Sets one by name from such a text (numbers parted by blanks or tabs). Returns what is wrong, in
/// words that state the range ("want 1 to 127, have 0"), or nothing when done; an unknown name is
/// `"unknown setting"`.
std::optional<std::string> apply_setting(Settings& settings, std::string_view name,
                                         std::string_view value);

/// The same for a text as the kernel takes it in /proc/sys, and `sysctl -p` therefore: hexadecimal
/// (0x1) and octal (010) numbers too; what follows the last number is not read ("600   # seconds");
/// of several numbers those that are left out stay as they are.
std::optional<std::string> write_setting(Settings& settings, std::string_view name,
                                         std::string_view value);

/// How many ports connect() may choose by itself: ip_local_port_range without
/// ip_local_reserved_ports.
std::uint32_t ephemeral_ports(const Settings& settings);

/// Whether the kernel has a tcp_* setting of this name that Lastack does not model (tcp_ecn and the
/// like), so that the output of `sysctl -a` can be read without a complaint about it.
bool is_unmodelled_setting(std::string_view name);

/// The names of all such settings, without section, in order.
std::vector<std::string_view> unmodelled_settings();

/// Of such a setting what became of it: "gone since Linux 4.12"; empty where the kernel still has
/// it as it was.
std::string_view fate_of_setting(std::string_view name);

}  // namespace lastack::tcp
