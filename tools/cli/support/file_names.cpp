#include "support/file_names.hpp"

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "lastack/core/atomic_file.hpp"
#include "support/options.hpp"

namespace lastack::cli {

namespace {

namespace fs = std::filesystem;

/// What SQLite keeps beside a database (https://www.sqlite.org/tempfiles.html).
constexpr std::array beside_database{"", "-wal", "-shm", "-journal"};

/// Where a chain of symbolic links leads, there or not.
fs::path without_links(fs::path path) {
  constexpr int links_max = 40;  // as the kernel's limit, path_resolution(7)
  std::error_code ignored;
  for (int i = 0; i < links_max && fs::is_symlink(path, ignored); ++i) {
    const fs::path to = fs::read_symlink(path, ignored);
    path = to.is_absolute() ? to : path.parent_path() / to;
  }
  return path;
}

}  // namespace

bool is_stdout(const std::string& output) { return output == "-" || output == "/dev/stdout"; }

FileNames::FileNames(const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) read(input);
}

FileNames::Identity FileNames::identity_of(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0) return {info.st_dev, info.st_ino, ""};
  const fs::path path = without_links(file);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path{"."};
  if (::stat(folder.c_str(), &info) == 0) {
    return {info.st_dev, info.st_ino, path.filename().string()};
  }
  std::error_code error;  // no folder either: it will be said when the file is made
  return {0, 0, fs::weakly_canonical(fs::absolute(path, error), error).string()};
}

void FileNames::read(const std::string& input) {
  taken_.emplace(identity_of(input), Taken{Use::read, input});
}

void FileNames::read_database(const std::string& database) {
  for (const char* ending : beside_database) read(database + ending);
}

std::optional<std::string> FileNames::take(const std::string& output) {
  if (is_stdout(output)) {
    if (!std::exchange(stdout_taken_, true)) return std::nullopt;
    return "want one output on stdout, have two";
  }
  if (is_special_file(output)) return std::nullopt;
  const auto [other, is_new] = taken_.emplace(identity_of(output), Taken{Use::written, output});
  if (is_new) return std::nullopt;
  const Taken& taken = other->second;
  return fmt::format("want a file of its own, have {}, which this command {}{}", output,
                     taken.use == Use::read ? "reads" : "writes already",
                     taken.as == output ? "" : " as " + taken.as);
}

void FileNames::require_own(std::string_view option, const std::string& output) {
  if (output.empty()) return;
  if (const auto problem = take(output)) {
    throw UsageError{fmt::format("{}: {}", option, *problem)};
  }
}

void FileNames::require_own_database(std::string_view option, const std::string& database) {
  if (database.empty()) return;
  for (const char* ending : beside_database) require_own(option, database + ending);
}

}  // namespace lastack::cli
