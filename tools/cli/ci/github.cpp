#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

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

/// The pointer to what should hold a value.
std::string parent_of(const std::string& pointer) { return pointer.substr(0, pointer.rfind('/')); }

/// What is said of one file, with the lines that it is about.
class Annotations {
 public:
  explicit Annotations(const FileResult& result) : result_{result} {}

  /// Of the value that `pointer` leads to, or of what should hold it.
  void add(std::string_view level, const std::string& pointer, std::string title,
           std::string message) {
    all_.push_back({level, pointer, std::move(title), std::move(message)});
    if (!result_.suite.empty()) return;  // a database cannot be shown in a pull request
    if (!pointer.empty() && !pointer.starts_with('/')) return;  // of no JSON file
    bool is_new = lines_.try_emplace(pointer).second;
    for (std::string each = pointer; is_new && !each.empty();) {
      each = parent_of(each);
      is_new = lines_.try_emplace(each).second;
    }
  }

  std::string text() {
    if (!lines_.empty()) find_lines_in_file(result_.file, lines_);
    const std::string file = escaped(printable(path_in_checkout(result_.file)), in_property());
    std::string text;
    for (const One& one : all_) {
      std::string place;
      if (result_.suite.empty()) {
        const std::optional<int> line = nearest_line(one.pointer);
        place = fmt::format("file={}{},", file, line ? fmt::format(",line={}", *line) : "");
      }
      text += fmt::format("::{} {}title={}::{}\n", one.level, place,
                          escaped(printable(one.title), in_property()),
                          escaped(printable_lines(one.message), in_message()));
    }
    return text;
  }

 private:
  struct One {
    std::string_view level;
    std::string pointer;
    std::string title;
    std::string message;
  };

  static const Escapes& in_message() {
    static const Escapes escapes{{'%', "%25"}, {'\n', "%0A"}};
    return escapes;
  }
  static const Escapes& in_property() {
    static const Escapes escapes{{'%', "%25"}, {':', "%3A"}, {',', "%2C"}};
    return escapes;
  }

  std::optional<int> nearest_line(std::string pointer) const {
    auto known = lines_.find(pointer);
    while (known != lines_.end() && !known->second && !pointer.empty()) {
      pointer = parent_of(pointer);
      known = lines_.find(pointer);
    }
    return known == lines_.end() ? std::nullopt : known->second;
  }

  const FileResult& result_;
  std::vector<One> all_;
  Lines lines_;  ///< of their pointers and of all above them
};

void annotate(const FileResult& result, Annotations& out) {
  if (result.outcome == Outcome::bad) {
    const char* title = result.command == "sweep" ? "bad sweep" : "bad scenario";
    out.add("error", result.pointer, title, result.problem);
  }
  if (result.outcome == Outcome::not_run && result.not_judged > 0) {
    out.add("error", "/expect", "expectations not judged", result.problem);
  }
  if (result.outcome == Outcome::cannot_tell) {
    out.add("warning", "", "cannot tell: " + result.name, result.problem);
  }
  for (const scenario::Unmatched& one : result.unmatched) {
    out.add("warning", one.pointer, "matches nothing: " + one.pointer, one.problem);
  }
  const std::string replay = printable(replay_command(result));
  for (const run::ExpectationResult& failure : result.failed) {
    const std::string message = fmt::format(
        "wanted {}\nseen {}{}\nreplay: {}", printable(failure.wanted), printable(failure.seen),
        failure.where.empty() ? "" : "\n" + printable(failure.where), replay);
    const std::string what = result.name.empty() ? failure.pointer : result.name;
    out.add("error", failure.pointer, "expectation failed: " + what, message);
  }
}

}  // namespace

std::string github_annotations(const std::vector<FileResult>& results) {
  std::string text;
  for (const FileResult& result : results) {
    Annotations annotations{result};
    annotate(result, annotations);
    text += annotations.text();
  }
  return text;
}

}  // namespace lastack::cli
