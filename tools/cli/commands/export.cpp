// `lastack export OUT.sqlite --csv FILE | --json FILE`: a sweep's results for other programs.
#include "lastack/batch/export.hpp"

#include <memory>
#include <optional>
#include <string>

#include "commands/commands.hpp"
#include "lastack/core/file_set.hpp"
#include "reports/sweep_report.hpp"
#include "support/file_names.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"

namespace lastack::cli {

namespace {

struct ExportOptions {
  std::string database;
  std::string csv;
  std::string json;
  std::string summary;
};

ExitCode export_results(const ExportOptions& options) {
  if (options.csv.empty() && options.json.empty() && options.summary.empty()) {
    throw UsageError{"want --csv FILE, --json FILE or --summary FILE, have none"};
  }
  FileNames files;
  files.read_database(options.database);
  files.require_own("--csv", options.csv);
  files.require_own("--json", options.json);
  files.require_own("--summary", options.summary);
  const batch::Store store = open_database(options.database);
  warn_of_missing_runs(store);
  const bool to_terminal =
      is_stdout(options.csv) || is_stdout(options.json) || is_stdout(options.summary);
  std::optional<LoadingLine> line;  // not among the rows
  if (!to_terminal) line.emplace(options.database, "reading");
  FileSet outputs;  // all or none
  const auto write = [&](const std::string& file, auto results) {
    if (file.empty()) return;
    const auto output = outputs.add(file);
    results(store, *output);
    output->commit();
  };
  write(options.csv, batch::write_csv);
  write(options.json, batch::write_json);
  write(options.summary, batch::write_summary_csv);
  outputs.commit();
  return ExitCode::success;
}

}  // namespace

void add_export_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand("export", "Write a sweep's results as CSV or JSON");
  auto options = std::make_shared<ExportOptions>();
  command.add_option("DATABASE", options->database, "A database made by `lastack sweep --db`")
      .required();
  command.add_option("--csv", options->csv, "Write a row for each run; - is stdout")
      .type_name("FILE");
  command.add_option("--json", options->json, "Write an object for each run; - is stdout")
      .type_name("FILE");
  command
      .add_option("--summary", options->summary,
                  "Write a CSV row for each combination: values over all\n"
                  "its connections, with intervals; - is stdout")
      .type_name("FILE");
  command.callback([options, &exit_code] { exit_code = export_results(*options); });
  command.finish(
      "Examples:\n"
      "  lastack export S.sqlite --csv S.csv\n"
      "  lastack export S.sqlite --summary S.summary.csv\n"
      "  lastack export S.sqlite --json - | jq '.runs[0]'\n"
      "Rows are in the order of combinations, then replications. A real number is written\n"
      "as the shortest text that reads back as the same number.");
}

}  // namespace lastack::cli
