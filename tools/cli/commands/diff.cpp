// `lastack diff A B`: two traces side by side, and where they part.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/compare/comparison.hpp"
#include "lastack/compare/nearest.hpp"
#include "lastack/compare/read.hpp"
#include "reports/diff_report.hpp"
#include "support/diagnostics.hpp"
#include "support/input_message.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

using compare::History;

struct DiffOptions {
  std::string a;
  std::string b;
  std::string tolerance;                ///< empty: that of kernel timers
  std::vector<std::size_t> recordings;  ///< from 1; one for both files, or one each
  bool quiet = false;
};

compare::Tolerance tolerance_of(const DiffOptions& options) {
  if (options.tolerance.empty()) return compare::Tolerance::of_kernel_timers();
  const auto tolerance = compare::Tolerance::parse(options.tolerance);
  if (!tolerance) {
    throw UsageError{
        fmt::format("--tolerance: want a duration such as 5ms, have {}", options.tolerance)};
  }
  return *tolerance;
}

/// Leaves the recording that --recording asks for, of a file that has several.
void select(std::vector<History>& histories, const std::string& file, std::size_t number) {
  if (number > histories.size()) {
    throw UsageError{fmt::format("--recording: want a number from 1 to {} for {}, have {}",
                                 histories.size(), file, number)};
  }
  History chosen = std::move(histories[number - 1]);
  histories.clear();
  histories.push_back(std::move(chosen));
}

/// The files' histories, as far as --recording leaves them.
std::pair<std::vector<History>, std::vector<History>> read_both(const DiffOptions& options) {
  auto a = compare::read_histories(options.a);
  auto b = compare::read_histories(options.b);
  if (options.recordings.size() == 2) {
    select(a, options.a, options.recordings[0]);
    select(b, options.b, options.recordings[1]);
  } else if (options.recordings.size() == 1) {
    if (a.size() > 1) select(a, options.a, options.recordings[0]);
    if (b.size() > 1) select(b, options.b, options.recordings[0]);
  }
  return {std::move(a), std::move(b)};
}

/// Of several recordings those that are nearest to each other.
struct NearestPair {
  std::size_t a = 0;
  std::size_t b = 0;
  compare::Comparison comparison;
};

NearestPair nearest_pair(const std::vector<History>& a, const std::vector<History>& b,
                         const compare::Tolerance& tolerance) {
  NearestPair best{0, 0, compare::compare(a.front(), b.front(), tolerance)};
  for (std::size_t i = 0; i < b.size() && !best.comparison.agrees(); ++i) {
    compare::Nearest now = compare::nearest(a, b[i], tolerance);
    if (!nearer(now.comparison, best.comparison)) continue;
    best = {now.recording, i, std::move(now.comparison)};
  }
  return best;
}

void print(const std::vector<History>& a, const std::vector<History>& b, const NearestPair& pair,
           const compare::Tolerance& tolerance) {
  const Paint paint{colour_for(stdout, ColourChoice::automatic)};
  const int columns = columns_for(stdout);
  fmt::print("{}", diff_text(a[pair.a], b[pair.b], pair.comparison, tolerance, paint, columns));
  if (a.size() > 1 || b.size() > 1) {
    constexpr const char* hint =
        "Of several recordings this is the nearest; --recording N takes another.";
    fmt::print("\n{}\n", paint.dim(hint));
  }
}

struct Compared {
  std::vector<History> a;
  std::vector<History> b;
  NearestPair nearest;
};

/// The long part of the work, with a line on stderr that shows that it goes on.
Compared compare_files(const DiffOptions& options, const compare::Tolerance& tolerance) {
  std::atomic<const char*> doing{"reading"};
  const ProgressLine line{[&](std::chrono::duration<double> since_start) {
    return fmt::format("{} {} and {}, {:.0f} s", doing.load(), options.a, options.b,
                       since_start.count());
  }};
  auto [a, b] = read_both(options);
  doing = "comparing";
  NearestPair pair = nearest_pair(a, b, tolerance);
  return {std::move(a), std::move(b), std::move(pair)};
}

ExitCode diff(const DiffOptions& options) {
  const compare::Tolerance tolerance = tolerance_of(options);
  try {
    const Compared compared = compare_files(options, tolerance);
    const auto& [a, b, pair] = compared;
    if (!options.quiet) print(a, b, pair, tolerance);
    return pair.comparison.agrees() ? ExitCode::success : ExitCode::expectation_failed;
  } catch (const compare::InputError& error) {
    diagnostics::error("{}", message_with_line(error));
    return ExitCode::bad_input;
  }
}

}  // namespace

void add_diff_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand("diff", "Compare two traces, and say where they part");
  auto options = std::make_shared<DiffOptions>();
  constexpr const char* what = "Trace (.jsonl) or recording of a kernel (.trace.json)";
  command.add_option("A", options->a, what).required().option_text(" ");
  command.add_option("B", options->b, "The same").required().option_text(" ");
  command
      .add_option("--tolerance", options->tolerance,
                  "How far apart in time the same event may be\n"
                  "(default: 10 ms and a step of the kernel's timer wheel)")
      .type_name("DUR");
  command
      .add_option("--recording", options->recordings,
                  "The Nth recording of a file with several (default:\n"
                  "the nearest); given twice: for A, then for B")
      .expected(0, 2)
      .range(1, 1'000'000)
      .type_name("N");
  command.add_flag("-q,--quiet", options->quiet,
                   "Print only errors; the exit code gives the result");
  command.callback([options, &exit_code] { exit_code = diff(*options); });
  command.finish(
      "Examples:\n"
      "  lastack diff before.jsonl after.jsonl --tolerance 0s\n"
      "  lastack diff tests/oracle/traces/abort.trace.json abort.jsonl\n"
      "The first divergence is shown with what its host did before and after it. Sequence\n"
      "numbers count from each connection's first, so seeds do not matter. Windows and SACK\n"
      "blocks are counted separately.\n"
      "Exit code: 0 no difference, 1 they differ, 2 bad usage or input.");
}

}  // namespace lastack::cli
