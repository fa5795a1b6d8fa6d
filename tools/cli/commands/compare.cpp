// `lastack compare OUT.sqlite --by KEY`: what another value of a setting changes, and what is
// noise.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/batch/contrast.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "reports/compare_report.hpp"
#include "reports/sweep_report.hpp"
#include "support/options.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

struct CompareOptions {
  std::string database;
  std::string by;
  std::string baseline;
  std::vector<std::string> where;
  std::vector<std::string> metrics;
  double confidence = 0.95;
};

/// What people decide by, where --metric does not say.
constexpr std::array<std::string_view, 14> usual_metrics{
    "connect_ok",        "connect_time.mean",     "connect_time.p99",   "close_time.mean",
    "orphan_time.mean",  "time_in.SYN_RCVD",      "time_in.FIN_WAIT_1", "time_in.FIN_WAIT_2",
    "time_in.TIME_WAIT", "peak.TIME_WAIT",        "half_open_at_end",   "listen_drops",
    "listen_overflows",  "segments_retransmitted"};

std::size_t axis_named(const scenario::Grid& grid, const std::string& path, const char* option) {
  const scenario::ResolvedPath found = scenario::resolve_path(path, grid.paths());
  if (!found.index) throw UsageError{fmt::format("{}: {}", option, found.problem)};
  return *found.index;
}

std::size_t value_named(const scenario::Axis& axis, const std::string& text, const char* option) {
  for (const std::string& wanted : {text, "\"" + text + "\""}) {
    const auto found = std::find(axis.values.begin(), axis.values.end(), wanted);
    if (found != axis.values.end()) return static_cast<std::size_t>(found - axis.values.begin());
  }
  throw UsageError{fmt::format("{}: want a value of {} ({}), have {}", option, axis.path,
                               fmt::join(axis.values, ", "), text)};
}

/// The columns that a name means: one, or a family such as connect_time.
std::vector<std::size_t> columns_named(const std::vector<std::string>& columns,
                                       std::string_view name) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == name || columns[i].starts_with(std::string{name} + ".")) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> metrics_of(const batch::Store& store, const CompareOptions& options) {
  const std::vector<std::string>& columns = store.info().metrics;
  std::vector<std::size_t> metrics;
  for (const std::string& name : options.metrics) {
    const auto found = columns_named(columns, name);
    if (found.empty()) {
      const std::vector<std::string_view> known(columns.begin(), columns.end());
      const auto nearest = scenario::nearest_name(name, known);
      throw UsageError{fmt::format("--metric: want one of the metrics that were kept, have {}{}",
                                   name,
                                   nearest.empty() ? "" : fmt::format("; nearest is {}", nearest))};
    }
    metrics.insert(metrics.end(), found.begin(), found.end());
  }
  if (!metrics.empty()) return metrics;
  for (const std::string_view name : usual_metrics) {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found != columns.end())
      metrics.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  if (metrics.empty()) {  // the sweep kept unusual ones only: then these
    for (std::size_t i = 0; i < columns.size(); ++i) metrics.push_back(i);
  }
  return metrics;
}

batch::ContrastQuery query_of(const batch::Store& store, const CompareOptions& options) {
  const scenario::Grid& grid = store.info().grid;
  batch::ContrastQuery query;
  query.axis = axis_named(grid, options.by, "--by");
  const scenario::Axis& axis = grid.axes[query.axis];
  if (!options.baseline.empty()) query.baseline = value_named(axis, options.baseline, "--baseline");
  for (const std::string& text : options.where) {
    const auto equals = text.find('=');
    if (equals == text.npos) {
      throw UsageError{fmt::format("--where: want KEY=VALUE, have {}", text)};
    }
    const std::size_t other = axis_named(grid, text.substr(0, equals), "--where");
    query.where.emplace_back(other,
                             value_named(grid.axes[other], text.substr(equals + 1), "--where"));
  }
  query.metrics = metrics_of(store, options);
  query.confidence = options.confidence;
  return query;
}

/// Leaves out metrics that are the same everywhere, unless they were asked for.
void keep_telling(std::vector<batch::ContrastGroup>& groups) {
  if (groups.empty() || groups.front().alternatives.empty()) return;
  const std::size_t count = groups.front().alternatives.front().contrasts.size();
  for (std::size_t i = count; i-- > 0;) {
    const auto same = [i](const batch::Alternative& alternative) {
      const batch::Contrast& contrast = alternative.contrasts[i];
      return contrast.here.value == contrast.baseline.value;
    };
    const bool idle = std::all_of(groups.begin(), groups.end(), [&](const auto& group) {
      return std::all_of(group.alternatives.begin(), group.alternatives.end(), same);
    });
    if (!idle) continue;
    for (batch::ContrastGroup& group : groups) {
      for (batch::Alternative& alternative : group.alternatives) {
        alternative.contrasts.erase(alternative.contrasts.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }
}

ExitCode compare(const CompareOptions& options) {
  const batch::Store store = batch::Store::open(options.database);
  warn_of_missing_runs(store);
  const batch::ContrastQuery query = query_of(store, options);
  auto groups = batch::contrast(store, query);
  if (options.metrics.empty()) keep_telling(groups);
  const Paint paint{colour_for(stdout, ColourChoice::automatic)};
  fmt::print("{}", comparison_text(store, query, groups, columns_for(stdout), paint));
  if (const std::uint64_t missing = store.missing(); missing > 0) {
    fmt::print("\n{}\n", paint.yellow("The sweep is not complete; --resume runs the rest."));
  }
  return ExitCode::success;
}

}  // namespace

void add_compare_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand(
      "compare", "Say what another value of a setting changes, and what is noise");
  auto options = std::make_shared<CompareOptions>();
  command.add_option("DATABASE", options->database, "A database made by `lastack sweep --db`")
      .required();
  command.add_option("--by", options->by, "The varied path to compare by; its last part will do")
      .required()
      .type_name("KEY");
  command
      .add_option("--baseline", options->baseline, "The value to compare with (default: the first)")
      .type_name("VALUE");
  command
      .add_option("--where", options->where,
                  "Only combinations with this value of another path; may be repeated")
      .type_name("KEY=VALUE")
      .repeatable();
  command
      .add_option("--metric", options->metrics,
                  "A metric (connect_time.p99) or family of them; may be repeated")
      .type_name("M")
      .repeatable();
  command
      .add_option("--confidence", options->confidence,
                  "Confidence of the intervals (default: 0.95)")
      .range(0.5, 0.9999)
      .type_name("C");
  command.callback([options, &exit_code] { exit_code = compare(*options); });
  command.finish(
      "Examples:\n"
      "  lastack compare S.sqlite --by tcp_orphan_retries\n"
      "  lastack compare S.sqlite --by tcp_syn_retries --where loss=0.05 --baseline 6\n"
      "  lastack compare S.sqlite --by tcp_syn_retries --metric connect_time\n"
      "Differences are paired: replication r of every combination has the same random\n"
      "numbers. A difference whose interval contains 0 is within noise.");
}

}  // namespace lastack::cli
