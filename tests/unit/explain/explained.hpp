#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../run/story.hpp"
#include "lastack/explain/explain.hpp"

namespace lastack::explain {

/// What is explained of a scenario's run: client and server, 10 ms apart, exact timers of
/// `textbook`.
class Explained {
 public:
  explicit Explained(std::string_view json, const Question& question = {})
      : story_{json},
        explanation_{explain(story_.recording(), test::usual_scenario(json), question)} {}

  const std::optional<Explanation>& explanation() const { return explanation_; }
  const Story& story(std::size_t index = 0) const { return explanation_->stories.at(index); }

  /// The chain whose outcome begins so. Fails the test where there is none.
  const Chain& chain(std::string_view outcome) const {
    for (const Story& story : explanation_->stories) {
      for (const Chain& chain : story.chains) {
        if (chain.outcome.starts_with(outcome)) return chain;
      }
    }
    throw std::runtime_error{"no outcome begins with " + std::string{outcome} + "; explained is\n" +
                             text()};
  }

  /// Everything, to search in.
  std::string text() const {
    std::string text;
    for (const Story& story : explanation_->stories) {
      text += story.connection + "\n";
      for (const Chain& chain : story.chains) {
        text += chain.outcome + " " + chain.why + " [" + chain.rule + "]\n";
        for (const Step& step : chain.steps) text += line(step);
      }
      for (const Step& step : story.besides) text += "besides: " + line(step);
    }
    return text;
  }

 private:
  static std::string line(const Step& step) {
    return how_long(step.at - sim_start) + ": " + step.text + " [" + step.rule + "]\n";
  }

  test::Story story_;
  std::optional<Explanation> explanation_;
};

/// "100 ms: …", each step of a chain by its time alone.
inline std::string times_of(const Chain& chain) {
  std::string text;
  for (const Step& step : chain.steps) {
    text += (text.empty() ? "" : ", ") + how_long(step.at - sim_start);
  }
  return text;
}

/// An application that accepts, waits for the end and closes; and one that connects.
inline const std::string listens =
    R"({"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]})";

/// An old SYN comes before the client's own. Linux answers that one with an ACK for the old.
inline const std::string forged_syn_first =
    R"("profile": "linux-6", "timer_wheel": false,
    "inject": [{"at": "5ms", "from": "client", "to": "server", "sport": 40000, "dport": 80,
                "flags": "S", "seq": 90}],
    "apps": [)" +
    listens + R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                    "steps": [{"until": "500ms"}, {"close": true}]}])";

}  // namespace lastack::explain
