#include "words.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "lastack/explain/explain.hpp"

namespace lastack::explain {

namespace {

using tcp::DiscardReason;
using tcp::Error;
using tcp::Flags;
using tcp::SendReason;
using trace::Call;
using trace::LossReason;
using trace::Who;

/// At most three decimals, none for nothing.
std::string shortened(double number) {
  std::string text = fmt::format("{:.3f}", number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string_view kind_of_ack(SendReason why) {
  switch (why) {
    case SendReason::challenge: return "challenge ACK";
    case SendReason::keepalive: return "keepalive probe";
    case SendReason::window_probe: return "window probe";
    case SendReason::window_update: return "window update";
    case SendReason::dup_ack: return "duplicate ACK";
    case SendReason::syn:
    case SendReason::synack:
    case SendReason::ack:
    case SendReason::delack:
    case SendReason::data:
    case SendReason::fin:
    case SendReason::reset:
    case SendReason::rto:
    case SendReason::tlp:
    case SendReason::fast_retransmit:
    case SendReason::synack_timeout:
    case SendReason::synack_repeat:
    case SendReason::syn_repeat:
    case SendReason::time_wait: break;
  }
  return "ACK";
}

std::string_view reason_in_words(LossReason reason) {
  switch (reason) {
    case LossReason::fault: return "a fault of the scenario took it";
    case LossReason::loss: return "the link lost it";
    case LossReason::queue: return "the link's queue was full";
    case LossReason::link_down: return "the link was down";
    case LossReason::no_route: return "no link led to its receiver";
    case LossReason::mtu: return "it was larger than the link's MTU";
    case LossReason::host_off: return "a host was switched off";
    case LossReason::checksum: return "it was damaged on the way, so that its checksum was wrong";
  }
  return "";
}

std::string_view reason_in_words(DiscardReason reason) {
  switch (reason) {
    case DiscardReason::accept_queue: return "the accept queue was full";
    case DiscardReason::syn_queue: return "the SYN queue had no room for it";
    case DiscardReason::ack_of_unsent: return "it acknowledged what had never been sent";
    case DiscardReason::answer_limited: return "it repeated one that had just been answered";
    case DiscardReason::challenged: return "its sender had to prove itself first";
    case DiscardReason::defer_accept: return "TCP_DEFER_ACCEPT waits for data";
    case DiscardReason::no_ack: return "it had no ACK";
    case DiscardReason::no_socket: return "no connection was there for it";
    case DiscardReason::no_syn: return "it was no SYN, where one had to be";
    case DiscardReason::rst_in_listen: return "a listener has nothing to reset";
    case DiscardReason::rst_out_of_window: return "its number was outside the window";
    case DiscardReason::rst_without_ack: return "an RST must acknowledge the SYN";
    case DiscardReason::rst_wrong_ack: return "it did not acknowledge the SYN";
    case DiscardReason::silent: return "the host is silent: no TCP answers there";
    case DiscardReason::socket_limit: return "there was no memory for another socket";
    case DiscardReason::socket_memory: return "there was no memory for it";
    case DiscardReason::unacceptable: return "it was outside the window, or its timestamp was old";
  }
  return "";
}

}  // namespace

std::string how_long(SimDuration duration) {
  if (duration == SimDuration::zero() || duration >= 1s) {
    return shortened(to_seconds(duration)) + " s";
  }
  if (duration >= 1us) return shortened(to_seconds(duration) * 1e3) + " ms";
  return fmt::format("{} ns", duration.count());
}

std::string so_often(std::uint64_t times) {
  if (times == 1) return "once";
  if (times == 2) return "twice";
  return fmt::format("{} times", times);
}

std::string ordinal(std::uint64_t number) {
  const std::uint64_t tens = number % 100 / 10;
  const std::uint64_t ones = number % 10;
  constexpr std::array<std::string_view, 4> endings{"th", "st", "nd", "rd"};
  const bool plain = tens == 1 || ones > 3;
  return fmt::format("{}{}", number, endings[plain ? 0 : static_cast<std::size_t>(ones)]);
}

std::string spoken(const trace::Send& send) {
  const Flags flags = send.segment.flags;
  const bool ack = flags.has(Flags::ack);
  std::string text;
  if (flags.has(Flags::syn)) {
    text = ack ? "SYN ACK" : "SYN";
  } else if (flags.has(Flags::fin)) {
    text = "FIN";
  } else if (flags.has(Flags::rst)) {
    text = "RST";
  } else if (send.segment.data > 0) {
    return fmt::format("data ({})", counted(send.segment.data, "byte"));
  } else if (ack) {
    return std::string{kind_of_ack(send.why)};
  } else {
    return "segment without flags";
  }
  if (send.segment.data > 0) text += " with " + counted(send.segment.data, "byte");
  return text;
}

std::string with_article(const trace::Send& send) {
  const std::string text = spoken(send);
  if (text.starts_with("data")) return send.forged ? "forged " + text : text;
  if (send.forged) return "a forged " + text;
  return (text.starts_with("RST") || text.starts_with("ACK") ? "an " : "a ") + text;
}

std::string spoken_as_sent(const trace::Send& send) {
  std::string text = spoken(send);
  const char first = text.front();
  return first >= 'a' && !text.starts_with("data") ? "a " + text : text;
}

std::string some_of_which(std::uint64_t number, std::string_view fate) {
  return number == 1 ? fmt::format("one of which was {}", fate)
                     : fmt::format("{} of which were {}", number, fate);
}

std::string_view name_of(SystemCall call) {
  switch (call) {
    case SystemCall::socket: return "socket";
    case SystemCall::bind: return "bind";
    case SystemCall::connect: return "connect";
  }
  return "";
}

SystemCall failing_call(Error error) {
  switch (error) {
    case Error::too_many_files:
    case Error::file_table_overflow:
    case Error::no_buffer_space: return SystemCall::socket;
    case Error::address_in_use:
    case Error::invalid_argument: return SystemCall::bind;
    case Error::none:
    case Error::would_block:
    case Error::address_not_available:
    case Error::already_connected:
    case Error::connection_aborted:
    case Error::connection_refused:
    case Error::connection_reset:
    case Error::host_unreachable:
    case Error::network_unreachable:
    case Error::not_connected:
    case Error::broken_pipe:
    case Error::timed_out:
    case Error::bad_descriptor:
    case Error::option_not_supported: break;
  }
  return SystemCall::connect;
}

std::string spoken(const trace::AppCall& call) {
  const std::string_view error = errno_of(call.result);
  if (!error.empty()) {
    return fmt::format("called {}(), which failed with {}", name_of(call.call), error);
  }
  const auto* number = std::get_if<std::uint64_t>(&call.result);
  switch (call.call) {
    case Call::send:
      if (number != nullptr) return fmt::format("handed {} to TCP", counted(*number, "byte"));
      break;
    case Call::recv:
      if (number != nullptr) return fmt::format("read {}", counted(*number, "byte"));
      break;
    case Call::recv_eof: return "read until the end of the stream";
    case Call::accepted: return "accepted the connection";
    case Call::close:
      if (call.who.role == Who::Role::listen) return "closed its listener";
      break;
    case Call::abort: return "aborted the connection";
    case Call::shutdown: return fmt::format("called shutdown({})", text_of(call.result));
    case Call::connect:
    case Call::connected:
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
  return fmt::format("called {}()", name_of(call.call));
}

void add_rule(std::string& rules, std::string_view more) {
  constexpr std::string_view between = "; ";
  while (!more.empty()) {
    const std::size_t end = std::min(more.find(between), more.size());
    const std::string part{more.substr(0, end)};
    const std::string all = std::string{between} + rules + std::string{between};
    const bool known = all.find(std::string{between} + part + std::string{between}) != all.npos;
    if (!known) rules += (rules.empty() ? "" : std::string{between}) + part;
    more.remove_prefix(std::min(end + between.size(), more.size()));
  }
}

std::string_view reason_of(const trace::Drop& drop, const trace::Send& send, tcp::State state) {
  const Flags flags = send.segment.flags;
  const auto* discard = std::get_if<DiscardReason>(&drop.reason);
  if (discard == nullptr) return reason_in_words(std::get<LossReason>(drop.reason));
  if (*discard == DiscardReason::no_socket && flags.has(Flags::syn) && !flags.has(Flags::ack)) {
    return "nobody listened on that port";
  }
  if (*discard == DiscardReason::no_socket && state == tcp::State::syn_rcvd) {
    return "it acknowledged what had never been sent";
  }
  if (*discard == DiscardReason::unacceptable && !send.segment.options.has_timestamps) {
    return "it was outside the window";
  }
  return reason_in_words(*discard);
}

}  // namespace lastack::explain
