#include "describe.hpp"

#include <array>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace lastack::run {

namespace {

struct Unit {
  std::int64_t ns;
  std::string_view name;
};
constexpr std::array<Unit, 4> duration_units{
    {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}}};

/// The largest unit of which there is at least one.
const Unit& unit_for(std::int64_t ns) {
  for (const Unit& unit : duration_units) {
    if (ns >= unit.ns) return unit;
  }
  return duration_units.front();
}

std::string ends(const trace::Names& names, trace::End from, trace::End to) {
  return names.text(from) + " > " + names.text(to);
}

/// What kind of event it is and whom it concerns.
class Describe {
 public:
  explicit Describe(const trace::Names& names) : names_{names} {}

  std::string operator()(const trace::Send& e) const {
    const bool datagram = e.protocol == trace::Protocol::datagram;
    return fmt::format("{} {} {}", e.forged ? "forge" : "send",
                       datagram ? "datagram" : e.segment.flags.text(), ends(names_, e.src, e.dst));
  }
  std::string operator()(const trace::Drop& e) const {
    return fmt::format("drop of segment {}, {}", e.id, name_of(e.reason));
  }
  std::string operator()(const trace::Delay& e) const {
    return fmt::format("delay of segment {} by {}", e.id, exact(e.by));
  }
  std::string operator()(const trace::Duplicate& e) const {
    return fmt::format("duplicate of segment {}", e.id);
  }
  std::string operator()(const trace::Receive& e) const {
    return fmt::format("segment {} arrives at {}", e.id, names_.name(e.host));
  }
  std::string operator()(const trace::StateChange& e) const {
    return fmt::format("{} {} -> {} ({})", names_.text(e.local), tcp::name_of(e.from),
                       tcp::name_of(e.to), tcp::name_of(e.why));
  }
  std::string operator()(const trace::TimerChange& e) const {
    return fmt::format("timer {} of {}", tcp::name_of(e.timer), names_.text(e.local));
  }
  std::string operator()(const trace::AppCall& e) const {
    const std::string result = text_of(e.result);
    return fmt::format("{} {}: {}{}{}", names_.name(e.host), text_of(e.who), name_of(e.call),
                       result.empty() ? "" : " -> ", result);
  }

 private:
  const trace::Names& names_;
};

}  // namespace

std::string exact(SimDuration duration) {
  const std::int64_t ns = duration.count();
  const Unit& unit = unit_for(ns);
  std::string text = std::to_string(ns / unit.ns);
  if (const std::int64_t rest = ns % unit.ns; rest != 0) {
    std::string digits = std::to_string(unit.ns + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return fmt::format("{} {}", text, unit.name);
}

std::string rounded_seconds(double seconds) {
  return rounded(SimDuration{static_cast<std::int64_t>(seconds * 1e9 + 0.5)});
}

std::string rounded(SimDuration duration) {
  constexpr double minute = 60;
  const double seconds = to_seconds(duration);
  if (seconds >= 10 * minute) {
    const auto whole = static_cast<std::int64_t>(seconds + 0.5);
    if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
    return fmt::format("{} min {} s", whole / 60, whole % 60);
  }
  const Unit& unit = unit_for(duration.count());
  const double value = static_cast<double>(duration.count()) / static_cast<double>(unit.ns);
  return fmt::format("{:.4g} {}", value, unit.name);
}

std::string describe(const trace::Event& event, const trace::Names& names) {
  return fmt::format("trace line {} at {}: {}", event.n, exact(event.at - sim_start),
                     std::visit(Describe{names}, event.what));
}

}  // namespace lastack::run
