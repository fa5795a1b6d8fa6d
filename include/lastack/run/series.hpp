#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::run {

/// Where a run stands at one time, all hosts together.
struct SeriesSample {
  // As it is at that time.
  std::array<std::uint64_t, tcp::state_count> sockets{};  ///< by State
  std::uint64_t syn_queue = 0;                            ///< handshakes under way at listeners
  std::uint64_t accept_queue = 0;  ///< connections that nobody has accepted yet
  std::uint64_t packets_in_flight = 0;
  // What has happened so far.
  std::uint64_t connects = 0;
  std::uint64_t connects_ok = 0;
  std::uint64_t connects_failed = 0;
  std::uint64_t accepts = 0;
  std::uint64_t segments_sent = 0;
  std::uint64_t segments_lost = 0;
  std::uint64_t segments_discarded = 0;
  std::uint64_t segments_retransmitted = 0;
  std::uint64_t resets_sent = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t listen_overflows = 0;
  std::uint64_t listen_drops = 0;
  std::uint64_t syncookies_sent = 0;
  std::uint64_t events = 0;
};

/// Samples of a run at equal intervals, taken when everything of their instant has happened. It has
/// a bounded size: once it is full every other row goes, and from then on the interval is twice as
/// long, so that a finished series of many has between half of them and all.
class Series {
 public:
  static constexpr std::size_t usual_rows_max = 1000;

  /// Requires interval > 0, and an even rows_max above 0.
  explicit Series(SimDuration interval = 1ms, std::size_t rows_max = usual_rows_max);

  struct Row {
    SimTime at;
    SeriesSample sample;
  };
  /// The samples so far, by time.
  const std::vector<Row>& rows() const { return rows_; }
  /// Between two rows, but for the last.
  SimDuration interval() const { return interval_; }

  /// When the next sample is to be taken.
  SimTime due() const { return due_; }
  /// The run stood like this from the last thing that happened until `now`, exclusive: adds the
  /// rows that were due.
  void add_before(SimTime now, const SeriesSample& sample);
  /// The run ended at `at`: the last row, after the interval that is left.
  void finish(SimTime at, const SeriesSample& sample);

 private:
  void add(SimTime at, const SeriesSample& sample);
  void thin_out();

  SimDuration interval_;
  std::size_t rows_max_;
  SimTime due_;
  std::vector<Row> rows_;
};

/// A line of names, then a line for each row: its time, how long it covers, lengths and numbers of
/// sockets at that time, and how often things happened since the row before.
std::string to_csv(const Series& series);

}  // namespace lastack::run
