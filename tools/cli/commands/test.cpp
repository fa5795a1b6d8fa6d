// `lastack test PATH…`: runs a tree of scenarios and sweeps in parallel, says which expectations
// failed.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
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
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/files_named.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/never_matches.hpp"
#include "lastack/scenario/sweep.hpp"
#include "reports/test_report.hpp"
#include "support/diagnostics.hpp"
#include "support/file_names.hpp"
#include "support/find_files.hpp"
#include "support/interrupt.hpp"
#include "support/memory_limit.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/side_by_side.hpp"
#include "support/terminal.hpp"
#include "support/unmatched.hpp"

namespace lastack::cli {

namespace {

struct TestOptions {
  std::vector<std::string> paths;
  unsigned threads = 0;  ///< 0: as many as the machine has processors
  CiOptions ci;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> max_memory;  ///< bytes, of all threads together
  bool strict = false;
  bool quiet = false;
};

FileResult skipped(FileResult result, std::string reason) {
  result.outcome = Outcome::skipped;
  result.problem = std::move(reason);
  return result;
}

/// Each in a line of its own, whatever it is made of.
FileResult bad(FileResult result, std::vector<std::string> problems) {
  for (std::string& problem : problems) problem = printable(problem);
  result.outcome = Outcome::bad;
  result.problem = fmt::format("{}", fmt::join(problems, "\n"));
  return result;
}

/// Reports every error of a file that could not be loaded.
FileResult bad(FileResult result, const scenario::ScenarioError& first) {
  result.pointer = first.pointer();
  std::vector<std::string> problems;
  for (const scenario::ScenarioError& error : scenario::check_scenario(result.file)) {
    problems.emplace_back(error.what());
  }
  return bad(std::move(result), std::move(problems));
}

/// For --strict: nothing runs that has a part which never matches.
FileResult bad(FileResult result, const std::vector<scenario::Unmatched>& never) {
  result.pointer = never.front().pointer;
  std::vector<std::string> problems;
  for (const scenario::Unmatched& one : never) problems.push_back(to_text(result.file, one));
  return bad(std::move(result), std::move(problems));
}

/// "; 3 expectations were not judged"; "" where there are none.
std::string not_judged_text(const FileResult& result) {
  if (result.not_judged == 0) return "";
  return fmt::format("; {} not judged", result.not_judged == 1 ? "1 expectation was"
                                                               : fmt::format("{} expectations were",
                                                                             result.not_judged));
}

/// A run that was cut short says nothing about what was expected of it.
FileResult cut_short(FileResult result, const run::Summary& summary, const TestOptions& options) {
  result.expectations = result.not_judged = summary.expectations.size();
  const std::string open = not_judged_text(result);
  if (summary.interrupted) {
    result.problem = fmt::format("interrupted after {:.3f} simulated seconds{}",
                                 summary.simulated_seconds, open);
    return result;
  }
  result.out_of_memory = true;
  const std::string end =
      summary.standstill ? run::Standstill{*summary.standstill, summary.simulated_seconds}.what()
                         : out_of_memory_text(summary, limit_met(options.max_memory));
  std::string problem = fmt::format("{}: {}{}", result.file, end, open);
  return bad(std::move(result), std::vector{std::move(problem)});
}

/// A file that was read: what is to be run, or what is known without that.
struct Loaded {
  FileResult result;
  std::optional<scenario::Scenario> scenario;
  std::optional<batch::Plan> plan;
};

Loaded load_scenario(FileResult result, const TestOptions& options) {
  scenario::Scenario scenario = scenario::load_scenario(result.file);
  if (const auto never = scenario::never_matches(scenario); options.strict && !never.empty()) {
    return {bad(std::move(result), never), {}, {}};
  }
  result.remarks = scenario.remarks;
  return {std::move(result), std::move(scenario), {}};
}

Loaded load_sweep(FileResult result) {
  scenario::Sweep sweep = scenario::load_sweep(result.file);
  if (sweep.expectations.empty()) return {skipped(result, "a sweep without `expect`"), {}, {}};
  if (result.seed) sweep.seed = *result.seed;
  result.remarks = sweep.remarks;
  Loaded loaded{std::move(result), {}, {}};
  loaded.plan.emplace(std::move(sweep), LASTACK_VERSION);
  return loaded;
}

Loaded load(FileResult result, const TestOptions& options) {
  const std::string file = result.file;
  try {
    switch (scenario::kind_of_file(file)) {
      case scenario::FileKind::scenario: return load_scenario(result, options);
      case scenario::FileKind::sweep: result.command = "sweep"; return load_sweep(result);
      case scenario::FileKind::objective:
        return {skipped(result, "an objective: needs `lastack tune`"), {}, {}};
      case scenario::FileKind::other: break;
    }
    return {skipped(result, "neither a scenario (`hosts`) nor a sweep (`vary`)"), {}, {}};
  } catch (const scenario::ScenarioError& error) {
    if (result.command == "run") return {bad(result, error), {}, {}};
    result.pointer = error.file() == file ? error.pointer() : "";
    return {bad(result, std::vector<std::string>{error.what()}), {}, {}};
  }
}

FileResult run_scenario(FileResult result, const scenario::Scenario& scenario,
                        const TestOptions& options, const std::atomic<bool>& stop) {
  run::Simulation simulation{scenario, result.seed.value_or(scenario.seed)};
  simulation.watch_memory(memory_check(options.max_memory));
  simulation.run(&stop);
  const run::Summary summary = simulation.summary();
  if (summary.cut_short()) {
    result = cut_short(std::move(result), summary, options);
  } else {
    judge(summary.expectations, result);
    if (options.strict) judge_strictly(summary.unmatched, result);
  }
  if (!options.strict) result.unmatched = summary.unmatched;
  return result;
}

/// Runs a sweep; the files beside it keep the other processors busy.
FileResult run_sweep(FileResult result, const batch::Plan& plan, const TestOptions& options,
                     const std::atomic<bool>& stop) {
  MemoryWatch memory{options.max_memory};
  batch::Store store = batch::Store::create(std::string{batch::Store::in_memory}, plan,
                                            batch::Store::Existing::refuse);
  const auto not_judged = [&] {
    result.expectations = result.not_judged = plan.sweep().expectations.size();
    return not_judged_text(result);
  };
  try {
    const auto end = batch::run_sweep(plan, store, 1, &stop, nullptr, memory.check());
    if (end == batch::SweepEnd::interrupted) {
      result.problem = "interrupted" + not_judged();
      return result;
    }
  } catch (const std::bad_alloc&) {
    result.out_of_memory = true;
    const std::string open = not_judged();
    return bad(result, std::vector{fmt::format("{}: {} after {}{}", result.file, memory.reason(),
                                               counted(store.runs(), "run"), open)});
  }
  judge(batch::evaluate(store), result);
  return result;
}

/// Runs what was loaded, when there is room for it beside the others.
FileResult run(Loaded loaded, const TestOptions& options, const std::atomic<bool>& stop,
               MemoryShare& memory) {
  FileResult result = std::move(loaded.result);
  if (loaded.scenario) {
    require_memory(*loaded.scenario, options.max_memory);
    memory.use(run::least_memory(*loaded.scenario),
               [&] { result = run_scenario(result, *loaded.scenario, options, stop); });
  }
  if (loaded.plan) {
    const batch::MemoryNeed need = batch::memory_need(*loaded.plan, 1);
    require_memory(result.file, need, options.max_memory);
    memory.use(need.one, [&] { result = run_sweep(result, *loaded.plan, options, stop); });
  }
  return result;
}

/// Runs the file if it is a scenario or a sweep.
FileResult test_file(const std::string& file, const TestOptions& options,
                     const std::atomic<bool>& stop, MemoryShare& memory) {
  FileResult result;
  result.file = file;
  result.seed = options.seed;
  const auto start = std::chrono::steady_clock::now();
  try {
    auto loaded = loaded_before(stop, [result, options] { return load(result, options); });
    if (!loaded) {
      result.problem = "interrupted";
      return result;
    }
    result = loaded->result;
    if (!loaded->scenario && !loaded->plan) return result;
    result = run(*std::move(loaded), options, stop, memory);
  } catch (const TooLarge& error) {
    result.out_of_memory = true;
    return bad(result, std::vector<std::string>{error.what()});
  } catch (const std::bad_alloc&) {
    result.out_of_memory = true;
    return bad(result, std::vector{file + ": out of memory"});
  } catch (const std::exception& error) {
    return bad(result, std::vector{file + ": " + error.what()});
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

/// Runs the files side by side; the results are in the files' order, whatever thread was first.
class Runner {
 public:
  Runner(std::vector<std::string> files, const TestOptions& options, const std::atomic<bool>& stop)
      : files_{std::move(files)},
        options_{options},
        stop_{stop},
        memory_{options.max_memory},
        results_(files_.size()) {}

  std::vector<FileResult> run() {
    const ProgressLine progress{[this](std::chrono::duration<double> since_start) {
      return fmt::format("{} of {} files, {} failed, {:.0f} s", done_.load(), files_.size(),
                         failed_.load(), since_start.count());
    }};
    side_by_side(files_.size(), threads_or_all(options_.threads),
                 [this](std::size_t i) { test(i); });
    return std::move(results_);
  }

 private:
  void test(std::size_t i) {
    results_[i].file = files_[i];
    results_[i].problem = "interrupted";
    if (stop_) return;
    results_[i] = test_file(files_[i], options_, stop_, memory_);
    ++done_;
    if (is_failure(results_[i].outcome)) ++failed_;
  }

  std::vector<std::string> files_;
  const TestOptions& options_;
  const std::atomic<bool>& stop_;
  MemoryShare memory_;
  std::vector<FileResult> results_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> failed_{0};
};

void print_for_people(const std::vector<FileResult>& results, const TestOptions& options,
                      std::chrono::duration<double> duration) {
  std::FILE* stream = is_stdout(options.ci.junit) ? stderr : stdout;
  const Paint paint{colour_for(stream, ColourChoice::automatic)};
  for (const FileResult& result : results) {
    if (result.outcome == Outcome::failed || result.outcome == Outcome::bad) {
      fmt::print(stream, "{}", failure_text(result, paint));
    } else if (result.not_judged > 0) {
      fmt::print(stream, "{} {}: {}\n", paint.yellow("not judged"), printable(result.file),
                 printable(result.problem));
    } else if (result.outcome == Outcome::skipped && !options.quiet) {
      fmt::print(stream, "{} {}: {}\n", paint.dim("skipped"), printable(result.file),
                 printable(result.problem));
    }
  }
  if (!options.quiet) {
    fmt::print(stream, "{} ({:.2f} s)\n", totals_text(results, paint), duration.count());
  }
}

ExitCode exit_code_of(const std::vector<FileResult>& results) {
  if (count_of(results, Outcome::not_run) > 0) return ExitCode::interrupted;
  const auto starved = [](const FileResult& result) { return result.out_of_memory; };
  if (std::any_of(results.begin(), results.end(), starved)) return ExitCode::out_of_memory;
  if (count_of(results, Outcome::bad) > 0) return ExitCode::bad_input;
  if (count_of(results, Outcome::failed) > 0) return ExitCode::expectation_failed;
  return ExitCode::success;
}

/// What is read: the files, and those that they name.
FileNames inputs_of(const std::vector<std::string>& files) {
  FileNames inputs;
  for (const std::string& file : files) {
    const LoadingLine line{file};
    for (const std::string& named : scenario::files_named(file)) inputs.read(named);
  }
  return inputs;
}

ExitCode test(const TestOptions& options) {
  require_one_stdout(options.ci);
  std::optional<AtomicFile> junit;  // made first: a name that cannot be written is known at once
  if (!options.ci.junit.empty()) junit.emplace(options.ci.junit);
  std::vector<std::string> files = find_files(options.paths);
  if (files.empty()) {
    throw UsageError{fmt::format("no *.json in {}", fmt::join(options.paths, ", "))};
  }
  if (!options.ci.junit.empty()) inputs_of(files).require_own("--junit", options.ci.junit);
  diagnostics::debug("{} files", files.size());

  const std::atomic<bool>& stop = catch_interrupts();
  const auto start = std::chrono::steady_clock::now();
  const std::vector<FileResult> results = Runner{std::move(files), options, stop}.run();
  for (const FileResult& result : results) {
    report_remarks(result.remarks);
    for (const scenario::Unmatched& one : result.unmatched)
      report_unmatched(result.file, one, false);
  }
  if (options.ci.tap) {
    fmt::print("{}", tap(results));
  } else {
    print_for_people(results, options, std::chrono::steady_clock::now() - start);
  }
  if (options.ci.github) fmt::print("{}", github_annotations(results));
  if (junit) {
    junit->write(junit_xml(results));
    junit->commit();
  }
  return exit_code_of(results);
}

}  // namespace

void add_test_command(Command program, ExitCode& exit_code) {
  Command command =
      program.add_subcommand("test", "Run scenarios and sweeps and check their expectations");
  auto options = std::make_shared<TestOptions>();
  command.add_option("PATH", options->paths, "Scenarios or sweeps, or folders of them")
      .required()
      .option_text("...");
  add_jobs_option(command, options->threads);
  add_seed_option(command, options->seed, "Seed of every run, in place of the scenarios'");
  add_max_memory_option(command, options->max_memory);
  add_ci_options(command, options->ci, "results");
  add_strict_option(command, options->strict);
  command.add_flag("-q,--quiet", options->quiet, "Print failures only");
  command.callback([options, &exit_code] { exit_code = test(*options); });
  command.finish(
      "Examples:\n"
      "  lastack test scenarios\n"
      "  lastack test scenarios/close my_scenario.json -j 4 --junit report.xml\n"
      "In a folder, `test` takes the files that end in .json and contain `hosts`, or `vary`\n"
      "and `expect`; it names and skips the others. Each failure comes with the command\n"
      "that repeats it.\n"
      "A fault, injection or expectation that matches nothing is a warning; --strict makes\n"
      "it a failure, or the file bad where it never could. A sweep's runs are not asked.\n"
      "Exit code: 0 all held, 1 an expectation failed, 2 a file is bad, 3 a run was\n"
      "stopped because memory ran short, 130 interrupted: then what was not run, or not to\n"
      "its end, is not judged.");
}

}  // namespace lastack::cli
