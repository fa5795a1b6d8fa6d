#include "lastack/fuzz/shrink.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "durations.hpp"
#include "json.hpp"
#include "lastack/core/assert.hpp"
#include "reductions.hpp"

namespace lastack::fuzz {

namespace {

/// How long after what a case is about a run goes on: a step of the timer wheel below 16 s, and
/// twice as much. Every try takes so much longer, in real time.
constexpr std::int64_t afterwards_ms = 800;

std::string text_of(const Json& document) { return document.dump(1) + "\n"; }

class Shrinker {
 public:
  Shrinker(const std::string& json, const StillShows& still_shows, const ShrinkOptions& options)
      : document_(Json::parse(json)),
        still_shows_{still_shows},
        options_{options} {
    known_.insert(text_of(document_));
  }

  Shrunk run() {
    stop_sooner();
    bool smaller = true;
    while (smaller && tries_ < options_.tries) {
      while (pass(omissions(document_)) && tries_ < options_.tries) {
      }
      smaller = pass(roundings(document_));
    }
    return {text_of(document_), tries_, !smaller && tries_ < options_.tries};
  }

 private:
  /// Without the time after what it is about, every further try takes less.
  void stop_sooner() {
    if (options_.until_s <= 0 || !document_.contains("stop_at")) return;
    const auto until = static_cast<std::int64_t>(options_.until_s * 1000) + afterwards_ms;
    const auto stop = milliseconds_of(document_["stop_at"]);
    constexpr std::int64_t unit = 100;
    const std::int64_t rounded = (until + unit - 1) / unit * unit;
    if (!stop || *stop <= rounded) return;
    Json sooner = document_;
    sooner["stop_at"] = duration_of(rounded);
    if (try_all({sooner}).front()) document_ = std::move(sooner);
  }

  /// Tries all of these and makes as many as go together. False: none goes.
  bool pass(const std::vector<Reduction>& reductions) {
    std::vector<Reduction> going;
    for (std::size_t first = 0; first < reductions.size(); first += options_.batch) {
      const std::size_t last = std::min(first + options_.batch, reductions.size());
      const std::vector<Reduction> some(reductions.begin() + static_cast<std::ptrdiff_t>(first),
                                        reductions.begin() + static_cast<std::ptrdiff_t>(last));
      std::vector<Json> candidates;
      for (const Reduction& each : some) candidates.push_back(reduced(document_, {each}));
      const std::vector<bool> shows = try_all(candidates);
      for (std::size_t i = 0; i < some.size(); ++i) {
        if (shows[i]) going.push_back(some[i]);
      }
      // What takes much away comes first, and makes the rest another list.
      if (!going.empty()) break;
    }
    return make(going);
  }

  /// Makes the first so many that go together: all, a half, a quarter … or one.
  bool make(const std::vector<Reduction>& going) {
    if (going.empty()) return false;
    std::vector<Json> candidates;
    for (std::size_t count = going.size(); count > 1; count /= 2) {
      candidates.push_back(
          reduced(document_, {going.begin(), going.begin() + static_cast<std::ptrdiff_t>(count)}));
    }
    const std::vector<bool> shows = try_all(candidates);
    const auto first = std::find(shows.begin(), shows.end(), true);
    document_ = first == shows.end() ? reduced(document_, {going.front()})
                                     : candidates[static_cast<std::size_t>(first - shows.begin())];
    known_.insert(text_of(document_));
    return true;
  }

  /// Which of them are new, allowed by the number of tries, and still show it.
  std::vector<bool> try_all(const std::vector<Json>& candidates) {
    std::vector<bool> shows(candidates.size(), false);
    std::vector<std::string> files;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < candidates.size() && tries_ < options_.tries; ++i) {
      std::string file = text_of(candidates[i]);
      if (!known_.insert(file).second) continue;
      files.push_back(std::move(file));
      places.push_back(i);
      ++tries_;
    }
    if (files.empty()) return shows;
    const std::vector<bool> answers = still_shows_(files);
    LASTACK_ASSERT(answers.size() == files.size());
    for (std::size_t i = 0; i < places.size(); ++i) shows[places[i]] = answers[i];
    return shows;
  }

  Json document_;
  const StillShows& still_shows_;
  ShrinkOptions options_;
  std::size_t tries_ = 0;
  std::set<std::string> known_;  ///< files that were tried
};

}  // namespace

Shrunk shrink(const std::string& json, const StillShows& still_shows,
              const ShrinkOptions& options) {
  return Shrinker{json, still_shows, options}.run();
}

}  // namespace lastack::fuzz
