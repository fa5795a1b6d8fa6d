#include "lastack/trace/sinks.hpp"

#include <array>
#include <filesystem>
#include <utility>

#include "lastack/core/assert.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/trace/jsonl.hpp"
#include "lastack/trace/ladder_mermaid.hpp"
#include "lastack/trace/ladder_svg.hpp"
#include "lastack/trace/ladder_text.hpp"
#include "lastack/trace/pcapng.hpp"

namespace lastack::trace {

namespace {

constexpr std::array<std::pair<std::string_view, Format>, 6> formats{{
    {".jsonl", Format::json_lines},
    {".pcapng", Format::pcapng},
    {".txt", Format::ladder},
    {".svg", Format::ladder_svg},
    {".mmd", Format::ladder_mermaid},
    {".html", Format::page},
}};

/// A file may be long: it holds all that anyone might search in it.
constexpr LadderLimits file_limits{
    .ladders = 1000, .first_steps = 100'000, .last_steps = 10'000, .loose_calls = 1000};
/// A picture is looked at as a whole.
constexpr LadderLimits picture_limits{
    .ladders = 50, .first_steps = 2000, .last_steps = 500, .loose_calls = 100};

}  // namespace

std::string_view known_endings() { return ".jsonl, .pcapng, .txt, .svg, .mmd, .html"; }

Format format_of(const std::string& path) {
  for (const auto& [ending, format] : formats) {
    if (path.ends_with(ending)) return format;
  }
  if (is_special_file(path)) {
    return Format::json_lines;
  }
  const std::string ending = std::filesystem::path{path}.extension().string();
  throw OutputError{path, "want a file whose ending is one of " + std::string{known_endings()} +
                              ", have " + (ending.empty() ? "none" : ending)};
}

std::unique_ptr<Sink> make_sink(const std::string& path) {
  const Format format = format_of(path);
  auto file = std::make_unique<AtomicFile>(path);
  switch (format) {
    case Format::json_lines: return std::make_unique<JsonLinesSink>(std::move(file));
    case Format::pcapng: return std::make_unique<PcapngSink>(std::move(file));
    case Format::ladder:
      return std::make_unique<LadderTextSink>(std::move(file), LadderTextOptions{}, file_limits);
    case Format::ladder_svg:
      return std::make_unique<LadderSvgSink>(std::move(file), picture_limits);
    case Format::ladder_mermaid: return std::make_unique<LadderMermaidSink>(std::move(file));
    case Format::page: break;
  }
  LASTACK_ASSERT(format != Format::page);
  return nullptr;
}

}  // namespace lastack::trace
