#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/core/time_distribution.hpp"
#include "lastack/run/totals.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::batch {

/// What is said of the times of a run's connections, all in seconds.
enum class Statistic : std::uint8_t { mean, median, p90, p99, p99_9, max };
inline constexpr std::size_t statistic_count = 6;
/// "mean", "p99.9": the last part of a column's name.
std::string_view name_of(Statistic statistic);
/// A quantile in thousandths, so that its rank is exact; the maximum is 1000. Requires that it is
/// not the mean.
std::uint32_t per_mille(Statistic statistic);

/// A statistic of times, in seconds: nothing of none.
///
/// A quantile q of n times is the smallest of them that at least q of all do not exceed, the
/// ceil(q n)-th smallest (nearest rank): always a time that occurred, so that the 99th percentile
/// of fewer than 100 times is their maximum. The mean is the integer sum of nanoseconds divided
/// once. So every number is the same on every machine.
std::optional<double> statistic_of(Statistic statistic, const TimeDistribution& times);

/// Whether a metric's values are shares, from 0 to 1, and whether they are seconds that connections
/// took.
bool is_share(std::string_view metric);
bool is_time(std::string_view metric);

/// What a metric's values, and those of figures of it, are numbers of.
enum class Unit : std::uint8_t { share, seconds, socket_seconds, octets, count };
Unit unit_of(std::string_view metric);

/// The metrics that are kept of each run of a scenario, in the order of the documents:
///
/// | columns | |
/// |---|---|
/// | `connect_ok` | share of the connects that succeeded; nothing where there was none |
/// | `connect_time.mean`, `.median`, `.p90`, `.p99`, `.p99.9`, `.max` | of connects that succeeded
/// | | `connect_error.ERRNO` | how many connects failed so, for every errno that connect can give |
/// | `close_time.…`, `active_close_time.…`, `orphan_time.…` | as run::ConnectionSummary has them |
/// | `time_in.STATE` | socket-seconds over all hosts |
/// | `time_in.STATE.HOST` | of one host, or of a group's members together |
/// | `peak.STATE` | most sockets at a time, over all hosts |
/// | `syn_sent`, `synack_sent`, `fin_sent` | segments; one with FIN and RST counts as RST |
/// | `segments_sent`, `segments_retransmitted`, `segments_lost`, `rst_sent` | |
/// | `bytes_delivered`, `half_open_at_end`, `listen_drops`, `listen_overflows` | as in run::Summary
/// |
/// | `request_ok` | share of the requests that were answered; nothing where there was none |
/// | `request_time.…` | of requests that were answered, as run::Summary has them |
/// | `recv_error.ERRNO`, `send_error.ERRNO` | how many calls failed so, of all applications |
/// | `syn_cookies_sent`, `connections_reset`, `connections_failed` | as in run::Summary |
///
/// STATE is every state but CLOSED and LISTEN. Times are those of all connections of the run.
class MetricSet {
 public:
  /// What `wanted` names, each once and in the documents' order; everything where it names nothing.
  /// A name is a column's, or that of a family: "connect_time", "connect_error", "time_in", "peak";
  /// "time_in.FIN_WAIT_1" is the sum and each host's part. Requires that each is known.
  explicit MetricSet(const scenario::Scenario& scenario,
                     const std::vector<std::string>& wanted = {});

  /// Nothing where a name is known for this scenario, else what is wrong with it:
  /// `want a metric, have "conect_time"; nearest is "connect_time"`.
  static std::optional<std::string> unknown(const scenario::Scenario& scenario,
                                            std::string_view name);

  /// In full: "connect_time.p99.9", "time_in.SYN_RCVD.server".
  const std::vector<std::string>& columns() const { return names_; }
  /// Whether a column needs a run that follows its connections (run::Simulation).
  bool needs_following() const;
  /// One value a column, nothing where there is none. Requires a run of a scenario with the same
  /// hosts, whatever their settings and however many members its groups have.
  std::vector<std::optional<double>> values(const run::Totals& totals) const;
  /// For each column that is a share: of how many connects or the like.
  std::vector<std::uint64_t> trials(const run::Totals& totals) const;
  /// For each family of times of which there is a column: the times of the run's connections.
  std::vector<TimeDistribution> times(const run::Totals& totals) const;

 private:
  /// What a column shows.
  enum class Source : std::uint8_t {
    connect_ok,
    connect_time,  ///< index: Statistic, of this, the next three and request_time
    close_time,
    active_close_time,
    orphan_time,
    connect_error,  ///< index: tcp::Error
    time_in,        ///< index: tcp::State
    time_in_host,   ///< index: tcp::State, of Scenario::hosts[host]
    peak,           ///< index: tcp::State
    sent,           ///< index: run::SegmentKind
    segments_sent,
    segments_retransmitted,
    segments_lost,
    bytes_delivered,
    half_open_at_end,
    listen_drops,
    listen_overflows,
    request_ok,
    request_time,  ///< index: Statistic
    recv_error,    ///< index: tcp::Error
    send_error,    ///< index: tcp::Error
    syn_cookies_sent,
    connections_reset,
    connections_failed,
  };
  struct Column {
    Source source;
    std::size_t index = 0;
    std::size_t host = 0;
  };
  /// A column, its name and the families that it belongs to.
  struct Entry {
    Column column;
    std::string name;
    std::vector<std::string> families;

    bool is_called(std::string_view wanted) const;
  };
  static std::vector<Entry> all(const scenario::Scenario& scenario);
  static void add_times(std::vector<Entry>& entries, Source source, const std::string& family);
  static void add_errors(std::vector<Entry>& entries, Source source, const std::string& family,
                         bool (*gives)(tcp::Error));
  static void add_after_connect(std::vector<Entry>& entries);
  static void add_times_in_states(std::vector<Entry>& entries, const scenario::Scenario& scenario);

  static constexpr std::size_t time_sources = 5;
  static constexpr std::array<Source, time_sources> sources_of_times{
      Source::connect_time, Source::close_time, Source::active_close_time, Source::orphan_time,
      Source::request_time};
  /// Which of the times a column shows; nothing for columns of something else.
  static std::optional<std::size_t> times_shown(Source source);
  static const TimeDistribution& times_of(Source source, const run::Totals& totals);
  static std::optional<double> value(const Column& column, const run::Totals& totals);

  std::vector<std::string> names_;
  std::vector<Column> columns_;
  std::array<bool, time_sources> asked_{};  ///< which times some column asks for
};

}  // namespace lastack::batch
