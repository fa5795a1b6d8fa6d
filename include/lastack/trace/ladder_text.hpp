#pragma once

#include <memory>
#include <string>

#include "lastack/core/atomic_file.hpp"
#include "lastack/trace/event.hpp"
#include "lastack/trace/ladder.hpp"

namespace lastack::trace {

enum class Colour : std::uint8_t { none, ansi };
enum class Charset : std::uint8_t { utf8, ascii };

struct LadderTextOptions {
  int columns = 100;  ///< of the terminal; 80 to 120 look best, fewer than 60 count as 60
  Colour colour = Colour::none;
  Charset charset = Charset::utf8;
};

/// The diagram as lines of text, none wider than `columns`.
std::string to_text(const LadderSheet& sheet, const LadderTextOptions& options);

/// Writes the diagram when the run ends.
class LadderTextSink final : public Sink {
 public:
  explicit LadderTextSink(std::unique_ptr<ByteWriter> out, LadderTextOptions options = {},
                          LadderLimits limits = {});

  void begin(const Names& names) override { builder_.begin(names); }
  void event(const Event& event) override { builder_.event(event); }
  void end(SimTime at) override;  ///< throws OutputError

 private:
  std::unique_ptr<ByteWriter> out_;
  LadderTextOptions options_;
  LadderBuilder builder_;
};

}  // namespace lastack::trace
