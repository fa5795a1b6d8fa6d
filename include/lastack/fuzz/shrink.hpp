#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace lastack::fuzz {

/// Which of these scenario files still show what a case is about, in their order. They are
/// independent of each other, so whoever answers may try them side by side.
using StillShows = std::function<std::vector<bool>(const std::vector<std::string>& files)>;

struct ShrinkOptions {
  std::size_t tries = 120;  ///< files that may be tried in all
  std::size_t batch = 24;   ///< of them, at once
  double until_s = 0;       ///< what the case is about happens until then; 0: unknown
};

/// A case made small.
struct Shrunk {
  std::string json;
  std::size_t tries = 0;  ///< files that were tried
  bool smallest = false;  ///< no single part can go any more, and no number be rounder
};

/// Makes a scenario file as small as it gets while it still shows what it is about: without apps,
/// connections, steps, faults, forged segments and events that it does not take, with settings and
/// options at their defaults and round numbers (delta debugging, Zeller 2002, over the file's
/// parts). The same answers give the same file. `json` itself is taken to show it.
Shrunk shrink(const std::string& json, const StillShows& still_shows,
              const ShrinkOptions& options = {});

}  // namespace lastack::fuzz
