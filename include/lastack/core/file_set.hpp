#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lastack/core/atomic_file.hpp"

namespace lastack {

/// Files that appear together, as far as a file system can do that: each is written without its
/// name, and only when all are whole they get their names, one after the other. Without `commit`
/// nothing is left of any, and older files of these names stay as they were. What is no regular
/// file is written directly, as AtomicFile does.
class FileSet {
 public:
  /// A new file. Its own commit says that it is whole. Must not outlive the set. Throws
  /// OutputError.
  std::unique_ptr<ByteWriter> add(const std::string& path);

  /// Gives those that are whole their names; nothing is left of others. Throws OutputError, which
  /// also says which were written where not all could be.
  void commit();

 private:
  class Member;
  struct Entry {
    explicit Entry(const std::string& name) : path{name}, file{name} {}

    std::string path;
    AtomicFile file;
    bool whole = false;
  };

  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace lastack
