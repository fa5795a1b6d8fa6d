// `lastack kernel run SCENARIO…`: runs scenarios on this machine's own kernel and keeps what it
// did.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/core/file_set.hpp"
#include "lastack/core/text.hpp"
#include "lastack/kernel/lab.hpp"
#include "lastack/trace/ladder_text.hpp"
#include "lastack/trace/sinks.hpp"
#include "support/diagnostics.hpp"
#include "support/file_names.hpp"
#include "support/interrupt.hpp"
#include "support/live_recorder.hpp"
#include "support/load_scenarios.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/side_by_side.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

namespace fs = std::filesystem;
using kernel::LabResult;

struct KernelRunOptions {
  std::vector<std::string> files;
  std::vector<std::string> settings;  ///< --set KEY=VALUE
  std::string folder;                 ///< --trace; empty: nothing is written
  unsigned jobs = 16;
  unsigned repeat = 1;
  unsigned tries = 4;
  double late_ms = 4;
  bool ladder = false;
  bool quiet = false;

  kernel::LabOptions lab() const {
    const std::chrono::duration<double, std::milli> late{late_ms};
    return {std::chrono::round<SimDuration>(late), tries};
  }
};

std::string stem_of(const std::string& file) { return fs::path{file}.stem().string(); }

/// Each scenario's traces carry its file's name.
void check_names(const KernelRunOptions& options) {
  std::map<std::string, std::string> files;
  for (const std::string& file : options.files) {
    const auto [other, is_new] = files.emplace(stem_of(file), file);
    if (!is_new && !options.folder.empty()) {
      throw UsageError{
          fmt::format("--trace: {} and {} would write the same files, {}.jsonl and so on",
                      other->second, file, stem_of(file))};
    }
  }
}

/// A scenario's runs.
struct ScenarioRuns {
  std::vector<LabResult> results;  ///< by repetition
  std::string problem;             ///< why a run failed; empty: none did
  unsigned left = 0;               ///< runs still to come
};

/// Runs the scenarios side by side; a scenario's files are written when its last run has ended.
class Recorder {
 public:
  Recorder(const std::vector<scenario::Scenario>& scenarios, const KernelRunOptions& options,
           const std::atomic<bool>& stop)
      : scenarios_{scenarios},
        options_{options},
        stop_{stop},
        cases_(scenarios.size()) {
    for (ScenarioRuns& item : cases_) {
      item.results.resize(options.repeat);
      item.left = options.repeat;
    }
  }

  std::vector<ScenarioRuns> run() {
    const ProgressLine progress{
        [this](std::chrono::duration<double> since_start) { return progress_text(since_start); }};
    side_by_side(run_count(), options_.jobs, [this](std::size_t i) { record_one(i); });
    return std::move(cases_);
  }

 private:
  std::size_t run_count() const { return scenarios_.size() * options_.repeat; }

  std::string progress_text(std::chrono::duration<double> since_start) const {
    return fmt::format("{} of {} runs recorded, {} under way, {} repeated because late, {:.0f} s",
                       done_.load(), run_count(), running_.load(), repeated_.load(),
                       since_start.count());
  }

  /// Repetitions of one scenario do not follow each other while there are others.
  void record_one(std::size_t i) {
    if (stop_) return;
    const std::size_t index = i % scenarios_.size();
    ++running_;
    record(scenarios_[index], cases_[index], i / scenarios_.size());
    --running_;
    ++done_;
  }

  void record(const scenario::Scenario& scenario, ScenarioRuns& item, std::size_t repetition) {
    LabResult result;
    result.outcome = kernel::Outcome::interrupted;
    std::string problem;
    try {
      result = kernel::record(scenario, options_.lab(), &stop_);
      if (result.tries > 1) repeated_ += result.tries - 1;
    } catch (const scenario::ScenarioError& error) {
      problem = error.what();
    } catch (const std::exception& error) {
      problem = scenario.file + ": " + error.what();
    }
    const std::lock_guard lock{mutex_};
    item.results[repetition] = std::move(result);
    if (item.problem.empty()) item.problem = problem;
    if (--item.left == 0) write(scenario, item);
  }

  /// Nothing is written of a scenario of which a run is missing.
  void write(const scenario::Scenario& scenario, ScenarioRuns& item) {
    if (options_.folder.empty()) return;
    std::vector<kernel::KernelRun> runs;
    for (const LabResult& result : item.results) {
      if (!result.run) return;
      runs.push_back(*result.run);
    }
    try {
      const std::string path = (fs::path{options_.folder} / stem_of(scenario.file)).string();
      FileSet files;  // all or none
      for (const char* ending : {".jsonl", ".pcapng"}) {
        runs.front().trace->replay(*trace::make_sink(path + ending, files));
      }
      const auto recordings = files.add(path + ".trace.json");
      recordings->write(kernel::recordings_json(scenario, runs));
      recordings->commit();
      files.commit();
    } catch (const OutputError& error) {
      item.problem = error.what();
    }
  }

  const std::vector<scenario::Scenario>& scenarios_;
  const KernelRunOptions& options_;
  const std::atomic<bool>& stop_;
  std::vector<ScenarioRuns> cases_;
  std::mutex mutex_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> running_{0};
  std::atomic<std::size_t> repeated_{0};
};

/// The worst of a scenario's runs.
kernel::Outcome outcome_of(const ScenarioRuns& item) {
  kernel::Outcome worst = kernel::Outcome::recorded;
  for (const LabResult& result : item.results) worst = std::max(worst, result.outcome);
  return worst;
}

double in_ms(SimDuration duration) { return to_seconds(duration) * 1e3; }

std::size_t segments_of(const kernel::KernelRun& run) {
  const auto& events = run.trace->events();
  return static_cast<std::size_t>(
      std::count_if(events.begin(), events.end(), [](const auto& event) {
        const auto* send = std::get_if<trace::Send>(&event.what);
        return send != nullptr && !send->forged;
      }));
}

/// "14 segments in 2.30 s, at most 0.31 ms late".
std::string run_text(const LabResult& result) {
  const kernel::KernelRun& run = *result.run;
  const std::string again =
      result.tries > 1 ? fmt::format(", run {} times because late", result.tries) : "";
  diagnostics::debug("kernel run: segments at most {:.3f} ms late, applications {:.3f} ms",
                     in_ms(run.lateness.wire), in_ms(run.lateness.apps));
  return fmt::format("{} segments in {:.2f} s, at most {:.2f} ms late{}", segments_of(run),
                     to_seconds(run.trace->ended() - sim_start), in_ms(run.lateness.worst()),
                     again);
}

std::string case_text(const scenario::Scenario& scenario, const ScenarioRuns& item,
                      const KernelRunOptions& options, const Paint& paint) {
  if (!item.problem.empty()) return "";  // it is reported as an error
  const kernel::Outcome outcome = outcome_of(item);
  switch (outcome) {
    case kernel::Outcome::skipped:
      return fmt::format("{} {}: {}\n", paint.yellow("SKIPPED"), printable(scenario.file),
                         printable(item.results.front().reason));
    case kernel::Outcome::interrupted:
      return fmt::format("{} {}\n", paint.yellow("INTERRUPTED"), printable(scenario.file));
    case kernel::Outcome::recorded:
    case kernel::Outcome::late: break;
  }
  std::string text;
  for (const LabResult& result : item.results) {
    const bool late = result.outcome == kernel::Outcome::late;
    if (options.quiet && !late) continue;
    text += fmt::format("{} {}: {}\n", late ? paint.red("LATE") : paint.green("ok"),
                        printable(scenario.file), run_text(result));
  }
  return text;
}

void print_ladder(const kernel::KernelRun& run) {
  trace::LadderTextOptions look;
  look.columns = columns_for(stdout);
  const bool colour = colour_for(stdout, ColourChoice::automatic) == Colour::on;
  look.colour = colour ? trace::Colour::ansi : trace::Colour::none;
  trace::LadderBuilder ladders;
  run.trace->replay(ladders);
  fmt::print("{}", to_text(ladders.sheet(), look));
}

ExitCode exit_code_of(const ScenarioRuns& item) {
  if (!item.problem.empty()) return ExitCode::bad_input;
  switch (outcome_of(item)) {
    case kernel::Outcome::recorded:
    case kernel::Outcome::skipped: break;
    case kernel::Outcome::late: return ExitCode::expectation_failed;
    case kernel::Outcome::interrupted: return ExitCode::interrupted;
  }
  return ExitCode::success;
}

void print_notes(const std::vector<ScenarioRuns>& cases) {
  std::vector<std::string> said;
  for (const ScenarioRuns& item : cases) {
    for (const LabResult& result : item.results) {
      for (const std::string& note : result.notes) {
        if (std::find(said.begin(), said.end(), note) != said.end()) continue;
        diagnostics::debug("kernel run: {}", note);
        said.push_back(note);
      }
    }
  }
}

ExitCode report(const std::vector<scenario::Scenario>& scenarios,
                const std::vector<ScenarioRuns>& cases, const KernelRunOptions& options) {
  const Paint paint{colour_for(stdout, ColourChoice::automatic)};
  ExitCode exit_code = ExitCode::success;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const ScenarioRuns& item = cases[i];
    if (!item.problem.empty()) diagnostics::error("{}", item.problem);
    const auto& run = item.results.front().run;
    if (options.ladder && run) print_ladder(*run);
    fmt::print("{}", case_text(scenarios[i], item, options, paint));
    exit_code = worse(exit_code, exit_code_of(item));
  }
  print_notes(cases);
  return exit_code;
}

/// The files of a scenario's runs, named after its own.
std::vector<std::string> outputs_of(const std::string& folder, const std::string& scenario) {
  const std::string path = (fs::path{folder} / stem_of(scenario)).string();
  return {path + ".jsonl", path + ".pcapng", path + ".trace.json"};
}

/// Throws UsageError where what is to be written into the folder is read.
void check_outputs(const std::vector<scenario::Scenario>& scenarios, const std::string& folder) {
  if (folder.empty()) return;
  FileNames files;
  for (const scenario::Scenario& scenario : scenarios) {
    files.read(scenario.file);
    for (const std::string& file : scenario.files_read) files.read(file);
  }
  for (const scenario::Scenario& scenario : scenarios) {
    for (const std::string& output : outputs_of(folder, scenario.file)) {
      files.require_own("--trace", output);
    }
  }
}

void make_folder(const std::string& folder) {
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw OutputError{folder, error.message()};
}

ExitCode kernel_run(const KernelRunOptions& options) {
  check_names(options);
  const auto scenarios = load_scenarios(options.files, options.settings, kernel::refusals);
  if (!scenarios) return ExitCode::bad_input;
  check_outputs(*scenarios, options.folder);
  if (!can_record_live("kernel run")) return ExitCode::bad_input;
  make_folder(options.folder);
  const std::atomic<bool>& stop = catch_interrupts();
  return report(*scenarios, Recorder{*scenarios, options, stop}.run(), options);
}

void add_lab_options(Command command, KernelRunOptions& options) {
  command.add_option("-j,--jobs", options.jobs, "Scenarios at once (default 16: they mostly sleep)")
      .range(1, 256)
      .type_name("N");
  command
      .add_option("--repeat", options.repeat,
                  "Run each scenario N times; NAME.trace.json has all runs")
      .range(1, 1000)
      .type_name("N");
  command
      .add_option("--late", options.late_ms,
                  "A run is late, and repeated, when a segment or an\n"
                  "application was later than this (default 4 ms)")
      .range(0.01, 10'000.0)
      .type_name("MS");
  command.add_option("--tries", options.tries, "Repeat a late run, up to N runs (default 4)")
      .range(1, 100)
      .type_name("N");
}

}  // namespace

void add_kernel_run_command(Command kernel, ExitCode& exit_code) {
  Command command =
      kernel.add_subcommand("run", "Run scenarios on this machine's own kernel, in real time");
  auto options = std::make_shared<KernelRunOptions>();
  command.add_option("SCENARIO", options->files, "Scenario files").required().option_text("...");
  command
      .add_option("--trace", options->folder,
                  "Write NAME.jsonl, NAME.pcapng and NAME.trace.json (the form\n"
                  "of tests/oracle/traces) of each scenario into DIR")
      .type_name("DIR");
  add_set_option(command, options->settings);
  add_lab_options(command, *options);
  command.add_flag("--ladder", options->ladder, "Print a ladder diagram of each scenario");
  command.add_flag("-q,--quiet", options->quiet, "Print only what went wrong");
  command.callback([options, &exit_code] { exit_code = kernel_run(*options); });
  command.finish(
      "Examples:\n"
      "  lastack kernel run S.json --ladder              look at what the kernel does\n"
      "  lastack kernel run cases/*.json --trace out     record many at once\n"
      "  lastack kernel run S.json --trace out --repeat 8\n"
      "Each host is a network namespace with real sockets; the wire between their TUN\n"
      "devices is ours and carries out delays, faults, forged segments and power cuts.\n"
      "No packet leaves the namespaces, and they disappear with the program. Needs Linux, root\n"
      "(CAP_SYS_ADMIN, CAP_NET_ADMIN) and /dev/net/tun; uses tracefs and SCHED_FIFO where\n"
      "they are there. A scenario that names a setting this kernel lacks is SKIPPED.\n"
      "Exit code: 0 recorded, 1 still late in the last try, 2 bad input or no rights.");
}

}  // namespace lastack::cli
