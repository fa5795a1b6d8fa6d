#include "lastack/explain/explain.hpp"

#include <algorithm>
#include <tuple>

#include "connections.hpp"
#include "story.hpp"
#include "surroundings.hpp"

namespace lastack::explain {

namespace {

/// How much there is to explain: the greatest is chosen.
using Weight = std::tuple<bool, int, std::uint64_t, SimDuration>;

/// A forged SYN's end matters to somebody where the host that it names once had that connection.
Weight trouble(const Connections& all, const Connection& of) {
  const bool real = of.call != nullptr || !all.lives_of(of.client, of.server).empty();
  const bool unanswered = of.call != nullptr && of.result == nullptr && of.repeated > 0;
  const int cut_off = of.cut_off && real ? (of.by_limit ? 2 : 1) : 0;
  return {of.error() != tcp::Error::none || unanswered, cut_off, real ? of.repeated + of.lost : 0,
          of.accept_wait};
}

Weight connect_time(const Connection& of) {
  if (!of.connected() || of.call == nullptr) return {};
  const SimDuration took = of.result->at - of.call->at;
  return {true, 0, static_cast<std::uint64_t>(took.count()), {}};
}

/// The first of those with the greatest weight.
const Connection* choose(const Connections& all, const std::vector<const Connection*>& among,
                         Question::Choice choice) {
  const auto weight = [&](const Connection& of) {
    return choice == Question::Choice::longest_connect ? connect_time(of) : trouble(all, of);
  };
  return *std::max_element(among.begin(), among.end(),
                           [&](const auto* a, const auto* b) { return weight(*a) < weight(*b); });
}

/// The connection that the host opened itself which a forged SYN names; null where there is none.
const Connection* meant_by_forger(const Connections& all, const Connection& of) {
  if (of.call != nullptr || of.client.port == 0) return nullptr;
  for (const Connection& each : all.all()) {
    const bool same_ends = each.client == of.client && each.server == of.server;
    if (same_ends && each.call != nullptr) return &each;
  }
  return nullptr;
}

}  // namespace

std::optional<Explanation> explain(const trace::Recording& recording,
                                   const scenario::Scenario& scenario, const Question& question) {
  const Connections connections{recording};
  const Surroundings around{connections, scenario};
  std::vector<const Connection*> candidates;
  for (const Connection& each : connections.all()) {
    const bool wanted = !question.socket ||
                        recording.names().text(each.client) == *question.socket ||
                        recording.names().text(each.server) == *question.socket;
    if (wanted) candidates.push_back(&each);
  }
  if (candidates.empty()) return std::nullopt;
  Explanation explanation;
  explanation.connections = candidates.size();
  if (!question.socket || candidates.size() > all_stories) {
    const Connection* chosen = choose(connections, candidates, question.choice);
    candidates = {chosen};
    if (const Connection* theirs = meant_by_forger(connections, *chosen)) {
      candidates.insert(candidates.begin(), theirs);
    }
  }
  for (const Connection* each : candidates) {
    explanation.stories.push_back(tell(Scene{connections, around, *each}));
  }
  return explanation;
}

std::vector<std::string> some_sockets(const trace::Recording& recording, std::size_t most) {
  std::vector<std::string> names;
  const Connections connections{recording};
  for (const Connection& each : connections.all()) {
    if (names.size() == most) break;
    if (each.client.port == 0) continue;
    std::string name = recording.names().text(each.client);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace lastack::explain
