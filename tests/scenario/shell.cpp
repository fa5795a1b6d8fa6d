#include "shell.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <sys/wait.h>

namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

Shell::Shell() {
  std::string name = (fs::temp_directory_path() / "lastack-shell-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  folder_ = name;
  fs::create_directory(folder_ / "work");
}

Shell::~Shell() { fs::remove_all(folder_); }

void Shell::file(const std::string& name, const std::string& text) const {
  const fs::path path = folder_ / "work" / name;
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << text;
}

void Shell::run(const std::string& command) {
  const std::string folder = folder_.string();
  const std::string line = "cd " + folder + "/work && LASTACK=" LASTACK_BUILD_DIR "/lastack; { " +
                           command + "; } >" + folder + "/out 2>" + folder + "/err </dev/null";
  const int status = std::system(line.c_str());
  REQUIRE(WIFEXITED(status));
  exit_code_ = WEXITSTATUS(status);
  out_ = contents(folder_ / "out");
  err_ = contents(folder_ / "err");
  UNSCOPED_INFO(command << "\nexit code " << exit_code_ << "\nstdout:\n"
                        << out_ << "stderr:\n"
                        << err_);
}

std::string Shell::read(const std::string& name) const { return contents(folder_ / "work" / name); }

std::vector<std::string> Shell::files(const std::string& below) const {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder_ / "work" / below}) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}
