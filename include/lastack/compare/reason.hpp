#pragma once

#include <string_view>

#include "lastack/compare/comparison.hpp"

namespace lastack::compare {

/// What sort of parting a first divergence is, by its look. The first four are races of a real
/// machine as a rule: there both sides may be right. The others are a rule that somebody has wrong.
enum class Reason {
  same_instant,  ///< both sides send the same segments within some milliseconds, in another order
  burst,         ///< an ACK more or less, or of more or less: how much was in when it went
  cut,           ///< the same text in other pieces: how much was written, or fitted, when it went
  timer_step,    ///< the same segment, a step of the timer wheel apart
  timer,         ///< the same segment, at quite another time
  reset,         ///< an RST with another number, or instead of something else
  silence,       ///< one side sends nothing more
  states,        ///< a socket's state
  calls,         ///< what an application was told
  other,         ///< another segment, or other options
};

/// "same-instant" and so on.
std::string_view name_of(Reason reason);
/// What it means, in a few words.
std::string_view meaning_of(Reason reason);
/// Whether it is a race of a real machine, as a rule.
bool is_race(Reason reason);

/// The reason of a difference between these two. A guess from the segments alone.
Reason reason_of(const Difference& first, const History& left, const History& right);

}  // namespace lastack::compare
