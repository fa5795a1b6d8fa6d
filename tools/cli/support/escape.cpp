#include "support/escape.hpp"

#include <nlohmann/json.hpp>

namespace lastack::cli {

using nlohmann::json;

std::string escaped(const std::string& text, const Escapes& escapes) {
  std::string out;
  for (const char c : text) {
    const auto found = escapes.find(c);
    if (found == escapes.end()) {
      out += c;
    } else {
      out += found->second;
    }
  }
  return out;
}

std::string quoted(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string valid_utf8(const std::string& text) {
  return json::parse(quoted(text)).get<std::string>();
}

}  // namespace lastack::cli
