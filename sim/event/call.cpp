#include "lastack/event/call.hpp"

namespace lastack::trace {

std::string_view name_of(Who::Role role) {
  switch (role) {
    case Who::Role::connect: return "connect";
    case Who::Role::accept: return "accept";
    case Who::Role::listen: return "listen";
    case Who::Role::host: return "host";
  }
  return "?";
}

std::string_view name_of(Call call) {
  switch (call) {
    case Call::connect: return "connect";
    case Call::connected: return "connected";
    case Call::accepted: return "accepted";
    case Call::accept: return "accept";
    case Call::listen: return "listen";
    case Call::send: return "send";
    case Call::recv: return "recv";
    case Call::recv_eof: return "recv eof";
    case Call::shutdown: return "shutdown";
    case Call::close: return "close";
    case Call::abort: return "abort";
    case Call::setsockopt: return "setsockopt";
    case Call::bind: return "bind";
    case Call::power_off: return "power_off";
    case Call::power_on: return "power_on";
    case Call::reboot: return "reboot";
    case Call::sysctl: return "sysctl";
    case Call::link_down: return "link_down";
    case Call::link_up: return "link_up";
  }
  return "?";
}

std::string text_of(const Who& who) {
  std::string text{name_of(who.role)};
  if (who.number != 0) text += "#" + std::to_string(who.number);
  return text;
}

bool is_read(Call call) { return call == Call::recv || call == Call::recv_eof; }

std::string text_of(const Result& result) {
  if (const auto* number = std::get_if<std::uint64_t>(&result)) return std::to_string(*number);
  if (const auto* error = std::get_if<tcp::Error>(&result)) return std::string{name_of(*error)};
  if (const auto* other = std::get_if<OtherErrno>(&result)) return other->name;
  if (const auto* text = std::get_if<std::string>(&result)) return *text;
  return "";
}

std::string_view errno_of(const Result& result) {
  if (const auto* other = std::get_if<OtherErrno>(&result)) return other->name;
  const auto* error = std::get_if<tcp::Error>(&result);
  return error == nullptr || *error == tcp::Error::none ? std::string_view{} : name_of(*error);
}

}  // namespace lastack::trace
