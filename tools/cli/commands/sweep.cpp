// `lastack sweep SWEEP.json`: runs all combinations of settings again and again, on all processors.
#include "lastack/scenario/sweep.hpp"

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ci/formats.hpp"
#include "commands/commands.hpp"
#include "lastack/batch/estimate.hpp"
#include "lastack/batch/plan.hpp"
#include "lastack/batch/runner.hpp"
#include "lastack/batch/store.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/core/text.hpp"
#include "lastack/scenario/files_named.hpp"
#include "reports/sweep_report.hpp"
#include "reports/test_report.hpp"
#include "reports/test_result.hpp"
#include "support/diagnostics.hpp"
#include "support/file_names.hpp"
#include "support/interrupt.hpp"
#include "support/memory_limit.hpp"
#include "support/numbers.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/terminal.hpp"
#include "support/unmatched.hpp"

namespace lastack::cli {

namespace {

struct SweepOptions {
  std::string sweep;
  std::string database;
  unsigned threads = 0;  ///< 0: as many as the machine has processors
  std::string shard;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> max_memory;  ///< bytes, of all threads together
  CiOptions ci;
  bool resume = false;
  bool quiet = false;
};

bool wants_report(const CiOptions& ci) { return !ci.junit.empty() || ci.tap || ci.github; }

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

batch::Shard shard_at(std::string_view text) {
  const auto slash = text.find('/');
  const auto index = number(text.substr(0, slash));
  const auto count = slash == text.npos ? std::nullopt : number(text.substr(slash + 1));
  if (!index || !count || *index < 1 || *index > *count) {
    throw UsageError{
        fmt::format("--shard: want I/N with I from 1 to N, such as 2/8, have {}", text)};
  }
  return {*index, *count};
}

std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const auto value = number(text);
  if (!value) throw UsageError{fmt::format("{}: want a number, have {}", name, text)};
  return value;
}

/// `--shard /N` takes its place among the N from the cluster that runs it: a Kubernetes Indexed Job
/// or a Slurm job array.
batch::Shard shard_of_cluster(std::string_view count_text) {
  const auto count = number(count_text);
  if (!count || *count < 1) {
    throw UsageError{fmt::format("--shard: want auto/N, such as auto/8, have auto/{}", count_text)};
  }
  std::optional<std::uint64_t> index;
  if (const auto completion = number_in_environment("JOB_COMPLETION_INDEX")) {
    index = *completion + 1;
  } else if (const auto task = number_in_environment("SLURM_ARRAY_TASK_ID")) {
    index = *task - number_in_environment("SLURM_ARRAY_TASK_MIN").value_or(0) + 1;
  }
  if (!index) {
    throw UsageError{
        "--shard auto/N: want JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID in the environment"};
  }
  if (*index > *count) {
    throw UsageError{fmt::format("--shard auto/{}: this is task {} of the array, want at most {}",
                                 *count, *index, *count)};
  }
  return {*index, *count};
}

batch::Shard shard_from(const std::string& text) {
  if (text.empty()) return {};
  constexpr std::string_view automatic = "auto/";
  if (text.starts_with(automatic)) return shard_of_cluster(text.substr(automatic.size()));
  return shard_at(text);
}

std::string progress_text(const batch::SweepProgress& progress, double seconds) {
  const std::uint64_t done = progress.done;
  const std::uint64_t here = done - progress.before;
  const std::uint64_t planned = progress.planned;
  const double rate = static_cast<double>(here) / seconds;
  std::string text;
  if (here > 0 && planned > done) {
    text = fmt::format("{} left: ", duration_text(static_cast<double>(planned - done) / rate));
  }
  text += fmt::format("{} of {} runs, {}/s", rough(done), rough(planned),
                      rough(static_cast<std::uint64_t>(rate)));
  if (progress.widest > 0) text += fmt::format(", widest interval ±{:.3g}", progress.widest.load());
  return text;
}

/// Where people read: not between the lines of a report on stdout.
std::FILE* stream_of(const SweepOptions& options) {
  return is_stdout(options.ci.junit) ? stderr : stdout;
}

void print_report(const batch::Plan& plan, const batch::Store& store, std::FILE* stream) {
  const Paint paint{colour_for(stream, ColourChoice::automatic)};
  const int columns = columns_for(stream);
  fmt::print(stream, "{}\n", paint.bold(printable(plan.sweep().name)));
  fmt::print(stream, "{}", wrapped(plan.sweep().description, columns));
  fmt::print(stream, "\n{}", sweep_table(plan, store, columns, paint));
}

/// The runs took long, so they stay where their report cannot be written.
void write_junit(AtomicFile& junit, const FileResult& result, const SweepOptions& options) {
  try {
    junit.write(junit_xml({result}));
    junit.commit();
  } catch (const OutputError& error) {
    if (options.database.empty()) throw;
    throw OutputError{error.file(), error.reason() + "; written before it: " + options.database +
                                        " (--resume judges its runs again)"};
  }
}

/// What the expectations came to, for people and for CI.
ExitCode report(const FileResult& result, const SweepOptions& options, AtomicFile* junit) {
  if (options.ci.tap) {
    fmt::print("{}", tap({result}));
  } else if (result.outcome == Outcome::failed) {
    const Paint paint{colour_for(stream_of(options), ColourChoice::automatic)};
    fmt::print(stream_of(options), "{}", failure_text(result, paint));
  } else if (result.expectations > 0 && !options.quiet) {
    fmt::print(stream_of(options), "{} of {} expectations held\n", result.expectations,
               result.expectations);
  }
  if (options.ci.github) fmt::print("{}", github_annotations({result}));
  if (junit != nullptr) write_junit(*junit, result, options);
  return result.outcome == Outcome::failed ? ExitCode::expectation_failed : ExitCode::success;
}

batch::SweepEnd run(const batch::Plan& plan, batch::Store& store, const SweepOptions& options,
                    const std::atomic<bool>& stop, MemoryWatch& memory) {
  batch::SweepProgress progress;
  const ProgressLine line{[&progress](std::chrono::duration<double> since_start) {
    return progress_text(progress, since_start.count());
  }};
  return batch::run_sweep(plan, store, threads_or_all(options.threads), &stop, &progress,
                          memory.check());
}

/// "5 runs, which are kept; --resume goes on".
std::string kept_text(const batch::Store& store) {
  const bool kept = store.file() != batch::Store::in_memory;
  return counted(store.runs(), "run") + (kept ? ", which are kept; --resume goes on" : "");
}

/// Whether all ran; else it says why not.
ExitCode run_all(const batch::Plan& plan, batch::Store& store, const SweepOptions& options,
                 const std::atomic<bool>& stop) {
  MemoryWatch memory{options.max_memory};
  try {
    if (run(plan, store, options, stop, memory) == batch::SweepEnd::complete) {
      return ExitCode::success;
    }
  } catch (const std::bad_alloc&) {
    diagnostics::error("{}: {} after {}", options.sweep, memory.reason(), kept_text(store));
    return ExitCode::out_of_memory;
  }
  fmt::print(stderr, "interrupted after {}\n", kept_text(store));
  return ExitCode::interrupted;
}

/// Ctrl-C still ends the program at once.
batch::Plan plan_from(const SweepOptions& options) {
  const LoadingLine line{options.sweep};
  scenario::Sweep sweep = scenario::load_sweep(options.sweep);
  if (options.seed) sweep.seed = *options.seed;
  report_remarks(sweep.remarks);
  return {std::move(sweep), LASTACK_VERSION, shard_from(options.shard)};
}

ExitCode sweep(const SweepOptions& options) {
  require_one_stdout(options.ci);
  std::optional<AtomicFile> junit;  // made first: a name that cannot be written is known at once
  if (!options.ci.junit.empty()) junit.emplace(options.ci.junit);
  const batch::Plan plan = plan_from(options);
  require_memory(options.sweep, batch::memory_need(plan, threads_or_all(options.threads)),
                 options.max_memory);
  FileNames files{scenario::files_named(options.sweep)};
  files.require_own_database("--db", options.database);
  files.require_own("--junit", options.ci.junit);
  const std::atomic<bool>& stop = catch_interrupts();
  const bool kept = !options.database.empty();
  if (!kept && options.resume) throw UsageError{"--resume: want --db as well: what to go on with"};
  if (!kept && plan.shard().count > 1) throw UsageError{"--shard: want --db as well"};
  if (plan.shard().count > 1 && wants_report(options.ci)) {
    throw UsageError{
        "--junit, --tap, --github: want the whole sweep, have a shard; `lastack merge` puts shards "
        "together, and `lastack sweep --resume` judges them"};
  }
  batch::Store store = batch::Store::create(
      kept ? options.database : std::string{batch::Store::in_memory}, plan,
      options.resume ? batch::Store::Existing::go_on : batch::Store::Existing::refuse);
  const auto start = std::chrono::steady_clock::now();
  const ExitCode end = run_all(plan, store, options, stop);
  if (end != ExitCode::success) return end;
  if (plan.shard().count > 1) {
    if (!options.quiet) {
      fmt::print("shard {}/{}: {} runs in {}; `lastack merge` puts the parts together\n",
                 plan.shard().index, plan.shard().count, store.runs(), printable(options.database));
    }
    return ExitCode::success;
  }
  if (!options.quiet && !options.ci.tap) print_report(plan, store, stream_of(options));
  FileResult result;
  result.file = options.sweep;
  result.command = "sweep";
  result.seed = options.seed;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  judge(batch::evaluate(store), result);
  return report(result, options, junit ? &*junit : nullptr);
}

}  // namespace

void add_sweep_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand(
      "sweep", "Run all combinations of settings, each many times, on all processors");
  auto options = std::make_shared<SweepOptions>();
  command.add_option("SWEEP", options->sweep, "Sweep file").required();
  command
      .add_option("--db", options->database,
                  "Keep the results in this SQLite database (default: only show them)")
      .type_name("FILE");
  add_jobs_option(command, options->threads);
  command
      .add_option("--shard", options->shard, "Run part I of N only; auto/N asks the cluster for I")
      .type_name("I/N");
  add_seed_option(command, options->seed, "Base seed, in place of the sweep's");
  add_max_memory_option(command, options->max_memory);
  add_ci_options(command, options->ci, "expectations");
  command.add_flag("--resume", options->resume, "Go on with --db: run only what is missing");
  command.add_flag("-q,--quiet", options->quiet, "Print failures only");
  command.callback([options, &exit_code] { exit_code = sweep(*options); });
  command.finish(
      "Examples:\n"
      "  lastack sweep scenarios/sweeps/syn_retries_and_loss.json\n"
      "  lastack sweep S.json --db S.sqlite -j 8\n"
      "  lastack sweep S.json --db S.sqlite --resume\n"
      "  lastack sweep S.json --db part2.sqlite --shard 2/8\n"
      "`--shard auto/N` takes I from JOB_COMPLETION_INDEX (a Kubernetes Indexed Job) or\n"
      "SLURM_ARRAY_TASK_ID (a Slurm job array).\n"
      "The database and the JUnit file appear at different times: where the second cannot\n"
      "be written, the runs are kept, and --resume judges them again.\n"
      "Exit code: 0 all ran and expectations hold, 1 an expectation failed, 2 bad usage\n"
      "or input, 3 memory ran short, 130 interrupted (--resume goes on after both).");
}

}  // namespace lastack::cli
