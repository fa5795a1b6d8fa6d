#include "run_progress.hpp"

#include <fmt/format.h>

namespace lastack::tools {

namespace {

/// Characters of a scenario's name that leave room for the rest of the line.
constexpr std::size_t name_max = 24;

std::string shortened(const std::string& name) {
  std::string text;
  std::size_t characters = 0;
  for (const char c : name) {
    const bool starts = (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;  // not amid UTF-8
    if (starts && ++characters > name_max) return text + "…";
    text += c;
  }
  return text;
}

/// 1234567 as "1 234 567".
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, " ");
  return digits;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

std::string simulated_text(SimDuration duration) {
  const double seconds = to_seconds(duration);
  return fmt::format("{:.{}f}", seconds, seconds < 10 ? 3 : 1);
}

/// Longer than this nobody waits, and the estimate is worth nothing.
constexpr double hopeless_s = 1000.0 * 3600;

}  // namespace

RunProgress::RunProgress(const scenario::Scenario& scenario)
    : name_{shortened(scenario.name)},
      stop_at_{scenario.stop_at} {
  for (const app::Connector& connector : scenario.connectors) {
    const app::Prospect one = app::prospect(connector, scenario.stop_at);
    prospect_.connections += one.connections;
    prospect_.exact = prospect_.exact && one.exact;
  }
}

std::string RunProgress::line(const run::Progress& now,
                              std::chrono::duration<double> since_start) const {
  const double seconds = since_start.count();
  const auto events = static_cast<double>(now.events.load());
  // What matters most comes first: a narrow terminal cuts the end off.
  return fmt::format("{}: {}{} of {:g} s simulated, {}{:.1f} M events/s", name_,
                     time_left(now, seconds), simulated_text(now.now.load() - sim_start),
                     to_seconds(stop_at_ - sim_start), connections(now.connects),
                     events / seconds / 1e6);
}

std::string RunProgress::connections(std::uint64_t begun) const {
  if (prospect_.connections == 0) return "";
  return fmt::format("{} of {}{} connections, ", grouped(begun), prospect_.exact ? "" : "about ",
                     grouped(prospect_.connections));
}

/// As long as connections begin, their number tells best how much is done. Afterwards only time
/// does, and a run may end before its time.
std::string RunProgress::time_left(const run::Progress& now, double since_start) const {
  const auto begun = static_cast<double>(now.connects.load());
  const auto all = static_cast<double>(prospect_.connections);
  const double simulated = to_seconds(now.now.load() - sim_start);
  if (begun > 0 && begun < all) {
    const double left = since_start * (all - begun) / begun;
    return left > hopeless_s ? "" : fmt::format("{} left, ", duration_text(left));
  }
  if (simulated <= 0) return "";
  const double left = since_start * to_seconds(stop_at_ - now.now.load()) / simulated;
  return left > hopeless_s ? "" : fmt::format("at most {} left, ", duration_text(left));
}

}  // namespace lastack::tools
