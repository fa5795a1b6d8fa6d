#include "support/find_files.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

namespace lastack::cli {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> json_files_below(const fs::path& folder) {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator{folder}) {
    if (entry.path().extension() == ".json" && entry.is_regular_file()) {
      files.push_back(entry.path().string());
    }
  }
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
