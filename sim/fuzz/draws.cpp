#include "lastack/fuzz/draws.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "durations.hpp"
#include "grammar.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/fuzz/features.hpp"
#include "lastack/kernel/lab.hpp"
#include "lastack/scenario/load.hpp"
#include "stop_time.hpp"

namespace lastack::fuzz {

namespace {

/// Candidates of which one is taken.
constexpr int candidates = 3;
/// More segments than this say nothing that fewer would not, and cannot be compared one by one.
constexpr std::uint64_t segments_max = 250;
/// How long a draft is simulated to see when it is over.
constexpr const char* longest = "130s";

/// With tcp_notsent_lowat 0 no socket is ever writable, so that a lab, which polls for that, waits
/// for a connection for ever.
bool never_writable(const scenario::Scenario& scenario) {
  const auto& hosts = scenario.hosts;
  const auto& events = scenario.host_events;
  const auto is_zero = [](const auto& setting) {
    return setting.first == "tcp_notsent_lowat" && setting.second == "0";
  };
  return std::any_of(hosts.begin(), hosts.end(),
                     [](const auto& host) { return host.settings.tcp_notsent_lowat == 0; }) ||
         std::any_of(events.begin(), events.end(), [&](const auto& event) {
           return std::any_of(event.sysctl.begin(), event.sysctl.end(), is_zero);
         });
}

/// A scenario that can be recorded, and where it leads.
struct Candidate {
  Sentence sentence;
  std::vector<std::uint64_t> features;  ///< by hash
  std::size_t fresh = 0;                ///< of them, those that were not seen before
};

}  // namespace

class Draws::Impl {
 public:
  Impl(std::uint64_t seed, std::vector<std::size_t> areas)
      : seed_{seed},
        areas_{std::move(areas)},
        stream_{seed, "fuzz/draws"} {
    LASTACK_ASSERT(!areas_.empty());
  }

  Draft next() {
    ++number_;
    Dice dice{stream_.substream(number_)};
    Candidate best = draw(dice);
    for (int i = 1; i < candidates; ++i) {
      Candidate other = draw(dice);
      if (other.fresh > best.fresh) best = std::move(other);
    }
    seen_.insert(best.features.begin(), best.features.end());
    if (best.fresh > 0) pool_.push_back(best.sentence);
    return finish(best.sentence);
  }

  std::size_t features() const { return seen_.size(); }

 private:
  /// One that can be recorded.
  Candidate draw(Dice& dice) {
    while (true) {
      const bool anew = pool_.empty() || dice.chance(50);
      Sentence sentence = anew ? say(areas_, dice) : changed(dice);
      if (auto candidate = judge(std::move(sentence), dice)) return *std::move(candidate);
    }
  }

  Sentence changed(Dice& dice) const {
    const Sentence& first = some_of_pool(dice);
    const Sentence& second = some_of_pool(dice);
    return say_otherwise(first, second, areas_, dice);
  }

  const Sentence& some_of_pool(Dice& dice) const { return pool_[dice.place(pool_.size())]; }

  /// Nothing for a scenario that is none, or none for a lab.
  std::optional<Candidate> judge(Sentence sentence, Dice& dice) const {
    sentence.document["stop_at"] = longest;
    try {
      const auto scenario = scenario::parse_scenario(sentence.document.dump(), "");
      if (!kernel::refusals(scenario).empty() || never_writable(scenario)) return std::nullopt;
      const Shown shown = shown_by(scenario);
      const SimTime stop = stop_time(shown.times, patience(dice));
      if (!shown.whole || shown.segments == 0 || shown.segments > segments_max) return std::nullopt;
      sentence.document["stop_at"] = duration_of(
          std::chrono::duration_cast<std::chrono::milliseconds>(stop - sim_start).count());
      Candidate candidate{std::move(sentence), {}, 0};
      for (const Feature& feature : shown.features) {
        if (feature.at > stop) continue;
        candidate.features.push_back(name_hash(feature.text));
        if (!seen_.contains(candidate.features.back())) ++candidate.fresh;
      }
      return candidate;
    } catch (const scenario::ScenarioError&) {
      return std::nullopt;
    }
  }

  /// How long a run may take. Most that is worth asking happens soon; a few look at what does not.
  static SimDuration patience(Dice& dice) {
    const auto kind = dice.between(0, 99);
    if (kind < 85) return std::chrono::milliseconds{dice.between(2500, 6000)};
    if (kind < 99) return std::chrono::milliseconds{dice.between(6000, 14'000)};
    return std::chrono::milliseconds{dice.between(61'000, 66'000)};  // TIME_WAIT's end
  }

  Draft finish(const Sentence& sentence) const {
    Draft draft;
    draft.number = number_;
    draft.name = "fuzz-" + std::to_string(seed_) + "-" + std::to_string(number_);
    draft.areas = sentence.areas;
    Json document = {{"name", draft.name}};
    document.update(sentence.document);
    draft.json = document.dump(1) + "\n";
    return draft;
  }

  std::uint64_t seed_;
  std::vector<std::size_t> areas_;
  RandomStream stream_;
  std::uint64_t number_ = 0;
  std::vector<Sentence> pool_;  ///< drafts that led somewhere new
  std::set<std::uint64_t> seen_;
};

Draws::Draws(std::uint64_t seed, std::vector<std::size_t> areas)
    : impl_{std::make_unique<Impl>(seed, std::move(areas))} {}
Draws::~Draws() = default;

Draft Draws::next() { return impl_->next(); }
std::size_t Draws::features() const { return impl_->features(); }

}  // namespace lastack::fuzz
