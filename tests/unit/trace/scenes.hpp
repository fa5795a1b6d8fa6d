#pragma once

#include "story.hpp"

namespace lastack::trace {

/// What happens to a segment on its way.
enum class Way { delivered, lost };

/// Plays the two ends of a connection over a link of 10 ms, with causes as a run reports them. Time
/// goes on with each step.
class Scene : public Story {
 public:
  using Story::Story;

  static constexpr SimDuration hop = 10ms;

  /// The listener, then the client's call with its SYN_SENT; returns the call.
  Cause client_connects() {
    state(s, End{server, 0}, tcp::State::closed, tcp::State::listen);
    const Cause call = app(client, "connect", "connect");
    state(c, s, tcp::State::closed, tcp::State::syn_sent, call);
    return call;
  }

  /// Sends now and arrives a hop later; returns the arrival.
  Cause deliver(End src, End dst, std::string_view flags, std::uint32_t seq, std::uint32_t ack,
                tcp::SendReason why, Cause cause, std::uint32_t data = 0) {
    const auto packet = send(src, dst, flags, seq, ack, why, cause, data);
    now += hop;
    return receive(packet, dst.host);
  }

  /// From connect to accepted, 30 ms.
  void handshake() {
    const Cause call = client_connects();
    const Cause syn = deliver(c, s, "S", 0, 0, tcp::SendReason::syn, call);
    state(s, c, tcp::State::listen, tcp::State::syn_rcvd, syn);
    const Cause answer = deliver(s, c, "S.", 0, 1, tcp::SendReason::synack, syn);
    // TCP may report its segment before its state.
    const auto third = send(c, s, ".", 1, 1, tcp::SendReason::ack, answer);
    state(c, s, tcp::State::syn_sent, tcp::State::established, answer);
    app(client, "connect", "connected", std::string{"ok"}, answer);
    now += hop;
    const Cause done = receive(third, server);
    state(s, c, tcp::State::syn_rcvd, tcp::State::established, done);
    app(server, "accept#1", "accepted", {}, done);
  }

  /// The four segments of a close that the client begins, and TIME_WAIT.
  void close() {
    const Cause call = app(client, "connect", "close");
    state(c, s, tcp::State::established, tcp::State::fin_wait_1, call);
    const Cause fin = deliver(c, s, "F.", 1, 1, tcp::SendReason::fin, call);
    state(s, c, tcp::State::established, tcp::State::close_wait, fin);
    const auto ack = send(s, c, ".", 1, 2, tcp::SendReason::ack, fin);
    app(server, "accept#1", "recv eof", std::uint64_t{0}, fin);
    const Cause back = app(server, "accept#1", "close");
    state(s, c, tcp::State::close_wait, tcp::State::last_ack, back);
    const auto second = send(s, c, "F.", 1, 2, tcp::SendReason::fin, back);
    now += hop;
    state(c, s, tcp::State::fin_wait_1, tcp::State::fin_wait_2, receive(ack, client));
    const Cause last = receive(second, client);
    state(c, s, tcp::State::fin_wait_2, tcp::State::time_wait, last);
    timer(c, s, tcp::Timer::time_wait, tcp::TimerAction::arm, 60s, last);
    const SimTime waits_from = now;
    const Cause end = deliver(c, s, ".", 2, 2, tcp::SendReason::ack, last);
    state(s, c, tcp::State::last_ack, tcp::State::closed, end);
    now = waits_from + 60s;
    const Cause over = timer(c, s, tcp::Timer::time_wait, tcp::TimerAction::fire, 60s);
    state(c, s, tcp::State::time_wait, tcp::State::closed, over);
  }
};

}  // namespace lastack::trace
