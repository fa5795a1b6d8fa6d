#include "test_result.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "escape.hpp"

namespace lastack::tools {

bool is_failure(Outcome outcome) {
  return outcome == Outcome::failed || outcome == Outcome::bad || outcome == Outcome::not_run;
}

std::size_t count_of(const std::vector<FileResult>& results, Outcome outcome) {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(),
                    [outcome](const FileResult& r) { return r.outcome == outcome; }));
}

std::string replay_command(const FileResult& result) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:@";
  std::string file = result.file;
  if (file.find_first_not_of(plain) != std::string::npos) {
    file = "'" + escaped(file, {{'\'', "'\\''"}}) + "'";
  }
  std::string command = "lastack run " + file;
  if (result.seed) command += fmt::format(" --seed {}", *result.seed);
  return command;
}

}  // namespace lastack::tools
