// `lastack kernel check`: runs cases and says where Lastack departs from what kernels did in them.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fnmatch.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/compare/read.hpp"
#include "lastack/scenario/load.hpp"
#include "reports/check_report.hpp"
#include "support/diagnostics.hpp"
#include "support/find_files.hpp"
#include "support/input_message.hpp"
#include "support/interrupt.hpp"
#include "support/live_recorder.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/side_by_side.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* recording_ending = ".trace.json";
/// Cases at once on a live kernel, by default: they mostly sleep.
constexpr unsigned live_jobs = 16;

struct KernelCheckOptions {
  std::vector<std::string> paths;
  std::string recordings;  ///< empty: made now, by this machine's own kernel
  std::string only = "*";
  std::uint64_t seeds = 1;
  double share = 1.0;
  bool racy = false;
  std::vector<std::string> settings;  ///< --set KEY=VALUE
  unsigned threads = 0;               ///< 0: as many as the machine has processors
  unsigned repeat = 1;                ///< recordings made of each case
  unsigned tries = 4;                 ///< recordings made of a case that differs, at most
  bool verbose = false;

  bool live() const { return recordings.empty(); }
};

/// A scenario and the file with what kernels did in it.
struct Case {
  std::string name;
  std::string scenario;
  std::string recordings;  ///< empty: made now
};

/// What came of holding a case against recordings: those of a file, or new ones of this machine's
/// own kernel.
using Check = std::function<compare::CaseVerdict(const Case&, const scenario::Scenario&)>;

compare::CaseVerdict check_live(const scenario::Scenario& scenario,
                                const KernelCheckOptions& options, const std::atomic<bool>& stop) {
  const auto record = [&]() -> std::optional<compare::History> {
    std::vector<compare::History> one = record_live(scenario, 1, stop);
    if (one.empty()) return std::nullopt;
    return std::move(one.front());
  };
  const compare::Patience patience{options.repeat, options.tries, options.seeds};
  return compare::check_until_sure(scenario, record, patience, &stop);
}

Check check_of(const KernelCheckOptions& options, const std::atomic<bool>& stop) {
  if (options.live()) {
    return [&](const Case&, const scenario::Scenario& scenario) {
      return check_live(scenario, options, stop);
    };
  }
  return [&](const Case& item, const scenario::Scenario& scenario) {
    const auto recordings =
        loaded_before(stop, [file = item.recordings] { return compare::read_histories(file); });
    compare::CaseVerdict interrupted;
    interrupted.interrupted = true;
    if (!recordings) return interrupted;
    return compare::check_case(scenario, *recordings, options.seeds, &stop);
  };
}

std::string name_of(const std::string& scenario) { return fs::path{scenario}.stem().string(); }

std::string recordings_of(const std::string& scenario, const KernelCheckOptions& options) {
  return (fs::path{options.recordings} / (name_of(scenario) + recording_ending)).string();
}

bool is_wanted(const std::string& scenario, const KernelCheckOptions& options) {
  return !scenario.ends_with(recording_ending) &&
         fnmatch(options.only.c_str(), name_of(scenario).c_str(), 0) == 0;
}

[[noreturn]] void complain_of_no_case(const KernelCheckOptions& options, std::size_t without) {
  const std::string paths = fmt::format("{}", fmt::join(options.paths, ", "));
  if (without == 0) {
    throw UsageError{fmt::format("no case in {} has a name like {}", paths, options.only)};
  }
  throw UsageError{fmt::format("{} has no recording NAME{} of any of the {} cases in {}",
                               options.recordings, recording_ending, without, paths)};
}

/// What a shell makes of `cases/*.json` may hold recordings beside the cases; alone they are no
/// use.
void refuse_recordings_only(const KernelCheckOptions& options) {
  const auto is_recording = [](const std::string& path) {
    return path.ends_with(recording_ending);
  };
  if (std::all_of(options.paths.begin(), options.paths.end(), is_recording)) {
    throw UsageError{
        fmt::format("want scenarios, whose recordings are found by their names, have {}",
                    options.paths.front())};
  }
}

/// The wanted cases that have recordings; a case that was named must have some.
std::vector<Case> find_cases(const KernelCheckOptions& options) {
  refuse_recordings_only(options);
  std::vector<Case> cases;
  std::size_t without = 0;
  for (const std::string& file : find_files(options.paths)) {
    if (!is_wanted(file, options)) continue;
    if (options.live()) {
      cases.push_back({name_of(file), file, ""});
      continue;
    }
    Case found{name_of(file), file, recordings_of(file, options)};
    std::error_code error;
    const bool named =
        std::find(options.paths.begin(), options.paths.end(), file) != options.paths.end();
    if (named || fs::exists(found.recordings, error)) {
      cases.push_back(std::move(found));
    } else {
      diagnostics::debug("{}: no {}", file, found.recordings);
      ++without;
    }
  }
  if (cases.empty()) complain_of_no_case(options, without);
  return cases;
}

CaseResult check(const Case& item, const std::vector<scenario::Override>& overrides,
                 const Check& check_one, const std::atomic<bool>& stop) {
  CaseResult result{item.name};
  try {
    const auto scenario = loaded_before(stop, [file = item.scenario, overrides] {
      return scenario::load_scenario(file, overrides);
    });
    if (!scenario) return result;
    compare::CaseVerdict verdict = check_one(item, *scenario);
    if (!stop && !verdict.interrupted) result.verdict = std::move(verdict);
  } catch (const compare::InputError& error) {
    result.problem = message_with_line(error);
  } catch (const NotRecorded& error) {
    const bool late = error.reason() == NotRecorded::Reason::late;
    (late ? result.late : result.skipped) = error.what();
  } catch (const std::exception& error) {
    result.problem = error.what();
  }
  return result;
}

/// Checks the cases side by side; the results are in the cases' order, whatever thread was first.
class Checker {
 public:
  Checker(std::vector<Case> cases, const KernelCheckOptions& options, Check check_one,
          const std::atomic<bool>& stop)
      : cases_{std::move(cases)},
        options_{options},
        overrides_{overrides_of(options.settings)},
        check_one_{std::move(check_one)},
        stop_{stop},
        results_(cases_.size()) {}

  std::vector<CaseResult> run() {
    const ProgressLine progress{[this](std::chrono::duration<double> since_start) {
      return fmt::format("{} of {} cases, {} differ, {:.0f} s", done_.load(), cases_.size(),
                         differing_.load(), since_start.count());
    }};
    side_by_side(cases_.size(), thread_count(), [this](std::size_t i) { check_case(i); });
    return std::move(results_);
  }

 private:
  unsigned thread_count() const {
    return options_.live() && options_.threads == 0 ? live_jobs : threads_or_all(options_.threads);
  }

  void check_case(std::size_t i) {
    if (stop_) return;
    results_[i] = check(cases_[i], overrides_, check_one_, stop_);
    ++done_;
    if (results_[i].verdict && !results_[i].verdict->agrees()) ++differing_;
  }

  std::vector<Case> cases_;
  const KernelCheckOptions& options_;
  std::vector<scenario::Override> overrides_;
  Check check_one_;
  const std::atomic<bool>& stop_;
  std::vector<CaseResult> results_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> differing_{0};
};

/// Racy cases decide only when asked to, or where there are no others: with one seed a race may end
/// in a way that no recording happened to catch.
ExitCode exit_code_of(const std::vector<CaseResult>& results, const KernelCheckOptions& options) {
  const bool bad = std::any_of(results.begin(), results.end(),
                               [](const CaseResult& result) { return !result.problem.empty(); });
  if (bad) return ExitCode::bad_input;
  const bool late = std::any_of(results.begin(), results.end(),
                                [](const CaseResult& result) { return !result.late.empty(); });
  if (late) return ExitCode::expectation_failed;
  const Tally steady = tally(results, CaseKind::steady);
  const Tally racy = tally(results, CaseKind::racy);
  const bool racy_counts = options.racy || steady.total == 0;
  const bool enough =
      steady.reaches(options.share) && (!racy_counts || racy.reaches(options.share));
  return enough ? ExitCode::success : ExitCode::expectation_failed;
}

ExitCode check_all(const KernelCheckOptions& options) {
  const std::atomic<bool>& stop = catch_interrupts();
  std::vector<Case> cases = find_cases(options);
  if (options.live() && !can_record_live("kernel check")) return ExitCode::bad_input;
  const std::vector<CaseResult> results =
      Checker{std::move(cases), options, check_of(options, stop), stop}.run();
  const Paint paint{colour_for(stdout, ColourChoice::automatic)};
  const Detail detail = options.verbose ? Detail::differences : Detail::names;
  for (const CaseResult& result : results) fmt::print("{}", case_text(result, detail, paint));
  fmt::print("{}", check_table(results, paint));
  if (stop) {
    fmt::print("{}\n", paint.yellow("Interrupted: the other cases were not checked."));
    return ExitCode::interrupted;
  }
  return exit_code_of(results, options);
}

void add_choices(Command command, KernelCheckOptions& options) {
  const Option recordings =
      command
          .add_option("--recordings", options.recordings,
                      "Do not use this machine's kernel: NAME.trace.json in DIR\n"
                      "has what a kernel did")
          .type_name("DIR");
  command
      .add_option("--repeat", options.repeat,
                  "Run each case N times on the kernel, which shows races\n"
                  "between timers (default: 1)")
      .range(1, 1000)
      .excludes(recordings)
      .type_name("N");
  command
      .add_option("--tries", options.tries,
                  "Record a case that differs anew, up to N times in all,\n"
                  "and hold it against 6 seeds at least (default: 4)")
      .range(1, 1000)
      .excludes(recordings)
      .type_name("N");
  command.add_option("--only", options.only, "Only cases whose names match, such as 'fin-*'")
      .type_name("GLOB");
  command
      .add_option("--seeds", options.seeds, "A case agrees when one of N runs agrees (default: 1)")
      .range(1, 1'000'000)
      .type_name("N");
  command.add_option("--share", options.share, "Share of the cases that must agree (default: 1)")
      .range(0.0, 1.0)
      .type_name("S");
  command.add_flag("--racy", options.racy,
                   "Let racy cases decide the exit code, too: those whose\n"
                   "recordings differ among themselves");
  add_set_option(command, options.settings);
}

}  // namespace

void add_kernel_check_command(Command kernel, ExitCode& exit_code) {
  Command command = kernel.add_subcommand(
      "check", "Run cases here and on this machine's own kernel, and compare");
  auto options = std::make_shared<KernelCheckOptions>();
  command.add_option("CASE", options->paths, "Scenario files, or folders of them")
      .required()
      .option_text("...");
  add_choices(command, *options);
  command
      .add_option("-j,--jobs", options->threads,
                  "Cases at once (default: 16, since they mostly sleep; with\n"
                  "--recordings one per processor)")
      .range(1, 1024)
      .type_name("N");
  command.add_flag("-v,--verbose", options->verbose,
                   "Say what agrees, and what differs: three lines for each\n"
                   "host and aspect");
  command.callback([options, &exit_code] { exit_code = check_all(*options); });
  command.finish(
      "Examples:\n"
      "  lastack kernel check my_cases --only 'fin-*' -v\n"
      "  lastack kernel check my_cases --repeat 3 --seeds 6\n"
      "  lastack kernel check tests/oracle/cases --recordings tests/oracle/traces --seeds 6\n"
      "A case agrees when hosts send the same segments (flags, relative numbers, length,\n"
      "fate) at like times, negotiate the same options, and sockets and calls go the same\n"
      "way, as in one of its recordings. Windows and SACK blocks are counted separately.\n"
      "The kernel runs them in real time (`lastack kernel run --help` says what that needs);\n"
      "cases that name a setting it lacks, or want what no kernel does, are SKIPPED.\n"
      "Exit code: 0 enough agree, 1 too few do, 2 bad usage or input.");
}

}  // namespace lastack::cli
