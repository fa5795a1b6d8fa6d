// `lastack explain SCENARIO`: why a connection ended as it did, in sentences. With --worst it
// replays a run of a sweep.
#include "lastack/explain/explain.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/batch/store.hpp"
#include "lastack/core/text.hpp"
#include "lastack/event/recording.hpp"
#include "lastack/run/simulation.hpp"
#include "reports/sweep_report.hpp"
#include "reports/worst_run.hpp"
#include "support/load_scenarios.hpp"
#include "support/options.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

using Choice = explain::Question::Choice;

/// A run of more events is too long to be kept: it would take about a gigabyte.
constexpr std::size_t most_events = 2'000'000;

struct ExplainOptions {
  std::string file;
  std::string socket;
  std::string worst;                  ///< a metric
  std::vector<std::string> settings;  ///< --set KEY=VALUE
  std::optional<std::uint64_t> seed;
  std::string colour = "auto";
};

/// Keeps a trace, and stops the run where it gets too long to keep.
class Keeper final : public trace::Sink {
 public:
  explicit Keeper(std::atomic<bool>& stop) : stop_{stop} {}

  void begin(const trace::Names& names) override { recording_.begin(names); }
  void event(const trace::Event& event) override {
    if (recording_.events().size() < most_events) {
      recording_.event(event);
    } else {
      stop_ = true;
    }
  }
  void end(SimTime at) override { recording_.end(at); }

  const trace::Recording& recording() const { return recording_; }

 private:
  trace::Recording recording_;
  std::atomic<bool>& stop_;
};

/// Each line of a text in a colour of its own.
template <class Paint> std::string painted(const std::string& text, Paint paint) {
  std::istringstream lines{text};
  std::string out;
  for (std::string line; std::getline(lines, line);) out += paint(line) + "\n";
  return out;
}

/// The way explanations look on a terminal.
class Page {
 public:
  explicit Page(const ExplainOptions& options)
      : columns_{columns_for(stdout)},
        paint_{colour_for(stdout, colour_choice(options.colour))} {}

  void print(const explain::Explanation& explanation, Choice choice) const {
    const std::size_t shown = explanation.stories.size();
    for (std::size_t i = 0; i < shown; ++i) {
      if (i > 0) fmt::print("\n");
      fmt::print("{}", text_of(explanation.stories[i]));
    }
    if (explanation.connections > shown) {
      fmt::print("\n{}",
                 dim(fmt::format("{} the one of {} connections {}; --socket chooses another.",
                                 shown == 1 ? "This is" : "The last is", explanation.connections,
                                 choice == Choice::longest_connect ? "whose connect() took longest"
                                                                   : "that had most to explain"),
                     0));
    }
  }

  std::string dim(const std::string& text, int indent) const {
    return painted(wrapped(text, columns_, indent),
                   [this](const std::string& line) { return paint_.dim(line); });
  }
  std::string bold(const std::string& text) const {
    return painted(wrapped(text, columns_),
                   [this](const std::string& line) { return paint_.bold(line); });
  }

 private:
  static constexpr int time_columns = 10;
  static constexpr int margin = time_columns + 2;

  std::string text_of(const explain::Story& story) const {
    std::string text = bold(story.connection);
    for (const explain::Chain& chain : story.chains) {
      const std::string at = explain::how_long(chain.at - sim_start);
      text += "\n" + bold(fmt::format("At {} {}", at, chain.outcome));
      if (!chain.why.empty()) text += wrapped("Why: " + chain.why, columns_, 2);
      if (!chain.rule.empty()) text += dim(chain.rule, 2);
      for (const explain::Step& step : chain.steps) text += text_of(step);
    }
    if (story.besides.empty()) return text;
    text += "\n" + bold("What else happened, without deciding that:");
    for (const explain::Step& step : story.besides) text += text_of(step);
    if (story.more_besides > 0) {
      text += wrapped(fmt::format("and {} more like these.", story.more_besides), columns_, margin);
    }
    return text;
  }

  std::string text_of(const explain::Step& step) const {
    const std::string time = explain::how_long(step.at - sim_start);
    std::string text = wrapped(step.text, columns_, margin);
    text.replace(0, margin, fmt::format("{:>{}}  ", time, time_columns));
    return step.rule.empty() ? text : text + dim(step.rule, margin);
  }

  int columns_;
  Paint paint_;
};

/// Runs the simulation; throws where it is too long to be kept. `shorter` says what would not be.
void replay(run::Simulation& simulation, const std::atomic<bool>& stop, const std::string& file,
            const std::string& shorter) {
  simulation.run(&stop);
  if (!stop) return;
  throw std::runtime_error{fmt::format(
      "{}: the run has more than {} events, too many to explain; {}", file, most_events, shorter)};
}

ExitCode explain_recording(const trace::Recording& recording, const scenario::Scenario& scenario,
                           const ExplainOptions& options, Choice choice = Choice::most_trouble) {
  explain::Question question;
  question.choice = choice;
  if (!options.socket.empty()) question.socket = options.socket;
  const auto explanation = explain::explain(recording, scenario, question);
  if (explanation) {
    Page{options}.print(*explanation, choice);
    return ExitCode::success;
  }
  const std::vector<std::string> some = explain::some_sockets(recording, 5);
  if (some.empty())
    throw std::runtime_error{scenario.file + ": no connection was tried in this run"};
  throw UsageError{fmt::format("--socket: want an end of a connection such as {}, have {}",
                               fmt::join(some, ", "), options.socket)};
}

ExitCode explain_scenario(const ExplainOptions& options) {
  const auto scenarios = load_scenarios({options.file}, options.settings);
  if (!scenarios) return ExitCode::bad_input;
  const scenario::Scenario& scenario = scenarios->front();
  std::atomic<bool> stop{false};
  Keeper keeper{stop};
  run::Simulation simulation{scenario, options.seed.value_or(scenario.seed), {&keeper}};
  replay(simulation, stop, options.file,
         "fewer connections or an earlier end would do: --set stop_at=10s");
  return explain_recording(keeper.recording(), scenario, options);
}

ExitCode explain_worst(const ExplainOptions& options) {
  if (options.seed || !options.settings.empty()) {
    throw UsageError{
        "--worst: a run of the database has its own seed and settings; want neither "
        "--seed nor --set"};
  }
  const WorstRun worst = worst_run(options.file, options.worst);
  warn_of_missing_runs(worst.store);
  std::atomic<bool> stop{false};
  Keeper keeper{stop};
  run::Simulation simulation{worst.scenario, worst.run.seed, {&keeper}};
  replay(simulation, stop, options.file,
         "fewer connections or an earlier end would do, with the scenario itself");
  compare_with_database(worst, simulation);
  const Page page{options};
  fmt::print("{}", page.bold(headline(worst)));
  fmt::print("lastack run {} --worst {}\n\n", shell_word(options.file), shell_word(options.worst));
  const bool slowest = worst.metric.starts_with("connect_time.");
  return explain_recording(keeper.recording(), worst.scenario, options,
                           slowest ? Choice::longest_connect : Choice::most_trouble);
}

ExitCode explain_file(const ExplainOptions& options) {
  colour_choice(options.colour);  // complains before anything else is done
  if (!options.worst.empty()) return explain_worst(options);
  if (is_database(options.file)) {
    const batch::Store store = open_database(options.file);
    throw UsageError{fmt::format("{}: want --worst METRIC with a database, one of {}", options.file,
                                 some_metrics(store))};
  }
  return explain_scenario(options);
}

}  // namespace

void add_explain_command(Command program, ExitCode& exit_code) {
  Command command =
      program.add_subcommand("explain", "Say why a connection ended as it did, cause by cause");
  auto options = std::make_shared<ExplainOptions>();
  command
      .add_option("FILE", options->file,
                  "Scenario file; with --worst a database made by\n`lastack sweep --db`")
      .required();
  command
      .add_option("--socket", options->socket,
                  "An end of the connection, such as client:40000\n"
                  "(default: the one with the most trouble)")
      .type_name("SOCKET");
  command
      .add_option("--worst", options->worst,
                  "Replay and explain the worst run of a sweep by this\n"
                  "metric, such as connect_time")
      .type_name("METRIC");
  add_set_option(command, options->settings);
  add_seed_option(command, options->seed, "Seed of the run, in place of the scenario's");
  add_color_option(command, options->colour);
  command.callback([options, &exit_code] { exit_code = explain_file(*options); });
  command.finish(
      "Examples:\n"
      "  lastack explain scenarios/fin_lost/first_fin_orphan_2.json\n"
      "  lastack explain S.json --socket client:40000 --seed 7\n"
      "  lastack explain S.sqlite --worst connect_time\n"
      "Each outcome comes first, with what decided it. The steps that led there follow, each\n"
      "with the setting or RFC section behind it. A step is shown once, under the first\n"
      "outcome that it led to.\n"
      "Exit code: 0 explained, 2 bad usage or input.");
}

}  // namespace lastack::cli
