#include "lastack/core/file_set.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace lastack;

namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test, removed at its end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "lastack-file-set-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  bool has(const std::string& name) const { return fs::exists(path_ / name); }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("FileSet: files appear together, when all are whole", "[core]") {
  const Folder folder;
  FileSet files;
  const auto a = files.add(folder.file("a"));
  const auto b = files.add(folder.file("b"));
  a->write("1");
  a->commit();
  CHECK_FALSE(folder.has("a"));
  b->write("2");
  b->commit();
  files.commit();
  CHECK(folder.has("a"));
  CHECK(folder.has("b"));
}

TEST_CASE("FileSet: of what is not whole, and without a commit, nothing is left", "[core]") {
  const Folder folder;
  {
    FileSet files;
    files.add(folder.file("a"))->commit();
  }
  CHECK_FALSE(folder.has("a"));
  FileSet files;
  files.add(folder.file("b"))->commit();
  files.add(folder.file("c"))->write("half");
  files.commit();
  CHECK(folder.has("b"));
  CHECK_FALSE(folder.has("c"));
}

TEST_CASE("FileSet: where one cannot get its name, it says which have", "[core]") {
  const Folder folder;
  FileSet files;
  files.add(folder.file("a"))->commit();
  files.add(folder.file("b"))->commit();
  fs::create_directory(folder.file("b"));
  CHECK_THROWS_WITH(files.commit(),
                    Catch::Matchers::Contains(folder.file("b") + ": cannot be") &&
                        Catch::Matchers::Contains("written before it: " + folder.file("a")));
}
