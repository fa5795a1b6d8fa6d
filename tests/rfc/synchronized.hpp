#pragma once

#include <string>
#include <vector>

#include "support/tcp_test.hpp"

namespace lastack::test {

/// A connection both sides of which know each other's sequence numbers, in one state, and where its
/// variables then stand (relative; after TcpTest::in).
struct Synchronized {
  tcp::State state;
  int una;  ///< SND.UNA
  int nxt;  ///< SND.NXT
  int rcv;  ///< RCV.NXT
};

/// ESTABLISHED and every later state.
inline const std::vector<Synchronized>& synchronized_states() {
  using tcp::State;
  static const std::vector<Synchronized> states{
      {State::established, 1, 1, 1}, {State::fin_wait_1, 1, 2, 1}, {State::fin_wait_2, 2, 2, 1},
      {State::close_wait, 1, 1, 2},  {State::closing, 1, 2, 2},    {State::last_ack, 1, 2, 2},
      {State::time_wait, 2, 2, 2},
  };
  return states;
}

/// "P. 1:11 ack 1": a line from numbers.
inline std::string line(const std::string& flags, int seq, int octets, int ack) {
  return flags + " " + std::to_string(seq) + ":" + std::to_string(seq + octets) + " ack " +
         std::to_string(ack);
}

/// The bare ACK with which a connection answers what it cannot accept: <SEQ=SND.NXT><ACK=RCV.NXT>.
inline std::string bare_ack(const Synchronized& s) { return line(".", s.nxt, 0, s.rcv); }

/// A line that names places by the right edge of the window: at_edge("P.", "w:w+10", 1).
inline std::string at_edge(const std::string& flags, const std::string& edge, int ack) {
  return flags + " " + edge + " ack " + std::to_string(ack);
}

}  // namespace lastack::test
