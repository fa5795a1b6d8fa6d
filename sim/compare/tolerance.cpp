#include "lastack/compare/tolerance.hpp"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "lastack/scenario/duration.hpp"

namespace lastack::compare {

namespace {

constexpr Seconds for_segments{0.010};
constexpr Seconds for_calls{0.04};

}  // namespace

Seconds wheel_step(Seconds length) {
  constexpr std::array<std::pair<Seconds, Seconds>, 3> levels{{{Seconds{0.26}, Seconds{0.004}},
                                                               {Seconds{2.1}, Seconds{0.032}},
                                                               {Seconds{16.5}, Seconds{0.256}}}};
  constexpr Seconds coarsest{2.048};
  for (const auto& [below, step] : levels) {
    if (length < below) return step;
  }
  return coarsest;
}

Tolerance Tolerance::fixed(SimDuration allowed) {
  Tolerance tolerance;
  tolerance.fixed_ = std::chrono::duration_cast<Seconds>(allowed);
  return tolerance;
}

std::optional<Tolerance> Tolerance::parse(std::string_view text) {
  const scenario::Parsed<SimDuration> allowed = scenario::parse_duration(text);
  if (const auto* duration = std::get_if<SimDuration>(&allowed)) return fixed(*duration);
  return std::nullopt;
}

Seconds Tolerance::for_segment(Seconds gap) const {
  return fixed_ ? *fixed_ : for_segments + wheel_step(gap);
}

Seconds Tolerance::for_call(Seconds gap) const {
  return fixed_ ? *fixed_ : for_calls + wheel_step(gap);
}

std::string Tolerance::text() const {
  if (fixed_) return duration_text(*fixed_);
  return "10 ms (calls 40 ms) and a step of the kernel's timer wheel (4 ms to 2 s, by the wait)";
}

std::string duration_text(Seconds duration) {
  const double seconds = duration.count();
  if (std::abs(seconds) < 0.0005) return fmt::format("{:g} ms", std::round(seconds * 1e6) / 1e3);
  if (std::abs(seconds) < 0.9995) return fmt::format("{:g} ms", std::round(seconds * 1e4) / 10);
  return fmt::format("{:.3f} s", seconds);
}

}  // namespace lastack::compare
