#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/compare/history.hpp"
#include "lastack/compare/tolerance.hpp"

namespace lastack::compare {

/// In what two histories can differ. The first five decide whether they agree; the last two are
/// counted apart.
enum class Aspect {
  segments,  ///< what each host sent, in order: flags, numbers, length, fate
  timing,    ///< when it sent them
  options,   ///< MSS, window scale, SACK-permitted and timestamps of SYN segments
  states,    ///< the state of each socket
  calls,     ///< what applications called, when, and what came of it
  win,       ///< windows
  sack,      ///< SACK blocks
};
inline constexpr std::size_t aspect_count = 7;
inline constexpr std::array verdict_aspects{Aspect::segments, Aspect::timing, Aspect::options,
                                            Aspect::states, Aspect::calls};
inline constexpr std::array apart_aspects{Aspect::win, Aspect::sack};

/// "segments" and so on.
std::string_view name_of(Aspect aspect);

/// One thing in which two histories, left and right, differ.
struct Difference {
  Aspect aspect{};
  std::string host;
  std::string where;  ///< short: "client #3", "server:80 at 3.05 s", "client connect"
  std::string what;   ///< in plain words: "client's 3rd segment comes at another time"
  std::string left;   ///< what is there: "S 0 at 1.037 s", "nothing more"
  std::string right;
  std::string note;  ///< what more there is to say, such as what would be allowed; may be empty
  std::optional<Seconds> left_at;  ///< nothing: it is not there
  std::optional<Seconds> right_at;
  /// Which of the history's segments, socket_states() or calls it is; nothing: none of them.
  std::optional<std::size_t> left_row;
  std::optional<std::size_t> right_row;

  /// When the histories part: the earlier of both.
  Seconds at() const;
};

/// "client #3: kernel S 0 at 1.037 s; lastack nothing more".
std::string to_text(const Difference& difference, std::string_view left, std::string_view right);

/// What of one host was alike, and what could not be held against anything.
struct Agreement {
  std::size_t segments = 0;  ///< the same on both sides, in their order
  std::size_t states = 0;    ///< of its sockets
  std::size_t calls = 0;     ///< of its applications
  /// Segments after the first that is another, which are not compared.
  std::size_t left_rest = 0;
  std::size_t right_rest = 0;
};

/// How two histories differ, by aspect, each in the order of hosts or sockets and time.
class Comparison {
 public:
  using Verdict = std::array<bool, verdict_aspects.size()>;

  /// Adds a difference to its aspect, after those that it has.
  void add(Difference difference);

  /// What was alike, to be counted by whoever compares.
  Agreement& agreement(const std::string& host) { return agreements_[host]; }
  /// The same of every host, in the order of their names.
  const std::map<std::string, Agreement>& agreements() const { return agreements_; }

  /// The differences in one aspect.
  const std::vector<Difference>& of(Aspect aspect) const {
    return differences_[static_cast<std::size_t>(aspect)];
  }
  /// Which of `verdict_aspects` differ.
  Verdict verdict() const;
  /// Whether no aspect that counts differs.
  bool agrees() const { return verdict() == Verdict{}; }
  /// The earliest difference of those that count; null if they agree.
  const Difference* first() const;

  /// Asserts what is always true of the differences between these two: each stands with its aspect,
  /// is told of a row that is there, and says what it is.
  void check_invariants(const History& left, const History& right) const;

 private:
  std::array<std::vector<Difference>, aspect_count> differences_;
  std::map<std::string, Agreement> agreements_;  ///< by host
};

/// Whether the right comparison is worse: the earlier an aspect stands in `verdict_aspects`, the
/// more it weighs.
bool nearer(const Comparison& left, const Comparison& right);

/// Compares two histories of the same scenario. The rules are in sim/compare/README.md.
Comparison compare(const History& left, const History& right,
                   const Tolerance& tolerance = Tolerance::of_kernel_timers());

}  // namespace lastack::compare
