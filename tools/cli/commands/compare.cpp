// `lastack compare OUT.sqlite --by KEY`: what another value of a setting changes, and what is
// noise.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ci/formats.hpp"
#include "commands/commands.hpp"
#include "lastack/batch/contrast.hpp"
#include "lastack/batch/estimate.hpp"
#include "lastack/batch/gate.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/core/text.hpp"
#include "reports/compare_report.hpp"
#include "reports/figure_choice.hpp"
#include "reports/gate_report.hpp"
#include "reports/scenario_differences.hpp"
#include "reports/sweep_report.hpp"
#include "support/file_names.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

struct CompareOptions {
  std::vector<std::string> databases;  ///< one, or the base and the new one
  std::vector<std::string> rules;      ///< --fail-if-worse
  std::string unsure = "pass";
  CiOptions ci;
  std::string by;
  std::string baseline;
  std::vector<std::string> where;
  std::vector<std::string> metrics;
  double confidence = batch::usual_confidence;
};

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

/// Each --where: which value of which axis.
std::vector<std::pair<std::size_t, std::size_t>> where_of(const scenario::Grid& grid,
                                                          std::size_t by,
                                                          const CompareOptions& options) {
  std::vector<std::pair<std::size_t, std::size_t>> where;
  for (const std::string& text : options.where) {
    const auto equals = text.find('=');
    if (equals == text.npos) {
      throw UsageError{fmt::format("--where: want KEY=VALUE, have {}", text)};
    }
    const std::size_t axis = axis_named(grid, text.substr(0, equals), "--where");
    const std::string& path = grid.axes[axis].path;
    if (axis == by) {
      throw UsageError{fmt::format("--where: want another path than that of --by, have {}", path)};
    }
    const auto same = [axis](const auto& each) { return each.first == axis; };
    if (std::any_of(where.begin(), where.end(), same)) {
      throw UsageError{fmt::format("--where: want each path once, have {} twice", path)};
    }
    where.emplace_back(axis, value_named(grid.axes[axis], text.substr(equals + 1), "--where"));
  }
  return where;
}

batch::ContrastQuery query_of(const batch::Store& store, const CompareOptions& options) {
  const scenario::Grid& grid = store.info().grid;
  batch::ContrastQuery query;
  query.axis = axis_named(grid, options.by, "--by");
  const scenario::Axis& axis = grid.axes[query.axis];
  if (!options.baseline.empty()) query.baseline = value_named(axis, options.baseline, "--baseline");
  if (axis.values.size() == 1) {
    throw UsageError{fmt::format("--by: want a path of several values, {} has one", axis.path)};
  }
  query.where = where_of(grid, query.axis, options);
  query.figures = figures_asked_for(store, options.metrics);
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

/// What one value of a setting changes in a database.
ExitCode compare_values(const CompareOptions& options) {
  if (options.by.empty()) throw UsageError{"--by is required with one database"};
  if (!options.ci.junit.empty() || options.ci.tap || options.ci.github) {
    throw UsageError{"--junit, --tap, --github: want two databases and --fail-if-worse"};
  }
  const batch::Store store = open_database(options.databases.front());
  warn_of_missing_runs(store);
  const batch::ContrastQuery query = query_of(store, options);
  auto groups = [&] {
    const LoadingLine line{store.file(), "reading"};
    return batch::contrast(store, query);
  }();
  if (groups.empty()) {
    throw UsageError{query.where.empty() ? "--by: no run has another value than the baseline"
                                         : "--where: no combination has all these values"};
  }
  if (options.metrics.empty()) keep_telling(groups);
  const Paint paint{colour_for(stdout, ColourChoice::automatic)};
  fmt::print("{}", comparison_text(store, query, groups, columns_for(stdout), paint));
  if (const std::uint64_t missing = store.missing(); missing > 0) {
    fmt::print("\n{}\n", paint.yellow("The sweep is not complete; --resume runs the rest."));
  }
  return ExitCode::success;
}

// --- Two databases ---

/// "connect_time.p99:5%": the metric, and by how much it may get worse.
batch::GateRule rule_from(const std::string& text) {
  const auto refuse = [&text](std::string_view wish) {
    return UsageError{fmt::format("--fail-if-worse: want {}, have {}", wish, text)};
  };
  const auto colon = text.find(':');
  const bool without_colon = colon == text.npos && text.find_first_of("=%") != text.npos;
  if (without_colon) throw refuse("METRIC or METRIC:N%, such as connect_time.p99:5%");
  batch::GateRule rule{text.substr(0, colon), 0};
  if (colon == text.npos) return rule;
  std::string_view share{text};
  share.remove_prefix(colon + 1);
  if (!share.ends_with('%')) throw refuse("METRIC or METRIC:N%, such as connect_time.p99:5%");
  share.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(share.data(), share.data() + share.size(), percent);
  constexpr double percent_max = 1e6;
  if (error != std::errc{} || end != share.data() + share.size() ||
      !(percent >= 0 && percent <= percent_max)) {
    throw refuse("a share from 0% up, such as connect_time.p99:5%");
  }
  rule.tolerance = percent / 100;
  return rule;
}

/// Throws UsageError for a metric of which neither more nor less is better.
void require_one_way(const std::string& metric, const char* option) {
  if (batch::better_of(metric) != batch::Better::neither) return;
  throw UsageError{fmt::format("{}: neither more nor less {} is better", option, metric)};
}

/// The rules of the command line; where there are none, every usual metric, for information.
std::vector<batch::GateRule> rules_of(const batch::Store& before, const batch::Store& now,
                                      const CompareOptions& options) {
  std::vector<batch::GateRule> rules;
  for (const std::string& text : options.rules) {
    const batch::GateRule rule = rule_from(text);
    for (const batch::Store* store : {&before, &now}) {
      if (batch::find_figure(store->info().metrics, rule.metric)) continue;
      throw no_such_metric(*store, rule.metric, "--fail-if-worse");
    }
    require_one_way(rule.metric, "--fail-if-worse");
    rules.push_back(rule);
  }
  if (!rules.empty()) return rules;
  for (const batch::Figure& figure : figures_asked_for(now, options.metrics)) {
    const bool both = batch::find_figure(before.info().metrics, figure.name).has_value();
    const auto& asked = options.metrics;
    if (!both && !asked.empty()) throw no_such_metric(before, figure.name, "--metric");
    const bool by_name = std::find(asked.begin(), asked.end(), figure.name) != asked.end();
    if (by_name) require_one_way(figure.name, "--metric");
    if (both && batch::better_of(figure.name) != batch::Better::neither) {
      rules.push_back({figure.name, 0});
    }
  }
  if (rules.empty()) {
    throw UsageError{
        fmt::format("{} and {} kept no metric that both have and of which more or less "
                    "is better",
                    before.file(), now.file())};
  }
  return rules;
}

Unsure unsure_from(const std::string& text) {
  if (text == "pass") return Unsure::pass;
  if (text == "fail") return Unsure::fail;
  throw UsageError{fmt::format("--unsure: want pass or fail, have {}", text)};
}

std::string command_of(const CompareOptions& options) {
  std::string command = "lastack compare";
  for (const std::string& database : options.databases) command += " " + shell_word(database);
  for (const std::string& metric : options.metrics) command += " --metric " + shell_word(metric);
  for (const std::string& rule : options.rules) command += " --fail-if-worse " + shell_word(rule);
  if (options.unsure != CompareOptions{}.unsure) command += " --unsure " + options.unsure;
  if (options.confidence != batch::usual_confidence) {
    command += fmt::format(" --confidence {}", options.confidence);
  }
  return command;
}

void print_gate(const std::vector<std::string>& differences,
                const std::vector<batch::GateResult>& results, Unsure unsure,
                const CompareOptions& options) {
  std::FILE* stream = is_stdout(options.ci.junit) ? stderr : stdout;
  const Paint paint{colour_for(stream, ColourChoice::automatic)};
  const int columns = columns_for(stream);
  fmt::print(stream, "{} against {}\n", paint.bold(printable(options.databases.back())),
             printable(options.databases.front()));
  for (const std::string& difference : differences) {
    fmt::print(stream, "{}", wrapped(printable(difference), columns, 2));
  }
  fmt::print(stream, "\n{}", gate_text(results, unsure, paint));
  const auto count = [&results](batch::GateOutcome outcome) {
    return std::count_if(results.begin(), results.end(),
                         [outcome](const auto& each) { return each.outcome == outcome; });
  };
  fmt::print(stream, "{} compared: {} worse, {} not worse, {} cannot tell\n", results.size(),
             count(batch::GateOutcome::worse), count(batch::GateOutcome::not_worse),
             count(batch::GateOutcome::cannot_tell));
}

/// Whether a new database is worse than an old one.
ExitCode compare_databases(const CompareOptions& options) {
  if (!options.by.empty() || !options.baseline.empty() || !options.where.empty()) {
    throw UsageError{"--by, --baseline, --where: want one database, have two"};
  }
  const Unsure unsure = unsure_from(options.unsure);
  require_one_stdout(options.ci);
  FileNames files;
  for (const std::string& database : options.databases) files.read_database(database);
  files.require_own("--junit", options.ci.junit);
  const batch::Store before = open_database(options.databases.front());
  const batch::Store now = open_database(options.databases.back());
  const std::vector<batch::GateRule> rules = rules_of(before, now, options);
  const batch::Counterparts same = batch::counterparts(before, now);
  for (const batch::Store* store : {&before, &now}) warn_of_missing_runs(*store);
  const auto results = [&] {
    const LoadingLine line{now.file(), "reading"};
    return batch::gate(before, now, same, rules, options.confidence);
  }();
  const auto cases = gate_cases(results, unsure, options.databases.back(), command_of(options));
  if (options.ci.tap) {
    fmt::print("{}", tap(cases));
  } else {
    print_gate(named_differences(same, before, now), results, unsure, options);
  }
  if (options.ci.github) fmt::print("{}", github_annotations(cases));
  if (!options.ci.junit.empty()) write_file(options.ci.junit, junit_xml(cases));
  const bool failed = std::any_of(results.begin(), results.end(),
                                  [unsure](const auto& each) { return fails(each, unsure); });
  return failed && !options.rules.empty() ? ExitCode::expectation_failed : ExitCode::success;
}

ExitCode compare(const CompareOptions& options) {
  if (options.databases.size() > 2) {
    throw UsageError{"want one database, or a base and a new one, have more"};
  }
  if (options.databases.size() == 2) return compare_databases(options);
  if (!options.rules.empty()) {
    throw UsageError{"--fail-if-worse: want two databases, a base and a new one"};
  }
  return compare_values(options);
}

/// With one database.
void add_value_options(Command command, CompareOptions& options) {
  command.add_option("--by", options.by, "The varied path to compare by; its last part will do")
      .type_name("KEY");
  command
      .add_option("--baseline", options.baseline, "The value to compare with (default: the first)")
      .type_name("VALUE");
  command
      .add_option("--where", options.where,
                  "Only combinations with this value of another path; may be repeated")
      .type_name("KEY=VALUE")
      .repeatable();
  command
      .add_option("--metric", options.metrics,
                  "A metric (connect_time.p99) or family of them; may be repeated")
      .type_name("M")
      .repeatable();
}

/// With two.
void add_gate_options(Command command, CompareOptions& options) {
  command
      .add_option("--fail-if-worse", options.rules,
                  "With two databases: exit 1 where this metric is worse\n"
                  "in the new one by more than N % of what it was; may be\n"
                  "repeated")
      .type_name("METRIC[:N%]")
      .repeatable();
  command
      .add_option("--unsure", options.unsure,
                  "What becomes of what cannot be told: pass or fail\n(default: pass)")
      .type_name("WHAT");
  add_ci_options(command, options.ci, "comparisons");
}

}  // namespace

void add_compare_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand(
      "compare", "Say what another value of a setting, or a new database, changes");
  auto options = std::make_shared<CompareOptions>();
  command
      .add_option("DATABASE", options->databases,
                  "Made by `lastack sweep --db`: one with --by, or a base\nand a new one")
      .required()
      .option_text("...");
  add_value_options(command, *options);
  add_gate_options(command, *options);
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
      "  lastack compare base.sqlite new.sqlite --fail-if-worse connect_time.p99:5% \\\n"
      "                                         --fail-if-worse connect_ok\n"
      "Differences are paired: replication r of every combination has the same random\n"
      "numbers. A difference whose interval contains 0 is within noise.\n"
      "Two databases are of the same sweep and seed; the program's version, settings and\n"
      "scenario may differ, which is said. Less is better but of connect_ok, request_ok\n"
      "and bytes_delivered. N % is a share of what it was: with connect_ok:1% a share of\n"
      "90 % may fall to 89.1 %. Each comparison has the confidence by itself.\n"
      "Exit code: 1 where a metric of --fail-if-worse is worse, or with --unsure fail\n"
      "cannot be told; 2 bad usage or input; else 0, and always without --fail-if-worse.");
}

}  // namespace lastack::cli
