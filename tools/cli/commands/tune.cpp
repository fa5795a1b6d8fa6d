// `lastack tune OBJECTIVE.json`: the settings to run with, found by a race.
#include "lastack/batch/tune.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/batch/race.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/core/file_set.hpp"
#include "lastack/core/text.hpp"
#include "lastack/scenario/files_named.hpp"
#include "lastack/scenario/objective.hpp"
#include "reports/sysctl_fragment.hpp"
#include "reports/tune_report.hpp"
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

using batch::RaceRules;

struct TuneOptions {
  std::string objective;
  std::string sysctl;
  std::string csv;
  std::string page;
  unsigned threads = 0;  ///< 0: as many as the machine has processors
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> max_memory;  ///< bytes, of all threads together
  bool grid = false;
  bool quiet = false;
};

std::string progress_text(const batch::TuneProgress& progress, const batch::TunePlan& plan,
                          double seconds) {
  const std::uint64_t runs = progress.runs;
  return fmt::format("look {}: {} of {} candidates left in the race, {} of {} runs, {}/s",
                     progress.look.load(), progress.in_race.load(),
                     plan.objective().settings.size(), rough(runs), rough(progress.asked),
                     rough(static_cast<std::uint64_t>(static_cast<double>(runs) / seconds)));
}

batch::TuneEnd run(const batch::TunePlan& plan, batch::Race& race, const TuneOptions& options,
                   const std::atomic<bool>& stop, MemoryWatch& memory) {
  batch::TuneProgress progress;
  std::optional<ProgressLine> line;
  if (!options.quiet) {
    line.emplace([&](std::chrono::duration<double> since_start) {
      return progress_text(progress, plan, since_start.count());
    });
  }
  return batch::run_race(plan, race, threads_or_all(options.threads), &stop, &progress,
                         memory.check());
}

/// What is to be written, made before the search so that a name that cannot be had is known at
/// once.
struct Outputs {
  FileSet files;  ///< all appear together
  std::unique_ptr<ByteWriter> csv;
  std::unique_ptr<ByteWriter> page;
  std::vector<std::unique_ptr<ByteWriter>> sysctl;  ///< one for each fragment, or for all
};

Outputs make_outputs(const scenario::Objective& objective, const TuneOptions& options) {
  FileNames files{scenario::files_named(options.objective)};
  Outputs outputs;
  files.require_own("--csv", options.csv);
  if (!options.csv.empty()) outputs.csv = outputs.files.add(options.csv);
  files.require_own("--page", options.page);
  if (!options.page.empty()) outputs.page = outputs.files.add(options.page);
  if (options.sysctl.empty()) return outputs;
  const std::vector<SysctlFragment> fragments = sysctl_fragments(objective, 0, {});
  if (fragments.empty()) {
    throw UsageError{"--sysctl: want an objective with settings that are sysctls, have none"};
  }
  // A device takes all of them: nothing is made beside it.
  const bool one = fragments.size() == 1 || is_special_file(options.sysctl);
  for (std::size_t i = 0; i < (one ? 1 : fragments.size()); ++i) {
    const std::string name =
        one ? options.sysctl : file_for_host(options.sysctl, fragments[i].host);
    files.require_own("--sysctl", name);
    outputs.sysctl.push_back(outputs.files.add(name));
  }
  return outputs;
}

/// Where people read: not between the lines of an output on stdout.
std::FILE* stream_of(const TuneOptions& options) {
  const bool taken = is_stdout(options.csv) || is_stdout(options.page) || is_stdout(options.sysctl);
  return taken ? stderr : stdout;
}

/// The best settings, into files or for people to read.
void give_fragments(const std::vector<SysctlFragment>& fragments, const Outputs& outputs,
                    const TuneOptions& options) {
  for (std::size_t i = 0; i < fragments.size() && !outputs.sysctl.empty(); ++i) {
    const bool shared = outputs.sysctl.size() < fragments.size();
    if (shared) outputs.sysctl.front()->write(fmt::format("# For {}:\n", fragments[i].host));
    outputs.sysctl[shared ? 0 : i]->write(fragments[i].text);
  }
  for (const auto& file : outputs.sysctl) file->commit();
  if (!options.sysctl.empty() || options.quiet) return;
  for (const SysctlFragment& fragment : fragments) {
    fmt::print(stream_of(options), "\nFor /etc/sysctl.d{} (--sysctl FILE writes it):\n\n{}",
               fragment.host.empty() ? "" : " of " + fragment.host, fragment.text);
  }
}

/// Ctrl-C still ends the program at once.
batch::TunePlan plan_from(const TuneOptions& options) {
  const LoadingLine line{options.objective};
  scenario::Objective objective = scenario::load_objective(options.objective);
  if (options.seed) objective.seed = *options.seed;
  report_remarks(objective.remarks);
  return batch::TunePlan{std::move(objective)};
}

enum class End { complete, interrupted, out_of_memory };

/// Says on stderr why the search did not come to its end, where it did not.
End run_to_end(const batch::TunePlan& plan, batch::Race& race, const TuneOptions& options,
               const std::atomic<bool>& stop) {
  MemoryWatch memory{options.max_memory};
  try {
    if (run(plan, race, options, stop, memory) == batch::TuneEnd::complete) return End::complete;
  } catch (const std::bad_alloc&) {
    diagnostics::error("{}: {} after {}; no file is written", options.objective, memory.reason(),
                       counted(race.runs(), "run"));
    return End::out_of_memory;
  }
  fmt::print(stderr, "interrupted after {} runs\n", race.runs());
  return End::interrupted;
}

ExitCode tune(const TuneOptions& options) {
  const batch::TunePlan plan = plan_from(options);
  require_memory(options.objective, batch::memory_need(plan, threads_or_all(options.threads)),
                 options.max_memory);
  Outputs outputs = make_outputs(plan.objective(), options);
  const std::atomic<bool>& stop = catch_interrupts();
  batch::Race race{plan.rules(options.grid ? RaceRules::Search::grid : RaceRules::Search::race)};
  const End end = run_to_end(plan, race, options, stop);
  if (end == End::out_of_memory) return ExitCode::out_of_memory;
  const bool complete = end == End::complete;
  const std::vector<std::uint64_t> front = race.front();
  std::FILE* stream = stream_of(options);
  const Paint paint{colour_for(stream, ColourChoice::automatic)};
  if (!complete && race.runs() == 0) return ExitCode::interrupted;
  if (!options.quiet || front.empty()) {
    fmt::print(stream, "{}", tune_text(plan, race, columns_for(stream), paint));
  }
  if (!complete) return ExitCode::interrupted;
  if (outputs.csv) {
    outputs.csv->write(evidence_csv(plan, race));
    outputs.csv->commit();
  }
  if (outputs.page) {
    outputs.page->write(batch::tune_page(plan, race, LASTACK_VERSION));
    outputs.page->commit();
  }
  if (!front.empty()) {
    give_fragments(sysctl_fragments(plan.objective(), front.front(),
                                    fragment_heading(plan, race, front.front())),
                   outputs, options);
  }
  outputs.files.commit();
  return front.empty() ? ExitCode::expectation_failed : ExitCode::success;
}

}  // namespace

void add_tune_command(Command program, ExitCode& exit_code) {
  Command command =
      program.add_subcommand("tune", "Find the settings that meet limits and are best by a goal");
  auto options = std::make_shared<TuneOptions>();
  command.add_option("OBJECTIVE", options->objective, "Objective file").required();
  command
      .add_option(
          "--sysctl", options->sysctl,
          "Write the best settings for /etc/sysctl.d; with several\nhosts, one NAME.HOST.conf "
          "for each")
      .type_name("FILE");
  command.add_option("--csv", options->csv, "Write the results of every candidate; - is stdout")
      .type_name("FILE");
  command.add_option("-o,--page", options->page, "Write the answer as an HTML page; - is stdout")
      .type_name("FILE");
  add_jobs_option(command, options->threads);
  add_seed_option(command, options->seed, "Base seed instead of the file's");
  add_max_memory_option(command, options->max_memory);
  command.add_flag("--grid", options->grid, "No race: run every candidate `runs_max` times");
  command.add_flag("-q,--quiet", options->quiet, "Print only errors");
  command.callback([options, &exit_code] { exit_code = tune(*options); });
  command.finish(
      "Examples:\n"
      "  lastack tune scenarios/objectives/proxy_behind_a_lossy_link.json\n"
      "  lastack tune O.json --sysctl 90-tcp.conf --csv evidence.csv\n"
      "  lastack tune O.json --page answer.html   one sheet when printed\n"
      "  lastack schema objective       what the file may hold\n"
      "A candidate stops when its runs show that it breaks a limit, or that it is worse\n"
      "than a candidate that meets all limits.\n"
      "Exit code: 0 found, 1 no candidate is known to meet all limits, 2 bad usage or\n"
      "input, 3 memory ran short (no file is written), 130 interrupted (the results so\n"
      "far are printed, no file is written).");
}

}  // namespace lastack::cli
