#include "lastack/scenario/files_named.hpp"

#include <filesystem>
#include <set>
#include <utility>
#include <variant>

#include "lastack/scenario/json.hpp"

namespace lastack::scenario {
namespace {

/// A key, or a dotted path of `vary`, `set` or --set, that ends in this one.
bool names(std::string_view path, std::string_view key) {
  return path == key || (path.size() > key.size() && path.ends_with(key) &&
                         path[path.size() - key.size() - 1] == '.');
}

/// Follows the names from file to file.
class Finder {
 public:
  /// The file, and what it leads to.
  void look_into(const std::string& file) {
    if (!seen_.insert(file).second) return;
    found_.push_back(file);
    folders_.insert(std::filesystem::path{file}.parent_path());
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) return;  // a pipe is read but once
    const auto text = read_file(file);
    if (std::holds_alternative<FileProblem>(text)) return;
    const auto json = read_json(std::get<std::string>(text));
    if (const auto* root = std::get_if<Json>(&json)) {
      look_at(*root, std::filesystem::path{file}.parent_path());
    }
  }

  void look_at(const Json& json, const std::filesystem::path& folder) {
    if (const auto* array = std::get_if<Json::Array>(&json.value)) {
      for (const Json& element : *array) look_at(element, folder);
    }
    if (const auto* members = std::get_if<Json::Object>(&json.value)) {
      for (const auto& [key, member] : *members) look_at(key, member, folder);
    }
  }

  void look_at(std::string_view key, const Json& value, const std::filesystem::path& folder) {
    if (names(key, "sysctl_file")) add_settings(value);
    const auto* text = std::get_if<std::string>(&value.value);
    if (key == "scenario" && text != nullptr) {
      look_into((folder / *text).lexically_normal().string());
    }
    look_at(value, folder);
  }

  std::vector<std::string> found() && {
    // Which of the files a name of `vary` is relative to depends on the condition.
    for (const std::filesystem::path& folder : folders_) {
      for (const std::string& name : settings_) found_.push_back((folder / name).string());
    }
    return std::move(found_);
  }

 private:
  /// A name, or in `vary` several.
  void add_settings(const Json& value) {
    if (const auto* text = std::get_if<std::string>(&value.value)) settings_.insert(*text);
    if (const auto* array = std::get_if<Json::Array>(&value.value)) {
      for (const Json& element : *array) add_settings(element);
    }
  }

  std::vector<std::string> found_;
  std::set<std::string> seen_;
  std::set<std::filesystem::path> folders_;
  std::set<std::string> settings_;
};

}  // namespace

std::vector<std::string> files_named(const std::string& file,
                                     const std::vector<Override>& overrides) {
  Finder finder;
  finder.look_into(file);
  for (const auto& [path, value] : overrides) {
    auto json = read_json(value);
    const Json text{value};
    const auto* read = std::get_if<Json>(&json);
    finder.look_at(path, read != nullptr ? *read : text, std::filesystem::path{file}.parent_path());
  }
  return std::move(finder).found();
}

}  // namespace lastack::scenario
