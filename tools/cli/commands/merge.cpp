// `lastack merge OUT.sqlite PART…`: puts the shards of a sweep together.
#include "lastack/batch/merge.hpp"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/core/text.hpp"
#include "support/file_names.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"

namespace lastack::cli {

namespace {

struct MergeOptions {
  std::string out;
  std::vector<std::string> parts;
  bool quiet = false;
};

ExitCode merge(const MergeOptions& options) {
  FileNames files;
  for (const std::string& part : options.parts) files.read_database(part);
  files.require_own_database("OUT", options.out);
  files.require_own_database("OUT", options.out + ".unfinished");  // where it is put together
  const batch::Store whole = [&] {
    const LoadingLine line{options.out, "writing"};
    return batch::merge(options.out, options.parts);
  }();
  if (!options.quiet) {
    fmt::print("{}: {} runs of {} combinations from {} parts\n", printable(options.out),
               whole.runs(), whole.info().grid.size(), options.parts.size());
  }
  return ExitCode::success;
}

}  // namespace

void add_merge_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand("merge", "Put the shards of a sweep together");
  auto options = std::make_shared<MergeOptions>();
  command.add_option("OUT", options->out, "The database to make").required();
  command.add_option("PART", options->parts, "The databases of all shards")
      .required()
      .option_text("...");
  command.add_flag("-q,--quiet", options->quiet, "Print nothing but errors");
  command.callback([options, &exit_code] { exit_code = merge(*options); });
  command.finish(
      "Example:\n"
      "  lastack sweep S.json --db part1.sqlite --shard 1/2\n"
      "  lastack sweep S.json --db part2.sqlite --shard 2/2\n"
      "  lastack merge S.sqlite part1.sqlite part2.sqlite\n"
      "The result is the same as that of the whole sweep on one machine. Parts that\n"
      "overlap, lack runs or come from different sweeps or versions are named and\n"
      "refused.");
}

}  // namespace lastack::cli
