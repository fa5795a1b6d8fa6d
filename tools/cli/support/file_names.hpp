#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lastack::cli {

/// Whether an output is the program's own stdout: "-" or /dev/stdout.
bool is_stdout(const std::string& output);

/// The files of one command, by whatever paths they are named: none is written twice, and none over
/// what is read.
class FileNames {
 public:
  explicit FileNames(const std::vector<std::string>& inputs);

  /// Whether an output is a file of its own. Devices may be had by several, but stdout by one.
  bool take(const std::string& output);
  /// The same for an option's output, where there is one ("" is none). Throws UsageError.
  void require_own(std::string_view option, const std::string& output);

 private:
  std::set<std::filesystem::path> taken_;
  bool stdout_taken_ = false;
};

}  // namespace lastack::cli
