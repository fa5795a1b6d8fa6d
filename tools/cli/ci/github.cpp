#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "ci/formats.hpp"
#include "lastack/core/text.hpp"
#include "support/escape.hpp"
#include "support/json_line.hpp"

namespace lastack::cli {

namespace {

/// The file as GitHub knows it: relative to the checkout.
std::string path_in_checkout(const std::string& file) {
  const char* workspace = std::getenv("GITHUB_WORKSPACE");
  if (workspace == nullptr || *workspace == '\0') return file;
  std::error_code error;
  const auto relative = std::filesystem::relative(file, workspace, error);
  return error || relative.empty() ? file : relative.string();
}

/// The line of a value, or, where there is no such value, of what should hold it.
std::optional<int> nearest_line(const std::string& file, std::string pointer) {
  if (!pointer.empty() && !pointer.starts_with('/')) return std::nullopt;  // of no JSON file
  std::optional<int> line = line_in_file(file, pointer);
  while (!line && !pointer.empty()) {
    pointer.erase(pointer.rfind('/'));
    line = line_in_file(file, pointer);
  }
  return line;
}

std::string annotation(std::string_view level, const FileResult& result, const std::string& pointer,
                       const std::string& title, const std::string& message) {
  static const Escapes in_message{{'%', "%25"}, {'\n', "%0A"}};
  static const Escapes in_property{{'%', "%25"}, {':', "%3A"}, {',', "%2C"}};
  std::string place;  // a database cannot be shown in a pull request
  if (result.suite.empty()) {
    const std::optional<int> line = nearest_line(result.file, pointer);
    place =
        fmt::format("file={}{},", escaped(printable(path_in_checkout(result.file)), in_property),
                    line ? fmt::format(",line={}", *line) : "");
  }
  return fmt::format("::{} {}title={}::{}\n", level, place, escaped(printable(title), in_property),
                     escaped(printable_lines(message), in_message));
}

}  // namespace

std::string github_annotations(const std::vector<FileResult>& results) {
  std::string text;
  for (const FileResult& result : results) {
    if (result.outcome == Outcome::bad) {
      const char* title = result.command == "sweep" ? "bad sweep" : "bad scenario";
      text += annotation("error", result, result.pointer, title, result.problem);
    }
    if (result.outcome == Outcome::not_run && result.not_judged > 0) {
      text += annotation("error", result, "/expect", "expectations not judged", result.problem);
    }
    if (result.outcome == Outcome::cannot_tell) {
      text += annotation("warning", result, "", "cannot tell: " + result.name, result.problem);
    }
    for (const scenario::Unmatched& one : result.unmatched) {
      text += annotation("warning", result, one.pointer, "matches nothing: " + one.pointer,
                         one.problem);
    }
    for (const run::ExpectationResult& failure : result.failed) {
      const std::string message = fmt::format(
          "wanted {}\nseen {}{}\nreplay: {}", printable(failure.wanted), printable(failure.seen),
          failure.where.empty() ? "" : "\n" + printable(failure.where),
          printable(replay_command(result)));
      const std::string what = result.name.empty() ? failure.pointer : result.name;
      text += annotation("error", result, failure.pointer, "expectation failed: " + what, message);
    }
  }
  return text;
}

}  // namespace lastack::cli
