#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lastack/run/summary.hpp"

namespace lastack::cli {

/// What became of one file that `lastack test` was given or found.
enum class Outcome {
  held,         ///< ran, and every expectation held
  failed,       ///< ran, and one did not
  unchecked,    ///< ran, but expects nothing
  skipped,      ///< neither scenario nor sweep with expectations; `problem` says what it is
  cannot_tell,  ///< a comparison that the runs do not decide, and that may pass; `problem` says why
  bad,          ///< no valid scenario, or it cannot be read or run; `problem` says why
  not_run,      ///< interrupted before or while it ran
};

struct FileResult {
  std::string file;
  std::string suite;  ///< of cases that are no parts of a text file; empty: the file's folder
  std::string name;   ///< of one case among several of the file; empty: the file's
  std::string command = "run";  ///< that runs it by itself; "sweep" for a sweep
  Outcome outcome = Outcome::not_run;
  std::string problem;
  std::string pointer;                         ///< for bad: where in the file
  bool out_of_memory = false;                  ///< it was bad for want of memory
  std::optional<std::uint64_t> seed;           ///< --seed, for the command that repeats the run
  std::string replay;                          ///< that command, where it is another
  std::vector<run::ExpectationResult> failed;  ///< the expectations that did not hold
  std::size_t expectations = 0;                ///< how many there are
  /// What matched nothing and is no error: with --strict it is among `failed`, or makes it bad.
  std::vector<scenario::Unmatched> unmatched;
  std::vector<std::string> remarks;  ///< what was passed over in files that it names
  std::size_t not_judged = 0;        ///< expectations that a run left open because it was cut short
  double seconds = 0;                ///< by the clock on the wall
};

/// Takes what matched nothing in a run for expectations that failed.
void judge_strictly(const std::vector<scenario::Unmatched>& unmatched, FileResult& result);

/// Puts what a file's expectations came to into its result.
void judge(const std::vector<run::ExpectationResult>& expectations, FileResult& result);

/// Whether a file with this outcome makes the whole test fail.
bool is_failure(Outcome outcome);

std::size_t count_of(const std::vector<FileResult>& results, Outcome outcome);

/// The command that runs a file again by itself.
std::string replay_command(const FileResult& result);

}  // namespace lastack::cli
