#include "reports/run_progress.hpp"

#include <fmt/format.h>

#include "support/numbers.hpp"

namespace lastack::cli {

namespace {

std::string simulated_text(SimDuration duration) {
  const double seconds = to_seconds(duration);
  return fmt::format("{:.{}f}", seconds, seconds < 10 ? 3 : 1);
}

/// Longer than this nobody waits, and the estimate is worth nothing.
constexpr double hopeless_s = 1000.0 * 3600;

}  // namespace

RunProgress::RunProgress(const scenario::Scenario& scenario)
    : stop_at_{scenario.stop_at},
      prospect_{app::prospect(scenario.connectors, scenario.stop_at)} {}

std::string RunProgress::line(const run::Progress& now,
                              std::chrono::duration<double> since_start) const {
  const double seconds = since_start.count();
  const auto events = static_cast<double>(now.events.load());
  // What matters most comes first: a narrow terminal cuts the end off.
  return fmt::format("{}{} of {:g} s simulated, {}{:.1f} M events/s", time_left(now, seconds),
                     simulated_text(now.now.load() - sim_start), to_seconds(stop_at_ - sim_start),
                     connections(now.connects), events / seconds / 1e6);
}

std::string RunProgress::connections(std::uint64_t begun) const {
  if (prospect_.connections == 0) return "";
  return fmt::format("{} of {}{} connections, ", rough(begun), prospect_.exact ? "" : "about ",
                     rough(prospect_.connections));
}

/// As long as connections begin, their number shows best how much is done. Afterwards only time
/// does, and a run may end before its time.
std::string RunProgress::time_left(const run::Progress& now, double since_start) const {
  const auto begun = static_cast<double>(now.connects.load());
  const auto all = static_cast<double>(prospect_.connections);
  const double simulated = to_seconds(now.now.load() - sim_start);
  if (begun > 0 && begun < all) {
    const double left = since_start * (all - begun) / begun;
    return left > hopeless_s ? "" : fmt::format("{} left: ", duration_text(left));
  }
  if (simulated <= 0) return "";
  const double left = since_start * to_seconds(stop_at_ - now.now.load()) / simulated;
  return left > hopeless_s ? "" : fmt::format("at most {} left: ", duration_text(left));
}

}  // namespace lastack::cli
