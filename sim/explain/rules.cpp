#include "rules.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"
#include "lastack/explain/explain.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/rto_estimator.hpp"
#include "words.hpp"

namespace lastack::explain {

namespace {

using tcp::DiscardReason;
using tcp::Error;
using tcp::SocketOption;
using tcp::State;
using tcp::StateReason;
using trace::Call;

std::string joined(std::initializer_list<std::string> parts, std::string_view between = "; ") {
  std::string text;
  for (const std::string& part : parts) {
    if (!part.empty()) text += std::string{text.empty() ? "" : between} + part;
  }
  return text;
}

std::string user_timeout(const Surroundings& around, const Moment& at) {
  const auto ms = around.option(at.connection, at.end, SocketOption::tcp_user_timeout);
  return ms && *ms != 0 ? fmt::format("TCP_USER_TIMEOUT = {} ms", *ms) : "";
}

bool counts_retries(const Surroundings& around, const Moment& at) {
  const tcp::Profile& profile = tcp::profile_of(around.host(at.end.host).profile);
  return profile.retry_budget == tcp::RetryBudget::count;
}

/// ", which Linux takes as 1.4 s of time": that many waits, each twice the one before.
std::string time_text(const Surroundings& around, const Moment& at, std::int32_t retries,
                      SimDuration first_wait) {
  const SimDuration most{
      std::chrono::milliseconds{around.settings_of(at.end.host, at.n).tcp_rto_max_ms}};
  return fmt::format(", which Linux takes as {} of time",
                     how_long(tcp::time_of_retries(retries, first_wait, most)));
}

/// Empty where retries are counted.
std::string as_time(const Surroundings& around, const Moment& at, std::int32_t retries) {
  if (counts_retries(around, at)) return "";
  return time_text(around, at, retries, tcp::retry_budget_start);
}

std::string orphan_retries(const Surroundings& around, const Moment& at) {
  std::string text = around.setting(at.end.host, "tcp_orphan_retries", at.n);
  const tcp::Profile& profile = tcp::profile_of(around.host(at.end.host).profile);
  const std::int32_t given = around.settings_of(at.end.host, at.n).tcp_orphan_retries;
  if (given != 0 || profile.orphan_retries_for_0 == 0) return text + as_time(around, at, given);
  text += fmt::format(", which means {}", profile.orphan_retries_for_0);
  return text + as_time(around, at, profile.orphan_retries_for_0);
}

std::string retries_2(const Surroundings& around, const Moment& at) {
  return around.setting(at.end.host, "tcp_retries2", at.n) +
         as_time(around, at, around.settings_of(at.end.host, at.n).tcp_retries2);
}

constexpr std::string_view linear_timeouts = "tcp_syn_linear_timeouts";

/// Whether a SYN's first waits may be equal instead of doubling.
bool is_linear(const Surroundings& around, const Moment& at) {
  return at.state == State::syn_sent &&
         !around.setting(at.end.host, linear_timeouts, at.n).ends_with("= 0");
}

/// How often a SYN may be repeated, those of the linear waits not counted.
std::int32_t syn_retries_allowed(const Surroundings& around, const Moment& at) {
  const auto own = around.option(at.connection, at.end, SocketOption::tcp_syncnt);
  return own.value_or(0) != 0 ? *own : around.settings_of(at.end.host, at.n).tcp_syn_retries;
}

/// Where Linux allows linear waits, an attempt ends also when `retries` doubling ones would be
/// over. After n linear ones that is before the count is up where n >= 2^retries.
bool time_ends_syn_first(const Surroundings& around, const Moment& at) {
  if (!is_linear(around, at) || counts_retries(around, at)) return false;
  const std::int32_t retries = syn_retries_allowed(around, at);
  const std::int32_t linear = around.settings_of(at.end.host, at.n).tcp_syn_linear_timeouts;
  return retries < 8 && linear >= 1 << retries;  // there are at most 127 linear ones
}

std::string syn_retries(const Surroundings& around, const Moment& at) {
  std::string retries = around.option_or_setting(at.connection, at.end, SocketOption::tcp_syncnt,
                                                 "tcp_syn_retries", at.n);
  if (!is_linear(around, at)) return retries;
  if (time_ends_syn_first(around, at)) {
    retries += time_text(around, at, syn_retries_allowed(around, at),
                         around.host(at.end.host).initial_rto);
  }
  return retries + ", " + around.setting(at.end.host, linear_timeouts, at.n);
}

std::string keepalive(const Surroundings& around, const Moment& at) {
  const auto one = [&](SocketOption option, std::string_view setting) {
    return around.option_or_setting(at.connection, at.end, option, setting, at.n);
  };
  const std::string limit = user_timeout(around, at);
  return joined({one(SocketOption::tcp_keepidle, "tcp_keepalive_time"),
                 one(SocketOption::tcp_keepintvl, "tcp_keepalive_intvl"),
                 limit.empty() ? one(SocketOption::tcp_keepcnt, "tcp_keepalive_probes") : limit},
                ", ") +
         "; RFC 9293, 3.8.4";
}

std::string fin_timeout(const Surroundings& around, const Moment& at) {
  return around.option_or_setting(at.connection, at.end, SocketOption::tcp_linger2,
                                  "tcp_fin_timeout", at.n);
}

std::string synack_retries(const Surroundings& around, const Moment& at) {
  return around.option_or_setting(at.connection, at.end, SocketOption::tcp_syncnt,
                                  "tcp_synack_retries", at.n);
}

std::string backlog(const Surroundings& around, const Moment& at) {
  const app::Listener* listener = around.listener(at.end);
  const std::string given =
      listener == nullptr ? "" : fmt::format("backlog = {}", listener->backlog);
  return joined({given, around.setting(at.end.host, "somaxconn", at.n)}, ", ");
}

std::string two_msl(const Surroundings& around, const Moment& at) {
  const scenario::Host& host = around.host(at.end.host);
  const bool coarse = host.timers == tcp::TimerMode::wheel;
  return fmt::format("2 MSL = {}{}; RFC 9293, 3.6.1", how_long(2 * host.msl),
                     coarse ? ", rounded up by the timer wheel" : "");
}

}  // namespace

std::string retries_of(const Surroundings& around, const Moment& at, tcp::Timer timer) {
  if (timer == tcp::Timer::synack) return synack_retries(around, at);
  const std::string limit = user_timeout(around, at);
  if (at.state == State::syn_sent || at.state == State::syn_rcvd) {
    return joined({syn_retries(around, at), limit}, ", ");
  }
  if (!limit.empty()) return limit;
  return at.orphan ? orphan_retries(around, at) : retries_2(around, at);
}

std::string no_more(const Surroundings& around, const Moment& at) {
  if (at.state == State::syn_sent || at.state == State::syn_rcvd) {
    return time_ends_syn_first(around, at) ? "the time for retries was over" : "no retry was left";
  }
  if (!user_timeout(around, at).empty()) return "the user timeout was over";
  return counts_retries(around, at) ? "no retry was left" : "the time for retries was over";
}

std::string rule_of_first_wait(const Surroundings& around, trace::End end) {
  const scenario::Host& host = around.host(end.host);
  return fmt::format("initial_rto = {}{}; RFC 6298, 2.1", how_long(host.initial_rto),
                     host.timers == tcp::TimerMode::wheel ? ", rounded up by the timer wheel" : "");
}

std::string name_of_timer(tcp::Timer timer, FiredFor fired_for) {
  switch (fired_for) {
    case FiredFor::lost_by_time: return "The reordering timer";
    case FiredFor::window_probe: return "The zero-window probe timer";
    case FiredFor::retransmission:
    case FiredFor::giving_up:
    case FiredFor::another_syn:
    case FiredFor::other: break;
  }
  switch (timer) {
    case tcp::Timer::rto: return "The retransmission timer";
    case tcp::Timer::synack: return "The SYN-ACK timer";
    case tcp::Timer::tlp: return "The tail-loss probe's timer";
    case tcp::Timer::delack: return "The delayed-acknowledgment timer";
    case tcp::Timer::keepalive: return "The keepalive timer";
    case tcp::Timer::fin_wait_2: return "The FIN_WAIT_2 timer";
    case tcp::Timer::time_wait: return "The TIME_WAIT timer";
    case tcp::Timer::user: return "The user timeout";
  }
  LASTACK_UNREACHABLE("a timer that is none");
}

namespace {

/// The retransmission timer's own name stands for a few timers.
std::string rule_of_rto(const Surroundings& around, const Moment& at, FiredFor fired_for) {
  const std::string retries = retries_of(around, at, tcp::Timer::rto);
  switch (fired_for) {
    case FiredFor::retransmission:
      // The wait after a linear timeout does not double (5.5).
      return retries +
             (is_linear(around, at) ? "; RFC 6298, 5.4 and 5.6" : "; RFC 6298, 5.4 to 5.6");
    case FiredFor::giving_up: return retries + "; RFC 9293, 3.8.3";
    case FiredFor::lost_by_time:
      return around.setting(at.end.host, "tcp_recovery", at.n) + "; RFC 8985, 6.3";
    case FiredFor::another_syn:
      return "Linux sends the SYN again soon after an ACK of what it never sent";
    case FiredFor::window_probe: return retries + "; RFC 9293, 3.8.6.1";
    case FiredFor::other: break;
  }
  return "";
}

}  // namespace

std::string rule_of_timer(const Surroundings& around, const Moment& at, tcp::Timer timer,
                          FiredFor fired_for) {
  const trace::HostId host = at.end.host;
  if (fired_for == FiredFor::giving_up) return retries_of(around, at, timer) + "; RFC 9293, 3.8.3";
  switch (timer) {
    case tcp::Timer::rto: return rule_of_rto(around, at, fired_for);
    case tcp::Timer::synack: return retries_of(around, at, timer) + "; RFC 6298, 5.4 to 5.6";
    case tcp::Timer::tlp:
      return around.setting(host, "tcp_early_retrans", at.n) + "; RFC 8985, 7.2 and 7.3";
    case tcp::Timer::delack: return "RFC 9293, 3.8.6.3";
    case tcp::Timer::keepalive: return keepalive(around, at);
    case tcp::Timer::fin_wait_2: return fin_timeout(around, at);
    case tcp::Timer::time_wait: return two_msl(around, at);
    case tcp::Timer::user: return "RFC 5482";
  }
  LASTACK_UNREACHABLE("a timer that is none");
}

namespace {

std::string rule_of_loss(trace::LossReason reason) {
  return reason == trace::LossReason::checksum ? "RFC 9293, 3.1" : "";
}

/// Of a segment that has to prove itself by a challenge ACK.
std::string rule_of_challenge(tcp::Flags flags) {
  if (flags.has(tcp::Flags::rst)) return "RFC 5961, 3.2";
  return flags.has(tcp::Flags::syn) ? "RFC 5961, 4.2" : "RFC 5961, 5.2";
}

std::string rule_of_accept_queue(const Surroundings& around, const Moment& at) {
  return joined({backlog(around, at), around.setting(at.end.host, "tcp_abort_on_overflow", at.n)},
                ", ");
}

std::string rule_of_socket_limit(const Surroundings& around, trace::HostId host) {
  return fmt::format("limits.sockets = {}", around.host(host).sockets_max);
}

std::string rule_of_discard(const Surroundings& around, const Moment& at, DiscardReason reason,
                            const tcp::Segment& segment) {
  const trace::HostId host = at.end.host;
  switch (reason) {
    case DiscardReason::accept_queue: return rule_of_accept_queue(around, at);
    case DiscardReason::syn_queue:
      return joined({backlog(around, at),
                     around.settings(host, {"tcp_max_syn_backlog", "tcp_syncookies"}, at.n)},
                    ", ");
    case DiscardReason::answer_limited: return around.setting(host, "tcp_invalid_ratelimit", at.n);
    case DiscardReason::challenged: return rule_of_challenge(segment.flags);
    case DiscardReason::defer_accept: return "TCP_DEFER_ACCEPT";
    case DiscardReason::rst_in_listen: return "RFC 9293, 3.10.7.2";
    case DiscardReason::rst_out_of_window: return "RFC 5961, 3.2; RFC 9293, 3.10.7.4";
    case DiscardReason::rst_without_ack:
    case DiscardReason::rst_wrong_ack: return "RFC 9293, 3.10.7.3";
    case DiscardReason::no_ack: return "RFC 9293, 3.10.7.4";
    case DiscardReason::silent: return "\"silent\": true";
    case DiscardReason::socket_limit: return rule_of_socket_limit(around, host);
    case DiscardReason::socket_memory: return around.setting(host, "tcp_mem", at.n);
    case DiscardReason::unacceptable:
      return segment.options.has_timestamps ? "RFC 9293, 3.10.7.4; RFC 7323, 5.3"
                                            : "RFC 9293, 3.10.7.4";
    case DiscardReason::ack_of_unsent:
    case DiscardReason::no_socket:
    case DiscardReason::no_syn: break;
  }
  return rule_of_arrival(around, at);
}

}  // namespace

std::string rule_of_drop(const Surroundings& around, const Moment& at, const trace::Drop& drop,
                         const trace::Send& send) {
  if (drop.place == trace::DropPlace::wire) return "";
  const auto* discard = std::get_if<DiscardReason>(&drop.reason);
  return discard == nullptr ? rule_of_loss(std::get<trace::LossReason>(drop.reason))
                            : rule_of_discard(around, at, *discard, send.segment);
}

std::string rule_of_handshake(const Surroundings& around, trace::End end) {
  switch (around.host(end.host).handshake) {
    case tcp::Handshake::three_way: break;
    case tcp::Handshake::two_way: return "what_if: a two-way handshake";
    case tcp::Handshake::four_way: return "what_if: a four-way handshake";
  }
  return "RFC 9293, 3.5";
}

std::string rule_of_arrival(const Surroundings& around, const Moment& at) {
  const bool listens = around.listens(at.end, at.n);
  const bool opening = at.state == State::syn_sent || at.state == State::syn_rcvd ||
                       (at.state == State::closed && listens);
  const bool usual = around.host(at.end.host).handshake == tcp::Handshake::three_way;
  if (opening && !usual) return rule_of_handshake(around, at.end);
  if (at.state == State::syn_sent) return "RFC 9293, 3.10.7.3";
  if (at.state != State::closed) return "RFC 9293, 3.10.7.4";
  return listens ? "RFC 9293, 3.10.7.2" : "RFC 9293, 3.10.7.1";
}

std::string rule_of_cookie(const Surroundings& around, const Moment& at) {
  return around.setting(at.end.host, "tcp_syncookies", at.n) + "; RFC 4987, 3.6";
}

std::string rule_of_call(const trace::AppCall& call) {
  if (call.who.role == trace::Who::Role::host || call.who.role == trace::Who::Role::listen) {
    return "";
  }
  switch (call.call) {
    case Call::connect: return "RFC 9293, 3.10.1";
    case Call::send: return "RFC 9293, 3.10.2";
    case Call::recv:
    case Call::recv_eof: return "RFC 9293, 3.10.3";
    case Call::close:
    case Call::shutdown: return "RFC 9293, 3.10.4";
    case Call::abort: return "RFC 9293, 3.10.5";
    case Call::connected:
    case Call::accepted:
    case Call::accept:
    case Call::listen:
    case Call::setsockopt:
    case Call::bind:
    case Call::power_off:
    case Call::power_on:
    case Call::reboot:
    case Call::sysctl:
    case Call::link_down:
    case Call::link_up: break;
  }
  return "";
}

std::string rule_of_end(const Surroundings& around, const Moment& at,
                        const trace::StateChange& change) {
  const trace::HostId host = at.end.host;
  const bool in_fin_wait_2 = change.from == State::fin_wait_2;
  switch (change.why) {
    case StateReason::fin_acknowledged:
      return in_fin_wait_2 ? fin_timeout(around, at) : "RFC 9293, 3.6";
    case StateReason::close: return in_fin_wait_2 ? fin_timeout(around, at) : "RFC 9293, 3.10.4";
    case StateReason::timeout: return in_fin_wait_2 ? fin_timeout(around, at) : two_msl(around, at);
    case StateReason::fin_wait_2_timeout: return fin_timeout(around, at);
    case StateReason::window_probes_unanswered:
      return retries_of(around, at, tcp::Timer::rto) + "; RFC 9293, 3.8.6.1";
    case StateReason::keepalive_unanswered: return keepalive(around, at);
    case StateReason::ended_early:
      return change.from == State::time_wait
                 ? around.setting(host, "tcp_rfc1337", at.n) + "; RFC 1337"
                 : "RFC 9293, 3.10.7.4";
    case StateReason::rst_arrives: return rule_of_arrival(around, at);
    case StateReason::syn_in_window: return "RFC 9293, 3.10.7.4";
    case StateReason::data_after_close:
    case StateReason::close_with_unread_data: return "RFC 9293, 3.6.1; RFC 2525, 2.17";
    case StateReason::abort: return "RFC 9293, 3.10.5";
    case StateReason::reboot: return "RFC 9293, 3.5.1";
    case StateReason::accept_queue_full: return rule_of_accept_queue(around, at);
    case StateReason::no_memory_for_socket: return rule_of_socket_limit(around, host);
    case StateReason::too_many_orphans: return around.setting(host, "tcp_max_orphans", at.n);
    case StateReason::out_of_socket_memory: return around.setting(host, "tcp_mem", at.n);
    case StateReason::too_many_in_time_wait:
      return around.setting(host, "tcp_max_tw_buckets", at.n);
    case StateReason::connect:
    case StateReason::listen:
    case StateReason::shutdown:
    case StateReason::listener_closed:
    case StateReason::syn_arrives:
    case StateReason::syn_ack_arrives:
    case StateReason::ack_arrives:
    case StateReason::cookie_arrives:
    case StateReason::fin_arrives:
    case StateReason::new_connection:
    case StateReason::retries_used_up:
    case StateReason::half_of_fin_timeout_passed:
    case StateReason::tracepoint:
    case StateReason::sock_diag: break;
  }
  return "";
}

std::string rule_of_accept(const Surroundings& around, trace::End end, Error error,
                           std::uint64_t n) {
  if (error == Error::file_table_overflow) return around.setting(end.host, "file-max", n);
  const app::Listener* listener = around.listener(end);
  if (error != Error::too_many_files || listener == nullptr) return "";
  return fmt::format("limits.nofile = {}", listener->files_max);
}

/// Reserved ports are told where there are some.
std::string rule_of_ports(const Surroundings& around, trace::HostId host, std::uint64_t n) {
  constexpr std::string_view reserved = "ip_local_reserved_ports";
  if (around.setting(host, reserved, n) == std::string{reserved} + " = ") {
    return around.settings(host, {"ip_local_port_range", "tcp_tw_reuse"}, n);
  }
  return around.settings(host, {"ip_local_port_range", reserved, "tcp_tw_reuse"}, n);
}

std::string rule_of_error(const Surroundings& around, const Connection& of, Error error,
                          std::uint64_t n) {
  const trace::HostId host = of.client.host;
  const app::Connector* program = around.connector(of);
  if (error == Error::address_not_available) return rule_of_ports(around, host, n);
  if (error == Error::too_many_files && program != nullptr) {
    return fmt::format("limits.nofile = {}", program->files_max);
  }
  if (error == Error::file_table_overflow) return around.setting(host, "file-max", n);
  if (error == Error::no_buffer_space) return rule_of_socket_limit(around, host);
  return "";
}

}  // namespace lastack::explain
