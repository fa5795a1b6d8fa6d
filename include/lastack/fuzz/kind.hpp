#pragma once

#include <string>

#include "lastack/compare/comparison.hpp"
#include "lastack/compare/history.hpp"

namespace lastack::fuzz {

/// What the two sides of a comparison are called.
struct Sides {
  std::string left = "kernel";
  std::string right = "lastack";
};

/// What kind of difference a comparison's first one is: its aspect, whose end it is and in which
/// state, and what each side did, without numbers. Cases of one kind most likely have one cause:
///
///     segments: opener in FIN_WAIT_1: kernel F.; lastack nothing
///
/// The state is the right history's. Requires a comparison that does not agree.
std::string kind_of(const compare::Comparison& comparison, const compare::History& left,
                    const compare::History& right, const Sides& sides = {});

}  // namespace lastack::fuzz
