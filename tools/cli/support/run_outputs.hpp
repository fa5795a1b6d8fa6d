#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lastack/core/file_set.hpp"
#include "lastack/event/event.hpp"
#include "lastack/trace/page.hpp"
#include "support/file_names.hpp"

namespace lastack::cli {

/// Where one run of `lastack run` is to be written, by --trace, --summary and --series.
struct OutputNames {
  std::vector<std::string> traces;
  std::string summary;  ///< empty: not wanted
  std::string series;   ///< empty: not wanted
};

/// Whether one of them is the program's own stdout ("-" or /dev/stdout).
bool uses_stdout(const OutputNames& names);

/// What --trace, --summary and --series mean for each scenario: "{name}" in them stands for the
/// scenario's file without folder and ending. `files` are those that are read. Throws UsageError
/// when two outputs would be the same file, or one of those.
std::vector<OutputNames> names_for_each(const OutputNames& patterns,
                                        const std::vector<std::string>& scenarios, FileNames files);

/// The files of one run, made before it starts so that a name that cannot be written is known at
/// once. All get their names together, by `commit`.
class RunOutputs {
 public:
  explicit RunOutputs(const OutputNames& names);  ///< throws OutputError

  std::vector<trace::Sink*> sinks() const;
  bool wants_summary() const { return summary_ != nullptr || !pages_.empty(); }
  bool wants_series() const { return series_ != nullptr; }
  /// Writes the summary, into pages as well; `command` makes the run again. Throws OutputError.
  void finish(const std::string& summary_json, const std::string& command);
  void finish_series(const std::string& csv);  ///< throws OutputError
  /// All is written, and the traces have come to their end. Throws OutputError.
  void commit() { files_.commit(); }

 private:
  FileSet files_;  ///< outlives those that write them
  std::vector<std::unique_ptr<trace::Sink>> traces_;
  std::vector<trace::PageSink*> pages_;  ///< those of the traces that are pages
  std::unique_ptr<ByteWriter> summary_;
  std::unique_ptr<ByteWriter> series_;
};

}  // namespace lastack::cli
