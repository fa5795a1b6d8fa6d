#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <boost/unordered/unordered_flat_map.hpp>

#include "host/memory.hpp"
#include "host/options.hpp"
#include "lastack/tcp/counters.hpp"
#include "lastack/tcp/output.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/stack.hpp"
#include "lastack/tcp/timer_grid.hpp"

namespace lastack::tcp {

/// At most so many challenge ACKs a second for the whole host (RFC 5961, 7; Linux's
/// tcp_challenge_ack_limit).
class ChallengeLimit {
 public:
  /// Takes one from this second's allowance; false when it is used up.
  bool take(SimTime now, std::int32_t per_second);

 private:
  std::int64_t second_ = -1;
  std::int32_t left_ = 0;
};

/// A host's connections by number: the ends but for the host's own address.
constexpr std::uint64_t pair_key(Port local, Address remote, Port remote_port) {
  return std::uint64_t{static_cast<std::uint32_t>(remote)} << 32 |
         std::uint64_t{remote_port} << 16 | local;
}

/// What a host's connections share: its configuration, limits and counts.
struct Host {
  explicit Host(StackConfig from);

  StackConfig config;
  const Profile& profile;
  TimerGrid grid;
  Counters counters;
  StateCensus census;
  ChallengeLimit challenge_limit;
  OptionSets options;
  /// When a connection, a request or a TIME-WAIT record last answered something invalid, by its
  /// pair_key: few ever do.
  boost::unordered_flat_map<std::uint64_t, SimTime> last_answers;
  std::uint64_t rtx_timers_set = 0;  ///< so far, of all connections
  std::uint32_t orphans = 0;
  std::uint32_t sockets = 0;  ///< allocated: listeners, orphans and children to accept included
  SocketMemory memory;
  std::uint64_t secret;  ///< keys ISNs, cookies, timestamp offsets and ports

  const Settings& settings() const { return config.settings; }
  RtoLimits rto_limits() const {
    return rto_limits(settings().tcp_rto_min_us, settings().tcp_rto_max_ms);
  }
  RtoLimits rto_limits(std::int32_t min_us, std::int32_t max_ms) const;
  /// What a socket is made with that is given `options`: settings that it keeps go with them.
  const SocketOptions* options_of_new(SocketOptions given);
  const SocketOptions* options_of_new();
  /// The largest segment that fits the host's own link, options aside.
  std::uint16_t link_mss() const;
  /// The MSS that a socket advertises: as large as its link and TCP_MAXSEG allow. Linux says no
  /// less than 256 of a link (ip_rt_min_advmss).
  std::uint16_t advertised_mss(const SocketOptions& of) const;
  SocketAddress at(Port port) const { return {config.address, port}; }
  SimDuration time_wait_length() const { return doubled(config.msl, SimDuration::max()); }
  bool too_many_orphans(unsigned shift) const {
    return std::int64_t{orphans} << shift > settings().tcp_max_orphans;
  }
  bool has_room_for_socket() const { return sockets < config.sockets_max; }
  /// 64 bits that only this host could compute from these numbers.
  std::uint64_t keyed_hash(std::uint64_t a, std::uint64_t b) const;
  /// Initial send sequence number (RFC 9293, 3.4.1): a clock plus a keyed hash of the pair.
  Seq choose_iss(SimTime now, Port local, SocketAddress remote) const;
  /// What is added to the millisecond clock in timestamps towards this peer (RFC 7323, 7.1).
  std::uint32_t timestamp_offset(Address remote) const;
  /// Where the search for a free port towards this peer starts in a range of so many (RFC 6056, 3).
  std::uint32_t first_port(Address remote, std::uint32_t range) const {
    return static_cast<std::uint32_t>(of_peer(remote, 3, port_start_) % range);
  }
  /// Linux's tcp_invalid_ratelimit: whether the answer to an invalid segment must be left out.
  /// Notes the time when not.
  bool invalid_answer_limited(SimTime now, std::uint64_t pair);
  /// The same for the answer to this segment: data is never part of a loop of ACKs (Linux,
  /// tcp_oow_rate_limited).
  bool invalid_answer_limited(const Segment& seg, SimTime now, std::uint64_t pair) {
    const bool may_loop = seg.len() == 0 || seg.flags.has(Flags::syn);
    return may_loop && invalid_answer_limited(now, pair);
  }
  void forget_answers(std::uint64_t pair) {
    if (!last_answers.empty()) last_answers.erase(pair);
  }

 private:
  /// A keyed hash of one peer's address: most clients ask for the same again and again.
  struct OfPeer {
    std::optional<Address> peer;
    std::uint64_t hash = 0;
  };
  std::uint64_t of_peer(Address remote, std::uint64_t purpose, OfPeer& last) const;

  const SocketOptions* defaults_ = nullptr;  ///< of a socket that nothing was set for
  mutable OfPeer stamps_;
  mutable OfPeer port_start_;
};

/// The surroundings of one event: whose, when, and where its effects go.
struct Context {
  Host& host;
  SimTime now;
  Output& out;

  void send(const Segment& segment, SendReason why);
  void discard(DiscardReason reason);
  /// Whether state and timer changes are to be reported.
  bool reports() const { return out.reports == Reports::all; }
  void report(Effect effect);
  void report_state(SocketAddress local, SocketAddress remote, State from, State to,
                    StateReason why) {
    if (reports()) report(StateChanged{local, remote, from, to, why});
  }
  void report_timer(SocketAddress local, SocketAddress remote, Timer timer, TimerAction action,
                    SimTime due) {
    if (reports()) report(TimerChanged{local, remote, timer, action, due});
  }
};

/// The RST that answers a segment which belongs to nothing (RFC 9293, 3.10.7.1). Requires that the
/// segment is none itself.
Segment reset_for(const Segment& segment);

/// MSS of a peer that names none (RFC 9293, 3.7.1, MUST-15).
inline constexpr std::uint16_t default_mss = 536;
/// The longest shift of a window (RFC 7323, 2.3).
inline constexpr std::uint8_t window_scale_max = 14;
/// What a window without a shift can offer.
inline constexpr std::uint32_t unscaled_window_max = 65535;
/// Octets of a header that the timestamps option takes, padding included (RFC 7323, appendix A).
inline constexpr std::uint32_t timestamps_octets = 12;

/// For times of last answers: before every run, by more than any limit.
inline constexpr SimTime long_ago = sim_start - std::chrono::hours{24 * 365};

}  // namespace lastack::tcp
