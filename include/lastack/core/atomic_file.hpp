#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace lastack {

/// An output file cannot be made or written. what() reads "FILE: REASON".
class OutputError : public std::runtime_error {
 public:
  /// `reason` is the system's, such as "No space left on device".
  OutputError(const std::string& file, const std::string& reason);

  /// The name as the user gave it.
  const std::string& file() const { return file_; }
  /// What the system says is wrong.
  const std::string& reason() const { return reason_; }

 private:
  std::string file_;
  std::string reason_;
};

/// Where bytes go: a file, or memory in tests. Nothing counts before `commit`.
class ByteWriter {
 public:
  ByteWriter() = default;
  ByteWriter(const ByteWriter&) = delete;
  ByteWriter& operator=(const ByteWriter&) = delete;
  virtual ~ByteWriter() = default;

  /// Throws OutputError. Not buffered: pass blocks, not single lines.
  virtual void write(std::string_view bytes) = 0;
  /// All is written. Throws OutputError. Required at most once, and last.
  virtual void commit() = 0;
};

/// A file that appears under its name only when it is complete and on the disk: it is written
/// without a name, or under a temporary one in the same folder, and renamed by `commit`. Without a
/// commit nothing is left of it, and an older file of that name stays as it was. A symbolic link
/// stays one; what it names is replaced. Two programs that write one file do not spoil it: the last
/// one to commit has it.
///
/// "-" and what is no regular file (/dev/stdout, a pipe, a terminal) are written directly.
class AtomicFile final : public ByteWriter {
 public:
  /// Throws OutputError when the file cannot be made.
  explicit AtomicFile(std::string path);
  ~AtomicFile() override;

  void write(std::string_view bytes) override;
  void commit() override;

 private:
  void open_directly();
  void open_temporary();
  template <typename Make> void make_temporary(Make make);
  void name_it();
  void close_and_check();
  [[noreturn]] void fail(int error) const;

  std::string path_;       ///< as the user gave it, for messages
  std::string target_;     ///< what is replaced, symbolic links followed
  std::string temporary_;  ///< empty: written directly, without a name yet, or renamed already
  int fd_ = -1;
};

/// A ByteWriter into a string, which must outlive it.
class StringWriter final : public ByteWriter {
 public:
  /// Appends to `out`.
  explicit StringWriter(std::string& out) : out_{out} {}

  void write(std::string_view bytes) override { out_ += bytes; }
  void commit() override {}

 private:
  std::string& out_;
};

/// Writes a whole file at once. Throws OutputError.
void write_file(const std::string& path, std::string_view bytes);

/// Whether output to `path` goes to a stream, terminal or device, which has no name to rename.
bool is_special_file(const std::string& path);

}  // namespace lastack
