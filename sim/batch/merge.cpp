#include "lastack/batch/merge.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace lastack::batch {

namespace {

constexpr std::size_t rows_together = 10'000;  // in one transaction

/// All parts must be shards of one sweep, made by one version.
void check_alike(const Store& part, const Store& first) {
  const StoreInfo& a = part.info();
  const StoreInfo& b = first.info();
  if (a.version != b.version) {
    throw StoreError{part.file(), fmt::format("was made by version {}, {} by version {}", a.version,
                                              first.file(), b.version)};
  }
  if (a.identity != b.identity) {
    throw StoreError{
        part.file(),
        fmt::format("is of another sweep (\"{}\") than {} (\"{}\"), or that was changed", a.name,
                    first.file(), b.name)};
  }
  if (a.shard.count != b.shard.count) {
    throw StoreError{part.file(), fmt::format("is one of {} shards, {} one of {}", a.shard.count,
                                              first.file(), b.shard.count)};
  }
}

void check_no_overlap(const std::vector<Store>& parts) {
  std::map<std::uint64_t, std::string> file_of;
  for (const Store& part : parts) {
    const Shard shard = part.info().shard;
    const auto [known, fresh] = file_of.try_emplace(shard.index, part.file());
    if (!fresh) {
      throw StoreError{part.file(), fmt::format("holds shard {}/{}, and so does {}", shard.index,
                                                shard.count, known->second)};
    }
  }
  const std::uint64_t count = parts.front().info().shard.count;
  for (std::uint64_t i = 1; i <= count; ++i) {
    if (!file_of.contains(i)) {
      throw StoreError{parts.front().file(),
                       fmt::format("is one of {} shards, of which shard {} is missing", count, i)};
    }
  }
}

/// Every run that a part's shard has to have must be there.
void check_complete(const Store& part) {
  const std::uint64_t missing = part.missing();
  if (missing > 0) {
    throw StoreError{part.file(),
                     fmt::format("is not complete: {} missing; `lastack sweep --resume` "
                                 "with its shard {}/{} runs the rest",
                                 missing == 1 ? "1 run is" : fmt::format("{} runs are", missing),
                                 part.info().shard.index, part.info().shard.count)};
  }
}

/// Nor may it have a run of another shard: which of the two would be right?
void check_nothing_else(const Store& part) {
  const StoreInfo& of = part.info();
  const std::uint64_t own = part.asked();
  const std::uint64_t has = part.runs();
  if (has > own) {
    throw StoreError{part.file(), fmt::format("holds {} runs of other shards than its own, {}/{}",
                                              has - own, of.shard.index, of.shard.count)};
  }
}

void copy_rows(const Store& part, Store& whole) {
  std::vector<RunRow> rows;
  part.for_each([&](const RunRow& row) {
    rows.push_back(row);
    if (rows.size() < rows_together) return;
    whole.add(rows);
    rows.clear();
  });
  whole.add(rows);
}

void put_together(const std::vector<Store>& parts, const std::string& file) {
  Store whole = Store::create_like(file, parts.front());
  for (const Store& part : parts) copy_rows(part, whole);
  for (const Store& part : parts) whole.want_as(part);
}

/// OUT.unfinished, which becomes OUT when it is whole: a merge that is killed leaves nothing that
/// looks complete, and the next one begins anew. Of two that write the same OUT one has the lock.
class Unfinished {
 public:
  explicit Unfinished(std::string file) : file_{std::move(file)}, name_{file_ + ".unfinished"} {
    fd_ = ::open(name_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd_ < 0) fail("cannot be written: " + std::generic_category().message(errno));
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 || !is_still_there()) {
      ::close(fd_);
      fail("is being written by another `lastack merge`");
    }
    static_cast<void>(::ftruncate(fd_, 0));  // of a merge that was killed
    remove_logs();
  }
  ~Unfinished() {
    if (!done_) {
      ::unlink(name_.c_str());
      remove_logs();
    }
    ::close(fd_);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  const std::string& name() const { return name_; }

  /// Whoever made OUT meanwhile keeps it.
  void commit() {
    if (::fsync(fd_) != 0) fail("cannot be written: " + std::generic_category().message(errno));
    if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, file_.c_str(), RENAME_NOREPLACE) != 0) {
      fail(errno == EEXIST ? "exists already"
                           : "cannot be written: " + std::generic_category().message(errno));
    }
    done_ = true;
  }

 private:
  /// Another merge may have renamed it between our opening and our lock.
  bool is_still_there() const {
    struct stat ours {};
    struct stat named {};
    return ::fstat(fd_, &ours) == 0 && ::stat(name_.c_str(), &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
  }
  void remove_logs() const {
    for (const char* end : {"-wal", "-shm", "-journal"}) ::unlink((name_ + end).c_str());
  }
  [[noreturn]] void fail(const std::string& reason) const { throw StoreError{file_, reason}; }

  std::string file_;
  std::string name_;
  int fd_ = -1;
  bool done_ = false;
};

void put_together_or_nothing(const std::vector<Store>& parts, const std::string& file) {
  Unfinished unfinished{file};
  try {
    put_together(parts, unfinished.name());
  } catch (const StoreError& error) {
    const std::string_view text = error.what();
    if (!text.starts_with(unfinished.name() + ": ")) throw;
    throw StoreError{file, std::string{text.substr(unfinished.name().size() + 2)}};
  }
  unfinished.commit();
}

}  // namespace

Store merge(const std::string& file, const std::vector<std::string>& names) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) throw StoreError{file, "exists already"};
  std::vector<Store> parts;
  for (const std::string& name : names) parts.push_back(Store::open(name));
  for (const Store& part : parts) check_alike(part, parts.front());
  check_no_overlap(parts);
  for (const Store& part : parts) {
    check_complete(part);
    check_nothing_else(part);
  }
  put_together_or_nothing(parts, file);
  return Store::open(file);
}

}  // namespace lastack::batch
