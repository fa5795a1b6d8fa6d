#pragma once

#include <memory>
#include <string>

#include "lastack/core/atomic_file.hpp"
#include "lastack/trace/event.hpp"
#include "lastack/trace/ladder.hpp"

namespace lastack::trace {

/// The diagram as a stand-alone SVG picture for papers and slides: slanted segments, lost ones end
/// in a cross where they died, the ends' states beside their lines. It follows the reader's light
/// or dark theme; nothing is told by colour alone.
std::string to_svg(const LadderSheet& sheet);

/// Writes the picture when the run ends.
class LadderSvgSink final : public Sink {
 public:
  explicit LadderSvgSink(std::unique_ptr<ByteWriter> out, LadderLimits limits = {});

  void begin(const Names& names) override { builder_.begin(names); }
  void event(const Event& event) override { builder_.event(event); }
  void end(SimTime at) override;  ///< throws OutputError

 private:
  std::unique_ptr<ByteWriter> out_;
  LadderBuilder builder_;
};

}  // namespace lastack::trace
