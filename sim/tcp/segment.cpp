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

constexpr std::uint32_t pad_to_word(std::uint32_t octets) { return (octets + 3) / 4 * 4; }

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
    if (!known) {
      return std::nullopt;
    }
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

std::uint32_t Options::wire_size() const {
  std::uint32_t octets = 0;
  octets += mss != 0 ? 4U : 0U;
  octets += has_timestamps ? 12U : 0U;  // with SACK-permitted or two NOPs beside it
  octets += sack_permitted && !has_timestamps ? 4U : 0U;
  octets += has_window_scale ? 4U : 0U;
  octets += sack_count > 0 ? 4U + 8U * sack_count : 0U;
  return pad_to_word(octets);
}

}  // namespace lastack::tcp
