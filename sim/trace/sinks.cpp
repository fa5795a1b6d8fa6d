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
/// Mermaid is no place for long runs.
constexpr LadderLimits mermaid_limits{
    .ladders = 4, .first_steps = 80, .last_steps = 40, .loose_calls = 20};

using DrawLadders = std::string (*)(const LadderSheet&);

/// Draws the run's ladders when it ends.
class LadderSink final : public Sink {
 public:
  LadderSink(std::unique_ptr<ByteWriter> out, LadderLimits limits, DrawLadders draw)
      : out_{std::move(out)},
        builder_{limits},
        draw_{draw} {}

  void begin(const Names& names) override { builder_.begin(names); }
  void event(const Event& event) override { builder_.event(event); }
  void end(SimTime at) override {
    builder_.end(at);
    out_->write(draw_(builder_.sheet()));
    out_->commit();
  }

 private:
  std::unique_ptr<ByteWriter> out_;
  LadderBuilder builder_;
  DrawLadders draw_;
};

std::string to_plain_text(const LadderSheet& sheet) { return to_text(sheet, {}); }

}  // namespace

std::string_view known_endings() { return ".jsonl, .pcapng, .txt, .svg, .mmd, .html"; }

Format format_of(const std::string& path) {
  for (const auto& [ending, format] : formats) {
    if (path.ends_with(ending)) return format;
  }
  if (is_special_file(path)) return Format::json_lines;
  const std::string ending = std::filesystem::path{path}.extension().string();
  throw OutputError{path, "want a file whose ending is one of " + std::string{known_endings()} +
                              ", have " + (ending.empty() ? "none" : ending)};
}

namespace {

std::unique_ptr<Sink> sink_into(std::unique_ptr<ByteWriter> file, Format format) {
  switch (format) {
    case Format::json_lines: return std::make_unique<JsonLinesSink>(std::move(file));
    case Format::pcapng: return std::make_unique<PcapngSink>(std::move(file));
    case Format::ladder:
      return std::make_unique<LadderSink>(std::move(file), file_limits, to_plain_text);
    case Format::ladder_svg:
      return std::make_unique<LadderSink>(std::move(file), picture_limits, to_svg);
    case Format::ladder_mermaid:
      return std::make_unique<LadderSink>(std::move(file), mermaid_limits, to_mermaid);
    case Format::page: break;
  }
  LASTACK_ASSERT(format != Format::page);
  return nullptr;
}

}  // namespace

std::unique_ptr<Sink> make_sink(const std::string& path) {
  const Format format = format_of(path);
  return sink_into(std::make_unique<AtomicFile>(path), format);
}

std::unique_ptr<Sink> make_sink(const std::string& path, FileSet& files) {
  const Format format = format_of(path);
  return sink_into(files.add(path), format);
}

}  // namespace lastack::trace
