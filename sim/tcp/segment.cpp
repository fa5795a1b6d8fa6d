#include "lastack/tcp/segment.hpp"

#include <utility>

namespace lastack::tcp {

namespace {

/// tcpdump's letters in tcpdump's order.
constexpr std::array<std::pair<Flags, char>, 5> letters{{
    {Flags::fin, 'F'},
    {Flags::syn, 'S'},
    {Flags::rst, 'R'},
    {Flags::psh, 'P'},
    {Flags::ack, '.'},
}};

}  // namespace

std::optional<Flags> Flags::parse(std::string_view text) {
  Flags flags;
  for (const char c : text) {
    bool known = false;
    for (const auto& [flag, letter] : letters) {
      if (c == letter) {
        flags = flags | flag;
        known = true;
      }
    }
    if (!known) return std::nullopt;
  }
  return flags;
}

std::string Flags::text() const {
  std::string text;
  for (const auto& [flag, letter] : letters) {
    if (has(flag)) {
      text += letter;
    }
  }
  return text;
}

}  // namespace lastack::tcp
