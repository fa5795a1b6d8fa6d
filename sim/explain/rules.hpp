#pragma once

#include <string>

#include "surroundings.hpp"

namespace lastack::explain {

/// One end of a connection, at event `n`.
struct Moment {
  const Connection& connection;
  trace::End end;
  tcp::State state;     ///< before the event
  bool orphan = false;  ///< its application has closed: it is TCP's alone
  std::uint64_t n = 0;
};

/// What a timer's firing was for.
enum class FiredFor { retransmission, giving_up, lost_by_time, another_syn, window_probe, other };

/// "The retransmission timer".
std::string name_of_timer(tcp::Timer timer, FiredFor fired_for);
/// What sets the timer, and how often it may fire.
std::string rule_of_timer(const Surroundings& around, const Moment& at, tcp::Timer timer,
                          FiredFor fired_for);
/// The settings that end retransmission by a timer, such as "tcp_orphan_retries = 2".
std::string retries_of(const Surroundings& around, const Moment& at, tcp::Timer timer);
/// Behind the first wait for the answer to a SYN or SYN ACK.
std::string rule_of_first_wait(const Surroundings& around, trace::End end);
/// "no retry was left", or what else ended retransmission.
std::string no_more(const Surroundings& around, const Moment& at);

/// Behind the discarding of a segment by the host that it reached; empty for what the network does.
std::string rule_of_drop(const Surroundings& around, const Moment& at, const trace::Drop& drop,
                         const trace::Send& send);
/// Where RFC 9293 says what an end does with a segment that arrives; where the scenario has another
/// handshake, that.
std::string rule_of_arrival(const Surroundings& around, const Moment& at);
/// Where RFC 9293 describes the handshake.
std::string rule_of_handshake(const Surroundings& around, trace::End end);
/// Behind a SYN cookie.
std::string rule_of_cookie(const Surroundings& around, const Moment& at);
/// Where RFC 9293 describes an application's call; empty where it does not.
std::string rule_of_call(const trace::AppCall& call);
/// Behind a change to CLOSED, but for retries used up and a new connection.
std::string rule_of_end(const Surroundings& around, const Moment& at,
                        const trace::StateChange& change);
/// Behind an errno of accept.
std::string rule_of_accept(const Surroundings& around, trace::End end, tcp::Error error,
                           std::uint64_t n);
/// Behind an errno that connect returned before a segment was sent.
std::string rule_of_error(const Surroundings& around, const Connection& of, tcp::Error error,
                          std::uint64_t n);

}  // namespace lastack::explain
