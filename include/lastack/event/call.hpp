#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "lastack/core/named.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::trace {

/// What an application calls, or what comes of it; what is done to a host or its link.
enum class Call : std::uint8_t {
  connect,
  connected,  ///< connect came to its result
  accepted,
  accept,  ///< it failed
  listen,
  send,
  recv,
  recv_eof,  ///< reading until the end of the stream
  shutdown,
  close,
  abort,
  setsockopt,
  bind,
  power_off,
  power_on,
  reboot,
  sysctl,
  link_down,
  link_up,
};
constexpr Call last_of(Call /*of*/) { return Call::link_up; }

/// "connect", "recv eof" and the like.
std::string_view name_of(Call call);

/// Who calls.
struct Who {
  enum class Role : std::uint8_t {
    connect,  ///< an application, on a connection that it opened
    accept,   ///< an application, on a connection that it accepted
    listen,   ///< an application, on its listener
    host,     ///< the scenario, which does something to a host
  };
  Role role = Role::connect;
  std::uint64_t number = 0;  ///< of several, from 1; 0 for one alone

  friend auto operator<=>(const Who&, const Who&) = default;
};

/// "connect" and the like.
std::string_view name_of(Who::Role role);
/// "connect", "connect#2", "accept#1", "listen", "host".
std::string text_of(const Who& who);

/// Whether it reads.
bool is_read(Call call);

/// The name of an errno that no Error stands for: a kernel has more of them.
struct OtherErrno {
  std::string name;

  friend bool operator==(const OtherErrno&, const OtherErrno&) = default;
};

/// What came of a call: nothing worth a word, so many bytes, an errno or Error::none, or a word of
/// its own, such as "write" of a shutdown.
using Result = std::variant<std::monostate, std::uint64_t, tcp::Error, OtherErrno, std::string>;

/// "100", "ok", "ETIMEDOUT", "write"; "" for none.
std::string text_of(const Result& result);
/// "ETIMEDOUT"; "" where it did not fail.
std::string_view errno_of(const Result& result);

}  // namespace lastack::trace
