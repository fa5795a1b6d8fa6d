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

using tcp::Flags;
using tcp::SendReason;

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
    default: return "ACK";
  }
}

/// What the trace calls it, and how people say it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 23> reasons{{
    {"fault", "a fault of the scenario took it"},
    {"loss", "the link lost it"},
    {"queue", "the link's queue was full"},
    {"link_down", "the link was down"},
    {"no_route", "no link led to its receiver"},
    {"mtu", "it was larger than the link's MTU"},
    {"host_off", "a host was switched off"},
    {"checksum", "it was damaged on the way, so that its checksum was wrong"},
    {"accept_queue", "the accept queue was full"},
    {"syn_queue", "the SYN queue had no room for it"},
    {"ack_of_unsent", "it acknowledged what had never been sent"},
    {"answer_limited", "it repeated one that had just been answered"},
    {"challenged", "its sender had to prove itself first"},
    {"defer_accept", "TCP_DEFER_ACCEPT waits for data"},
    {"no_ack", "it had no ACK"},
    {"no_socket", "no connection was there for it"},
    {"no_syn", "it was no SYN, where one had to be"},
    {"rst_in_listen", "a listener has nothing to reset"},
    {"rst_out_of_window", "its number was outside the window"},
    {"rst_without_ack", "an RST must acknowledge the SYN"},
    {"rst_wrong_ack", "it did not acknowledge the SYN"},
    {"socket_memory", "there was no memory for it"},
    {"unacceptable", "it was outside the window, or its timestamp was old"},
}};

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

std::string_view failing_call(std::string_view error) {
  if (error == "EMFILE" || error == "ENFILE" || error == "ENOBUFS") return "socket";
  return error == "EADDRINUSE" || error == "EINVAL" ? "bind" : "connect";
}

std::string spoken(const trace::AppCall& call) {
  const auto* text = std::get_if<std::string>(&call.result);
  const auto* number = std::get_if<std::uint64_t>(&call.result);
  if (text != nullptr && text->starts_with('E')) {
    return fmt::format("called {}(), which failed with {}", call.call, *text);
  }
  if (call.call == "send" && number != nullptr) {
    return fmt::format("handed {} to TCP", counted(*number, "byte"));
  }
  if (call.call == "recv" && number != nullptr) {
    return fmt::format("read {}", counted(*number, "byte"));
  }
  if (call.call == "recv eof") return "read until the end of the stream";
  if (call.call == "accepted") return "accepted the connection";
  if (call.call == "close" && call.who == "listen") return "closed its listener";
  if (call.call == "abort") return "aborted the connection";
  if (call.call == "shutdown" && text != nullptr) return fmt::format("called shutdown({})", *text);
  return fmt::format("called {}()", call.call);
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
  if (drop.reason == "no_socket" && flags.has(Flags::syn) && !flags.has(Flags::ack)) {
    return "nobody listened on that port";
  }
  if (drop.reason == "no_socket" && state == tcp::State::syn_rcvd) {
    return "it acknowledged what had never been sent";
  }
  if (drop.reason == "unacceptable" && !send.segment.options.has_timestamps) {
    return "it was outside the window";
  }
  for (const auto& [reason, text] : reasons) {
    if (reason == drop.reason) return text;
  }
  return drop.reason;
}

}  // namespace lastack::explain
