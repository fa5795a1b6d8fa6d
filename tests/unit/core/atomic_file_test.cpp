#include "lastack/core/atomic_file.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <sys/stat.h>

using namespace lastack;
namespace fs = std::filesystem;

namespace {

/// A folder of its own for each test, removed at its end.
class Folder {
 public:
  Folder() : path_{(fs::temp_directory_path() / "lastack-test-XXXXXX").string()} {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator{path_}, fs::directory_iterator{}));
  }

 private:
  std::string path_;
};

std::string content(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

TEST_CASE("an atomic file appears only when it is committed", "[core]") {
  const Folder folder;
  AtomicFile file{folder / "out.txt"};
  file.write("one ");
  file.write("two");
  CHECK_FALSE(fs::exists(folder / "out.txt"));
  file.commit();
  CHECK(content(folder / "out.txt") == "one two");
  CHECK(folder.files() == 1);
}

TEST_CASE("an atomic file without a commit leaves nothing, and the older file as it was",
          "[core]") {
  const Folder folder;
  write_file(folder / "out.txt", "older");
  {
    AtomicFile file{folder / "out.txt"};
    file.write("half");
  }
  CHECK(content(folder / "out.txt") == "older");
  CHECK(folder.files() == 1);
}

TEST_CASE("two atomic files of one name do not disturb each other: the last commit stays",
          "[core]") {
  const Folder folder;
  AtomicFile first{folder / "out.txt"};
  AtomicFile second{folder / "out.txt"};
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  CHECK(content(folder / "out.txt") == "first");
}

TEST_CASE("replacing a file keeps its mode and the symbolic link to it", "[core]") {
  const Folder folder;
  write_file(folder / "real.txt", "older");
  fs::permissions(folder / "real.txt", fs::perms{0640});
  fs::create_symlink("real.txt", folder / "link.txt");
  write_file(folder / "link.txt", "newer");
  CHECK(fs::is_symlink(folder / "link.txt"));
  CHECK(content(folder / "real.txt") == "newer");
  CHECK(fs::status(folder / "real.txt").permissions() == fs::perms{0640});
}

TEST_CASE("an output in a folder that is not there names file and folder", "[core]") {
  const Folder folder;
  const std::string path = folder / "none/out.txt";
  CHECK_THROWS_WITH(AtomicFile{path},
                    path + ": cannot be written: there is no folder " + (folder / "none"));
}

TEST_CASE("an output that is a folder is refused", "[core]") {
  const Folder folder;
  const std::string path = folder / "sub";
  fs::create_directory(path);
  CHECK_THROWS_WITH(AtomicFile{path}, path + ": cannot be written: Is a directory");
  CHECK_THROWS_AS(AtomicFile{""}, OutputError);
}

TEST_CASE("a full disk is an error that names the file", "[core]") {
  if (!fs::exists("/dev/full")) {
    WARN("skipped: there is no /dev/full");
    return;
  }
  AtomicFile file{"/dev/full"};
  CHECK_THROWS_WITH(file.write("x"), "/dev/full: cannot be written: No space left on device");
}

TEST_CASE("a pipe is written directly", "[core]") {
  const Folder folder;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::string path = "/dev/fd/" + std::to_string(ends[1]);
  CHECK(is_special_file(path));
  {
    AtomicFile file{path};
    file.write("hello");
    file.commit();
  }
  char buffer[8];
  CHECK(::read(ends[0], buffer, sizeof buffer) == 5);
  CHECK(std::string(buffer, 5) == "hello");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("only streams and what exists without being a regular file is special", "[core]") {
  CHECK(is_special_file("-"));
  CHECK(is_special_file("/dev/stdout"));
  CHECK(is_special_file("/dev/null"));
  CHECK_FALSE(is_special_file("/no/such/file.jsonl"));
}
