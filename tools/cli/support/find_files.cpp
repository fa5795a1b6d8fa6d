#include "support/find_files.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "support/options.hpp"

namespace lastack::cli {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_read(const fs::path& folder, const std::error_code& error) {
  throw UsageError{fmt::format("{}: cannot be read: {}", folder.string(), error.message())};
}

std::vector<std::string> json_files_below(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::path last = folder;  // where it stops, it is this one that cannot be read
  for (fs::recursive_directory_iterator at{folder, error}; !error && at != fs::end(at);
       at.increment(error)) {
    last = at->path();
    std::error_code ignored;
    if (last.extension() == ".json" && at->is_regular_file(ignored)) {
      files.push_back(last.string());
    }
  }
  if (error) cannot_read(last, error);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<std::string> find_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  std::set<fs::path> seen;
  for (const std::string& path : paths) {
    std::error_code error;
    const bool is_folder = fs::is_directory(path, error);
    for (const std::string& file : is_folder ? json_files_below(path) : std::vector{path}) {
      if (seen.insert(fs::weakly_canonical(fs::absolute(file), error)).second)
        files.push_back(file);
    }
  }
  return files;
}

}  // namespace lastack::cli
