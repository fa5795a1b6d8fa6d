#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lastack::fuzz {

/// A part of what scenarios can say, of which a grammar draws.
struct AreaInfo {
  std::string_view name;     ///< for `--only`: "close"
  std::string_view meaning;  ///< what it adds to a scenario, in some words
};

/// All of them, in the order in which help lists them.
std::span<const AreaInfo> area_infos();

/// The places of these names in area_infos(), each once and in its order; none given: all. Nothing
/// where one is no area's: `unknown` then has it.
std::optional<std::vector<std::size_t>> areas_named(std::span<const std::string> names,
                                                    std::string& unknown);

}  // namespace lastack::fuzz
