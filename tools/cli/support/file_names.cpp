#include "support/file_names.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "lastack/core/atomic_file.hpp"
#include "support/options.hpp"

namespace lastack::cli {

namespace {

/// One name for whatever paths mean the same file, whether it exists or not.
std::filesystem::path identity_of(const std::string& file) {
  std::error_code error;
  return std::filesystem::weakly_canonical(std::filesystem::absolute(file), error);
}

}  // namespace

FileNames::FileNames(const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) taken_.insert(identity_of(input));
}

bool is_stdout(const std::string& output) { return output == "-" || output == "/dev/stdout"; }

bool FileNames::take(const std::string& output) {
  if (is_stdout(output)) return !std::exchange(stdout_taken_, true);
  return is_special_file(output) || taken_.insert(identity_of(output)).second;
}

void FileNames::require_own(std::string_view option, const std::string& output) {
  if (output.empty() || take(output)) return;
  if (is_stdout(output)) {
    throw UsageError{fmt::format("{}: want one output on stdout, have two", option)};
  }
  throw UsageError{fmt::format(
      "{}: want a file of its own, have {}, which is read or written by this command already",
      option, output)};
}

}  // namespace lastack::cli
