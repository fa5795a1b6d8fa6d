// `lastack run SCENARIO…`: runs scenarios and shows what happened.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/core/text.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/duration.hpp"
#include "lastack/scenario/never_matches.hpp"
#include "reports/run_progress.hpp"
#include "reports/run_report.hpp"
#include "reports/sweep_report.hpp"
#include "reports/worst_run.hpp"
#include "support/diagnostics.hpp"
#include "support/interrupt.hpp"
#include "support/load_scenarios.hpp"
#include "support/memory_limit.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/run_outputs.hpp"
#include "support/terminal.hpp"
#include "support/unmatched.hpp"

namespace lastack::cli {

namespace {

/// Rows of a series whose interval was named.
constexpr std::size_t rows_of_named_interval = 10'000;

struct RunOptions {
  std::vector<std::string> files;
  std::string worst;                  ///< a metric, with a sweep's database
  std::vector<std::string> settings;  ///< --set KEY=VALUE
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> max_memory;  ///< bytes
  OutputNames outputs;
  std::string series_every;  ///< empty: a millisecond, longer with longer runs
  bool check = false;
  bool strict = false;
  bool quiet = false;
  LadderChoice ladder = LadderChoice::when_short;
  std::optional<int> columns;
  std::string colour = "auto";
  bool ascii = false;
};

Look look_of(const RunOptions& options) {
  Look look;
  look.stream = uses_stdout(options.outputs) ? stderr : stdout;
  look.columns = options.columns.value_or(columns_for(look.stream));
  look.colour = colour_for(look.stream, colour_choice(options.colour));
  look.charset = options.ascii ? trace::Charset::ascii : trace::Charset::utf8;
  look.ladder = options.ladder;
  return look;
}

/// The series that --series-every asks for. Who names an interval means it, so that more rows fit.
run::Series series_of(const RunOptions& options) {
  if (options.series_every.empty()) return run::Series{};
  if (options.outputs.series.empty())
    throw UsageError{"--series-every: want --series FILE as well"};
  const auto refuse = [&options](std::string_view wish) -> UsageError {
    return UsageError{fmt::format("--series-every: want {}, have {}", wish, options.series_every)};
  };
  const auto interval = scenario::parse_duration(options.series_every);
  if (const auto* wish = std::get_if<scenario::Wish>(&interval)) throw refuse(wish->text);
  const auto duration = std::get<SimDuration>(interval);
  if (duration == SimDuration{0}) throw refuse("a duration above 0 such as 100ms");
  return run::Series{duration, rows_of_named_interval};
}

/// Runs the simulation, with a line on stderr that shows how far it is.
void run_with_progress(run::Simulation& simulation, const scenario::Scenario& scenario,
                       const RunOptions& options, const std::atomic<bool>& stop) {
  const auto start = std::chrono::steady_clock::now();
  run::Progress done;
  {
    const RunProgress progress{scenario};
    std::optional<ProgressLine> line;
    if (!options.quiet) {
      line.emplace([&](std::chrono::duration<double> since_start) {
        return progress.line(done, since_start);
      });
    }
    simulation.run(&stop, &done);
  }
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - start;
  diagnostics::debug("{}: ran for {:.3f} s", scenario.file, duration.count());
}

void write_series(const run::Series& series, const RunOptions& options, const std::string& file,
                  RunOutputs& outputs) {
  outputs.finish_series(run::to_csv(series));
  if (options.series_every.empty()) return;
  if (const auto every = series_of(options).interval(); series.interval() != every) {
    diagnostics::warn(
        "{}: a series has at most {} rows, so there is one every {:g} s, not every {}", file,
        rows_of_named_interval, to_seconds(series.interval()), options.series_every);
  }
}

/// The command that makes a run again.
std::string command_of(const scenario::Scenario& scenario, const RunOptions& options) {
  std::string command = "lastack run " + shell_word(scenario.file);
  for (const std::string& setting : options.settings) command += " --set " + shell_word(setting);
  return command + fmt::format(" --seed {}", options.seed.value_or(scenario.seed));
}

std::string command_of(const WorstRun& replayed, const RunOptions& options) {
  return fmt::format("lastack run {} --worst {}", shell_word(replayed.store.file()),
                     shell_word(options.worst));
}

/// What --check has to say. A check that fails ends the program at once.
void print_checks(std::uint64_t checks, const run::Summary& summary, const Look& look) {
  fmt::print(look.stream, "Invariants: all held, at each of {} checks ({} events).\n", checks,
             summary.events);
}

/// What never matches: --strict makes it an error. False where nothing may run therefore.
bool accepts(const std::vector<scenario::Scenario>& scenarios, const RunOptions& options) {
  bool good = true;
  for (const scenario::Scenario& scenario : scenarios) {
    for (const scenario::Unmatched& unmatched : scenario::never_matches(scenario)) {
      report_unmatched(scenario.file, unmatched, options.strict);
      good = good && !options.strict;
    }
  }
  return good;
}

/// What did not match in this run; what never does was said before. False where that is an error.
bool accepts(const scenario::Scenario& scenario, const run::Summary& summary,
             const RunOptions& options) {
  bool good = true;
  for (const scenario::Unmatched& unmatched : summary.unmatched) {
    if (unmatched.never) continue;
    report_unmatched(scenario.file, unmatched, options.strict);
    good = good && !options.strict;
  }
  return good;
}

/// `replayed`, if given, is the run of a database that this is made from.
ExitCode run_one(const scenario::Scenario& scenario, const OutputNames& names, const Look& look,
                 const RunOptions& options, const std::atomic<bool>& stop,
                 const WorstRun* replayed = nullptr) {
  require_memory(scenario, options.max_memory);
  RunOutputs outputs{names};
  RunReport report{scenario, look};
  std::vector<trace::Sink*> sinks = outputs.sinks();
  if (!options.quiet) {
    report.print_head();
    if (trace::Sink* ladder = report.ladder()) sinks.push_back(ladder);
  }
  MemoryReserve reserve;  // for the summary, where memory runs out
  std::optional<run::Simulation> simulation;
  const std::uint64_t seed = replayed != nullptr ? replayed->run.seed : scenario.seed;
  simulation.emplace(scenario, options.seed.value_or(seed), sinks);
  simulation->watch_memory(memory_check(options.max_memory));
  if (options.check) simulation->keep_checking();
  run::Series series = series_of(options);
  if (outputs.wants_series()) simulation->record_series(series);
  run_with_progress(*simulation, scenario, options, stop);

  const std::optional<std::uint64_t> met_limit = limit_met(options.max_memory);
  reserve.release();
  if (replayed != nullptr) compare_with_database(*replayed, *simulation);
  const run::Summary summary = simulation->summary();
  const std::uint64_t checks = simulation->checks();
  if (summary.out_of_memory) simulation.reset();  // makes room for what is written now
  if (outputs.wants_summary()) {
    outputs.finish(run::to_json(summary), replayed != nullptr ? command_of(*replayed, options)
                                                              : command_of(scenario, options));
  }
  write_series(series, options, scenario.file, outputs);
  outputs.commit();
  if (!options.quiet) report.print_run(summary);
  if (options.check && !options.quiet) print_checks(checks, summary, look);
  report.print_expectations(summary, options.quiet);
  if (summary.interrupted) return ExitCode::interrupted;
  if (summary.out_of_memory) {
    diagnostics::error("{}: {}", scenario.file, out_of_memory_text(summary, met_limit));
    return ExitCode::out_of_memory;
  }
  if (summary.standstill) {
    const run::Standstill why{*summary.standstill, summary.simulated_seconds};
    diagnostics::error("{}: {}", scenario.file, why.what());
    return ExitCode::out_of_memory;
  }
  // A run of a sweep has settings for which its faults were not written.
  const bool accepted = replayed != nullptr || accepts(scenario, summary, options);
  return accepted && summary.expectations_held() ? ExitCode::success : ExitCode::expectation_failed;
}

/// A run of a sweep's database once more.
ExitCode run_worst(const RunOptions& options, const Look& look) {
  if (options.files.size() > 1) throw UsageError{"--worst: want one database, have several files"};
  if (options.seed || !options.settings.empty()) {
    throw UsageError{
        "--worst: a run of the database has its own seed and settings; want neither "
        "--seed nor --set"};
  }
  const WorstRun worst = worst_run(options.files.front(), options.worst);
  FileNames files{worst.scenario.files_read};
  files.read_database(options.files.front());
  const OutputNames outputs = names_for_each(options.outputs, options.files, files).front();
  return run_one(worst.scenario, outputs, look, options, catch_interrupts(), &worst);
}

ExitCode run_all(const RunOptions& options) {
  const Look look = look_of(options);
  series_of(options);  // complains before anything else is done
  if (!options.worst.empty()) return run_worst(options, look);
  for (const std::string& file : options.files) {
    if (is_database(file)) {
      throw UsageError{fmt::format("{}: want --worst METRIC with a database, one of {}", file,
                                   some_metrics(open_database(file)))};
    }
  }
  FileNames files{options.files};
  names_for_each(options.outputs, options.files, files);  // what is wrong by itself is said first
  const auto scenarios = load_scenarios(options.files, options.settings);
  if (!scenarios) return ExitCode::bad_input;
  for (const scenario::Scenario& scenario : *scenarios) {
    for (const std::string& file : scenario.files_read) files.read(file);
  }
  const std::vector<OutputNames> outputs = names_for_each(options.outputs, options.files, files);
  if (!accepts(*scenarios, options)) return ExitCode::bad_input;

  const std::atomic<bool>& stop = catch_interrupts();
  ExitCode exit_code = ExitCode::success;
  for (std::size_t i = 0; i < scenarios->size(); ++i) {
    if (stop) return ExitCode::interrupted;  // the others are not run
    if (i > 0 && !options.quiet) fmt::print(look.stream, "\n");
    exit_code = worse(exit_code, run_one((*scenarios)[i], outputs[i], look, options, stop));
  }
  return exit_code;
}

void add_output_options(Command command, RunOptions& options) {
  command
      .add_option("--trace", options.outputs.traces,
                  "Write what happened: .jsonl, .html (a page to look at\n"
                  "and step through), .pcapng (Wireshark), .txt (ladder),\n"
                  ".svg (the same as a picture) or .mmd (for Mermaid);\n"
                  "may be given more than once")
      .one_value_each()
      .type_name("FILE");
  command.add_option("--summary", options.outputs.summary, "Write the summary as JSON")
      .type_name("FILE");
  command
      .add_option("--series", options.outputs.series,
                  "Write a time series as CSV: sockets by state,\n"
                  "queues, connects and segments; at most 1000 rows")
      .type_name("FILE");
  command
      .add_option("--series-every", options.series_every,
                  "Time between two rows, of which there may then be\n"
                  "10000 (default: what fits 1000 rows)")
      .type_name("DUR");
}

void add_look_options(Command command, RunOptions& options) {
  command.add_flag("-q,--quiet", options.quiet, "Print only errors and failed expectations");
  command.add_flag(
      "--ladder", [&options] { options.ladder = LadderChoice::always; },
      "Print the ladder diagram, however long it is");
  command.add_flag(
      "--no-ladder", [&options] { options.ladder = LadderChoice::never; },
      "Print no ladder diagram (default: print a short one)");
  command
      .add_option("--columns", options.columns,
                  "Width of the text, 80 to 120 (default: the\nterminal's)")
      .range(80, 120)
      .type_name("N");
  add_color_option(command, options.colour);
  command.add_flag("--ascii", options.ascii, "Draw with ASCII only");
}

}  // namespace

void add_run_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand("run", "Run scenarios and show what happened");
  auto options = std::make_shared<RunOptions>();
  command
      .add_option("SCENARIO", options->files,
                  "Scenario files; with --worst a database made by\n`lastack sweep --db`")
      .required()
      .option_text("...");
  command
      .add_option("--worst", options->worst,
                  "Replay the worst run of a sweep by this metric;\n"
                  "connect_time takes the longest that was kept: max,\n"
                  "else p99.9, p99 and so on; METRIC:2 is the second worst")
      .type_name("METRIC");
  add_set_option(command, options->settings);
  add_seed_option(command, options->seed, "Seed of the run, in place of the scenario's");
  add_max_memory_option(command, options->max_memory);
  command.add_flag("--check", options->check,
                   "Check what is always true of the simulator itself:\n"
                   "after each event at first, later or with many sockets\n"
                   "as often as takes about twice as long");
  add_strict_option(command, options->strict);
  add_output_options(command, *options);
  add_look_options(command, *options);
  command.callback([options, &exit_code] { exit_code = run_all(*options); });
  command.finish(
      "Examples:\n"
      "  lastack run S.json\n"
      "  lastack run S.json --set hosts.client.sysctl.tcp_syn_retries=3 \\\n"
      "                     --set links.0.loss=0.05 --seed 7\n"
      "  lastack run S.json --trace S.pcapng --trace S.jsonl --summary S.summary.json\n"
      "  lastack run S.json --series S.csv --series-every 100ms\n"
      "  lastack run S.sqlite --worst connect_time --trace run.html\n"
      "  lastack run scenarios/close/*.json --trace 'out/{name}.txt' --quiet\n"
      "With several scenarios {name} in FILE stands for each one's name. Ctrl-C stops a\n"
      "run; what it wrote until then is complete, and its expectations are not judged.\n"
      "A fault, injection or expectation that matches nothing is a warning; with --strict\n"
      "it is exit code 2 where it never could, 1 where it did not in this run.\n"
      "Exit code: 0 ran and expectations hold, 1 one failed, 2 bad usage or input (then\n"
      "nothing is written), 3 stopped because memory ran short, 130 interrupted.");
}

}  // namespace lastack::cli
