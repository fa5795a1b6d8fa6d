#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lastack/core/atomic_file.hpp"
#include "lastack/event/event.hpp"

namespace lastack::trace {

/// The trace as JSON Lines: one object a line, in the order of events. Each has `n`, `cause` where
/// another event caused it, `t_ns` and `ev`, then what its kind of event has. A datagram is a
/// `send` with `"proto":"udp"`, no flags, and its number in the flow as `seq`.
class JsonLinesSink final : public Sink {
 public:
  /// Whether a `drop` says in `node` where it happened. A trace does not; a page needs it.
  enum class DropNode : std::uint8_t { left_out, named };

  /// Writes to `out`, which it owns.
  explicit JsonLinesSink(std::unique_ptr<ByteWriter> out, DropNode drop_node = DropNode::left_out);
  ~JsonLinesSink() override;

  void begin(const Names& names) override;
  void event(const Event& event) override;  ///< throws OutputError
  void end(SimTime at) override;            ///< commits the file; throws OutputError

 private:
  class Line;

  /// A host's name, escaped.
  struct Name {
    std::array<char, 24> start{};  ///< its first bytes, or all and zeros
    std::size_t size = 0;
    std::string all;
  };
  /// A time in decimal.
  struct Digits {
    SimTime of = sim_start;
    std::array<char, 20> text{};
    std::size_t size = 0;  ///< 0: not written yet
  };

  std::unique_ptr<ByteWriter> out_;
  DropNode drop_node_;
  std::vector<Name> hosts_;  ///< by HostId
  Digits time_;              ///< of the last event
  std::string buffer_;
  std::size_t used_ = 0;
};

}  // namespace lastack::trace
