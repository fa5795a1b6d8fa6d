#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "lastack/app/program.hpp"
#include "lastack/core/random_stream.hpp"
#include "lastack/core/time.hpp"
#include "lastack/tcp/output.hpp"

namespace lastack::run {

/// Somebody who may go on, and because of what.
struct Wake {
  app::HostIndex host;
  std::variant<tcp::SocketId, tcp::ListenerId> whom;
  std::uint64_t cause;  ///< number of the trace event; 0 for none
};

/// Who may go on in this instant, in the order in which they were woken, and when their turn is.
///
/// As a rule it is when all events of the instant are over. Where timers are real, those of one
/// tick send right after each other, and an instant is long enough for all of them: no thread wakes
/// faster. How soon one does varies: now and then it is after a few more segments.
class Woken {
 public:
  /// Whether the last cause of each socket is kept: only a trace asks for it.
  enum class Causes : std::uint8_t { forgotten, kept };

  Woken(std::size_t hosts, Causes causes);
  /// On this host turns come by chance, drawn from `turns`.
  void take_turns(app::HostIndex host, RandomStream turns) { hosts_[host].turns = turns; }

  void add(const Wake& wake, SimTime now);

  bool empty() const { return wakes_.empty(); }
  /// Events up to here go before those who were woken. Requires that somebody was.
  SimTime turn() const { return behind_ < behind_max ? turn_ : woken_at_; }
  /// Whether their turn is now, though the instant may have more events.
  bool impatient() const { return patience_ == 0; }
  /// One more event, `at` this time, goes before them.
  void let_pass(SimTime at) {
    if (patience_ != unlimited) --patience_;
    if (at > woken_at_) ++behind_;
  }

  /// Their turn is over when all of them, and those whom they woke, have gone on: calls `go_on`
  /// for each, which may add more.
  template <typename GoOn> void run(GoOn go_on) {
    for (std::size_t i = 0; i < wakes_.size(); ++i) {
      const Wake wake = wakes_[i];
      go_on(wake);
    }
    clear();
  }

  /// What woke the socket in this instant after `first` did; 0 for nothing.
  std::uint64_t last_cause(app::HostIndex host, tcp::SocketId socket, std::uint64_t first) const;

 private:
  struct Host {
    /// Whose turn is first, a woken application's or the next segment's; none: the segment's.
    std::optional<RandomStream> turns;
    std::vector<std::uint64_t> last_causes;  ///< by socket, where kept; 0 for none
  };

  void note_last_cause(const Wake& wake);
  void clear();

  /// Segments that come in while a thread wakes up; more would take longer than that.
  static constexpr std::uint32_t behind_max = 32;
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  Causes causes_;
  std::vector<Host> hosts_;
  std::vector<Wake> wakes_;
  SimTime woken_at_ = sim_start;  ///< the first of them
  SimTime turn_ = sim_start;
  std::uint32_t behind_ = 0;  ///< events later than that which went before them
  /// How many more events of this instant they let pass; as a rule all.
  std::uint64_t patience_ = unlimited;
};

}  // namespace lastack::run
