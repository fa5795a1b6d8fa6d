#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "lastack/app/program.hpp"
#include "lastack/core/random_stream.hpp"
#include "lastack/core/time.hpp"
#include "lastack/event/call.hpp"
#include "lastack/tcp/output.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::app {

/// What an application waits for after a call.
enum class Pause : std::uint8_t {
  none,      ///< nothing: its next call follows at once
  socket,    ///< until TCP wakes its socket
  clock,     ///< until a time
  either,    ///< for whichever of the two comes first
  finished,  ///< it does nothing any more, and keeps its socket
  closed,    ///< it gave its socket up, and does nothing any more
};

/// What one call came to.
struct Progress {
  Pause pause = Pause::none;
  SimTime until{};                    ///< for Pause::clock and ::either
  std::optional<trace::Call> call{};  ///< to be logged
  std::variant<std::monostate, std::uint64_t, tcp::Error, tcp::Stack::Direction> result{};
  std::uint64_t bytes_read = 0;  ///< taken from the socket
  std::uint64_t bytes_sent = 0;  ///< taken over by the socket
};

/// What a connection's random choices come from: each step draws from a stream of its own, so that
/// neither other connections nor the order of events shift what it gets.
struct Chance {
  const RandomStream* app = nullptr;  ///< the application's; null where no step draws
  std::uint64_t connection = 0;       ///< which of the application's
};

/// Runs an application's steps on one connection, one call at a time, so that whoever drives it can
/// log the call and carry out what TCP did before the next.
///
/// `send` is logged when all its bytes are in the send buffer, `recv` when all bytes or EOF came. A
/// step that fails is logged with its errno, and the next one runs. Who sleeps does not read.
class StepRunner {
 public:
  /// Both `steps` and the socket must outlive the runner, but for steps that close the socket.
  StepRunner(const std::vector<Step>& steps, tcp::SocketId socket)
      : steps_{&steps},
        socket_{socket} {}

  /// The next call. Whoever got Pause::socket, ::clock or ::either comes back when that is over.
  /// `chance` is the same each time; one with a stream is required where a `sleep` is drawn.
  Progress advance(SimTime now, tcp::Stack& stack, tcp::Output& out, Chance chance = {});
  /// The step whose call is next, or is being waited for.
  std::size_t step() const { return step_; }
  /// Whether the next call is close().
  bool closes_next() const {
    return step_ < steps_->size() && std::holds_alternative<CloseStep>((*steps_)[step_]);
  }
  /// Whether the next call, or the one that waits, is send().
  bool sends_next() const {
    return step_ < steps_->size() && std::holds_alternative<SendStep>((*steps_)[step_]);
  }

 private:
  struct Context {
    SimTime now;
    tcp::Stack& stack;
    tcp::Output& out;
    Chance chance;
  };

  Progress run(const Context& c, const SendStep& step);
  Progress run(const Context& c, const RecvStep& step);
  Progress run(const Context& c, const SleepStep& step);
  Progress run(const Context& c, const UntilStep& step);
  Progress run(const Context& c, const ShutdownStep& step);
  Progress run(const Context& c, const CloseStep& step);
  Progress run(const Context& c, const AbortStep& step);
  Progress run(const Context& c, const SetOptionStep& step);
  Progress run(const Context& c, const HoldStep& step);

  void next_step();
  Progress fail(trace::Call call, tcp::Error error);

  const std::vector<Step>* steps_;
  std::size_t step_ = 0;
  std::uint64_t done_ = 0;             ///< bytes of the present step
  SimTime lingers_until_ = sim_start;  ///< when a close that waits gives up; sim_start: not yet
  tcp::SocketId socket_;
};

/// Who calls on a connection of a connector: numbered where there may be several. `index` is from
/// 0.
trace::Who who_connects(const Connector& connector, std::uint64_t index);
/// Who calls on a connection that a host's applications accepted. `number` is from 1.
trace::Who who_accepted(std::uint64_t number);

/// "read", "write", "both": what a shutdown closes.
std::string_view name_of(tcp::Stack::Direction how);

}  // namespace lastack::app
