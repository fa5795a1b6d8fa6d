#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/scenario/load.hpp"

namespace lastack::scenario {

/// What the loader says about the text; "" if nothing is wrong with it.
inline std::string problem_with(std::string_view json,
                                const std::vector<Override>& overrides = {}) {
  try {
    parse_scenario(json, "s.json", overrides);
    return "";
  } catch (const ScenarioError& error) {
    return error.what();
  }
}

/// A file of its own for each test, removed at the end.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, std::string_view text)
      : path_{std::filesystem::path{LASTACK_BUILD_DIR} / "tests" / name} {
    std::filesystem::create_directories(path_.parent_path());
    std::ofstream{path_, std::ios::binary} << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace lastack::scenario
