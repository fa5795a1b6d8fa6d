// `lastack report OUT.sqlite -o report.html`: a sweep's results as a page.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/batch/page.hpp"
#include "lastack/core/atomic_file.hpp"
#include "reports/sweep_report.hpp"
#include "support/file_names.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"

namespace lastack::cli {

namespace {

struct ReportOptions {
  std::string database;
  std::string output;
};

ExitCode report(const ReportOptions& options) {
  FileNames files;
  files.read_database(options.database);
  files.require_own("--output", options.output);
  const batch::Store store = open_database(options.database);
  warn_of_missing_runs(store);
  const std::string page = [&] {
    const LoadingLine line{options.database, "reading"};
    return batch::page_of(store);
  }();
  write_file(options.output, page);
  return ExitCode::success;
}

}  // namespace

void add_report_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand("report", "Write a sweep's results as an HTML page");
  auto options = std::make_shared<ReportOptions>();
  command.add_option("DATABASE", options->database, "A database made by `lastack sweep --db`")
      .required();
  command.add_option("-o,--output", options->output, "The page to write; - is stdout")
      .required()
      .type_name("FILE");
  command.callback([options, &exit_code] { exit_code = report(*options); });
  command.finish(
      "Example:\n"
      "  lastack report S.sqlite -o S.html\n"
      "One HTML file that works offline: first what to choose, then a table for each\n"
      "condition, connect times, the trade-off, time in each state, a table to filter, and\n"
      "the worst runs with the command that replays each. Printed, it is one sheet,\n"
      "or two where many values differ.\n"
      "Nothing is averaged over conditions.");
}

}  // namespace lastack::cli
