#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lastack/core/atomic_file.hpp"
#include "lastack/event/event.hpp"

namespace lastack::trace {

/// The page of tools/pages with data in it: one HTML file that needs nothing else. `data` is a
/// JSON object; tools/pages/README.md describes it.
std::string page_with(std::string data);

/// What a page shows of a run beside its trace.
struct PageFacts {
  std::string version;       ///< of the program
  std::string command;       ///< that makes the run again
  std::string summary_json;  ///< what `lastack run --summary` writes
};

/// Writes a run's page. Unlike other sinks it is not done at the run's end: the summary belongs to
/// it, so that `finish` writes it.
class PageSink final : public Sink {
 public:
  /// Events past so many are counted, not shown: a page that opens at once holds no more.
  static constexpr std::uint64_t usual_most = 150'000;

  /// Writes to `out`, which it owns; shows the first `most_events` events.
  explicit PageSink(std::unique_ptr<ByteWriter> out, std::uint64_t most_events = usual_most);
  ~PageSink() override;

  void begin(const Names& names) override;
  void event(const Event& event) override;
  void end(SimTime at) override;

  /// Requires `end`. Throws OutputError.
  void finish(const PageFacts& facts);

 private:
  std::unique_ptr<ByteWriter> out_;
  std::uint64_t most_;
  std::uint64_t events_ = 0;
  std::string head_;   ///< what is known at the beginning, as members of a JSON object
  std::string lines_;  ///< of the trace
  std::unique_ptr<Sink> json_lines_;
  SimTime ended_ = sim_start;
};

}  // namespace lastack::trace
