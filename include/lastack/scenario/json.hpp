#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lastack::scenario {

/// A JSON value. Unlike nlohmann's it keeps the members of an object in the file's order without
/// searching them all for each new one, and it is built under limits (below).
struct Json {
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      value = nullptr;

  /// The member of that name; null when there is none or this is no object.
  const Json* find(std::string_view key) const;
  /// The same, to change.
  Json* find(std::string_view key);
};

/// Levels of nesting that a file may have. A scenario needs six.
inline constexpr std::size_t max_json_depth = 64;
/// Bytes that a file may have.
inline constexpr std::size_t max_file_bytes = 64U << 20U;

/// JSON text that is not as it must be.
struct JsonProblem {
  std::string pointer;  ///< "" where the text is no JSON at all
  std::string text;     ///< "line 3, column 7: …" for a syntax error
};

/// Reads JSON text: RFC 8259, no key twice in one object, not too deep.
std::variant<Json, JsonProblem> read_json(std::string_view text);

/// The whole of a file, or in words why it cannot be read.
struct FileProblem {
  std::string text;
};
std::variant<std::string, FileProblem> read_file(const std::string& path);

/// What there is in place of a file: "a directory", "a FIFO", "a socket" or "a device". Nothing for
/// a file, there or not. Opening a device or FIFO may wait for ever, so nobody but the one who ran
/// the program names one: /dev/stdin and `<(command)` may be read, but not by a file's wish.
std::optional<std::string> special_kind(const std::string& path);

/// `parent` with one more reference token, escaped as RFC 6901, 3 says.
std::string pointer_to(const std::string& parent, std::string_view key);
std::string pointer_to(const std::string& parent, std::size_t index);

/// The value as compact JSON text; numbers by their shortest text that reads back the same.
std::string to_text(const Json& json);

/// The value as messages show it: cut short, without control characters.
std::string shown(const Json& json);
std::string shown(std::string_view text);  ///< in quotes
/// Text as messages name it: cut short where nobody would read it, without control characters.
std::string brief(std::string_view text);

}  // namespace lastack::scenario
