#include "support/find_files.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

using lastack::cli::find_files;

namespace {

namespace fs = std::filesystem;

/// An empty folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "lastack-find-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string add(const std::string& name) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream{path_ / name} << "{}";
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("find_files: a folder stands for every .json below it, in order", "[cli]") {
  const Folder folder;
  const std::string b = folder.add("b.json");
  const std::string deep = folder.add("a/deep/z.json");
  folder.add("a/notes.txt");
  CHECK(find_files({folder.path()}) == std::vector{deep, b});
}

TEST_CASE("find_files: a file that is named counts whatever its ending, and if it is missing",
          "[cli]") {
  const Folder folder;
  const std::string odd = folder.add("odd.scenario");
  const std::string missing = folder.path() + "/missing.json";
  CHECK(find_files({odd, missing}) == std::vector{odd, missing});
}

TEST_CASE("find_files: what is named twice counts once", "[cli]") {
  const Folder folder;
  const std::string file = folder.add("a.json");
  CHECK(find_files({file, folder.path(), folder.path() + "/./a.json"}) == std::vector{file});
}
