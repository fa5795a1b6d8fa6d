#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "lastack/compare/read.hpp"

namespace lastack::test {

/// A file that is gone with the test.
class ScratchFile {
 public:
  ScratchFile(const std::string& name, std::string_view text)
      : folder_{std::filesystem::temp_directory_path() / "lastack-compare-XXXXXX"} {
    std::string folder = folder_.string();
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    path_ = (folder_ / name).string();
    std::ofstream{path_, std::ios::binary} << text;
  }
  ~ScratchFile() { std::filesystem::remove_all(folder_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::filesystem::path folder_;
  std::string path_;
};

/// What reading a file of that name and text says is wrong, without the folder; "" if nothing is.
inline std::string complaint(const std::string& name, std::string_view text) {
  const ScratchFile file{name, text};
  try {
    compare::read_histories(file.path());
    return "";
  } catch (const compare::InputError& error) {
    const std::string what = error.what();
    return what.substr(what.find(name));
  }
}

}  // namespace lastack::test
