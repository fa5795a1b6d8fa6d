#pragma once

#include <memory>
#include <string>

#include "lastack/core/atomic_file.hpp"
#include "lastack/trace/event.hpp"
#include "lastack/trace/ladder.hpp"

namespace lastack::trace {

/// The diagram as a sequence diagram in Mermaid's notation, which code hosting sites draw in pull
/// requests and documents. Segments that arrive after others left say when they do.
std::string to_mermaid(const LadderSheet& sheet);

/// Writes the diagram when the run ends. Mermaid is no place for long runs: so the limits are few.
class LadderMermaidSink final : public Sink {
 public:
  explicit LadderMermaidSink(std::unique_ptr<ByteWriter> out);

  void begin(const Names& names) override { builder_.begin(names); }
  void event(const Event& event) override { builder_.event(event); }
  void end(SimTime at) override;  ///< throws OutputError

 private:
  std::unique_ptr<ByteWriter> out_;
  LadderBuilder builder_;
};

}  // namespace lastack::trace
