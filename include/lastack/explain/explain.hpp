#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/event/recording.hpp"
#include "lastack/scenario/scenario.hpp"

// Why a connection ended as it did: the trace's causes, followed from an outcome back to what
// nothing caused, and written as sentences, each with the rule behind it.

namespace lastack::explain {

/// Something that happened, because of the step before.
struct Step {
  SimTime at;
  std::string text;  ///< a sentence
  std::string rule;  ///< behind it: "tcp_orphan_retries = 2; RFC 6298, 5.4 to 5.6"; may be empty
};

/// How something ended, and the steps that led there. Those that an earlier chain of the same
/// story has shown already are left out.
struct Chain {
  SimTime at;
  std::string outcome;  ///< a sentence: "connect() of client failed with ETIMEDOUT after 31 s."
  std::string why;      ///< sentences: what decided it; empty where the steps say it all
  std::string rule;     ///< the setting or section that decided it
  std::vector<Step> steps;
};

/// What became of one connection.
struct Story {
  std::string connection;     ///< "client:40000 > server:80", the end that connects first
  std::vector<Chain> chains;  ///< by time: connect's result, then what became of either end
  /// Losses, forged segments and the like that led to none of the outcomes; the first few.
  std::vector<Step> besides;
  std::size_t more_besides = 0;  ///< how many are not among them
};

/// What is to be explained.
struct Question {
  enum class Choice {
    /// A connect that failed or had no answer yet though its SYN was repeated, then an end that was
    /// cut off, by a limit of its host first, then the most segments lost and repeated, then the
    /// longest wait for accept.
    most_trouble,
    longest_connect  ///< of those that succeeded
  };
  std::optional<std::string> socket;  ///< an end of it, such as "client:40000"
  Choice choice = Choice::most_trouble;
};

struct Explanation {
  std::vector<Story> stories;   ///< in order; several where one socket had a few connections
  std::size_t connections = 0;  ///< how many there were to choose from
};

/// Up to so many connections of one socket are all explained; of more, the one that `choice` names.
inline constexpr std::size_t all_stories = 5;

/// Nothing where no connection was tried, or none that has this socket. The recording is that of a
/// whole run of the scenario.
std::optional<Explanation> explain(const trace::Recording& recording,
                                   const scenario::Scenario& scenario, const Question& question);

/// "7.1 s", "10 ms", "0.25 ms": as the sentences say how long something took.
std::string how_long(SimDuration duration);

/// The first sockets that connected, for messages: "client:40000".
std::vector<std::string> some_sockets(const trace::Recording& recording, std::size_t most);

}  // namespace lastack::explain
