#include "lastack/tcp/settings.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <variant>
#include <vector>

#include "lastack/core/assert.hpp"
#include "lastack/tcp/kernel_versions.hpp"
#include "written_number.hpp"

namespace lastack::tcp {
namespace {

constexpr std::int64_t u8_max = std::numeric_limits<std::uint8_t>::max();
constexpr std::int64_t i32_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t u32_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t i64_max = std::numeric_limits<std::int64_t>::max();
/// Seconds that the kernel still can count in jiffies of 4 ms.
constexpr std::int64_t jiffies_max_s = 8589934;

using Member = std::variant<std::int32_t Settings::*, std::int64_t Settings::*,
                            std::array<std::int32_t, 2> Settings::*,
                            std::array<std::int32_t, 3> Settings::*, PortSet Settings::*>;

/// What `lastack sysctl` shows of a setting, and where it is kept.
struct Row {
  SettingInfo info;
  Member member;
};

constexpr std::string_view ipv4 = "net.ipv4";
constexpr std::string_view core = "net.core";
constexpr std::string_view fs = "fs";
constexpr std::string_view ip_sysctl = "Documentation/networking/ip-sysctl.rst";
constexpr std::string_view net_sysctl = "Documentation/admin-guide/sysctl/net.rst";
constexpr std::string_view fs_sysctl = "Documentation/admin-guide/sysctl/fs.rst";

// Ranges were found by writing to /proc/sys/net of Linux 6.18. Differs: where the kernel takes
// negative numbers that mean nothing (a backlog of -1, a timeout of -5 s), they are refused here,
// and ip_local_port_range may begin below ip_unprivileged_port_start.
constexpr Row rows[] = {
    // opening
    {{"tcp_syn_retries", ipv4, "segments", 1, 127,
      "How often an active open sends its SYN again before connect() fails with ETIMEDOUT. Those "
      "sent during tcp_syn_linear_timeouts are not counted, but the time that this number of "
      "doubling waits takes ends the attempt as well: 3 s for 1, 7 s for 2.",
      ip_sysctl},
     &Settings::tcp_syn_retries},
    {{"tcp_syn_linear_timeouts", ipv4, "timeouts", 0, 127,
      "The first so many timeouts of a SYN follow each other at the initial timeout (1 s); only "
      "then does the wait double. 0 doubles from the first timeout on, as before Linux 6.5.",
      ip_sysctl},
     &Settings::tcp_syn_linear_timeouts},
    {{"tcp_synack_retries", ipv4, "segments", 0, u8_max,
      "How often a SYN-ACK is sent again before a half-open connection (SYN_RCVD) is given up.",
      ip_sysctl},
     &Settings::tcp_synack_retries},
    {{"tcp_max_syn_backlog", ipv4, "requests", 0, i32_max,
      "How many half-open connections a listener without SYN cookies remembers; its backlog "
      "limits "
      "them too. Linux chooses it by memory.",
      ip_sysctl},
     &Settings::tcp_max_syn_backlog},
    {{"somaxconn", core, "connections", 0, i32_max,
      "Upper limit of every listener's backlog: connections that are established and wait for "
      "accept(). It was 128 before Linux 5.4.",
      net_sysctl},
     &Settings::somaxconn},
    {{"tcp_abort_on_overflow", ipv4, "", 0, u8_max,
      "1: a connection that finds the accept queue full is reset. 0: the last ACK of its "
      "handshake "
      "is dropped, so that it can try again once there is room.",
      ip_sysctl},
     &Settings::tcp_abort_on_overflow},
    {{"tcp_syncookies", ipv4, "", 0, u8_max,
      "1: a full SYN queue answers with cookies instead of dropping SYNs. 2: always. 0: never.",
      "Documentation/networking/ip-sysctl.rst; RFC 4987, 3.6"},
     &Settings::tcp_syncookies},
    {{"ip_local_port_range", ipv4, "ports", 1, 65535,
      "First and last port that connect() picks by itself. Their number limits how many "
      "connections "
      "a host can have to one address and port.",
      ip_sysctl, 2},
     &Settings::ip_local_port_range},
    {{"ip_local_reserved_ports", ipv4, "ports", 0, 65535,
      "Ports and ranges of ports, such as 8080,9000-9010, that connect() never picks by itself; an "
      "application may still ask for one. Empty: none.",
      ip_sysctl, 0},
     &Settings::ip_local_reserved_ports},
    // closing
    {{"tcp_orphan_retries", ipv4, "segments", 0, u8_max,
      "How often a FIN or data is sent again after the application has closed the socket. 0 "
      "means "
      "8 in Linux; in the profile textbook it means none.",
      ip_sysctl},
     &Settings::tcp_orphan_retries},
    {{"tcp_fin_timeout", ipv4, "s", 0, jiffies_max_s,
      "How long a closed socket stays in FIN_WAIT_2 for the peer's FIN. Above 60 s Linux waits for "
      "the excess alone, but twice: 61 gives 2 s, 120 gives 120 s. After shutdown() alone there is "
      "no such limit. It has nothing to do with how long TIME_WAIT lasts.",
      ip_sysctl},
     &Settings::tcp_fin_timeout},
    {{"tcp_max_orphans", ipv4, "sockets", 0, i32_max,
      "How many sockets may live on without an application; beyond it they are reset at once.",
      ip_sysctl},
     &Settings::tcp_max_orphans},
    {{"tcp_max_tw_buckets", ipv4, "sockets", 0, i32_max,
      "How many sockets may be in TIME_WAIT; beyond it connections close without it.", ip_sysctl},
     &Settings::tcp_max_tw_buckets},
    {{"tcp_tw_reuse", ipv4, "", 0, 2,
      "1: connect() may take a port that is in TIME_WAIT, if timestamps distinguish the "
      "connections. "
      "2: only on loopback, which is not modelled, so here it means never. 0: never.",
      "Documentation/networking/ip-sysctl.rst; RFC 6191"},
     &Settings::tcp_tw_reuse},
    {{"tcp_tw_reuse_delay", ipv4, "ms", 1, 60000,
      "How long a port must have been in TIME_WAIT before tcp_tw_reuse lets connect() take it.",
      ip_sysctl},
     &Settings::tcp_tw_reuse_delay},
    {{"tcp_rfc1337", ipv4, "", 0, u8_max,
      "1: a RST does not end TIME_WAIT early, so that old segments cannot hurt a new connection.",
      "RFC 1337"},
     &Settings::tcp_rfc1337},
    // retransmission
    {{"tcp_retries1", ipv4, "segments", 0, u8_max,
      "After so many retransmissions TCP suspects the route (R1).", "RFC 9293, 3.8.3"},
     &Settings::tcp_retries1},
    {{"tcp_retries2", ipv4, "segments", 0, u8_max,
      "How often data is sent again before an open connection fails with ETIMEDOUT (R2). Linux "
      "turns it into a time: 15 is about 15 minutes.",
      "Documentation/networking/ip-sysctl.rst; RFC 9293, 3.8.3"},
     &Settings::tcp_retries2},
    {{"tcp_rto_max_ms", ipv4, "ms", 1000, 120000, "Upper limit of the retransmission timeout.",
      "Documentation/networking/ip-sysctl.rst; RFC 6298, 2.5"},
     &Settings::tcp_rto_max_ms},
    {{"tcp_rto_min_us", ipv4, "us", 1, i32_max,
      "Lower limit of the retransmission timeout. RFC 6298 wants 1 s, Linux takes 200 ms.",
      "Documentation/networking/ip-sysctl.rst; RFC 6298, 2.4"},
     &Settings::tcp_rto_min_us},
    {{"tcp_early_retrans", ipv4, "", 0, 4,
      "3 or 4: a tail-loss probe repeats the last segment soon, without waiting for the "
      "retransmission timeout. 0: no probes.",
      "Documentation/networking/ip-sysctl.rst; RFC 8985, 7"},
     &Settings::tcp_early_retrans},
    {{"tcp_recovery", ipv4, "", 0, u8_max,
      "Bit 0: segments count as lost by the time that passed (RACK); Linux 6.17 and later do so "
      "whatever it says. Bit 2: a hole is waited for however many segments came above it.",
      "Documentation/networking/ip-sysctl.rst; RFC 8985"},
     &Settings::tcp_recovery},
    {{"tcp_frto", ipv4, "", 0, u8_max,
      "Not 0: a timeout that turns out to be spurious does not slow the connection down.",
      "RFC 5682"},
     &Settings::tcp_frto},
    {{"tcp_retrans_collapse", ipv4, "", 0, u8_max,
      "Not 0: short segments that go again join the ones behind them, a FIN included.", ip_sysctl},
     &Settings::tcp_retrans_collapse},
    {{"tcp_reordering", ipv4, "segments", 1, i32_max,
      "How far segments may arrive out of order before one counts as lost, at the start of a "
      "connection.",
      ip_sysctl},
     &Settings::tcp_reordering},
    {{"tcp_max_reordering", ipv4, "segments", 1, i32_max,
      "How far tcp_reordering may grow by itself during a connection.", ip_sysctl},
     &Settings::tcp_max_reordering},
    {{"tcp_thin_linear_timeouts", ipv4, "", 0, u8_max,
      "1: a connection with little in flight waits the same time between its first six timeouts "
      "instead of doubling it.",
      ip_sysctl},
     &Settings::tcp_thin_linear_timeouts},
    {{"tcp_slow_start_after_idle", ipv4, "", 0, u8_max,
      "1: after an idle time of one retransmission timeout the congestion window starts small "
      "again.",
      "Documentation/networking/ip-sysctl.rst; RFC 5681, 4.1"},
     &Settings::tcp_slow_start_after_idle},
    // acknowledging
    {{"tcp_sack", ipv4, "", 0, u8_max, "1: selective acknowledgments are offered on the SYN.",
      "RFC 2018"},
     &Settings::tcp_sack},
    {{"tcp_dsack", ipv4, "", 0, u8_max,
      "1: segments that arrive twice are reported with a SACK block.", "RFC 2883"},
     &Settings::tcp_dsack},
    {{"tcp_timestamps", ipv4, "", 0, u8_max,
      "1: timestamps are offered on the SYN: they give round-trip samples, protect against old "
      "segments and let ports be taken out of TIME_WAIT.",
      "RFC 7323, 3 to 5"},
     &Settings::tcp_timestamps},
    {{"tcp_window_scaling", ipv4, "", 0, u8_max,
      "1: window scaling is offered on the SYN, so that windows may pass 64 KiB.", "RFC 7323, 2"},
     &Settings::tcp_window_scaling},
    {{"tcp_pingpong_thresh", ipv4, "segments", 1, u8_max,
      "After so many answers sent soon after a request, a connection counts as interactive and "
      "delays its acknowledgments.",
      ip_sysctl},
     &Settings::tcp_pingpong_thresh},
    {{"tcp_comp_sack_delay_ns", ipv4, "ns", 0, i32_max,
      "Longest time for which acknowledgments of out-of-order segments are held back to merge "
      "them.",
      ip_sysctl},
     &Settings::tcp_comp_sack_delay_ns},
    {{"tcp_comp_sack_slack_ns", ipv4, "ns", 0, i32_max,
      "By how much such an acknowledgment may be late so that timers can share a wakeup.",
      ip_sysctl},
     &Settings::tcp_comp_sack_slack_ns},
    {{"tcp_comp_sack_nr", ipv4, "segments", 0, u8_max,
      "How many acknowledgments may be merged that way; 0 turns it off.", ip_sysctl},
     &Settings::tcp_comp_sack_nr},
    {{"tcp_challenge_ack_limit", ipv4, "segments/s", 0, i32_max,
      "How many challenge ACKs a host sends in a second; 2147483647 is no limit. They answer "
      "segments that may be forged.",
      "Documentation/networking/ip-sysctl.rst; RFC 5961, 7"},
     &Settings::tcp_challenge_ack_limit},
    {{"tcp_invalid_ratelimit", ipv4, "ms", 0, i32_max - 1,
      "Shortest time between two answers to unacceptable segments of one connection, so that two "
      "hosts cannot keep each other busy; 0 is no limit.",
      ip_sysctl},
     &Settings::tcp_invalid_ratelimit},
    // keeping alive
    {{"tcp_keepalive_time", ipv4, "s", 0, jiffies_max_s,
      "How long a connection with SO_KEEPALIVE must be idle before the first probe. 0 probes at "
      "once, and then every tcp_keepalive_intvl.",
      "Documentation/networking/ip-sysctl.rst; RFC 9293, 3.8.4"},
     &Settings::tcp_keepalive_time},
    {{"tcp_keepalive_intvl", ipv4, "s", 0, jiffies_max_s,
      "Time between two probes that nobody answers. 0 sends them at every tick of the clock.",
      ip_sysctl},
     &Settings::tcp_keepalive_intvl},
    {{"tcp_keepalive_probes", ipv4, "segments", 0, u8_max,
      "After so many unanswered probes the connection fails with ETIMEDOUT.", ip_sysctl},
     &Settings::tcp_keepalive_probes},
    // memory and windows
    {{"tcp_rmem", ipv4, "bytes", 1, i32_max,
      "Least, first and largest receive buffer of a socket. The first gives the first window.",
      ip_sysctl, 3},
     &Settings::tcp_rmem},
    {{"tcp_wmem", ipv4, "bytes", 1, i32_max,
      "Least, first and largest send buffer of a socket: what send() takes before it waits.",
      ip_sysctl, 3},
     &Settings::tcp_wmem},
    {{"rmem_max", core, "bytes", 2304, i32_max,
      "Largest receive buffer that SO_RCVBUF may ask for.", net_sysctl},
     &Settings::rmem_max},
    {{"wmem_max", core, "bytes", 4608, i32_max, "Largest send buffer that SO_SNDBUF may ask for.",
      net_sysctl},
     &Settings::wmem_max},
    {{"tcp_adv_win_scale", ipv4, "", -31, 31,
      "Which share of a receive buffer is advertised as window: all but 1/2^n, or 1/2^-n if "
      "negative. Newer kernels measure the share once data has arrived.",
      ip_sysctl},
     &Settings::tcp_adv_win_scale},
    {{"tcp_app_win", ipv4, "", 0, 31,
      "Reserves 1/2^n of the window for the application's own use; 31 reserves next to nothing.",
      ip_sysctl},
     &Settings::tcp_app_win},
    {{"tcp_moderate_rcvbuf", ipv4, "", 0, u8_max,
      "1: receive buffers grow by themselves, up to the last number of tcp_rmem.", ip_sysctl},
     &Settings::tcp_moderate_rcvbuf},
    {{"tcp_shrink_window", ipv4, "", 0, 1,
      "1: the right edge of an advertised window may move back when memory runs short.",
      "Documentation/networking/ip-sysctl.rst; RFC 9293, 3.8.6"},
     &Settings::tcp_shrink_window},
    {{"tcp_workaround_signed_windows", ipv4, "", 0, u8_max,
      "1: without window scaling no window above 32767 is advertised, for peers that take it for "
      "a "
      "signed number.",
      ip_sysctl},
     &Settings::tcp_workaround_signed_windows},
    {{"tcp_min_snd_mss", ipv4, "bytes", 48, 65535,
      "Least MSS (options included) that is used, whatever the peer asks for.", ip_sysctl},
     &Settings::tcp_min_snd_mss},
    {{"tcp_base_mss", ipv4, "bytes", 0, i32_max,
      "MSS from which probing for the path's MTU starts.",
      "Documentation/networking/ip-sysctl.rst; RFC 4821"},
     &Settings::tcp_base_mss},
    {{"tcp_autocorking", ipv4, "", 0, 1,
      "1: small writes are merged while an earlier segment still waits in the host's own queue.",
      ip_sysctl},
     &Settings::tcp_autocorking},
    {{"tcp_notsent_lowat", ipv4, "bytes", 0, u32_max,
      "A socket counts as writable only while less than this has not been sent; 4294967295 is no "
      "limit.",
      ip_sysctl},
     &Settings::tcp_notsent_lowat},
    {{"tcp_mem", ipv4, "pages", 0, i32_max,
      "Memory of all TCP sockets together, in pages of 4096 bytes: below the first number "
      "nothing "
      "happens, above the second buffers and windows stop growing until it is below the first "
      "again, above the third data is dropped, senders wait and orphans with data are reset. "
      "Linux "
      "chooses it by memory.",
      ip_sysctl, 3},
     &Settings::tcp_mem},
    // file descriptors
    {{"file-max", fs, "files", 0, i64_max,
      "How many sockets the applications of a host have open at most; socket() and accept() fail "
      "with ENFILE beyond. Linux chooses it by memory, systemd lifts it.",
      fs_sysctl},
     &Settings::file_max},
    {{"nr_open", fs, "descriptors", 64, 2147483584,
      "Upper limit of every process's own (RLIMIT_NOFILE, the key limits.nofile). Linux starts "
      "with 1048576, systemd lifts it.",
      fs_sysctl},
     &Settings::nr_open},
};

/// Name and value where a profile that is no kernel's departs from linux-6; what older kernels had
/// is in kernel_versions.cpp.
struct Difference {
  std::string_view name;
  std::string_view value;
};

/// RFC 9293 with RFC 6298. R2 is at least 100 s, for a SYN at least 3 minutes (RFC 9293, 3.8.3):
/// with waits of 1, 2, 4 … s, 6 retries end after 127 s and 7 after 247 s (no wait is above 120 s).
constexpr Difference rfc9293_differences[] = {
    {"tcp_syn_retries", "7"},
    {"tcp_synack_retries", "7"},
    {"tcp_retries2", "6"},
    {"tcp_orphan_retries", "6"},  // a closed connection is like any other
    {"tcp_syn_linear_timeouts", "0"},
    {"tcp_fin_timeout", "8589934"},  // the RFC knows no end of FIN-WAIT-2: 99 days
    {"tcp_rto_min_us", "1000000"},   // RFC 6298, 2.4
    {"tcp_syncookies", "0"},
    {"tcp_tw_reuse", "0"},
    {"tcp_early_retrans", "0"},
    {"tcp_recovery", "0"},
    {"tcp_frto", "0"},
    {"tcp_comp_sack_nr", "0"},
    {"tcp_invalid_ratelimit", "0"},
    {"tcp_autocorking", "0"},
};

/// What the classic teaching texts say. Segments carry no option but the MSS, as drawn in books.
constexpr Difference textbook_differences[] = {
    {"tcp_syn_retries", "5"},  // 1+2+4+8+16+32 = 63 s
    {"tcp_synack_retries", "5"},
    {"tcp_orphan_retries", "8"},
    {"tcp_syn_linear_timeouts", "0"},
    {"tcp_fin_timeout", "60"},
    {"tcp_rto_min_us", "1000000"},
    {"tcp_syncookies", "0"},
    {"tcp_tw_reuse", "0"},
    {"tcp_challenge_ack_limit", "0"},
    {"tcp_early_retrans", "0"},
    {"tcp_recovery", "0"},
    {"tcp_frto", "0"},
    {"tcp_timestamps", "0"},
    {"tcp_sack", "0"},
    {"tcp_dsack", "0"},
    {"tcp_window_scaling", "0"},
    {"tcp_comp_sack_nr", "0"},
    {"tcp_invalid_ratelimit", "0"},
    {"tcp_autocorking", "0"},
};

std::span<const Difference> differences(ProfileId profile) {
  if (profile == ProfileId::rfc9293) return rfc9293_differences;
  if (profile == ProfileId::textbook) return textbook_differences;
  return {};
}

/// A setting of Linux that changes nothing in this model.
struct Unmodelled {
  std::string_view name;
  std::string_view fate;  ///< what became of it in Linux, if it is not as it was
};

/// Of old kernels and new ones. Sorted.
constexpr Unmodelled unmodelled[] = {
    {"tcp_abc", "gone since before Linux 4.9"},
    {"tcp_allowed_congestion_control", ""},
    {"tcp_available_congestion_control", ""},
    {"tcp_available_ulp", ""},
    {"tcp_backlog_ack_defer", ""},
    {"tcp_child_ehash_entries", ""},
    {"tcp_comp_sack_rtt_percent", ""},
    {"tcp_congestion_control", ""},
    {"tcp_cookie_size", "gone since before Linux 4.9"},
    {"tcp_dma_copybreak", "gone since before Linux 4.9"},
    {"tcp_early_demux", ""},
    {"tcp_ecn", ""},
    {"tcp_ecn_fallback", ""},
    {"tcp_ecn_option", ""},
    {"tcp_ecn_option_beacon", ""},
    {"tcp_ehash_entries", ""},
    {"tcp_fack", "without effect since Linux 4.15"},
    {"tcp_fastopen", ""},
    {"tcp_fastopen_blackhole_timeout_sec", ""},
    {"tcp_fastopen_key", ""},
    {"tcp_frto_response", "gone since before Linux 4.9"},
    {"tcp_fwmark_accept", ""},
    {"tcp_l3mdev_accept", ""},
    {"tcp_limit_output_bytes", ""},
    {"tcp_low_latency", "without effect since Linux 4.14"},
    {"tcp_max_ssthresh", "gone since before Linux 4.9"},
    {"tcp_migrate_req", ""},
    {"tcp_min_rtt_wlen", ""},
    {"tcp_min_tso_segs", ""},
    {"tcp_mtu_probe_floor", ""},
    {"tcp_mtu_probing", ""},
    {"tcp_no_metrics_save", ""},
    {"tcp_no_ssthresh_metrics_save", ""},
    {"tcp_pacing_ca_ratio", ""},
    {"tcp_pacing_ss_ratio", ""},
    {"tcp_plb_cong_thresh", ""},
    {"tcp_plb_enabled", ""},
    {"tcp_plb_idle_rehash_rounds", ""},
    {"tcp_plb_rehash_rounds", ""},
    {"tcp_plb_suspend_rto_sec", ""},
    {"tcp_probe_interval", ""},
    {"tcp_probe_threshold", ""},
    {"tcp_rcvbuf_low_rtt", ""},
    {"tcp_reflect_tos", ""},
    {"tcp_rx_skb_cache", "gone since Linux 5.16"},  // commit d8b81175e412
    {"tcp_stdurg", ""},
    {"tcp_thin_dupack", "gone since Linux 4.11"},  // commit 4a7f60094411
    {"tcp_tso_rtt_log", ""},
    {"tcp_tso_win_divisor", ""},
    {"tcp_tw_recycle", "gone since Linux 4.12"},    // commit 4396e46187ca
    {"tcp_tx_skb_cache", "gone since Linux 5.16"},  // commit d8b81175e412
};

/// "net.ipv4.tcp_sack" gives "tcp_sack"; a name without that section stays as it is.
std::string_view without_section(std::string_view name, std::string_view section) {
  if (name.size() > section.size() && name.starts_with(section) && name[section.size()] == '.') {
    name.remove_prefix(section.size() + 1);
  }
  return name;
}

const Row* find_row(std::string_view name) {
  for (const Row& row : rows) {
    if (without_section(name, row.info.section) == row.info.name) return &row;
  }
  return nullptr;
}

const Unmodelled* find_unmodelled(std::string_view name) {
  name = without_section(name, ipv4);
  const auto* end = std::end(unmodelled);
  const auto* found = std::lower_bound(
      std::begin(unmodelled), end, name,
      [](const Unmodelled& row, std::string_view text) { return row.name < text; });
  return found != end && found->name == name ? found : nullptr;
}

/// The numbers of a value such as "4096 131072\t6291456"; nothing where it is not made of numbers.
std::optional<std::vector<std::int64_t>> numbers_of(std::string_view text) {
  std::vector<std::int64_t> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    if (at == end) return numbers;
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    const bool ends = stop == end || *stop == ' ' || *stop == '\t';
    if (error != std::errc{} || !ends) return std::nullopt;
    numbers.push_back(number);
    at = stop;
  }
}

/// What a right value looks like: "1 to 127", "3 numbers, each 1 to 2147483647".
std::string wanted(const SettingInfo& info) {
  std::string range = std::to_string(info.min) + " to " + std::to_string(info.max);
  if (info.numbers == 1) return range;
  return std::to_string(info.numbers) + " numbers, each " + range;
}

bool in_range(const SettingInfo& info, const std::vector<std::int64_t>& numbers) {
  return numbers.size() == info.numbers &&
         std::all_of(numbers.begin(), numbers.end(),
                     [&](std::int64_t n) { return info.min <= n && n <= info.max; });
}

void store(Settings& settings, const Member& member, const std::vector<std::int64_t>& numbers) {
  const auto put = [&](auto pointer) {
    auto& value = settings.*pointer;
    using Kind = std::remove_reference_t<decltype(value)>;
    if constexpr (std::is_integral_v<Kind>) {
      value = static_cast<Kind>(numbers[0]);
    } else if constexpr (!std::is_same_v<Kind, PortSet>) {
      std::transform(numbers.begin(), numbers.end(), value.begin(),
                     [](std::int64_t n) { return static_cast<std::int32_t>(n); });
    }
  };
  std::visit(put, member);
}

/// "want 1 to 127, have 0"; of a long value the beginning.
std::string refusal(std::string_view wish, std::string_view value) {
  constexpr std::size_t shown_max = 100;
  std::string text = "want " + std::string{wish} + ", have ";
  if (value.empty()) return text + "nothing";
  text += value.substr(0, shown_max);
  return value.size() > shown_max ? text + "…" : text;
}

std::optional<std::string> set_numbers(Settings& settings, const Row& row, std::string_view value,
                                       const std::optional<std::vector<std::int64_t>>& numbers) {
  if (!numbers || !in_range(row.info, *numbers)) return refusal(wanted(row.info), value);
  if (row.info.name == "ip_local_port_range" && (*numbers)[0] > (*numbers)[1]) {
    return refusal("a first port that is not above the last", value);
  }
  store(settings, row.member, *numbers);
  return std::nullopt;
}

std::optional<std::string> set_ports(Settings& settings, const Row& row, std::string_view value) {
  auto ports = PortSet::parse(value);
  if (!ports) return refusal("ports and ranges such as 8080,9000-9010, each 0 to 65535", value);
  settings.*std::get<PortSet Settings::*>(row.member) = std::move(*ports);
  return std::nullopt;
}

}  // namespace

std::string_view name_of(ProfileId profile) {
  switch (profile) {
    case ProfileId::linux_6: return "linux-6";
    case ProfileId::linux_4: return "linux-4";
    case ProfileId::rfc9293: return "rfc9293";
    case ProfileId::textbook: return "textbook";
    case ProfileId::linux_4_9: return "linux-4.9";
    case ProfileId::linux_4_19: return "linux-4.19";
    case ProfileId::linux_5_4: return "linux-5.4";
    case ProfileId::linux_5_10: return "linux-5.10";
    case ProfileId::linux_5_15: return "linux-5.15";
    case ProfileId::linux_6_1: return "linux-6.1";
    case ProfileId::linux_6_6: return "linux-6.6";
    case ProfileId::linux_6_12: return "linux-6.12";
    case ProfileId::linux_6_18: return "linux-6.18";
  }
  LASTACK_ASSERT(!"a profile");
  return {};
}

std::optional<ProfileId> profile_named(std::string_view name) {
  for (std::size_t i = 0; i < profile_count; ++i) {
    if (name_of(static_cast<ProfileId>(i)) == name) return static_cast<ProfileId>(i);
  }
  return std::nullopt;
}

std::span<const SettingInfo> setting_infos() {
  static const std::vector<SettingInfo> infos = [] {
    std::vector<SettingInfo> all;
    for (const Row& row : rows) all.push_back(row.info);
    return all;
  }();
  return infos;
}

const SettingInfo* find_setting(std::string_view name) {
  const Row* row = find_row(name);
  return row == nullptr ? nullptr : &row->info;
}

Settings default_settings(ProfileId profile) {
  Settings settings;
  if (const auto kernel = kernel_of(profile)) go_back_to(*kernel, settings);
  for (const Difference& difference : differences(profile)) {
    const auto problem = apply_setting(settings, difference.name, difference.value);
    LASTACK_ASSERT(!problem);
  }
  return settings;
}

std::string setting_value(const Settings& settings, std::string_view name) {
  const Row* row = find_row(name);
  LASTACK_ASSERT(row != nullptr);
  const auto text = [&](auto pointer) {
    const auto& value = settings.*pointer;
    using Kind = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_integral_v<Kind>) {
      return std::to_string(value);
    } else if constexpr (std::is_same_v<Kind, PortSet>) {
      return value.text();
    } else {
      std::string joined;
      for (const std::int32_t number : value) {
        joined += (joined.empty() ? "" : " ") + std::to_string(number);
      }
      return joined;
    }
  };
  return std::visit(text, row->member);
}

std::optional<std::string> apply_setting(Settings& settings, std::string_view name,
                                         std::string_view value) {
  const Row* row = find_row(name);
  if (row == nullptr) return "unknown setting";
  if (row->info.numbers == 0) return set_ports(settings, *row, value);
  return set_numbers(settings, *row, value, numbers_of(value));
}

std::optional<std::string> write_setting(Settings& settings, std::string_view name,
                                         std::string_view value) {
  const Row* row = find_row(name);
  if (row == nullptr) return "unknown setting";
  if (row->info.numbers == 0) return set_ports(settings, *row, value);
  auto numbers = written_numbers(value, row->info.numbers);
  if (numbers && !numbers->empty()) {
    const auto before = *numbers_of(setting_value(settings, name));
    for (std::size_t i = numbers->size(); i < before.size(); ++i) numbers->push_back(before[i]);
  }
  return set_numbers(settings, *row, value, numbers);
}

std::uint32_t ephemeral_ports(const Settings& settings) {
  const auto [first, last] = settings.ip_local_port_range;
  const auto all = static_cast<std::uint32_t>(last - first + 1);
  return all - settings.ip_local_reserved_ports.count_within(first, last);
}

bool is_unmodelled_setting(std::string_view name) { return find_unmodelled(name) != nullptr; }

std::vector<std::string_view> unmodelled_settings() {
  std::vector<std::string_view> names;
  for (const Unmodelled& row : unmodelled) names.push_back(row.name);
  return names;
}

std::string_view fate_of_setting(std::string_view name) {
  const Unmodelled* found = find_unmodelled(name);
  return found == nullptr ? std::string_view{} : found->fate;
}

}  // namespace lastack::tcp
