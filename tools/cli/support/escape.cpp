#include "support/escape.hpp"

#include <nlohmann/json.hpp>

#include "lastack/core/text.hpp"

namespace lastack::cli {

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

std::string quoted(const std::string& text) { return nlohmann::json(printable_lines(text)).dump(); }

}  // namespace lastack::cli
