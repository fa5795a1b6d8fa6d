#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lastack/core/random_stream.hpp"
#include "lastack/core/time.hpp"

namespace lastack::app {

struct Connector;

/// How often something happens: `number` times in `per_ns`, exactly. "2.5/ms" is 5 times in 2 ms.
/// Both are above 0.
struct Rate {
  std::uint64_t number = 1;
  std::uint64_t per_ns = 1'000'000'000;

  /// Nanoseconds between two, on average.
  double mean_interval_ns() const {
    return static_cast<double>(per_ns) / static_cast<double>(number);
  }
  friend bool operator==(const Rate&, const Rate&) = default;
};

enum class ArrivalLaw : std::uint8_t {
  poisson,  ///< each on its own: the times between two are exponential
  even,     ///< always as far apart, the first at once
};

/// When a connector's connections begin, if not by `count` and `every`.
struct ArrivalProcess {
  Rate rate;  ///< of each member of a group
  ArrivalLaw law = ArrivalLaw::poisson;
  std::optional<SimDuration> lasts;  ///< from the connector's `at` on; absent: to the run's end
  // With even arrivals a group's members take turns, so that all together are even, too.
  std::uint32_t member = 0;   ///< this one's turn, from 0,
  std::uint32_t members = 1;  ///< of so many
};

/// The times at which the connections of a connector with a rate begin, one after the other.
class ArrivalTimes {
 public:
  /// Requires connector.arrivals. With a law that draws, its numbers come from `stream`.
  ArrivalTimes(const Connector& connector, const RandomStream& stream);

  /// The next time; nothing when `lasts` is over, or time itself. `connector` is the constructor's.
  /// How many there are at most (`count`) is the caller's to know.
  std::optional<SimTime> next(const Connector& connector);

 private:
  SimDuration even_offset(const ArrivalProcess& arrivals);
  SimDuration drawn_gap(const ArrivalProcess& arrivals);

  RandomStream stream_;
  SimTime last_;
  std::uint64_t number_ = 0;  ///< how many there were
  double rest_ns_ = 0;        ///< what rounding has left of the gaps so far
};

/// How many connections a connector will begin by `end`, as far as that is known beforehand.
struct Prospect {
  std::uint64_t connections = 0;
  bool exact = true;  ///< false: it is chance's to say, and this is the expected number
};
Prospect prospect(const Connector& connector, SimTime end);
/// Of all of them together; as many as can be counted where there are more.
Prospect prospect(const std::vector<Connector>& connectors, SimTime end);

}  // namespace lastack::app
