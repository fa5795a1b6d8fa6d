// `lastack kernel fuzz`: scenarios by chance, on this machine's own kernel and in the simulator.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/compare/read.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/core/text.hpp"
#include "lastack/fuzz/areas.hpp"
#include "lastack/fuzz/campaign.hpp"
#include "lastack/fuzz/draws.hpp"
#include "lastack/fuzz/keep.hpp"
#include "lastack/fuzz/known.hpp"
#include "lastack/fuzz/witness.hpp"
#include "lastack/scenario/json.hpp"
#include "lastack/scenario/load.hpp"
#include "reports/fuzz_report.hpp"
#include "support/diagnostics.hpp"
#include "support/find_files.hpp"
#include "support/input_message.hpp"
#include "support/interrupt.hpp"
#include "support/live_recorder.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* recordings_end = ".trace.json";
/// Where neither --count nor --minutes is given.
constexpr std::uint64_t usual_count = 500;

struct KernelFuzzOptions {
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> count;
  double minutes = 0;  ///< 0: no limit
  unsigned jobs = 64;
  std::string only;  ///< areas, parted by commas
  std::string keep;
  std::string record;
  std::string against;
  std::vector<std::string> settings;  ///< --set KEY=VALUE, for the simulator alone

  bool other_kernel() const { return !against.empty(); }
};

/// The words between commas.
std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  std::istringstream in{list};
  for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  return words;
}

std::vector<std::size_t> areas_of(const KernelFuzzOptions& options) {
  const auto words = words_of(options.only);
  std::string unknown;
  if (auto areas = fuzz::areas_named(words, unknown)) return *std::move(areas);
  std::vector<std::string_view> names;
  for (const fuzz::AreaInfo& area : fuzz::area_infos()) names.push_back(area.name);
  throw UsageError{
      fmt::format("--only: want areas ({}), have {}", fmt::join(names, ", "), unknown)};
}

/// Tells when there are enough scenarios.
class Enough {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Enough(const KernelFuzzOptions& options) {
    if (options.minutes > 0) {
      const std::chrono::duration<double, std::ratio<60>> minutes{options.minutes};
      until_ = Clock::now() + std::chrono::round<Clock::duration>(minutes);
    } else if (options.count || !options.other_kernel()) {
      left_ = options.count.value_or(usual_count);
    }
  }

  /// Whether there were enough before the next one.
  bool operator()() {
    if (until_ && Clock::now() >= *until_) return true;
    if (!left_) return false;
    if (*left_ == 0) return true;
    --*left_;
    return false;
  }

 private:
  std::optional<Clock::time_point> until_;
  std::optional<std::uint64_t> left_;
};

/// Throws ScenarioError where --set cannot change a scenario, before any is run.
void check_settings(const KernelFuzzOptions& options) {
  if (options.settings.empty()) return;
  fuzz::Draws draws{options.seed.value_or(1), areas_of(options)};
  scenario::parse_scenario(draws.next().json, "--set", overrides_of(options.settings));
}

/// Draws scenarios.
fuzz::Supply drawn(const KernelFuzzOptions& options) {
  check_settings(options);
  auto draws = std::make_shared<fuzz::Draws>(options.seed.value_or(1), areas_of(options));
  auto enough = std::make_shared<Enough>(options);
  return [draws, enough]() -> std::optional<fuzz::Draft> {
    if ((*enough)()) return std::nullopt;
    return draws->next();
  };
}

std::string text_of_file(const std::string& path) {
  auto text = scenario::read_file(path);
  if (const auto* problem = std::get_if<scenario::FileProblem>(&text)) {
    throw scenario::ScenarioError{path, "", problem->text};
  }
  return std::get<std::string>(std::move(text));
}

/// The scenarios of a folder that have recordings beside them. Throws ScenarioError for one that
/// is none, so that nothing is compared before all can be.
fuzz::Supply recorded(const KernelFuzzOptions& options) {
  auto drafts = std::make_shared<std::vector<fuzz::Draft>>();
  std::error_code error;
  for (const std::string& file : find_files({options.against})) {
    if (file.ends_with(recordings_end)) continue;
    const fs::path path{file};
    const std::string name = path.stem().string();
    if (!fs::exists(path.parent_path() / (name + recordings_end), error)) continue;
    fuzz::Draft draft{drafts->size() + 1, name, {}, text_of_file(file)};
    scenario::parse_scenario(draft.json, file);
    drafts->push_back(std::move(draft));
  }
  if (drafts->empty()) {
    throw UsageError{fmt::format("--against: want a folder with NAME.json and NAME{}, have {}",
                                 recordings_end, options.against)};
  }
  auto enough = std::make_shared<Enough>(options);
  return [drafts, enough, next = std::size_t{0}]() mutable -> std::optional<fuzz::Draft> {
    if (next == drafts->size() || (*enough)()) return std::nullopt;
    return (*drafts)[next++];
  };
}

void check_choices(const KernelFuzzOptions& options) {
  const bool draws = options.seed || !options.only.empty() || !options.settings.empty();
  if (options.other_kernel() && draws) {
    throw UsageError{"--against: nothing is drawn, so --seed, --only and --set have no say"};
  }
  const auto same = [](const std::string& a, const std::string& b) {
    std::error_code error;
    return !a.empty() && !b.empty() && (a == b || fs::equivalent(a, b, error));
  };
  if (same(options.keep, options.record)) {
    throw UsageError{"--keep, --record: want two folders, have one twice"};
  }
  if (same(options.keep, options.against) || same(options.record, options.against)) {
    throw UsageError{"--against: want a folder of its own, have one that is written"};
  }
}

void make_output_folder(const std::string& folder) {
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw OutputError{folder, error.message()};
}

fuzz::CampaignOptions campaign_of(const KernelFuzzOptions& options) {
  fuzz::CampaignOptions campaign;
  campaign.side_by_side = options.jobs;
  if (options.other_kernel()) campaign.shrunk_of_kind = 0;  // the other kernel is not here to ask
  if (!options.keep.empty()) {
    campaign.found = [folder = options.keep](const fuzz::Found& found) {
      fuzz::keep(folder, found.name, fuzz::described(found), found.recordings);
    };
  }
  if (!options.record.empty()) {
    campaign.judged = [folder = options.record](const fuzz::Draft& draft,
                                                const fuzz::Verdict& verdict) {
      fuzz::keep(folder, draft.name, draft.json, fuzz::joined(verdict.recordings));
    };
  }
  return campaign;
}

fuzz::JudgeOptions judging(const KernelFuzzOptions& options) {
  fuzz::JudgeOptions judging;
  if (options.other_kernel()) judging.sides = {"this kernel", "the recorded one"};
  return judging;
}

void print_not_judged(const fuzz::Tally& tally) {
  if (tally.not_judged == 0) return;
  diagnostics::warn("kernel fuzz: {} could not be recorded and {} not counted",
                    counted(tally.not_judged, "scenario"), tally.not_judged == 1 ? "is" : "are");
  for (const std::string& why : tally.not_judged_why) diagnostics::warn("{}", printable(why));
}

ExitCode fuzz_kernel(const KernelFuzzOptions& options, const fuzz::Supply& supply) {
  const std::atomic<bool>& stop = catch_interrupts();
  make_output_folder(options.keep);
  make_output_folder(options.record);
  const auto witness = fuzz::kernel_witness(options.jobs);
  const auto model = options.other_kernel() ? fuzz::recordings_model(options.against)
                                            : fuzz::simulator_model(overrides_of(options.settings));
  const fuzz::Judge judge{*witness, *model, judging(options)};
  fuzz::CampaignProgress progress;
  fuzz::Tally tally;
  {
    const ProgressLine line{[&](std::chrono::duration<double> since_start) {
      return fmt::format("{} scenarios, {} differ, {} under way, {} being shrunk, {:.0f} s",
                         progress.judged.load(), progress.differ.load(), progress.under_way.load(),
                         progress.shrinking.load(), since_start.count());
    }};
    tally = fuzz::run_campaign(supply, judge, campaign_of(options), stop, progress);
  }
  const auto known =
      options.other_kernel() ? std::span<const fuzz::KnownKind>{} : fuzz::known_kinds();
  fmt::print("{}", kinds_text(tally, known, Paint{colour_for(stdout, ColourChoice::automatic)}));
  print_not_judged(tally);
  fmt::print("{}\n", fuzz::last_line(tally));
  if (stop) return ExitCode::interrupted;
  if (tally.scenarios() == 0 && tally.not_judged > 0) return ExitCode::bad_input;
  return fuzz::all_known(tally, known) ? ExitCode::success : ExitCode::expectation_failed;
}

ExitCode kernel_fuzz(const KernelFuzzOptions& options) {
  check_choices(options);
  try {
    const fuzz::Supply supply = options.other_kernel() ? recorded(options) : drawn(options);
    if (!can_record_live("kernel fuzz")) return ExitCode::bad_input;
    return fuzz_kernel(options, supply);
  } catch (const compare::InputError& error) {
    diagnostics::error("{}", message_with_line(error));
  } catch (const scenario::ScenarioError& error) {
    diagnostics::error("{}", error.what());
  }
  return ExitCode::bad_input;
}

std::string area_list() {
  std::string text = "Areas:\n";
  for (const fuzz::AreaInfo& area : fuzz::area_infos()) {
    text += fmt::format("  {:<11}{}\n", area.name, area.meaning);
  }
  return text;
}

void add_choices(Command command, KernelFuzzOptions& options) {
  add_seed_option(command, options.seed, "Draw the scenarios of this seed (default 1)");
  const Option count =
      command.add_option("--count", options.count, "Draw so many scenarios (default 500)")
          .type_name("N");
  command
      .add_option("--minutes", options.minutes,
                  "Draw for so long; what is being shrunk then is finished")
      .range(0.01, 100'000.0)
      .excludes(count)
      .type_name("M");
  command.add_option("-j,--jobs", options.jobs, "Scenarios at once (default 64: they mostly sleep)")
      .range(1, 256)
      .type_name("N");
  command.add_option("--only", options.only, "Only what is in these areas, parted by commas")
      .type_name("AREA,...");
  command
      .add_option("--keep", options.keep,
                  "Write what differs into DIR: NAME.json, shrunk, and\n"
                  "NAME.trace.json, what the kernel did")
      .type_name("DIR");
  command
      .add_option("--record", options.record,
                  "Write every scenario into DIR likewise, as drawn: what\n"
                  "--against takes on another kernel")
      .type_name("DIR");
}

}  // namespace

void add_kernel_fuzz_command(Command kernel, ExitCode& exit_code) {
  Command command = kernel.add_subcommand(
      "fuzz", "Draw scenarios by chance, and find where Lastack departs from this kernel");
  auto options = std::make_shared<KernelFuzzOptions>();
  add_choices(command, *options);
  command
      .add_option("--against", options->against,
                  "Compare with another kernel instead of with Lastack: run\n"
                  "each NAME.json in DIR that has a NAME.trace.json")
      .type_name("DIR");
  command
      .add_option("--set", options->settings,
                  "Change a value for the simulator alone, to see what would\n"
                  "be found if it were wrong")
      .repeatable()
      .type_name("KEY=VALUE");
  command.callback([options, &exit_code] { exit_code = kernel_fuzz(*options); });
  command.finish(
      "Examples:\n"
      "  lastack kernel fuzz --count 2000 --keep found\n"
      "  lastack kernel fuzz --seed 7 --minutes 10 --only close,forged\n"
      "  lastack kernel check found --recordings found -v     look at what differed\n"
      "  lastack kernel fuzz --count 500 --record linux-6     on one kernel, then on another:\n"
      "  lastack kernel fuzz --against linux-6 --keep changed\n" +
      area_list() +
      "The same seed draws the same scenarios. What differs is recorded again until it is known\n"
      "to be steady, made as small as it gets and grouped by its first divergence. Scenarios\n"
      "run in real time (`lastack kernel run --help` says what that needs).\n"
      "Exit code: 0 nothing differs that is not known (sim/tcp/LINUX.md says why), 1 something\n"
      "does, 2 bad usage, input or no rights.");
}

}  // namespace lastack::cli
