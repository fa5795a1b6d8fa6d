#include "lastack/scenario/forged_options.hpp"

#include "lastack/core/assert.hpp"

namespace lastack::scenario {
namespace {

constexpr std::size_t kind_and_length = 2;

struct OctetsOf {
  std::size_t operator()(const ForgedNop&) const { return 1; }
  std::size_t operator()(const ForgedMss&) const { return kind_and_length + 2; }
  std::size_t operator()(const ForgedSackPermitted&) const { return kind_and_length; }
  std::size_t operator()(const ForgedWindowScale&) const { return kind_and_length + 1; }
  std::size_t operator()(const ForgedTimestamps&) const { return kind_and_length + 8; }
  std::size_t operator()(const ForgedSack& sack) const {
    return kind_and_length + 8 * sack.blocks.size();
  }
};

tcp::Seq seq_of(const SeqRef& ref, tcp::Seq iss) {
  const auto number = static_cast<std::uint32_t>(ref.value);
  return ref.relative ? iss + number : tcp::Seq{number};
}

tcp::Timestamp stamp_of(const StampRef& ref, tcp::Timestamp newest) {
  const auto number = static_cast<std::uint32_t>(ref.value);
  return ref.relative ? newest + number : tcp::Timestamp{number};
}

/// One option as a segment's options that have nothing else.
struct Resolver {
  const ForgedBase& base;

  tcp::Options operator()(const ForgedNop&) const { return {}; }
  tcp::Options operator()(const ForgedMss& mss) const {
    tcp::Options options;
    options.mss = mss.mss;
    return options;
  }
  tcp::Options operator()(const ForgedSackPermitted&) const {
    tcp::Options options;
    options.sack_permitted = true;
    return options;
  }
  tcp::Options operator()(const ForgedWindowScale& scale) const {
    tcp::Options options;
    options.has_window_scale = true;
    options.window_scale = scale.shift;
    return options;
  }
  tcp::Options operator()(const ForgedTimestamps& ts) const {
    tcp::Options options;
    options.has_timestamps = true;
    options.ts_val = stamp_of(ts.val, base.own);
    options.ts_ecr = stamp_of(ts.ecr, base.peer);
    return options;
  }
  tcp::Options operator()(const ForgedSack& sack) const {
    LASTACK_ASSERT(sack.blocks.size() <= tcp::Options::max_sack_blocks);
    tcp::Options options;
    for (const auto& [left, right] : sack.blocks) {
      options.sack[options.sack_count++] = {seq_of(left, base.peer_iss),
                                            seq_of(right, base.peer_iss)};
    }
    return options;
  }
};

}  // namespace

std::size_t octets_of(const ForgedOption& option) { return std::visit(OctetsOf{}, option); }

OptionsInOrder resolve(const std::vector<ForgedOption>& options, const ForgedBase& base) {
  OptionsInOrder resolved;
  for (const ForgedOption& option : options) resolved.push_back(std::visit(Resolver{base}, option));
  return resolved;
}

tcp::Options as_received(const OptionsInOrder& options) {
  tcp::Options all;
  for (const tcp::Options& one : options) {
    if (one.mss != 0) all.mss = one.mss;
    if (one.has_window_scale) {
      all.has_window_scale = true;
      all.window_scale = one.window_scale;
    }
    all.sack_permitted |= one.sack_permitted;
    if (one.has_timestamps) {
      all.has_timestamps = true;
      all.ts_val = one.ts_val;
      all.ts_ecr = one.ts_ecr;
    }
    if (one.sack_count > 0) {
      all.sack_count = one.sack_count;
      all.sack = one.sack;
    }
  }
  return all;
}

}  // namespace lastack::scenario
