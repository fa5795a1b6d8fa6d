#pragma once

#include <cstdio>
#include <optional>

#include "lastack/run/summary.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/trace/ladder.hpp"
#include "lastack/trace/ladder_text.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// Whether the ladder diagram is printed: by default only when it fits on a screen or two.
enum class LadderChoice { when_short, always, never };

/// How a run is shown to people.
struct Look {
  std::FILE* stream = stdout;
  int columns = 80;
  Colour colour = Colour::off;
  trace::Charset charset = trace::Charset::utf8;
  LadderChoice ladder = LadderChoice::when_short;
};

/// What `lastack run` prints of one scenario.
class RunReport {
 public:
  RunReport(const scenario::Scenario& scenario, const Look& look);

  /// The sink that draws the ladder; null when none is wanted, or the run is too large for one.
  trace::Sink* ladder() { return ladder_ ? &*ladder_ : nullptr; }

  void print_head() const;                            ///< before the run: what it is
  void print_run(const run::Summary& summary) const;  ///< after it: ladder and summary
  /// Which expectations failed, and how many held; that none was judged where the run was cut
  /// short. `only_failures` leaves the rest out.
  void print_expectations(const run::Summary& summary, bool only_failures) const;

 private:
  void print_ladder() const;

  const scenario::Scenario& scenario_;
  Look look_;
  Paint paint_;
  std::optional<trace::LadderBuilder> ladder_;
};

}  // namespace lastack::cli
