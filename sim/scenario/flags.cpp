#include "flags.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "lastack/scenario/nearest_name.hpp"

namespace lastack::scenario {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> other_notations{{
    {"SYN", "S"},
    {"SA", "S."},
    {"AS", "S."},
    {"SYN-ACK", "S."},
    {"SYN,ACK", "S."},
    {"SYNACK", "S."},
    {"A", "."},
    {"ACK", "."},
    {"FA", "F."},
    {"FIN", "F"},
    {"FIN-ACK", "F."},
    {"RST", "R"},
    {"RA", "R."},
}};

std::string upper(std::string_view text) {
  std::string result{text};
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

/// What the text most likely means in tcpdump's notation; "" if none is likely.
std::string_view meant(std::string_view text) {
  const std::string wrong = upper(text);
  for (const auto& [other, ours] : other_notations) {
    if (other == wrong) return ours;
  }
  constexpr std::array<std::string_view, 7> usual{"S", "S.", "F.", "R.", "P.", "F", "R"};
  return nearest_name(wrong, usual);
}

bool each_letter_once(std::string_view text) {
  constexpr std::string_view letters = "SFRP.";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return letters.find(c) != letters.npos && std::count(text.begin(), text.end(), c) == 1;
  });
}

}  // namespace

tcp::Flags flags_at(const Value& value) {
  constexpr std::string_view wish = "flags of S F R P . such as \"S.\", or \"none\"";
  const std::string& text = value.string(wish);
  if (text == "none") return tcp::Flags::none;
  if (!text.empty() && each_letter_once(text)) {
    if (const auto flags = tcp::Flags::parse(text)) return *flags;
  }
  const std::string_view near = meant(text);
  if (near.empty()) value.want(wish);
  value.fail(fmt::format("want {}, have {}; nearest is \"{}\"", wish, shown(text), near));
}

}  // namespace lastack::scenario
