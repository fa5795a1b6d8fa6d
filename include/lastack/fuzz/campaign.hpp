#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lastack/fuzz/draws.hpp"
#include "lastack/fuzz/judge.hpp"
#include "lastack/fuzz/shrink.hpp"

namespace lastack::fuzz {

/// A scenario in which both sides differ.
struct Found {
  std::uint64_t number = 0;  ///< of its draft
  std::string name;
  std::string json;        ///< shrunk, where that was done
  std::string recordings;  ///< of `json`: a file of recordings
  std::string kind;
  compare::Reason why{};
  std::string text;  ///< its first divergence
  bool steady = true;
  bool shrunk = false;
};

/// What a campaign came to. Scenarios that could not be judged are counted nowhere else.
struct Tally {
  std::uint64_t agree = 0;
  std::uint64_t racy_and_agree = 0;
  std::uint64_t not_judged = 0;
  std::vector<Found> found;                 ///< by number
  std::vector<std::string> not_judged_why;  ///< "fuzz-1-7: …", each reason once

  /// Those that were judged.
  std::uint64_t scenarios() const { return agree + racy_and_agree + found.size(); }
  /// How many kinds the differences are of.
  std::size_t kinds() const;
};

/// "2000 scenarios: 1990 agree, 4 racy and agree, 6 differ in 5 kinds".
std::string last_line(const Tally& tally);

struct CampaignOptions {
  unsigned side_by_side = 16;      ///< scenarios under way at once
  std::size_t shrunk_of_kind = 3;  ///< cases of one kind that are shrunk; 0: none is
  ShrinkOptions shrinking{};
  /// Called with each judged scenario's draft and recordings, from any thread but one at a time.
  std::function<void(const Draft& draft, const Verdict& verdict)> judged{};
  /// Called with each difference once it is as small as it gets, likewise.
  std::function<void(const Found& found)> found{};
};

/// How far a campaign is; for a thread that watches it.
struct CampaignProgress {
  std::atomic<std::uint64_t> judged{0};
  std::atomic<std::uint64_t> differ{0};
  std::atomic<std::uint64_t> under_way{0};
  std::atomic<std::uint64_t> shrinking{0};
};

/// The next scenario; nothing when there are enough, and then it is not called again. Called by one
/// thread at a time.
using Supply = std::function<std::optional<Draft>()>;

/// Judges scenarios side by side, shrinks those that differ and groups them by kind. `stop` turning
/// true ends it soon; what was judged by then counts. Throws what Judge::judge throws.
Tally run_campaign(const Supply& supply, const Judge& judge, const CampaignOptions& options,
                   const std::atomic<bool>& stop, CampaignProgress& progress);

}  // namespace lastack::fuzz
