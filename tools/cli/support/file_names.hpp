#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace lastack::cli {

/// Whether an output is the program's own stdout: "-" or /dev/stdout.
bool is_stdout(const std::string& output);

/// The files of one command, whatever paths they are named by: none is written twice, and none over
/// what is read. A file is what the system says it is (device and number; links are followed); one
/// that is not there yet is a name in its folder. This is the one place of that rule: a command
/// tells it all that it reads, then asks for each output, before it begins.
class FileNames {
 public:
  FileNames() = default;
  explicit FileNames(const std::vector<std::string>& inputs);

  /// The command reads this file.
  void read(const std::string& input);
  /// The same for a database, beside which SQLite keeps others (-wal, -shm, -journal).
  void read_database(const std::string& database);

  /// Takes an output, or says why it cannot be had: "want a file of its own, have …". Devices may
  /// be had by several, but stdout by one.
  std::optional<std::string> take(const std::string& output);
  /// The same for an option's output, where there is one ("" is none). Throws UsageError.
  void require_own(std::string_view option, const std::string& output);
  /// The same for a database and what SQLite keeps beside it.
  void require_own_database(std::string_view option, const std::string& database);

 private:
  /// Of a file that is there, its device and number; else those of its folder, and its name.
  using Identity = std::tuple<std::uint64_t, std::uint64_t, std::string>;
  enum class Use : std::uint8_t { read, written };
  struct Taken {
    Use use;
    std::string as;  ///< by which name
  };

  static Identity identity_of(const std::string& file);

  std::map<Identity, Taken> taken_;
  bool stdout_taken_ = false;
};

}  // namespace lastack::cli
