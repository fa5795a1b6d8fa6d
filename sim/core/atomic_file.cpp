#include "lastack/core/atomic_file.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/file.h>
#include <sys/stat.h>

namespace lastack {

namespace {

namespace fs = std::filesystem;

/// What /dev/stdout and its kin stand for. They are duplicated, not opened: where a shell
/// redirected the stream to a file, opening would start that file anew.
std::optional<int> descriptor_named(std::string_view path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    const std::string_view digits = path.substr(folder.size());
    int fd = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
    if (error == std::errc{} && end == digits.data() + digits.size() && fd >= 0) return fd;
  }
  return std::nullopt;
}

bool exists_and_is_not_regular(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
}

/// The file that a chain of symbolic links ends at, there or not.
std::string follow_links(const std::string& path) {
  constexpr int links_max = 40;  // as the kernel's limit, path_resolution(7)
  fs::path at = path;
  std::error_code ignored;
  for (int i = 0; i < links_max && fs::is_symlink(at, ignored); ++i) {
    const fs::path to = fs::read_symlink(at, ignored);
    at = to.is_absolute() ? to : at.parent_path() / to;
  }
  return at.string();
}

constexpr const char* temporary_prefix = ".lastack-";
constexpr const char* temporary_suffix = ".tmp";

fs::path folder_of(const std::string& path) {
  const fs::path folder = fs::path{path}.parent_path();
  return folder.empty() ? fs::path{"."} : folder;
}

/// Temporary files of programs that were killed: nobody holds a lock on them.
void remove_those_of_the_dead(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder, ignored}) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(temporary_prefix) || !name.ends_with(temporary_suffix)) continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) continue;
    struct stat info {};
    const bool is_file = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    if (is_file && ::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
    ::close(fd);
  }
}

}  // namespace

OutputError::OutputError(const std::string& file, const std::string& reason)
    : std::runtime_error{file + ": " + reason},
      file_{file},
      reason_{reason} {}

bool is_special_file(const std::string& path) {
  return descriptor_named(path).has_value() || exists_and_is_not_regular(path);
}

AtomicFile::AtomicFile(std::string path) : path_{std::move(path)} {
  if (path_.empty()) {
    throw OutputError{"\"\"", "want the name of a file to write, have an empty one"};
  }
  if (is_special_file(path_)) {
    open_directly();
  } else {
    open_temporary();
  }
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::open_directly() {
  const std::optional<int> stream = descriptor_named(path_);
  fd_ = stream ? ::fcntl(*stream, F_DUPFD_CLOEXEC, 0) : ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd_ < 0) {
    fail(errno);
  }
}

void AtomicFile::open_temporary() {
  target_ = follow_links(path_);
  const bool replaces = ::access(target_.c_str(), F_OK) == 0;
  if (replaces && ::access(target_.c_str(), W_OK) != 0) {
    fail(errno);  // a rename would not ask whether the older file may be written
  }
  // Without a name until it is whole: a program that is killed leaves nothing. Some file systems
  // have no such files.
  fd_ = ::open(folder_of(target_).c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    remove_those_of_the_dead(folder_of(target_));
    make_temporary([this](const char* name) {
      fd_ = ::open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (fd_ < 0) return false;
      struct stat info {};
      ::flock(fd_, LOCK_EX | LOCK_NB);  // somebody writes it
      if (::fstat(fd_, &info) != 0 || info.st_nlink > 0) return true;
      ::close(std::exchange(fd_, -1));  // it was taken for one of the dead
      errno = EEXIST;
      return false;
    });
  }
  struct stat older {};
  if (replaces && ::stat(target_.c_str(), &older) == 0) {
    ::fchmod(fd_, older.st_mode & 07777U);
  }
}

/// Finds a name that is free. `make` makes the file, or says why not in errno.
template <typename Make> void AtomicFile::make_temporary(Make make) {
  constexpr int tries_max = 10'000;
  const std::string stem =
      (folder_of(target_) / temporary_prefix).string() + std::to_string(::getpid());
  int error = EEXIST;
  for (int i = 0; i < tries_max && error == EEXIST; ++i) {
    temporary_ = stem + "-" + std::to_string(i) + temporary_suffix;
    if (make(temporary_.c_str())) return;
    error = errno;
  }
  temporary_.clear();  // it is not ours
  fail(error);
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      fail(errno);
    }
  }
}

/// The file without a name gets one, to be renamed from.
void AtomicFile::name_it() {
  const std::string self = "/proc/self/fd/" + std::to_string(fd_);
  make_temporary([&self](const char* name) {
    return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
  });
}

void AtomicFile::close_and_check() {
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0 && errno != EINTR) {  // some file systems report a full disk only here
    fail(errno);
  }
}

void AtomicFile::commit() {
  if (!target_.empty()) {
    // What a name stands for is on the disk before the name is.
    if (::fsync(fd_) != 0 && errno != EINVAL && errno != EROFS) fail(errno);
    if (temporary_.empty()) name_it();
  }
  close_and_check();
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail(errno);
  }
  temporary_.clear();
}

void AtomicFile::fail(int error) const {
  std::string reason = "cannot be written: " + std::generic_category().message(error);
  if (error == ENOENT && !fs::exists(folder_of(target_))) {
    reason = "cannot be written: there is no folder " + folder_of(target_).string();
  }
  throw OutputError{path_, reason};
}

void write_file(const std::string& path, std::string_view bytes) {
  AtomicFile file{path};
  file.write(bytes);
  file.commit();
}

}  // namespace lastack
