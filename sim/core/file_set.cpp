#include "lastack/core/file_set.hpp"

#include <string_view>

#include "lastack/core/text.hpp"

namespace lastack {

/// Writes one of the files and leaves its name to the set.
class FileSet::Member final : public ByteWriter {
 public:
  explicit Member(Entry& entry) : entry_{entry} {}

  void write(std::string_view bytes) override { entry_.file.write(bytes); }
  void commit() override { entry_.whole = true; }

 private:
  Entry& entry_;
};

std::unique_ptr<ByteWriter> FileSet::add(const std::string& path) {
  entries_.push_back(std::make_unique<Entry>(path));
  return std::make_unique<Member>(*entries_.back());
}

void FileSet::commit() {
  std::string written;
  for (const auto& entry : entries_) {
    if (!entry->whole) continue;
    try {
      entry->file.commit();
    } catch (const OutputError& error) {
      if (written.empty()) throw;
      throw OutputError{error.file(), error.reason() + "; written before it: " + written};
    }
    written += (written.empty() ? "" : ", ") + printable(entry->path);
  }
  entries_.clear();
}

}  // namespace lastack
