#include "lastack/app/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lastack/app/program.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::app {

namespace {

__extension__ using Wide = unsigned __int128;

/// Gaps that are longer end the process: 30 years, which leaves room for sums.
constexpr double longest_gap_ns = 1e18;

/// Time that a number of intervals takes, rounded down; the longest there is where it is more.
SimDuration intervals(const Rate& rate, std::uint64_t number, std::uint64_t parts = 1) {
  constexpr auto longest = static_cast<Wide>(SimDuration::max().count());
  const Wide ns = Wide{number} * rate.per_ns / (Wide{rate.number} * parts);
  return SimDuration{static_cast<std::int64_t>(std::min(ns, longest))};
}

/// How long after the connector's start this member's first connection begins.
SimDuration turn_of(const ArrivalProcess& arrivals) {
  return intervals(arrivals.rate, arrivals.member, arrivals.members);
}

/// When no connection begins any more: the first instant after the last in which one may.
SimTime closing_time(const Connector& connector) {
  const auto& lasts = connector.arrivals->lasts;
  return lasts ? saturating_add(connector.at, *lasts) : never;
}

std::uint64_t even_arrivals(const Connector& connector, SimTime closing) {
  const Rate& rate = connector.arrivals->rate;
  const SimTime first = saturating_add(connector.at, turn_of(*connector.arrivals));
  if (first >= closing) return 0;
  const Wide span = static_cast<std::uint64_t>((closing - first).count());
  const Wide number = (span * rate.number + rate.per_ns - 1) / rate.per_ns;
  return static_cast<std::uint64_t>(
      std::min<Wide>(number, std::numeric_limits<std::uint64_t>::max()));
}

/// The number of a Poisson process lies so many standard deviations above this with certainty.
constexpr double certain = 6;

Prospect poisson_prospect(const Connector& connector, SimTime closing) {
  if (connector.at >= closing) return {};
  const double span = to_seconds(closing - connector.at) * 1e9;
  const double mean = span / connector.arrivals->rate.mean_interval_ns();
  const auto count = static_cast<double>(connector.count);
  if (count <= mean - certain * std::sqrt(mean)) return {connector.count, true};
  return {static_cast<std::uint64_t>(std::min(mean, count) + 0.5), false};
}

}  // namespace

ArrivalTimes::ArrivalTimes(const Connector& connector, const RandomStream& stream)
    : stream_{stream},
      last_{connector.at} {
  LASTACK_ASSERT(connector.arrivals);
}

std::optional<SimTime> ArrivalTimes::next(const Connector& connector) {
  const ArrivalProcess& arrivals = *connector.arrivals;
  switch (arrivals.law) {
    case ArrivalLaw::poisson: last_ = saturating_add(last_, drawn_gap(arrivals)); break;
    case ArrivalLaw::even: last_ = saturating_add(connector.at, even_offset(arrivals)); break;
  }
  ++number_;
  return last_ < closing_time(connector) ? std::optional{last_} : std::nullopt;
}

/// Each is rounded by itself, not added up, so that they keep the rate for ever.
SimDuration ArrivalTimes::even_offset(const ArrivalProcess& arrivals) {
  const SimDuration turn = turn_of(arrivals);
  const SimDuration offset = intervals(arrivals.rate, number_);
  return offset > SimDuration::max() - turn ? SimDuration::max() : turn + offset;
}

/// What is cut off goes to the next gap, so that gaps of a few nanoseconds keep the rate, too.
SimDuration ArrivalTimes::drawn_gap(const ArrivalProcess& arrivals) {
  const double exact = arrivals.rate.mean_interval_ns() * stream_.exponential() + rest_ns_;
  if (exact >= longest_gap_ns) return SimDuration::max();
  const auto whole = static_cast<std::int64_t>(exact);
  rest_ns_ = exact - static_cast<double>(whole);
  return SimDuration{whole};
}

Prospect prospect(const Connector& connector, SimTime end) {
  const SimTime after_end = saturating_add(end, SimDuration{1});
  if (connector.arrivals) {
    const SimTime closing = std::min(closing_time(connector), after_end);
    if (connector.arrivals->law == ArrivalLaw::poisson) return poisson_prospect(connector, closing);
    return {std::min(connector.count, even_arrivals(connector, closing)), true};
  }
  if (connector.at >= after_end) return {};
  if (connector.every == SimDuration{0}) return {connector.count, true};
  const auto intervals = static_cast<std::uint64_t>((end - connector.at) / connector.every);
  return {std::min(connector.count, intervals + 1), true};
}

Prospect prospect(const std::vector<Connector>& connectors, SimTime end) {
  Prospect all;
  for (const Connector& connector : connectors) {
    const Prospect one = prospect(connector, end);
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - all.connections;
    all.connections += std::min(one.connections, room);
    all.exact = all.exact && one.exact;
  }
  return all;
}

}  // namespace lastack::app
